"""DynamoDB as a service of the lean client, and its failures as the errors of a store."""

from collections.abc import Mapping
from typing import Any

from shopkeeper.aws.client import SECONDS, AwsClient, NoAnswer, Service
from shopkeeper.aws.credentials import NoCredentials
from shopkeeper.aws.failures import Failure
from shopkeeper.aws.settings import AwsSettings
from shopkeeper.net.connection import MAX_BODY_BYTES
from shopkeeper.storage.errors import (
    AccessDenied,
    Conflict,
    ItemTooLarge,
    StoreError,
    StoreUnavailable,
    TableMissing,
    Throttled,
)


def tables_of(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the tables in the payload of a call, each once."""
    if "TableName" in payload:
        return (payload["TableName"],)
    parts = [part for action in payload.get("TransactItems", ()) for part in action.values()]
    return tuple(dict.fromkeys([*payload.get("RequestItems", ()), *(part["TableName"] for part in parts)]))


DYNAMODB = Service(
    name="dynamodb",
    target="DynamoDB_20120810",
    content_type="application/x-amz-json-1.0",
    variable="DYNAMODB",
    tables_of=tables_of,
)

CallError = Failure | NoAnswer | NoCredentials


class DynamoDBClient(AwsClient):
    """The DynamoDB of one region, or at the endpoint that the settings name."""

    def __init__(
        self,
        region: str,
        settings: AwsSettings,
        *,
        seconds: float = SECONDS,
        max_body: int = MAX_BODY_BYTES,
    ) -> None:
        super().__init__(DYNAMODB, region, settings, seconds=seconds, max_body=max_body)


def store_error(error: CallError) -> StoreError:
    """Return the store's error for a call that failed."""
    match error:
        case NoAnswer():
            return StoreUnavailable(str(error))
        case NoCredentials():
            return AccessDenied(str(error))
        case Failure():
            return _kind(error)(str(error))


def _kind(failure: Failure) -> type[StoreError]:
    if failure.conflicting:
        return Conflict
    if failure.throttled:
        return Throttled
    if failure.denied:
        return AccessDenied
    if failure.code == "ResourceNotFoundException":
        return TableMissing
    if _too_large(failure):
        return ItemTooLarge
    return StoreUnavailable if failure.transient else StoreError


def _too_large(failure: Failure) -> bool:
    """DynamoDB has no error code for this, only a message."""
    texts = [failure.message, *(reason.message or "" for reason in failure.reasons)]
    return any("item size" in text.lower() and "exceed" in text.lower() for text in texts)
