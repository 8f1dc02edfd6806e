# The data of one stage: its tables, its files and its secret. Code of both colours stands on it, and comes and goes.
terraform {
  required_version = ">= 1.11"

  backend "local" {}

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

variable "stage" {
  description = "dev, staging or prod"
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.stage)
    error_message = "The stage must be dev, staging or prod."
  }
}

variable "allowed_origins" {
  description = "Web origins that may upload pictures, with commas between; dev permits every port of localhost without"
  type        = string
  default     = ""

  validation {
    condition     = var.stage == "dev" || var.allowed_origins != ""
    error_message = "allowed_origins must name the site's origins, except in stage dev."
  }
}

locals {
  facts = jsondecode(file("${path.module}/../../facts.json"))

  is_prod = var.stage == "prod"
  is_kept = var.stage != "dev"
}

resource "aws_dynamodb_table" "this" {
  for_each = local.facts.tables

  name                        = "${each.key}-${var.stage}"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = each.value.key[0]
  range_key                   = try(each.value.key[1], null)
  stream_enabled              = each.value.stream
  stream_view_type            = each.value.stream ? "NEW_IMAGE" : null
  deletion_protection_enabled = local.is_kept

  dynamic "attribute" {
    for_each = each.value.attributes
    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = each.value.indexes
    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value[0]
      range_key       = try(global_secondary_index.value[1], null)
      projection_type = "ALL"
    }
  }

  dynamic "ttl" {
    for_each = each.value.ttl[*]
    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }

  server_side_encryption {
    enabled = true
  }

  point_in_time_recovery {
    enabled = local.is_prod && !each.value.ephemeral
  }

  # So that the tables go first: protected ones refuse to, and nothing of the secret is touched after that.
  depends_on = [aws_secretsmanager_secret_version.jwt]
}

# Made here, written once, and never in the state: both the value and what carries it are ephemeral.
ephemeral "aws_secretsmanager_random_password" "jwt" {
  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "jwt" {
  name                    = "shopkeeper/${var.stage}/jwt"
  description             = "What access tokens are signed with; made here, and never seen"
  recovery_window_in_days = var.stage == "dev" ? 0 : 30
}

resource "aws_secretsmanager_secret_version" "jwt" {
  secret_id                = aws_secretsmanager_secret.jwt.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.jwt.random_password
  secret_string_wo_version = 1
}

output "jwt_secret_arn" {
  value = aws_secretsmanager_secret.jwt.arn
}
