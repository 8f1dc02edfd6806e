variable "stage" {
  description = "dev, staging or prod"
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.stage)
    error_message = "The stage must be dev, staging or prod."
  }
}

variable "colour" {
  description = "Which of the two that may stand side by side: blue or green"
  type        = string
  default     = "blue"

  validation {
    condition     = contains(["blue", "green"], var.colour)
    error_message = "The colour must be blue or green."
  }
}

variable "allowed_origins" {
  description = "Web origins that may read answers, with commas between; dev permits every port of localhost without"
  type        = string
  default     = ""

  validation {
    condition     = var.stage == "dev" || var.allowed_origins != ""
    error_message = "allowed_origins must name the site's origins, except in stage dev."
  }
}

variable "settings" {
  description = "Other settings by the names of their variables, like ORDER_ACCEPT_SECONDS; what is not named has its default"
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for variable in keys(var.settings) : contains(keys(local.facts.settings), variable)])
    error_message = "settings may name only what facts.json lists under settings."
  }
}

variable "reserved_concurrency" {
  description = "How many of each function may run at once; -1 reserves nothing, and declared what each declares"
  type        = string
  default     = "-1"

  validation {
    condition     = can(regex("^(-1|declared|[0-9]{1,4})$", var.reserved_concurrency))
    error_message = "reserved_concurrency must be -1, declared or a number."
  }
}

variable "rotation_days" {
  description = "After how many days the secret is rotated; 0 for never"
  type        = number
  default     = 0
}

variable "snap_start" {
  description = "None or PublishedVersions"
  type        = string
  default     = "None"
}

variable "alarm_email" {
  description = "Who is told of alarms; nobody if empty"
  type        = string
  default     = ""
}

variable "packages" {
  description = "The folder that `make package` fills"
  type        = string
  default     = "../../../dist"
}
