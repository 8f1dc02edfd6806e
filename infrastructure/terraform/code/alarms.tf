# What watches the API, and whom it tells; scripts/release looks at these while it shifts.
resource "aws_sns_topic" "alarms" {
  name = "${local.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alarm_email == "" ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  api_dimensions = { ApiName = local.name, Stage = var.stage }
}

resource "aws_cloudwatch_metric_alarm" "declared" {
  for_each = local.facts.alarms

  alarm_name        = "${local.name}-${each.key}"
  alarm_description = each.value.meaning
  alarm_actions     = [aws_sns_topic.alarms.arn]
  namespace         = each.value.queue == "" ? "Shopkeeper" : "AWS/SQS"
  metric_name       = each.value.metric
  dimensions = merge(
    each.value.queue == "" ? {} : { QueueName = "${local.name}-${each.value.queue}" },
    each.value.service == "" ? {} : { service = each.value.service, stage = var.stage },
  )
  statistic           = each.value.statistic
  period              = each.value.seconds
  evaluation_periods  = 1
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${local.name}-errors"
  alarm_description   = "More than one in a hundred answers is a 5xx"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  namespace           = "AWS/ApiGateway"
  metric_name         = "5XXError"
  dimensions          = local.api_dimensions
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = 0.01
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  alarm_name          = "${local.name}-latency"
  alarm_description   = "The slowest hundredth of the answers takes more than 3 s"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  namespace           = "AWS/ApiGateway"
  metric_name         = "Latency"
  dimensions          = local.api_dimensions
  extended_statistic  = "p99"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  threshold           = 3000
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  alarm_name          = "${local.name}-throttles"
  alarm_description   = "Lambda turns invocations away"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "throttles"
    expression  = "SUM(METRICS())"
    label       = "Throttles"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = local.functions
    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/Lambda"
        metric_name = "Throttles"
        dimensions  = { FunctionName = "${local.name}-${metric_query.key}" }
        period      = 60
        stat        = "Sum"
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "database" {
  alarm_name          = "${local.name}-database"
  alarm_description   = "DynamoDB answers with faults of its own"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "faults"
    label       = "SystemErrors"
    period      = 60
    return_data = true
    expression = join(" ", [
      "SELECT SUM(SystemErrors) FROM SCHEMA(\"AWS/DynamoDB\", Operation, TableName) WHERE",
      join(" OR ", [for name in keys(local.facts.tables) : "TableName = '${name}-${var.stage}'"]),
    ])
  }
}
