# What runs functions besides requests: schedules and streams. What fails of them is kept in queues, and told.
locals {
  queue_arns = { for queue in local.facts.dead_letters : queue => "${local.arns.sqs}:${local.name}-${queue}" }
}

resource "aws_sqs_queue" "dead_letters" {
  for_each = toset(local.facts.dead_letters)

  name                      = "${local.name}-${each.key}"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = local.facts.dead_letter_seconds
}

resource "aws_cloudwatch_event_rule" "schedule" {
  for_each = local.facts.schedules

  name                = "${local.name}-${each.key}"
  schedule_expression = each.value.rate
}

resource "aws_cloudwatch_event_target" "schedule" {
  for_each = local.facts.schedules

  rule  = aws_cloudwatch_event_rule.schedule[each.key].name
  arn   = local.alias_arns[each.value.function]
  input = jsonencode(each.value.input)

  dead_letter_config {
    arn = local.queue_arns[each.value.dead_letters]
  }

  depends_on = [aws_lambda_alias.live, aws_sqs_queue.dead_letters]
}

resource "aws_lambda_permission" "schedule" {
  for_each = local.facts.schedules

  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.value.function].function_name
  qualifier     = aws_lambda_alias.live[each.value.function].name
  principal     = "events.amazonaws.com"
  source_arn    = "${local.arns.events}:rule/${local.name}-${each.key}"
}

resource "aws_sqs_queue_policy" "schedule" {
  for_each = local.facts.schedules

  queue_url = aws_sqs_queue.dead_letters[each.value.dead_letters].url
  policy    = data.aws_iam_policy_document.dead_letters[each.key].json
}

data "aws_iam_policy_document" "dead_letters" {
  for_each = local.facts.schedules

  statement {
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arns[each.value.dead_letters]]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["${local.arns.events}:rule/${local.name}-${each.key}"]
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "live" {
  for_each = { for name, function in local.functions : name => function if function.failures != null }

  function_name          = aws_lambda_function.this[each.key].function_name
  qualifier              = aws_lambda_alias.live[each.key].name
  maximum_retry_attempts = 2

  destination_config {
    on_failure {
      destination = local.queue_arns[each.value.failures]
    }
  }

  depends_on = [aws_sqs_queue.dead_letters, aws_iam_role_policy.function]
}

data "aws_dynamodb_table" "stream" {
  for_each = toset([for stream in local.facts.streams : stream.table])

  name = "${each.key}-${var.stage}"
}

resource "aws_lambda_event_source_mapping" "stream" {
  for_each = local.facts.streams

  event_source_arn               = data.aws_dynamodb_table.stream[each.value.table].stream_arn
  function_name                  = local.alias_arns[each.value.function]
  starting_position              = "LATEST"
  bisect_batch_on_function_error = true
  maximum_retry_attempts         = 5

  filter_criteria {
    filter {
      pattern = jsonencode({ eventName = ["INSERT"] })
    }
  }

  destination_config {
    on_failure {
      destination_arn = local.queue_arns[each.value.dead_letters]
    }
  }

  depends_on = [aws_lambda_alias.live, aws_sqs_queue.dead_letters]
}
