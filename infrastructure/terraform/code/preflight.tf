# The preflight, answered by the gateway itself.
locals {
  # Velocity, run by API Gateway: an origin that is not among the allowed gets no permission.
  read_origin        = <<-VTL
    #set($origin = $input.params("Origin"))
    #if($origin == "")#set($origin = $input.params("origin"))#end
  VTL
  pick_local_origin  = <<-VTL
    #set($local = $origin.replace("127.0.0.1", "localhost").replace("[::1]", "localhost"))
    #if($local.matches("https?://localhost(:[0-9]{1,5})?"))
    #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
    #end
  VTL
  pick_listed_origin = <<-VTL
    #set($origins = "${var.allowed_origins}")
    #foreach($allowed in $origins.split(","))
    #if($allowed == $origin)
    #set($context.responseOverride.header.Access-Control-Allow-Origin = $allowed)
    #end
    #end
  VTL
  pick_origin        = "${local.read_origin}${local.is_local ? local.pick_local_origin : local.pick_listed_origin}"
}

resource "aws_api_gateway_method" "preflight" {
  for_each = local.preflight_paths

  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = local.resource_ids[each.key]
  http_method   = "OPTIONS"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "preflight" {
  for_each = local.preflight_paths

  rest_api_id       = aws_api_gateway_rest_api.this.id
  resource_id       = aws_api_gateway_method.preflight[each.key].resource_id
  http_method       = "OPTIONS"
  type              = "MOCK"
  request_templates = { "application/json" = jsonencode({ statusCode = 200 }) }
}

resource "aws_api_gateway_method_response" "preflight" {
  for_each = local.preflight_paths

  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = aws_api_gateway_method.preflight[each.key].resource_id
  http_method = "OPTIONS"
  status_code = "200"

  response_parameters = {
    for name in concat(["Access-Control-Allow-Origin"], keys(local.facts.preflight)) :
    "method.response.header.${name}" => false
  }
}

resource "aws_api_gateway_integration_response" "preflight" {
  for_each = local.preflight_paths

  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = aws_api_gateway_integration.preflight[each.key].resource_id
  http_method = "OPTIONS"
  status_code = aws_api_gateway_method_response.preflight[each.key].status_code

  response_parameters = {
    for name, value in local.facts.preflight : "method.response.header.${name}" => "'${value}'"
  }
  response_templates = { "application/json" = local.pick_origin }
}
