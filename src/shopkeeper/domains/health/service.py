"""Probes the tables, at most once in five seconds."""

import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.health.model import DatabaseHealth, TableHealth, TableStatus
from shopkeeper.storage import AccessDenied, Store, StoreError, Table, TableMissing

PROBE_EVERY_SECONDS = 5.0


class Report(msgspec.Struct, frozen=True):
    """The result of a probe, and its first error, for the log."""

    timestamp: str
    database: DatabaseHealth
    tables: list[TableHealth]
    error: StoreError | None


class HealthProbe:
    """Probes tables and keeps the result for five seconds."""

    def __init__(
        self,
        store: Store,
        tables: Sequence[Table],
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._tables = tables
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._report: Report | None = None
        self._probed = 0.0

    def report(self) -> Report:
        """Return the latest report, at most five seconds old. Calls during a probe wait for it."""
        with self._lock:
            if self._report is None or self._monotonic() - self._probed >= PROBE_EVERY_SECONDS:
                self._report = self._probe()
                self._probed = self._monotonic()
            return self._report

    def _probe(self) -> Report:
        """Probe the tables in order. After an unreachable table, skip the rest: they would time out too."""
        tables: list[TableHealth] = []
        first: StoreError | None = None
        unreachable = False
        for table in self._tables:
            if unreachable:
                tables.append(TableHealth(table.name, "not_probed"))
                continue
            began = self._monotonic()
            error = self._ping(table)
            status = _status(error)
            unreachable = status == "unreachable"
            first = first or error
            tables.append(TableHealth(table.name, status, round((self._monotonic() - began) * 1000, 2)))
        database = DatabaseHealth(self._store.kind, "error" if first else "connected")
        return Report(rfc3339(self._clock()), database, tables, first)

    def _ping(self, table: Table) -> StoreError | None:
        try:
            self._store.ping(table)
        except StoreError as error:
            return error
        return None


def _status(error: StoreError | None) -> TableStatus:
    match error:
        case None:
            return "connected"
        case TableMissing():
            return "missing"
        case AccessDenied():
            return "denied"
        case _:
            return "unreachable"
