"""The Store port on one SQLite file."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar, overload

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage.checks import check_actions, check_changes, check_key, check_keys, check_limit
from shopkeeper.storage.errors import StoreUnavailable
from shopkeeper.storage.port import Action, Changes, Delete, Expectation, Page, Put, Update
from shopkeeper.storage.sqlite import operations
from shopkeeper.storage.sqlite.connection import connect, prepare_file
from shopkeeper.storage.sqlite.form import loads
from shopkeeper.storage.sqlite.guard import Guard
from shopkeeper.storage.sqlite.queries import query_of
from shopkeeper.storage.sqlite.schema import prepare_schema, quoted
from shopkeeper.storage.sqlite.transaction import Transaction, place_of
from shopkeeper.storage.table import Table
from shopkeeper.storage.values import Item, Key, Value

T = TypeVar("T")

DEFERRED_BUSY_SECONDS = 0.25
SWEEP_ROWS = 100
EMPTY_LOG_SECONDS = 3600
"""How long SQLite's log may hold what was overwritten in an ephemeral table."""


class SQLiteStore:
    """Stores items in one file, with one connection.

    Each operation commits before it returns, and any thread may call it. After `defer`, one thread uses the store, and
    its writes wait for `commit`. An outcome that `depends` on uncommitted writes may be told only after the COMMIT.
    """

    kind = "sqlite"

    def __init__(self, path: Path, tables: Iterable[Table], now: Callable[[], float] = time.time) -> None:
        """Open the data file, and create the file and its tables if they are missing.

        `now` returns the current time in seconds of the Unix epoch. The removal of expired items uses it. Raises
        ConfigurationError if the file cannot be used.
        """
        path = prepare_file(path)
        self._tables = tuple(tables)
        self._forgets = any(table.ephemeral for table in self._tables)
        self._now = now
        self._log_emptied_at = now()
        self._lock = Lock()
        self._is_deferred = False
        self._is_closed = False
        self._guard = Guard(path)
        connection = connect(path)
        try:
            prepare_schema(connection, path, self._tables)
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            self._guard.opened()
        except BaseException as error:
            connection.close()
            if isinstance(error, sqlite3.Error):
                raise ConfigurationError(f"The data file {path} cannot be used: {error}.") from None
            raise
        self._transaction = Transaction(connection, self._guard)

    @property
    def depends(self) -> bool:
        """Whether an operation wrote, or saw uncommitted writes, since this was last set to False."""
        return self._transaction.depends

    @depends.setter
    def depends(self, value: bool) -> None:
        self._transaction.depends = value

    @property
    def has_changes(self) -> bool:
        """Whether `commit` is needed."""
        return self._transaction.has_changes

    def defer(self) -> None:
        """Let all later writes wait for `commit`. Only one thread may use the store from now on.

        It does not wait long for another process that holds SQLite's lock: everybody else would wait with it.
        """
        self._is_deferred = True
        self._transaction.wait_at_most(DEFERRED_BUSY_SECONDS)

    def commit(self) -> None:
        """Commit all writes since the last call in one COMMIT.

        Raises StoreUnavailable if that fails, or if SQLite failed in an operation since the last call. Then none of
        the writes is applied, and the next operation begins a new transaction.
        """
        with self._lock:
            self._refuse_if_closed()
            self._transaction.commit()
            if self._forgets and self._now() - self._log_emptied_at >= EMPTY_LOG_SECONDS:
                self._empty_log()

    def _empty_log(self) -> None:
        """Empty SQLite's log, in which overwritten rows stay. It matters to nobody's answer, so it never fails."""
        self._log_emptied_at = self._now()
        try:
            self._transaction.empty_log()
        except (sqlite3.Error, StoreUnavailable):
            pass

    def sweep(self) -> bool:
        """Remove some expired items, and return whether there are more.

        Domains check expiry themselves and never depend on this.
        """
        return self._write(self._sweep)

    def get(self, table: Table, key: Key) -> dict[str, Value] | None:
        """See `Store.get`."""
        check_key(table.key, key, exact=True)
        return self._read(lambda transaction: transaction.get(table, key))

    def get_many(self, table: Table, keys: Sequence[Key]) -> list[dict[str, Value] | None]:
        """See `Store.get_many`."""
        check_keys(table, keys)
        return self._read(lambda transaction: [transaction.get(table, key) for key in keys])

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
        document = self._write(partial(operations.update, action=Update(table, key, changes, expect)))
        return document.copy() if expect is None else None

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
        columns = self._transaction.columns(table)
        sql, values, attributes = query_of(table, columns, partition, index, descending, after)
        return self._page(sql, values, attributes, limit)

    def scan(self, table: Table, *, limit: int = 100, after: Key | None = None) -> Page:
        """See `Store.scan`."""
        check_limit(limit)
        where, values = ("WHERE (partition, sort) > (?, ?)", list(place_of(table, after)[1:])) if after else ("", [])
        sql = f"SELECT document FROM {quoted(table.name)} {where} ORDER BY partition, sort"
        return self._page(sql, values, [attribute.name for attribute in table.key.attributes], limit)

    def transact(self, actions: Sequence[Action]) -> list[int]:
        """See `Store.transact`."""
        check_actions(actions)
        return self._write(partial(operations.transact, actions=actions))

    def ping(self, table: Table) -> None:
        """See `Store.ping`."""
        self._read(lambda transaction: transaction.select(f"SELECT 1 FROM {quoted(table.name)} LIMIT 1"))

    def close(self) -> None:
        """See `Store.close`. Writes that are not committed are discarded."""
        with self._lock:
            if not self._is_closed and self._guard.may_close:
                self._transaction.close()
            self._is_closed = True

    def _read(self, operation: Callable[[Transaction], T]) -> T:
        with self._lock:
            self._refuse_if_closed()
            return self._transaction.read(operation)

    def _write(self, operation: Callable[[Transaction], T]) -> T:
        with self._lock:
            self._refuse_if_closed()
            if self._is_deferred:
                return self._transaction.write(operation)
            try:
                result = self._transaction.write(operation)
                self._transaction.commit()
            except BaseException:
                self._transaction.rollback()
                raise
            return result

    def _page(self, sql: str, values: list[object], attributes: list[str], limit: int) -> Page:
        rows = self._read(lambda transaction: transaction.select(f"{sql} LIMIT ?", [*values, limit + 1]))
        items = [loads(str(document)) for (document,) in rows[:limit]]
        more = {name: items[-1][name] for name in attributes} if len(rows) > limit else None
        return Page(items, more)  # type: ignore[arg-type]  # key attributes are strings and integers

    def _sweep(self, transaction: Transaction) -> bool:
        more = False
        for table in self._tables:
            if table.ttl:
                column, name = transaction.columns(table).column(table.ttl), quoted(table.name)
                expired = f"SELECT partition, sort FROM {name} WHERE {column} <= ? LIMIT {SWEEP_ROWS}"
                rows = transaction.select(expired, [int(self._now())])
                for partition, sort in rows:
                    transaction.remove((table.name, partition, sort))
                more |= len(rows) == SWEEP_ROWS
        return more

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise StoreUnavailable("the store is closed")
