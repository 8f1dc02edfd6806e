"""A visitor counter on FastAPI behind Mangum, as its users put it on Lambda."""

import logging
import os
from datetime import datetime, timezone

import boto3
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from mangum import Mangum
from pydantic import BaseModel

logging.getLogger().setLevel(logging.INFO)
logger = logging.getLogger(__name__)
app = FastAPI(title="Visitor counter")
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:1580"])
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


class Visit(BaseModel):
    """The answer to a visit."""

    count: int
    timestamp: str
    status: str = "success"


@app.get("/counter")
def count_visit() -> Visit:
    """Count a visit."""
    now = datetime.now(timezone.utc).isoformat()
    answer = table.update_item(
        Key={"counter_id": "main_counter"},
        UpdateExpression="ADD visit_count :one SET last_updated = :now",
        ExpressionAttributeValues={":one": 1, ":now": now},
        ReturnValues="UPDATED_NEW",
    )
    logger.info("request")
    return Visit(count=int(answer["Attributes"]["visit_count"]), timestamp=now)


handler = Mangum(app, lifespan="off")
