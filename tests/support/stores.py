"""Stores for tests: SQLite files, and DynamoDB tables on moto and dynoxide."""

import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.settings import read
from shopkeeper.storage import Index, Store, Table
from shopkeeper.storage.dynamodb import DynamoDBClient, DynamoDBStore
from shopkeeper.storage.dynamodb.schema import create_tables
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.table import Key, KeyAttribute, string_key
from shopkeeper.storage.tables import TABLES
from tests.support.processes import free_port, run_cli, running
from tests.support.tools import DYNOXIDE, need

PLAIN = Table("plain", "PLAIN_TABLE", string_key("id"))
NOTES = Table(
    "notes",
    "NOTES_TABLE",
    string_key("owner", "name"),
    indexes=(
        Index("by-topic", string_key("topic", "name")),
        Index("by-rank", Key(KeyAttribute("topic"), KeyAttribute("rank", "N"))),
        Index("by-author", string_key("author")),
    ),
    ttl="expires",
)
FEED = Table("feed", "FEED_TABLE", Key(KeyAttribute("feed"), KeyAttribute("seq", "N")), ttl="expires")
TEST_TABLES = (PLAIN, NOTES, FEED)

BACKENDS = ("sqlite", "moto", "dynoxide")
EMULATORS = ("moto", "dynoxide")
ATOMIC = ("sqlite", "dynoxide")
"""For tests in which threads race: moto's server loses updates of its own then."""


def aws_environment(endpoint: str) -> dict[str, str]:
    """Return the variables that point a client at an emulator."""
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "JWT_SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    }


def dynamodb_client(environment: Mapping[str, str], **options: Any) -> DynamoDBClient:
    """Return a client for the settings of an environment."""
    settings = read(environment, TABLES)
    return DynamoDBClient(settings.region, settings.aws, **options)


@contextmanager
def emulator(kind: str, folder: Path) -> Iterator[str]:
    """Run moto's server or dynoxide and yield its URL."""
    port = free_port()
    if kind == "moto":
        command = [sys.executable, "-c", "from moto.server import main; main()", "-p", str(port)]
    else:
        command = [need(DYNOXIDE), "--port", str(port)]
    with running(command, port, folder / f"{kind}.log"):
        yield f"http://127.0.0.1:{port}"


def table_names(tables: tuple[Table, ...]) -> dict[Table, str]:
    """Return physical names that no other test uses."""
    unique = uuid.uuid4().hex[:12]
    return {table: f"{table.name}-{unique}" for table in tables}


def dynamodb_store(endpoint: str, tables: tuple[Table, ...] = TEST_TABLES) -> DynamoDBStore:
    """Return a store on tables of its own."""
    names = table_names(tables)
    client = dynamodb_client(aws_environment(endpoint), seconds=20)
    create_tables(client, names, lambda name, done: None)
    return DynamoDBStore(client, names)


def open_store(kind: str, endpoints: Mapping[str, str], folder: Path, tables: tuple[Table, ...] = TEST_TABLES) -> Store:
    """Return an empty store of a kind."""
    if kind == "sqlite":
        return SQLiteStore(folder / f"{uuid.uuid4().hex}.db", tables)
    return dynamodb_store(endpoints[kind], tables)


def command_environment(kind: str, request: pytest.FixtureRequest, folder: Path) -> dict[str, str]:
    """Return the variables with which commands use an empty store of a kind, a file in the folder or new tables."""
    if kind == "sqlite":
        return {"STORE_URL": f"sqlite:///{folder}/shop.db"}
    names = {table.environment: name for table, name in table_names(TABLES).items()}
    environment = {**aws_environment(str(request.getfixturevalue(kind))), **names, "STORE_URL": "dynamodb:"}
    assert run_cli("tables", **environment).returncode == 0
    return environment
