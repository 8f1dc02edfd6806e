# The functions, each with a role of its own that may do what is listed here, and no more.
locals {
  functions = local.facts.functions

  environment = merge(
    { STAGE = var.stage, COLOUR = var.colour },
    { for variable in keys(local.facts.settings) : variable => lookup(var.settings, variable, "") },
    { ALLOWED_ORIGINS = var.allowed_origins },
    { for name, table in local.facts.tables : table.environment => "${name}-${var.stage}" },
  )

  # Written out, so that a plan shows which function answers which route and schedule.
  alias_arns = { for name in keys(local.functions) : name => "${local.arns.lambda}:function:${local.name}-${name}:live" }
  alias_uris = { for name, arn in local.alias_arns : name => join(":", [
    "arn", data.aws_partition.current.partition, "apigateway", data.aws_region.current.name,
    "lambda:path/2015-03-31/functions/${arn}/invocations",
  ]) }
}

resource "aws_lambda_function" "this" {
  for_each = local.functions

  function_name                  = "${local.name}-${each.key}"
  handler                        = each.value.handler
  runtime                        = "python3.13"
  architectures                  = ["arm64"]
  filename                       = "${var.packages}/${each.key}-arm64.zip"
  source_code_hash               = filebase64sha256("${var.packages}/${each.key}-arm64.zip")
  role                           = aws_iam_role.function[each.key].arn
  memory_size                    = each.value.memory
  timeout                        = each.value.timeout
  reserved_concurrent_executions = var.reserved_concurrency == "declared" ? each.value.concurrency : tonumber(var.reserved_concurrency)
  publish                        = true

  environment {
    variables = merge(
      local.environment,
      length(each.value.secret) > 0 && local.parameter == "" ? { JWT_SECRET_ARN = data.aws_secretsmanager_secret.jwt.arn } : {},
      each.value.pictures ? { S3_BUCKET_NAME = local.bucket, PICTURES_URL = data.aws_ssm_parameter.pictures_url.value } : {},
    )
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  # "None" written out would be a change at every deployment, and each change is a new version.
  dynamic "snap_start" {
    for_each = var.snap_start == "None" ? [] : [var.snap_start]
    content {
      apply_on = snap_start.value
    }
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_iam_role_policy.function]
}

# A version that is in service stays there: scripts/release alone moves the alias on.
resource "aws_lambda_alias" "live" {
  for_each = local.functions

  name             = "live"
  function_name    = aws_lambda_function.this[each.key].function_name
  function_version = aws_lambda_function.this[each.key].version

  lifecycle {
    ignore_changes = [function_version, routing_config, description]
  }
}

resource "aws_lambda_permission" "api" {
  for_each = toset(values(local.facts.routes))

  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.key].function_name
  qualifier     = aws_lambda_alias.live[each.key].name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/*"
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${local.name}-${each.key}"
  retention_in_days = local.stage.log_days
}

data "aws_iam_policy_document" "assume_role" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name               = "${local.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume_role.json
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = "function"
  role   = aws_iam_role.function[each.key].id
  policy = data.aws_iam_policy_document.function[each.key].json
}

data "aws_iam_policy_document" "function" {
  for_each = local.functions

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
  }

  statement {
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = each.value.statements
    content {
      actions = statement.value.actions
      resources = concat(
        [for table in try(statement.value.tables, []) : "${local.arns.dynamodb}:table/${replace(table, "/^[^/]+/", "$0-${var.stage}")}"],
        [for queue in try(statement.value.queues, []) : "${local.arns.sqs}:${local.name}-${queue}"],
        [for sender in try(statement.value.senders, []) : "${local.arns.ses}:identity/*"],
        [for objects in try(statement.value.objects, []) : "arn:${data.aws_partition.current.partition}:s3:::${local.bucket}/${objects}"],
      )

      dynamic "condition" {
        for_each = try(statement.value.senders, [])
        content {
          test     = "StringEquals"
          variable = "ses:FromAddress"
          values   = [lookup(var.settings, condition.value, "")]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = length(each.value.secret) > 0 && local.parameter == "" ? [data.aws_secretsmanager_secret.jwt.arn] : []
    content {
      actions   = each.value.secret
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = each.value.authenticates && local.parameter != "" ? [local.parameter_arn] : []
    content {
      actions   = ["ssm:GetParameter"]
      resources = [statement.value]
    }
  }

  # The key of a parameter may be the account's own: it decrypts this parameter alone, and for Parameter Store alone.
  dynamic "statement" {
    for_each = each.value.authenticates && local.parameter != "" ? [local.parameter_arn] : []
    content {
      actions   = ["kms:Decrypt"]
      resources = ["${local.arns.kms}:key/*"]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["ssm.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:PARAMETER_ARN"
        values   = [statement.value]
      }
    }
  }
}
