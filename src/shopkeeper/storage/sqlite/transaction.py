"""The open transaction of a data file. Each row is read from the file once and written to it once per COMMIT.

A hundred visits of one counter that share a COMMIT cost one SELECT and one UPDATE, and their item is read from JSON and
written as JSON once. If an operation fails, only its own writes are discarded. If SQLite fails, the whole transaction
is lost.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from shopkeeper.storage.errors import StoreUnavailable
from shopkeeper.storage.sqlite.cache import Cache
from shopkeeper.storage.sqlite.document import Document
from shopkeeper.storage.sqlite.form import dumps
from shopkeeper.storage.sqlite.guard import Guard
from shopkeeper.storage.sqlite.schema import Columns, Place, Row
from shopkeeper.storage.table import Table
from shopkeeper.storage.values import Item, Value

T = TypeVar("T")


class Transaction:
    """The file as operations see it: each one sees the writes of the previous ones, committed or not.

    `depends` becomes True when an operation runs while the transaction is open, or fails because the transaction is
    lost: its outcome is valid only if `commit` succeeds.
    """

    def __init__(self, connection: sqlite3.Connection, guard: Guard) -> None:
        """`connection` is in autocommit mode and has no other user."""
        self.depends = False
        self._connection = connection
        self._guard = guard
        self._cache = Cache()
        self._data_version: object = None
        self._lost: StoreUnavailable | None = None
        self._columns: dict[str, Columns] = {}
        self._current: dict[Place, Document | None] = {}  # the writes of the operation that runs
        self._pending: dict[Place, Document | None] = {}  # the writes of the previous ones that are not in the file yet
        self._known: dict[Place, Document] = {}  # what is in the file, as far as this transaction has read it
        self._in_file: dict[Place, Row | None] = {}  # rows as this transaction has read and written them
        self._changed: set[Place] = set()

    def wait_at_most(self, seconds: float) -> None:
        """Wait no longer than this for another process that holds SQLite's lock."""
        self._connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def empty_log(self) -> None:
        """Move SQLite's log into the file and empty it, unless another process reads from it now."""
        self._guard.check()
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    @property
    def has_changes(self) -> bool:
        """Whether `commit` is needed."""
        return self._lost is not None or self._connection.in_transaction

    def write(self, operation: Callable[["Transaction"], T]) -> T:
        """Return the result of an operation that writes. If it raises, its writes are discarded.

        Raises StoreUnavailable if SQLite fails. Then the transaction is lost.
        """
        self._refuse_if_lost()
        self.depends = True
        try:
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
                self._validate_cache()
            result = operation(self)
            self._pending.update(self._current)
        except (sqlite3.Error, MemoryError) as error:
            raise self._lose(error) from error
        finally:
            self._current.clear()
        return result

    def read(self, operation: Callable[["Transaction"], T]) -> T:
        """Return the result of an operation that only reads. Raises StoreUnavailable if SQLite fails."""
        self._refuse_if_lost()
        is_open = self._connection.in_transaction
        self.depends |= is_open
        try:
            if not is_open:  # `commit` checks an open transaction
                self._guard.check()
                self._validate_cache()
            return operation(self)
        except (sqlite3.Error, MemoryError) as error:
            if is_open:
                raise self._lose(error) from error
            raise StoreUnavailable(f"the data file could not be read: {error}") from error

    def get(self, table: Table, key: Item) -> dict[str, Value] | None:
        """Return an item, or None if it is not there."""
        document = self.find(table, key)
        return None if document is None else document.copy()

    def find(self, table: Table, key: Item) -> Document | None:
        """Return the document of an item, or None if it is not there."""
        place = place_of(table, key)
        for documents in (self._current, self._pending, self._known):
            if place in documents:
                return documents[place]
        row = self._row(place, self.columns(table))
        if row is None:
            return None
        document = Document(str(row[0]))
        if self._connection.in_transaction:
            self._known[place] = document
        return document

    def put(self, table: Table, item: Item) -> Document:
        """Write an item and return its document."""
        text = dumps(item)
        return self.keep(table, item, Document(text, self.columns(table).row(text, item)))

    def keep(self, table: Table, key: Item, document: Document) -> Document:
        """Write a document and return it."""
        self.columns(table)
        self._current[place_of(table, key)] = document
        return document

    def delete(self, table: Table, key: Item) -> None:
        """Remove an item, if it is there."""
        self.columns(table)
        self.remove(place_of(table, key))

    def remove(self, place: Place) -> None:
        """Remove the row at a place, if it is there."""
        self._current[place] = None

    def select(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Return the rows of a query, which sees the writes of all operations but the one that runs."""
        self._flush()
        return self._connection.execute(sql, values).fetchall()

    def columns(self, table: Table) -> Columns:
        """Return the columns of a table."""
        found = self._columns.get(table.name)
        if found is None:
            found = self._columns[table.name] = Columns(table)
        return found

    def commit(self) -> None:
        """Commit everything since the last COMMIT. Raises StoreUnavailable if it cannot; then nothing is applied."""
        if self._lost is not None:
            message = str(self._lost)
            self.rollback()
            raise StoreUnavailable(message)
        if not self._connection.in_transaction:
            return
        try:
            self._flush()
            self._guard.check()
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._cache.clear()  # it is not certain what the file holds
            self.rollback()
            if isinstance(error, StoreUnavailable) or not isinstance(error, Exception):
                raise
            raise _unwritable(error) from error
        for place in self._changed:
            self._cache.replace(place, self._in_file[place])
        self._forget()

    def rollback(self) -> None:
        """Discard everything since the last COMMIT."""
        self._lost = None
        self._forget()
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except (sqlite3.Error, MemoryError):
            pass  # SQLite rolls back an unfinished transaction when the file is opened again

    def close(self) -> None:
        """Close the connection. What is not committed is discarded."""
        self._connection.close()

    def _row(self, place: Place, columns: Columns) -> Row | None:
        if place in self._in_file:
            return self._in_file[place]
        row = self._cache.get(place)
        if row is None:
            row = self._connection.execute(columns.select, place[1:]).fetchone()
            if row is not None:
                self._cache.put(place, row)
        if self._connection.in_transaction:
            self._in_file[place] = row
        return row

    def _flush(self) -> None:
        """Write the pending rows to the file."""
        for place, document in self._pending.items():
            table, *key = place
            columns, before = self._columns[table], self._in_file.get(place)
            row = None if document is None else document.row or columns.row(document.text, document.item)
            if document is None or row is None:
                self._connection.execute(columns.delete, key)
                self._known.pop(place, None)
            elif before is None:
                self._connection.execute(columns.insert, (*key, *row))
            elif before != row:
                sql, values = columns.update(before, row)
                self._connection.execute(sql, (*values, *key))
            if document is not None:
                self._known[place] = document
            self._in_file[place] = row
            self._changed.add(place)
        self._pending.clear()

    def _validate_cache(self) -> None:
        """Clear the cache if another connection has committed. SQLite counts such commits."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._data_version:
            self._cache.clear()
            self._data_version = version

    def _refuse_if_lost(self) -> None:
        if self._lost is not None:
            self.depends = True
            raise StoreUnavailable(str(self._lost))

    def _lose(self, error: BaseException) -> StoreUnavailable:
        self.rollback()
        self._lost = _unwritable(error)
        return self._lost

    def _forget(self) -> None:
        self._pending.clear()
        self._known.clear()
        self._in_file.clear()
        self._changed.clear()


def place_of(table: Table, key: Item) -> Place:
    """Return where an item is: its table's name and the values of its two key columns."""
    sort = table.key.sort
    return table.name, key[table.key.partition.name], "" if sort is None else key[sort.name]


def _unwritable(error: BaseException) -> StoreUnavailable:
    return StoreUnavailable(f"the data file could not be written: {type(error).__name__}: {error}")
