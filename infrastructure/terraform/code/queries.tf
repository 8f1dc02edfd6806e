# Saved queries of the functions' logs, as facts.json lists them.
resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.facts.queries

  name            = "${local.name}/${each.key}"
  log_group_names = [for name in each.value.functions : aws_cloudwatch_log_group.function[name].name]
  query_string    = join("\n| ", each.value.lines)
}
