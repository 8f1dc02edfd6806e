# The functions, each with a role of its own that may do what is listed here, and no more.
locals {
  functions = {
    visits = {
      memory        = 256
      timeout       = 10
      service       = "visitor-counter"
      knows_callers = false
      routes = [
        "GET /counter",
        "GET /counter/{counter_id}",
        "GET /health",
      ]
      permissions = [
        { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], tables = ["visitor-counter-${var.stage}"] },
      ]
    }
    health = {
      memory        = 256
      timeout       = 10
      service       = "shopkeeper"
      knows_callers = false
      routes = [
        "GET /",
        "GET /health/detailed",
      ]
      permissions = [
        { actions = ["dynamodb:GetItem"], tables = ["visitor-counter-${var.stage}", "businesses-${var.stage}", "markers-${var.stage}", "users-${var.stage}", "sessions-${var.stage}", "attempts-${var.stage}", "items-${var.stage}", "orders-${var.stage}", "idempotency-${var.stage}", "events-${var.stage}"] },
      ]
    }
    auth = {
      memory        = 256
      timeout       = 10
      service       = "auth"
      knows_callers = true
      routes = [
        "GET /auth/health",
        "POST /auth/register-business",
      ]
      permissions = [
        { actions = ["dynamodb:GetItem", "dynamodb:PutItem"], tables = ["businesses-${var.stage}", "markers-${var.stage}"] },
      ]
    }
    accounts = {
      memory        = 1024
      timeout       = 10
      service       = "accounts"
      knows_callers = true
      routes = [
        "GET /api/users/me",
        "PATCH /api/users/me",
        "DELETE /api/users/me",
        "GET /api/users/{user_id}",
        "GET /api/users",
        "POST /api/auth/register",
        "POST /api/auth/login",
        "POST /api/auth/refresh",
        "POST /api/auth/logout",
        "POST /api/auth/password",
        "POST /api/auth/reset",
      ]
      permissions = [
        { actions = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"], tables = ["markers-${var.stage}"] },
        { actions = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], tables = ["users-${var.stage}", "sessions-${var.stage}"] },
        { actions = ["dynamodb:Query"], tables = ["users-${var.stage}/index/all-users"] },
        { actions = ["dynamodb:UpdateItem"], tables = ["attempts-${var.stage}"] },
      ]
    }
    orders = {
      memory        = 512
      timeout       = 15
      service       = "orders"
      knows_callers = true
      routes = [
        "GET /api/items",
        "POST /api/items",
        "GET /api/items/{item_id}",
        "PATCH /api/items/{item_id}",
        "DELETE /api/items/{item_id}",
        "GET /api/businesses/mine",
        "GET /api/businesses/{business_id}",
        "PATCH /api/businesses/{business_id}",
        "DELETE /api/businesses/{business_id}",
        "POST /api/businesses/{business_id}/orders",
        "GET /api/businesses/{business_id}/orders",
        "GET /api/businesses/{business_id}/events",
        "GET /api/orders/{order_id}",
        "POST /api/orders/{order_id}/accept",
        "POST /api/orders/{order_id}/reject",
        "POST /api/orders/{order_id}/prepare",
        "POST /api/orders/{order_id}/ready",
        "POST /api/orders/{order_id}/complete",
        "POST /api/orders/{order_id}/cancel",
      ]
      permissions = [
        { actions = ["dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"], tables = ["businesses-${var.stage}"] },
        { actions = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"], tables = ["markers-${var.stage}"] },
        { actions = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], tables = ["items-${var.stage}"] },
        { actions = ["dynamodb:Query"], tables = ["items-${var.stage}/index/all-items", "items-${var.stage}/index/by-business", "orders-${var.stage}/index/by-business", "orders-${var.stage}/index/by-status"] },
        { actions = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], tables = ["orders-${var.stage}"] },
        { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], tables = ["idempotency-${var.stage}"] },
        { actions = ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], tables = ["events-${var.stage}"] },
      ]
    }
  }

  environment = {
    STAGE                  = var.stage
    COLOUR                 = var.colour
    ALLOWED_ORIGINS        = var.allowed_origins
    COGNITO_USER_POOL_ID   = var.cognito_user_pool_id
    COGNITO_CLIENT_ID      = var.cognito_client_id
    TABLE_NAME             = "visitor-counter-${var.stage}"
    DYNAMODB_TABLE_NAME    = "businesses-${var.stage}"
    MARKERS_TABLE_NAME     = "markers-${var.stage}"
    USERS_TABLE_NAME       = "users-${var.stage}"
    SESSIONS_TABLE_NAME    = "sessions-${var.stage}"
    ATTEMPTS_TABLE_NAME    = "attempts-${var.stage}"
    ITEMS_TABLE_NAME       = "items-${var.stage}"
    ORDERS_TABLE_NAME      = "orders-${var.stage}"
    IDEMPOTENCY_TABLE_NAME = "idempotency-${var.stage}"
    EVENTS_TABLE_NAME      = "events-${var.stage}"
  }
}

locals {
  # Written out, so that a plan shows which function answers which route.
  alias_uris = { for name in keys(local.functions) : name => join(":", [
    "arn", data.aws_partition.current.partition, "apigateway", data.aws_region.current.name,
    "lambda:path/2015-03-31/functions/arn", data.aws_partition.current.partition, "lambda",
    data.aws_region.current.name, data.aws_caller_identity.current.account_id,
    "function:${local.name}-${name}:live/invocations",
  ]) }
}

resource "aws_lambda_function" "this" {
  for_each = local.functions

  function_name                  = "${local.name}-${each.key}"
  handler                        = "shopkeeper.runtime.lambda_.handlers.${each.key}"
  runtime                        = "python3.13"
  architectures                  = ["arm64"]
  filename                       = "${var.packages}/${each.key}-arm64.zip"
  source_code_hash               = filebase64sha256("${var.packages}/${each.key}-arm64.zip")
  role                           = aws_iam_role.function[each.key].arn
  memory_size                    = each.value.memory
  timeout                        = each.value.timeout
  reserved_concurrent_executions = var.reserved_concurrency
  publish                        = true

  environment {
    variables = merge(
      local.environment,
      each.value.knows_callers ? { JWT_SECRET_ARN = data.aws_secretsmanager_secret.jwt.arn } : {},
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
  for_each = local.functions

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
    for_each = each.value.permissions
    content {
      actions   = statement.value.actions
      resources = [for table in statement.value.tables : "${local.table_arn}${table}"]
    }
  }

  dynamic "statement" {
    for_each = each.value.knows_callers ? [data.aws_secretsmanager_secret.jwt.arn] : []
    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [statement.value]
    }
  }
}
