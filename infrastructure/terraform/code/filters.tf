# Filters of the functions' logs that count what requests did, as facts.json lists them.
resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = local.facts.filters

  name           = "${local.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.function[each.value.function].name
  pattern        = each.value.pattern

  metric_transformation {
    namespace = "Shopkeeper/${each.value.service}/${var.stage}"
    name      = each.value.metric
    value     = each.value.value
    unit      = "Count"
  }
}
