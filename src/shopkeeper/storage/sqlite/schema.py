"""Declared tables as SQLite tables: the key in columns, the item as JSON, indexes as expressions over the JSON."""

import sqlite3
from collections.abc import Iterable

from shopkeeper.storage.table import KeyAttribute, Table


def create_tables(connection: sqlite3.Connection, tables: Iterable[Table]) -> None:
    """Create the missing tables and indexes of `tables`. The call may be repeated."""
    for table in tables:
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {quoted(table.name)} ("
            "partition TEXT NOT NULL, sort NOT NULL, item TEXT NOT NULL, "
            "PRIMARY KEY (partition, sort))"
        )
        for index in table.indexes:
            columns = [json_path(attribute) for attribute in index.key.attributes]
            _create_index(connection, table, index.name, columns)
        if table.ttl:
            _create_index(connection, table, table.ttl, [expiry(table)])


def json_path(attribute: KeyAttribute) -> str:
    """Return the expression that reads a key attribute of an item."""
    content = f"json_extract(item, '$.\"{attribute.name}\".{attribute.type}')"
    return f"CAST({content} AS INTEGER)" if attribute.type == "N" else content


def expiry(table: Table) -> str:
    """Return the expression for the time at which an item expires, in seconds of the Unix epoch; NULL for never."""
    return f"CAST(json_extract(item, '$.\"{table.ttl}\".N') AS INTEGER)"


def quoted(name: str) -> str:
    """Return `name` as a quoted SQL identifier. Names come from declarations, never from callers."""
    return '"' + name.replace('"', '""') + '"'


def _create_index(connection: sqlite3.Connection, table: Table, name: str, columns: list[str]) -> None:
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    connection.execute(
        f"CREATE INDEX IF NOT EXISTS {quoted(f'{table.name}.{name}')} "
        f"ON {quoted(table.name)} ({', '.join(columns)}, partition, sort) WHERE {present}"
    )
