"""A visitor counter in the style of Powertools' documentation: event handler, Logger, Metrics, models."""

import os
from datetime import datetime, timezone

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel

logger = Logger(service="visitor-counter")
metrics = Metrics(namespace="Peer", service="visitor-counter")
app = APIGatewayRestResolver(cors=CORSConfig(allow_origin="http://localhost:1580"), enable_validation=True)
dynamodb = boto3.client("dynamodb")


class Visit(BaseModel):
    """The answer to a visit."""

    count: int
    timestamp: str
    status: str = "success"


@app.get("/counter")
def count_visit() -> Visit:
    """Count a visit."""
    now = datetime.now(timezone.utc).isoformat()
    answer = dynamodb.update_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"counter_id": {"S": "main_counter"}},
        UpdateExpression="ADD visit_count :one SET last_updated = :now",
        ExpressionAttributeValues={":one": {"N": "1"}, ":now": {"S": now}},
        ReturnValues="UPDATED_NEW",
    )
    metrics.add_metric(name="Visits", unit=MetricUnit.Count, value=1)
    return Visit(count=int(answer["Attributes"]["visit_count"]["N"]), timestamp=now)


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    """Answer an event."""
    logger.info("request")
    return app.resolve(event, context)
