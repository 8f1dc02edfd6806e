# The code of one stage in one colour: the API, its functions and what watches them. The data is in ../data.
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

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

data "aws_secretsmanager_secret" "jwt" {
  name = "shopkeeper/${var.stage}/jwt"
}

data "aws_ssm_parameter" "pictures_url" {
  name = "/shopkeeper/${var.stage}/pictures-url"
}

locals {
  facts = jsondecode(file("${path.module}/../../facts.json"))
  name  = "shopkeeper-${var.stage}-${var.colour}"

  # The bucket of the data, whose name nobody else in the world may have.
  bucket = join("-", [
    "shopkeeper", var.stage, data.aws_caller_identity.current.account_id, data.aws_region.current.name,
  ])

  stages = {
    dev     = { log_days = 7, rate = 50, burst = 100 }
    staging = { log_days = 30, rate = 200, burst = 400 }
    prod    = { log_days = 365, rate = 2000, burst = 4000 }
  }
  stage = local.stages[var.stage]

  # What takes the place of the secret, if it is named.
  parameter     = lookup(var.settings, "JWT_SECRET_PARAMETER", "")
  parameter_arn = "${local.arns.ssm}:parameter${local.parameter}"

  # Without origins of its own, dev permits every port of localhost.
  is_local = var.stage == "dev" && var.allowed_origins == ""

  # What ARNs of this account and region begin with.
  arns = { for service in ["dynamodb", "events", "kms", "lambda", "ses", "sqs", "ssm"] : service => join(":", [
    "arn", data.aws_partition.current.partition, service, data.aws_region.current.name,
    data.aws_caller_identity.current.account_id,
  ]) }
}
