"""The items of one transaction. Each item is read from the file once and written to it once.

A hundred visits of one counter that share a COMMIT cost one SELECT and one INSERT. If an operation fails, its
writes are discarded.
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
"""A table and the values of its two key columns."""


class Batch:
    """The file as the operations of a transaction see it. Each operation sees the writes of the previous ones."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """The caller begins and ends the transaction of `connection`."""
        self.connection = connection
        self._read: dict[Place, str | None] = {}
        self._written: dict[Place, str | None] = {}
        self._current: dict[Place, str | None] = {}

    def run(self, operation: Callable[["Batch"], T]) -> T:
        """Return the result of `operation`. If it raises, its writes are discarded."""
        self._current = {}
        result = operation(self)
        self._written |= self._current
        return result

    def get(self, table: Table, key: Item) -> dict[str, Value] | None:
        """Return an item, or None if it is not there."""
        text = self._text((table, *columns(table, key)))
        return None if text is None else decoded(text)

    def put(self, table: Table, item: Item) -> dict[str, Value]:
        """Write an item and return it as a reader will see it."""
        attributes = check_size(encode_item(item))
        self._current[(table, *columns(table, item))] = msgspec.json.encode(attributes).decode()
        return decode_item(attributes)

    def delete(self, table: Table, key: Item) -> None:
        """Remove an item, if it is there."""
        self._current[(table, *columns(table, key))] = None

    def flush(self) -> None:
        """Write the changes of all operations to the file."""
        for (table, partition, sort), text in self._written.items():
            if text is None:
                sql, values = f"DELETE FROM {quoted(table.name)} WHERE partition = ? AND sort = ?", [partition, sort]
            else:
                # The update is in place. REPLACE would write the row and its key again, to more pages.
                sql = (
                    f"INSERT INTO {quoted(table.name)} VALUES (?, ?, ?) "
                    "ON CONFLICT (partition, sort) DO UPDATE SET item = excluded.item"
                )
                values = [partition, sort, text]
            self.connection.execute(sql, values)

    def _text(self, place: Place) -> str | None:
        for texts in (self._current, self._written, self._read):
            if place in texts:
                return texts[place]
        return self._read.setdefault(place, read_text(self.connection, *place))


def read_text(connection: sqlite3.Connection, table: Table, partition: object, sort: object) -> str | None:
    """Return the stored JSON of an item, or None if it is not there."""
    sql = f"SELECT item FROM {quoted(table.name)} WHERE partition = ? AND sort = ?"
    row = connection.execute(sql, [partition, sort]).fetchone()
    return str(row[0]) if row else None


def decoded(text: str) -> dict[str, Value]:
    """Return the item of a stored JSON text."""
    return decode_item(msgspec.json.decode(text))


def columns(table: Table, key: Item) -> tuple[object, object]:
    """Return the values of the two key columns."""
    sort = table.key.sort
    return key[table.key.partition.name], key[sort.name] if sort else ""
