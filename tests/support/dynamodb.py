"""A DynamoDB store before a server that misbehaves, and the three operations that tests do on it."""

import json
from typing import Any

from shopkeeper.storage import (
    Changes,
    Store,
)
from shopkeeper.storage.dynamodb import DynamoDBClient, DynamoDBStore
from tests.support.faults import (
    Behaviour,
    fails,
)
from tests.support.stores import FEED, PLAIN, aws_environment, dynamodb_client

SECONDS = 15.0
"""The deadline of these clients, far off where a server answers at once, however busy the machine is."""

SHORT_SECONDS = 0.6
"""That of clients which are kept waiting; the servers do so for 20 seconds, and note who outwaits them."""

KEY = {"id": "x"}
ITEM = {"Item": {"id": {"S": "x"}}}
VISIT = Changes(add={"n": 1})


_opened: list[DynamoDBClient] = []


def close_all() -> None:
    """Close every client that a test opened."""
    while _opened:
        _opened.pop().close()


def store_at(url: str, seconds: float = SECONDS, **options: Any) -> DynamoDBStore:
    return store_in(aws_environment(url), seconds=seconds, **options)


def store_in(environment: dict[str, str], **options: Any) -> DynamoDBStore:
    client = dynamodb_client(environment, **options)
    _opened.append(client)
    return DynamoDBStore(client, {PLAIN: "plain", FEED: "feed"})


def get(store: Store) -> object:
    return store.get(PLAIN, KEY)


def visit(store: Store) -> object:
    return store.update(PLAIN, KEY, VISIT)


def create(store: Store) -> object:
    store.put(PLAIN, KEY, if_absent=True)
    return KEY


def cancelled(*codes: str) -> Behaviour:
    reasons = [{"Code": code, "Message": code} for code in codes]
    return fails(400, "TransactionCanceledException", CancellationReasons=reasons)


def token_of(exchange: Any) -> str:
    return str(json.loads(exchange.body)["ClientRequestToken"])
