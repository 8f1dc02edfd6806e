"""What watches a stage, in the SAM template: alarms, filters, the dashboard and saved queries, by the facts."""

import json
from textwrap import indent
from typing import Any

from sam_text import NAME, Facts, block, lines, logical

WRITTEN_WIDGETS = 3
"""How many graphs the dashboard has beside those in the facts."""


def alarm_of(name: str, alarm: Facts) -> str:
    """Return an alarm."""
    on_queue = f'{{ Name: QueueName, Value: !Sub "{NAME}-{alarm["queue"]}" }}'
    of_service = f"{{ Name: service, Value: {alarm['service']} }}, {{ Name: stage, Value: !Ref Stage }}"
    dimensions = on_queue if alarm["queue"] else of_service
    return block(f"""
        {logical(name)}Alarm:
          Type: AWS::CloudWatch::Alarm
          Properties:
            AlarmName: !Sub {NAME}-{name}
            AlarmDescription: {alarm["meaning"]}
            AlarmActions: [!Ref AlarmTopic]
            Namespace: {"AWS/SQS" if alarm["queue"] else "Shopkeeper"}
            MetricName: {alarm["metric"]}
            Dimensions: [{dimensions}]
            Statistic: {alarm["statistic"]}
            Period: {alarm["seconds"]}
            EvaluationPeriods: 1
            Threshold: {alarm["threshold"]}
            ComparisonOperator: GreaterThanThreshold
            TreatMissingData: notBreaching
        """)


def throttles(name: str) -> str:
    """Return the metric of a function for the alarm on throttles."""
    return block(f"""
        - Id: {name}
          ReturnData: false
          MetricStat:
            Metric:
              Namespace: AWS/Lambda
              MetricName: Throttles
              Dimensions: [{{ Name: FunctionName, Value: !Sub "{NAME}-{name}" }}]
            Period: 60
            Stat: Sum
        """)


def database(facts: Facts) -> str:
    """Return the expression of the alarm on DynamoDB."""
    tables = " OR ".join(f"TableName = '{name}-${{Stage}}'" for name in sorted(facts["tables"]))
    schema = 'SCHEMA("AWS/DynamoDB", Operation, TableName)'
    return f"Expression: !Sub >-\n  SELECT SUM(SystemErrors) FROM {schema} WHERE {tables}\n"


def query_of(name: str, query: Facts) -> str:
    """Return a saved query."""
    groups = ", ".join(f"!Ref {logical(function)}Logs" for function in query["functions"])
    return block(
        f"""
        {logical(name)}Query:
          Type: AWS::Logs::QueryDefinition
          Properties:
            Name: !Sub {NAME}/{name}
            LogGroupNames: [{groups}]
            QueryString: |-
              <lines>
        """,
        lines=lines(query["lines"][:1]) + lines(f"| {line}" for line in query["lines"][1:]),
    )


def filter_of(name: str, counting: Facts) -> str:
    """Return a filter of a function's log."""
    return block(f"""
        {logical(name)}Filter:
          Type: AWS::Logs::MetricFilter
          Properties:
            FilterName: !Sub {NAME}-{name}
            LogGroupName: !Ref {logical(counting["function"])}Logs
            FilterPattern: "{counting["pattern"]}"
            MetricTransformations:
              - MetricNamespace: !Sub Shopkeeper/{counting["service"]}/${{Stage}}
                MetricName: {counting["metric"]}
                MetricValue: {counting["value"]}
                Unit: Count
        """)


def widgets(facts: Facts) -> str:
    """Return the widgets of the dashboard that follow from the facts, after three that are written."""
    graphs = [_graph(widget) for widget in facts["widgets"]]
    tables = [_log_table(name, query) for name, query in facts["queries"].items()]
    first = 6 * -(-(WRITTEN_WIDGETS + len(graphs)) // 2)
    written = []
    for at, graph in enumerate(graphs, WRITTEN_WIDGETS):
        written.append({"type": "metric", "x": 12 * (at % 2), "y": 6 * (at // 2), "width": 12, "height": 6, **graph})
    for at, table in enumerate(tables):
        written.append({"type": "log", "x": 0, "y": first + 6 * at, "width": 24, "height": 6, **table})
    text = ",\n".join(json.dumps(line) for line in written)
    return "- Widgets: !Sub |\n" + indent(text, "    ") + "\n"


def _graph(widget: Facts) -> Facts:
    metrics = [_metric(shown, widget) for shown in widget["metrics"]]
    about = {"title": widget["title"], "region": "${AWS::Region}"}
    return {"properties": {**about, "stat": widget["statistic"], "period": widget["seconds"], "metrics": metrics}}


def _metric(shown: Facts, widget: Facts) -> list[Any]:
    if shown["counted"]:
        return [f"Shopkeeper/{shown['service']}/${{Stage}}", shown["metric"]]
    if not shown["by"]:
        return ["Shopkeeper", shown["metric"], "service", shown["service"], "stage", "${Stage}"]
    found = f'{{Shopkeeper,{shown["by"]},service,stage}} MetricName="{shown["metric"]}" stage="${{Stage}}"'
    return [{"expression": f"SEARCH('{found}', '{widget['statistic']}', {widget['seconds']})"}]


def _log_table(name: str, query: Facts) -> Facts:
    sources = [f"SOURCE '/aws/lambda/{NAME}-{function}'" for function in query["functions"]]
    text = " | ".join([*sources, *query["lines"]])
    return {"properties": {"title": name, "region": "${AWS::Region}", "view": "table", "query": text}}
