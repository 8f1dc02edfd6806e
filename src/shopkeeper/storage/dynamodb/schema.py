"""Declared tables as DynamoDB tables with on-demand capacity, keys, indexes and TTL."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shopkeeper.aws.client import NoAnswer
from shopkeeper.aws.credentials import NoCredentials
from shopkeeper.aws.failures import Failure
from shopkeeper.errors import ConfigurationError
from shopkeeper.storage.dynamodb.client import DynamoDBClient, store_error
from shopkeeper.storage.errors import StoreUnavailable
from shopkeeper.storage.table import Index, Key, Table

WAIT_SECONDS = 300.0
LOOK_EVERY_SECONDS = 0.5
CALL_SECONDS = 10.0


def create_tables(client: DynamoDBClient, names: Mapping[Table, str], report: Callable[[str, str], None]) -> None:
    """Create missing tables and indexes and enable TTL. The call may be repeated.

    `report` is called for each table with its physical name and the changes made. Raises ConfigurationError if a
    table exists with a different key, StoreError if DynamoDB returns an error or does not finish in time.
    """
    for table, name in names.items():
        try:
            report(name, _create_table(client, table, name))
        except (Failure, NoAnswer, NoCredentials) as error:
            raise store_error(error) from error


def _create_table(client: DynamoDBClient, table: Table, name: str) -> str:
    done = []
    if _describe(client, name) is None:
        _create(client, table, name)
        done.append("created")
    description = _wait(client, name)
    if description["KeySchema"] != _key_schema(table.key):
        raise ConfigurationError(f"The table {name} already exists with a different key than {table.name} needs.")
    for index in _missing_indexes(table, description):
        _add_index(client, table, name, index)
        description = _wait(client, name)
        done.append(f"added {index.name}")
    if table.ttl and _set_ttl(client, name, table.ttl):
        done.append(f"set the TTL on {table.ttl}")
    return ", ".join(done) or "is as declared"


def _create(client: DynamoDBClient, table: Table, name: str) -> None:
    keys = [table.key, *(index.key for index in table.indexes)]
    request: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": _attributes(keys),
        "KeySchema": _key_schema(table.key),
    }
    if table.indexes:
        request["GlobalSecondaryIndexes"] = [_index(index) for index in table.indexes]
    try:
        _call(client, "CreateTable", request)
    except Failure as failure:
        if failure.code != "ResourceInUseException":  # another run has just created it
            raise


def _add_index(client: DynamoDBClient, table: Table, name: str, index: Index) -> None:
    """Add one index. DynamoDB fills it from the existing items."""
    request = {
        "TableName": name,
        "AttributeDefinitions": _attributes([table.key, index.key]),
        "GlobalSecondaryIndexUpdates": [{"Create": _index(index)}],
    }
    _call(client, "UpdateTable", request)


def _set_ttl(client: DynamoDBClient, name: str, attribute: str) -> bool:
    """Enable TTL and return True. Return False if it is already enabled."""
    present = _call(client, "DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]
    if present.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        if present.get("AttributeName") != attribute:
            raise ConfigurationError(f"The table {name} has TTL on a different attribute than {attribute}.")
        return False
    specification = {"Enabled": True, "AttributeName": attribute}
    _call(client, "UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": specification})
    return True


def _describe(client: DynamoDBClient, name: str) -> dict[str, Any] | None:
    try:
        table: dict[str, Any] = _call(client, "DescribeTable", {"TableName": name})["Table"]
    except Failure as failure:
        if failure.code == "ResourceNotFoundException":
            return None
        raise
    return table


def _wait(client: DynamoDBClient, name: str) -> dict[str, Any]:
    """Return the description of the table once it and its indexes are active."""
    ends = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < ends:
        table = _describe(client, name)
        if table is not None:
            indexes = table.get("GlobalSecondaryIndexes") or []
            if all(
                part.get("TableStatus", part.get("IndexStatus", "ACTIVE")) == "ACTIVE" for part in [table, *indexes]
            ):
                return table
        time.sleep(LOOK_EVERY_SECONDS)
    raise StoreUnavailable(f"the table {name} did not become active within {WAIT_SECONDS:.0f} s")


def _missing_indexes(table: Table, description: Mapping[str, Any]) -> Iterable[Index]:
    there = {index["IndexName"]: index["KeySchema"] for index in description.get("GlobalSecondaryIndexes") or []}
    for index in table.indexes:
        if index.name not in there:
            yield index
        elif there[index.name] != _key_schema(index.key):
            raise ConfigurationError(f"The index {index.name} already exists with a different key.")


def _attributes(keys: Iterable[Key]) -> list[dict[str, str]]:
    types = {attribute.name: attribute.type for key in keys for attribute in key.attributes}
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def _key_schema(key: Key) -> list[dict[str, str]]:
    return [
        {"AttributeName": attribute.name, "KeyType": kind}
        for attribute, kind in zip(key.attributes, ("HASH", "RANGE"), strict=False)
    ]


def _index(index: Index) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.key),
        "Projection": {"ProjectionType": "ALL"},
    }


def _call(client: DynamoDBClient, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
    return client.call(operation, request, repeatable=True, seconds=CALL_SECONDS)
