# What lets the distribution of the stage ask a function without the gateway. It signs, and nobody else may.
locals {
  is_fronted = lookup(var.settings, "FRONT", "") == "distribution"
  fronted    = local.is_fronted ? toset([for name, function in local.functions : name if function.has_url]) : toset([])
}

data "aws_ssm_parameter" "distribution_arn" {
  count = local.is_fronted ? 1 : 0

  name = "/shopkeeper/${var.stage}/distribution-arn"
}

resource "aws_lambda_function_url" "this" {
  for_each = local.fronted

  function_name      = aws_lambda_function.this[each.key].function_name
  qualifier          = aws_lambda_alias.live[each.key].name
  authorization_type = "AWS_IAM"
}

resource "aws_lambda_permission" "url" {
  for_each = local.fronted

  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.this[each.key].function_name
  qualifier              = aws_lambda_alias.live[each.key].name
  principal              = "cloudfront.amazonaws.com"
  source_arn             = data.aws_ssm_parameter.distribution_arn[0].value
  function_url_auth_type = "AWS_IAM"
}

# Lambda asks for both.
resource "aws_lambda_permission" "url_invocation" {
  for_each = local.fronted

  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.key].function_name
  qualifier     = aws_lambda_alias.live[each.key].name
  principal     = "cloudfront.amazonaws.com"
  source_arn    = data.aws_ssm_parameter.distribution_arn[0].value
}
