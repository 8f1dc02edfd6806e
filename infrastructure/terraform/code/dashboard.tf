# One page to look at.
locals {
  api_metric = ["ApiName", local.name, "Stage", var.stage]

  widgets = [
    {
      title   = "Requests", stat = "Sum", period = 60, x = 0, y = 0, width = 12
      metrics = [concat(["AWS/ApiGateway", "Count"], local.api_metric)]
    },
    {
      title = "Errors", stat = "Sum", period = 60, x = 12, y = 0, width = 12
      metrics = [
        concat(["AWS/ApiGateway", "4XXError"], local.api_metric),
        concat(["AWS/ApiGateway", "5XXError"], local.api_metric),
      ]
    },
    {
      title = "Latency", stat = "p99", period = 60, x = 0, y = 6, width = 12
      metrics = [
        concat(["AWS/ApiGateway", "Latency"], local.api_metric),
        concat(["AWS/ApiGateway", "Latency"], local.api_metric, [{ stat = "p50" }]),
      ]
    },
    {
      title = "Cold starts", stat = "Sum", period = 60, x = 12, y = 6, width = 12
      metrics = [
        for service in distinct([for function in local.functions : function.service]) :
        ["Shopkeeper", "ColdStart", "service", service, "stage", var.stage]
      ]
    },
    {
      title = "Visits, registrations, orders", stat = "Sum", period = 300, x = 0, y = 12, width = 24
      metrics = [
        ["Shopkeeper", "Visits", "service", "visitor-counter", "stage", var.stage],
        ["Shopkeeper", "Registrations", "service", "auth", "stage", var.stage],
        ["Shopkeeper", "Orders", "service", "orders", "stage", var.stage],
      ]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name
  dashboard_body = jsonencode({
    widgets = [for widget in local.widgets : {
      type   = "metric"
      x      = widget.x
      y      = widget.y
      width  = widget.width
      height = 6
      properties = {
        title   = widget.title
        region  = data.aws_region.current.name
        stat    = widget.stat
        period  = widget.period
        metrics = widget.metrics
      }
    }]
  })
}
