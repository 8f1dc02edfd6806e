"""The items of one transaction: each is read from the file once and written to it once.

A hundred visits of one counter that share a COMMIT cost one SELECT and one INSERT, and an operation that fails
is undone by forgetting what it wrote.
"""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

import msgspec

from shopkeeper.storage.checks import check_size
from shopkeeper.storage.sqlite.schema import quoted
from shopkeeper.storage.table import Table
from shopkeeper.storage.values import Item, Value, decode_item, encode_item

T = TypeVar("T")

Place = tuple[Table, object, object]
"""A table, and the values of its two key columns."""


class Batch:
    """What the operations of a transaction see of the file, each what those before it wrote."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """The connection's transaction is begun and ended by the caller."""
        self.connection = connection
        self._read: dict[Place, str | None] = {}
        self._written: dict[Place, str | None] = {}
        self._at_work: dict[Place, str | None] = {}

    def run(self, operation: Callable[["Batch"], T]) -> T:
        """Return what `operation` returns; if it raises, nothing of it is written."""
        self._at_work = {}
        result = operation(self)
        self._written |= self._at_work
        return result

    def get(self, table: Table, key: Item) -> dict[str, Value] | None:
        """Return an item, or None if it is not there."""
        text = self._text((table, *columns(table, key)))
        return None if text is None else decoded(text)

    def put(self, table: Table, item: Item) -> dict[str, Value]:
        """Write an item, and return it as a reader will find it."""
        attributes = check_size(encode_item(item))
        self._at_work[(table, *columns(table, item))] = msgspec.json.encode(attributes).decode()
        return decode_item(attributes)

    def delete(self, table: Table, key: Item) -> None:
        """Remove an item, if it is there."""
        self._at_work[(table, *columns(table, key))] = None

    def flush(self) -> None:
        """Write to the file what the operations wrote."""
        for (table, partition, sort), text in self._written.items():
            if text is None:
                sql, values = f"DELETE FROM {quoted(table.name)} WHERE partition = ? AND sort = ?", [partition, sort]
            else:
                # In place, where REPLACE would write the row and its key anew, to more pages.
                sql = (
                    f"INSERT INTO {quoted(table.name)} VALUES (?, ?, ?) "
                    "ON CONFLICT (partition, sort) DO UPDATE SET item = excluded.item"
                )
                values = [partition, sort, text]
            self.connection.execute(sql, values)

    def _text(self, place: Place) -> str | None:
        for texts in (self._at_work, self._written, self._read):
            if place in texts:
                return texts[place]
        return self._read.setdefault(place, read_text(self.connection, *place))


def read_text(connection: sqlite3.Connection, table: Table, partition: object, sort: object) -> str | None:
    """Return an item as the file has it, or None if it is not there."""
    sql = f"SELECT item FROM {quoted(table.name)} WHERE partition = ? AND sort = ?"
    row = connection.execute(sql, [partition, sort]).fetchone()
    return str(row[0]) if row else None


def decoded(text: str) -> dict[str, Value]:
    """Return an item from the text that the file has of it."""
    return decode_item(msgspec.json.decode(text))


def columns(table: Table, key: Item) -> tuple[object, object]:
    """Return the values of the key's two columns."""
    sort = table.key.sort
    return key[table.key.partition.name], key[sort.name] if sort else ""
