# One page to look at.
locals {
  api_metric = ["ApiName", local.name, "Stage", var.stage]

  widgets = [
    {
      title   = "Requests", stat = "Sum", period = 60
      metrics = [concat(["AWS/ApiGateway", "Count"], local.api_metric)]
    },
    {
      title = "Errors", stat = "Sum", period = 60
      metrics = [
        concat(["AWS/ApiGateway", "4XXError"], local.api_metric),
        concat(["AWS/ApiGateway", "5XXError"], local.api_metric),
      ]
    },
    {
      title = "Latency", stat = "p99", period = 60
      metrics = [
        concat(["AWS/ApiGateway", "Latency"], local.api_metric),
        concat(["AWS/ApiGateway", "Latency"], local.api_metric, [{ stat = "p50" }]),
      ]
    },
  ]

  # What the facts list beside these three: graphs of the functions' own metrics, and the saved queries.
  shown = [for widget in local.facts.widgets : {
    title = widget.title, stat = widget.statistic, period = widget.seconds
    metrics = [for one in widget.metrics : jsondecode(one.by == "" ?
      jsonencode(one.counted ? ["Shopkeeper/${one.service}/${var.stage}", one.metric] :
      ["Shopkeeper", one.metric, "service", one.service, "stage", var.stage]) :
      jsonencode([{ expression = join("", [
        "SEARCH('{Shopkeeper,${one.by},service,stage} MetricName=\"${one.metric}\" stage=\"${var.stage}\"', ",
        "'${widget.statistic}', ${widget.seconds})",
      ]) }])
    )]
  }]
  tables_begin = 6 * ceil((length(local.widgets) + length(local.shown)) / 2)
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name
  dashboard_body = jsonencode({
    widgets = concat(
      [for at, widget in concat(local.widgets, local.shown) : {
        type   = "metric"
        x      = 12 * (at % 2)
        y      = 6 * floor(at / 2)
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          region  = data.aws_region.current.name
          stat    = widget.stat
          period  = widget.period
          metrics = widget.metrics
        }
      }],
      [for at, name in keys(local.facts.queries) : {
        type   = "log"
        x      = 0
        y      = local.tables_begin + 6 * at
        width  = 24
        height = 6
        properties = {
          title  = name
          region = data.aws_region.current.name
          view   = "table"
          query = join(" | ", concat(
            [for function in local.facts.queries[name].functions : "SOURCE '/aws/lambda/${local.name}-${function}'"],
            local.facts.queries[name].lines,
          ))
        }
      }],
    )
  })
}
