# What lets Secrets Manager call the function that rotates the secret, and the schedule by which it does.
locals {
  rotating = toset([for name, function in local.functions : name if function.rotates])
}

resource "aws_lambda_permission" "rotation" {
  for_each = local.rotating

  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this[each.key].function_name
  qualifier      = aws_lambda_alias.live[each.key].name
  principal      = "secretsmanager.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
  source_arn     = data.aws_secretsmanager_secret.jwt.arn
}

resource "aws_secretsmanager_secret_rotation" "this" {
  for_each = var.rotation_days > 0 && local.parameter == "" ? local.rotating : []

  secret_id           = data.aws_secretsmanager_secret.jwt.id
  rotation_lambda_arn = local.alias_arns[each.key]
  rotate_immediately  = false

  rotation_rules {
    automatically_after_days = var.rotation_days
  }

  depends_on = [aws_lambda_permission.rotation, aws_lambda_alias.live]
}
