"""A visitor counter as the founding documents write it: `boto3.resource`, adaptive retries, one table."""

import json
import os
from datetime import datetime, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(
    region_name=os.environ["AWS_REGION"],
    retries={"max_attempts": 3, "mode": "adaptive"},
    max_pool_connections=1,
)
table = boto3.resource("dynamodb", config=config).Table(os.environ["TABLE_NAME"])


def handler(event, context):
    """Count a visit."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    now = datetime.now(timezone.utc).isoformat()
    try:
        answer = table.update_item(
            Key={"counter_id": "main_counter"},
            UpdateExpression="ADD visit_count :increment SET last_updated = :timestamp",
            ExpressionAttributeValues={":increment": 1, ":timestamp": now},
            ReturnValues="UPDATED_NEW",
        )
    except ClientError as error:
        print(json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)[:200]}))
        return {"statusCode": 500, "headers": headers, "body": json.dumps({"status": "error"})}
    print(json.dumps({"requestId": context.aws_request_id, "path": event["path"], "httpMethod": event["httpMethod"]}))
    body = {"count": int(answer["Attributes"]["visit_count"]), "timestamp": now, "status": "success"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(body)}
