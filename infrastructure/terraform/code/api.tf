# The API: every route of every function as a resource and a method, and a preflight on each path.
locals {
  routes = { for route, function in local.facts.routes : route => {
    function = function
    method   = split(" ", route)[0]
    path     = trim(split(" ", route)[1], "/")
    signed   = contains(local.facts.signed_routes, route)
  } }

  # Every other path has its preflight alone, so that a mistyped one shows as the gateway's 403.
  preflight_paths = setunion([for path in local.facts.paths : trim(path, "/")], ["{proxy+}"])
  paths           = setunion(local.preflight_paths, [for route in local.routes : route.path])

  # Every folder on the way to a path is a resource of its own: "a/b/c" is made of "a", "a/b" and "a/b/c".
  folders = { for depth in range(1, 7) : depth => toset([
    for path in local.paths : join("/", slice(split("/", path), 0, depth))
    if path != "" && length(split("/", path)) >= depth
  ]) }

  resource_ids = merge(
    { "" = aws_api_gateway_rest_api.this.root_resource_id },
    { for path, made in aws_api_gateway_resource.level1 : path => made.id },
    { for path, made in aws_api_gateway_resource.level2 : path => made.id },
    { for path, made in aws_api_gateway_resource.level3 : path => made.id },
    { for path, made in aws_api_gateway_resource.level4 : path => made.id },
    { for path, made in aws_api_gateway_resource.level5 : path => made.id },
    { for path, made in aws_api_gateway_resource.level6 : path => made.id },
  )
}

resource "aws_api_gateway_rest_api" "this" {
  name = local.name

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_resource" "level1" {
  for_each = local.folders[1]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level2" {
  for_each = local.folders[2]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level1[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level3" {
  for_each = local.folders[3]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level2[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level4" {
  for_each = local.folders[4]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level3[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level5" {
  for_each = local.folders[5]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level4[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level6" {
  for_each = local.folders[6]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level5[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_method" "route" {
  for_each = local.routes

  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = local.resource_ids[each.value.path]
  http_method   = each.value.method
  authorization = each.value.signed ? "AWS_IAM" : "NONE"

  # Who signs calls has a key, too, whose calls are counted.
  api_key_required = each.value.signed
}

resource "aws_api_gateway_integration" "route" {
  for_each = local.routes

  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_method.route[each.key].resource_id
  http_method             = each.value.method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = local.alias_uris[each.value.function]

  depends_on = [aws_lambda_alias.live]
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id

  triggers = {
    redeployment = sha256(jsonencode([local.routes, local.preflight_paths, local.facts.preflight, local.pick_origin]))
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [
    aws_api_gateway_integration.route,
    aws_api_gateway_integration_response.preflight,
    aws_api_gateway_gateway_response.this,
  ]
}

resource "aws_api_gateway_stage" "this" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      requestId        = "$context.requestId"
      httpMethod       = "$context.httpMethod"
      path             = "$context.path"
      status           = "$context.status"
      responseLatency  = "$context.responseLatency"
      integrationError = "$context.integrationErrorMessage"
    })
  }
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${local.name}"
  retention_in_days = local.stage.log_days
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    throttling_rate_limit  = local.stage.rate
    throttling_burst_limit = local.stage.burst
  }
}

resource "aws_api_gateway_gateway_response" "this" {
  for_each = toset(["DEFAULT_4XX", "DEFAULT_5XX"])

  rest_api_id   = aws_api_gateway_rest_api.this.id
  response_type = each.key

  # A static origin: the gateway cannot choose here.
  response_parameters = {
    "gatewayresponse.header.Access-Control-Allow-Origin" = "'${local.is_local ? local.facts.local_origin : split(",", var.allowed_origins)[0]}'"
    "gatewayresponse.header.Vary"                        = "'Origin'"
  }
}

resource "aws_api_gateway_usage_plan" "this" {
  name = local.name

  api_stages {
    api_id = aws_api_gateway_rest_api.this.id
    stage  = aws_api_gateway_stage.this.stage_name
  }

  # Of each key.
  throttle_settings {
    rate_limit  = 1
    burst_limit = 5
  }

  quota_settings {
    limit  = 1000
    period = "DAY"
  }
}

resource "aws_api_gateway_api_key" "this" {
  name = local.name
}

resource "aws_api_gateway_usage_plan_key" "this" {
  key_id        = aws_api_gateway_api_key.this.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.this.id
}
