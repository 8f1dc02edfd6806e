"""The Store port on one SQLite file."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Context, Decimal, Inexact
from functools import partial
from pathlib import Path
from typing import overload

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage.checks import (
    check_actions,
    check_changes,
    check_key,
    check_keys,
    check_limit,
)
from shopkeeper.storage.errors import (
    AlreadyExists,
    ConditionFailed,
    ExpectationFailed,
    StoreError,
    StoreUnavailable,
)
from shopkeeper.storage.port import (
    ABSENT,
    FEED_HEAD,
    Action,
    Append,
    Below,
    Changes,
    Check,
    Delete,
    Expectation,
    Missing,
    Page,
    Put,
    Update,
)
from shopkeeper.storage.sqlite.batch import Batch, columns, decoded, read_text
from shopkeeper.storage.sqlite.connection import connect, prepare_file
from shopkeeper.storage.sqlite.guard import Guard
from shopkeeper.storage.sqlite.schema import create_tables, expiry, json_path, quoted
from shopkeeper.storage.sqlite.writer import Writer
from shopkeeper.storage.table import Key as DeclaredKey
from shopkeeper.storage.table import Table
from shopkeeper.storage.values import (
    Item,
    Key,
    Scalar,
    Value,
    encode_number,
)

SWEEP_SECONDS = 3600.0
SWEEP_ROWS = 500


class SQLiteStore:
    """Stores items in one file. Reads use pooled connections; one writer commits in groups."""

    kind = "sqlite"

    def __init__(self, path: Path, tables: Iterable[Table], now: Callable[[], float] = time.time) -> None:
        """Open the data file, and create the file and its tables if they are missing.

        `now` returns the current time in seconds of the Unix epoch. The removal of expired items uses it. Raises
        ConfigurationError if the file cannot be used.
        """
        self._path = prepare_file(path)
        self._tables = tuple(tables)
        self._now = now
        self._readers: list[sqlite3.Connection] = []
        self._closed = False
        self._guard = Guard(self._path)
        connection = connect(self._path)
        try:
            create_tables(connection, self._tables)
            self._guard.opened()
        except sqlite3.Error as error:
            connection.close()
            raise ConfigurationError(f"The data file {path} is not a Shopkeeper data file: {error}.") from None
        self._writer = Writer(connection, self._guard.check, self._sweep, SWEEP_SECONDS)

    def get(self, table: Table, key: Key) -> dict[str, Value] | None:
        """See `Store.get`."""
        check_key(table.key, key, exact=True)
        with self._reader() as connection:
            return _read(connection, table, key)

    def get_many(self, table: Table, keys: Sequence[Key]) -> list[dict[str, Value] | None]:
        """See `Store.get_many`."""
        check_keys(table, keys)
        with self._reader() as connection:
            return [_read(connection, table, key) for key in keys]

    def put(self, table: Table, item: Item, *, if_absent: bool = False) -> None:
        """See `Store.put`."""
        self.transact([Put(table, item, if_absent)])

    @overload
    def update(self, table: Table, key: Key, changes: Changes) -> dict[str, Value]: ...

    @overload
    def update(self, table: Table, key: Key, changes: Changes, *, expect: Expectation) -> None: ...

    def update(
        self, table: Table, key: Key, changes: Changes, *, expect: Expectation | None = None
    ) -> dict[str, Value] | None:
        """See `Store.update`."""
        check_key(table.key, key, exact=True)
        check_changes(table, changes)
        item = self._writer.do(partial(_update, action=Update(table, key, changes, expect)))
        return item if expect is None else None

    def delete(self, table: Table, key: Key, *, expect: Expectation | None = None) -> None:
        """See `Store.delete`."""
        self.transact([Delete(table, key, expect)])

    def query(
        self,
        table: Table,
        partition: str,
        *,
        index: str | None = None,
        descending: bool = False,
        limit: int = 100,
        after: Key | None = None,
    ) -> Page:
        """See `Store.query`."""
        check_limit(limit)
        sql, values, attributes = _selection(table, partition, index, descending, after)
        with self._reader() as connection:
            rows = connection.execute(f"{sql} LIMIT ?", [*values, limit + 1]).fetchall()
        items = [decoded(text) for (text,) in rows[:limit]]
        more = {name: items[-1][name] for name in attributes} if len(rows) > limit else None
        return Page(items, more)  # type: ignore[arg-type]  # key attributes are strings and integers

    def scan(self, table: Table, *, limit: int = 100, after: Key | None = None) -> Page:
        """See `Store.scan`."""
        check_limit(limit)
        where, values = ("WHERE (partition, sort) > (?, ?)", columns(table, after)) if after else ("", [])
        sql = f"SELECT item FROM {quoted(table.name)} {where} ORDER BY partition, sort LIMIT ?"
        with self._reader() as connection:
            rows = connection.execute(sql, [*values, limit + 1]).fetchall()
        items = [decoded(text) for (text,) in rows[:limit]]
        names = [attribute.name for attribute in table.key.attributes]
        more = {name: items[-1][name] for name in names} if len(rows) > limit else None
        return Page(items, more)  # type: ignore[arg-type]  # key attributes are strings and integers

    def transact(self, actions: Sequence[Action]) -> list[int]:
        """See `Store.transact`."""
        check_actions(actions)
        return self._writer.do(partial(_transact, actions=actions))

    def ping(self, table: Table) -> None:
        """See `Store.ping`."""
        with self._reader() as connection:
            connection.execute(f"SELECT 1 FROM {quoted(table.name)} LIMIT 1").fetchone()

    def close(self) -> None:
        """See `Store.close`."""
        self._closed = True
        if self._guard.may_close:
            self._writer.close()
            self._close_readers()

    def _close_readers(self) -> None:
        with suppress(IndexError):
            while True:
                self._readers.pop().close()

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection. Any number of threads may read while one writes."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        self._guard.check()
        connection: sqlite3.Connection | None = None
        try:
            try:
                connection = self._readers.pop()
            except IndexError:
                connection = connect(self._path)
            yield connection
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.Error | ConfigurationError):
                raise StoreUnavailable(f"the data file could not be read: {error}") from error
            raise
        self._readers.append(connection)
        if self._closed:  # `close` was called while the connection was lent
            self._close_readers()

    def _sweep(self, batch: Batch) -> bool:
        """Remove some expired items and return whether there are more.

        Domains check expiry themselves and never depend on this.
        """
        more = False
        for table in self._tables:
            if table.ttl:
                expired = f"SELECT rowid FROM {quoted(table.name)} WHERE {expiry(table)} <= ? LIMIT {SWEEP_ROWS}"
                sweep = f"DELETE FROM {quoted(table.name)} WHERE rowid IN ({expired})"
                more |= batch.connection.execute(sweep, [int(self._now())]).rowcount == SWEEP_ROWS
        return more


def _read(connection: sqlite3.Connection, table: Table, key: Item) -> dict[str, Value] | None:
    text = read_text(connection, table, *columns(table, key))
    return None if text is None else decoded(text)


def _transact(batch: Batch, actions: Sequence[Action]) -> list[int]:
    numbers = []
    for position, action in enumerate(actions):
        try:
            match action:
                case Put():
                    _put(batch, action)
                case Update():
                    _update(batch, action)
                case Delete():
                    _delete(batch, action)
                case Check():
                    _expect(action.table, batch.get(action.table, action.key), action.expect)
                case Append():
                    numbers.append(_append(batch, action))
        except ConditionFailed as error:
            error.position = position
            raise
    return numbers


def _put(batch: Batch, action: Put) -> None:
    if action.if_absent and batch.get(action.table, action.item) is not None:
        raise AlreadyExists(f"{action.table.name}: the item already exists")
    batch.put(action.table, action.item)


def _update(batch: Batch, action: Update) -> dict[str, Value]:
    item = batch.get(action.table, action.key)
    _expect(action.table, item, action.expect)
    changed = apply_changes({**action.key} if item is None else item, action.changes)
    return batch.put(action.table, changed)


def _delete(batch: Batch, action: Delete) -> None:
    if action.expect is not None:
        _expect(action.table, batch.get(action.table, action.key), action.expect)
    batch.delete(action.table, action.key)


def _append(batch: Batch, action: Append) -> int:
    partition, sort = action.table.key.attributes
    head_key: dict[str, str | int] = {partition.name: action.feed, sort.name: FEED_HEAD}
    head = batch.get(action.table, head_key) or {**head_key}
    moved = apply_changes(head, Changes(add={"head": 1, **action.tally}))
    batch.put(action.table, moved)
    number = int(str(moved["head"]))
    batch.put(action.table, {**action.item, partition.name: action.feed, sort.name: number})
    return number


def apply_changes(item: dict[str, Value], changes: Changes) -> dict[str, Value]:
    """Return the item after `changes`. Raises StoreError if `add` names an attribute that is not a number."""
    changed = dict(item)
    for name, amount in changes.add.items():
        present = changed.get(name, 0)
        if isinstance(present, bool) or not hasattr(present, "__add__") or isinstance(present, str | bytes | list):
            raise StoreError(f"cannot add to {name}: it is not a number")
        changed[name] = _sum(present, amount)
    changed |= changes.set
    for name, value in changes.set_if_absent.items():
        changed.setdefault(name, value)
    for name in changes.remove:
        changed.pop(name, None)
    return changed


def _sum(present: Value, amount: Value) -> Value:
    """Add exactly, with 38 digits, as DynamoDB does."""
    if isinstance(present, int) and isinstance(amount, int):
        total: Value = present + amount
    else:
        context = Context(prec=38, traps=[Inexact])
        try:
            total = context.add(Decimal(str(present)), Decimal(str(amount)))
        except Inexact:
            raise StoreError("the sum has more than 38 digits") from None
    try:
        encode_number(total)
    except ValueError as error:
        raise StoreError(str(error)) from None
    return total


def _expect(table: Table, item: Item | None, expectation: Expectation | None) -> None:
    for name, expected in (expectation or {}).items():
        if not _fits(item or {}, name, expected):
            raise ExpectationFailed(f"{table.name}: {name} does not have the expected value")


def _fits(item: Item, name: str, expected: Scalar | Missing | Below) -> bool:
    if name not in item:
        return expected is ABSENT or isinstance(expected, Below)
    present = item[name]
    if isinstance(expected, Below):
        return isinstance(present, int | Decimal) and not isinstance(present, bool) and present < expected.limit
    return not isinstance(expected, Missing) and _same(present, expected)


def _same(present: Value, expected: Scalar) -> bool:
    """Compare as DynamoDB does: true is not equal to 1."""
    return isinstance(present, bool) == isinstance(expected, bool) and present == expected


def _selection(
    table: Table, partition: str, index: str | None, descending: bool, after: Key | None
) -> tuple[str, list[object], list[str]]:
    """Return the SQL of the query, its values, and the attributes that a cursor needs."""
    order: list[str]
    if index is None:
        key, where, order = table.key, "partition = ?", ["sort"]
        attributes = [attribute.name for attribute in key.attributes]
        bounds = [columns(table, after)[1]] if after else []
    else:
        key = table.index(index).key
        by, *sorts = [json_path(attribute) for attribute in key.attributes]
        where, order = f"{by} = ?", [*sorts, "partition", "sort"]
        where += "".join(f" AND {sort} IS NOT NULL" for sort in sorts)
        names = [attribute.name for attribute in (*table.key.attributes, *key.attributes)]
        attributes = list(dict.fromkeys(names))
        bounds = _index_bounds(table, key, after) if after else []
    values: list[object] = [partition]
    if after:
        compare = "<" if descending else ">"
        where += f" AND ({', '.join(order)}) {compare} ({', '.join('?' * len(order))})"
        values += bounds
    direction = " DESC" if descending else ""
    by_order = ", ".join(column + direction for column in order)
    return f"SELECT item FROM {quoted(table.name)} WHERE {where} ORDER BY {by_order}", values, attributes


def _index_bounds(table: Table, key: DeclaredKey, after: Key) -> list[object]:
    sorts: list[object] = [after[key.sort.name]] if key.sort else []
    return [*sorts, *columns(table, after)]
