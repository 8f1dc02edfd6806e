"""The health of the tables: what is probed, how often, and what is said of it."""

from typing import Any

import pytest

from shopkeeper.clock import utc_now
from shopkeeper.domains.health.service import PROBE_EVERY_SECONDS, HealthProbe
from shopkeeper.storage import AccessDenied, Store, StoreError, StoreUnavailable, Table, TableMissing, Throttled
from shopkeeper.storage.tables import BUSINESSES, TABLES

REST = len(TABLES) - 2
"""Tables behind the second, which is the one that fails."""


class Pinged:
    """A store that fails as told, and counts."""

    kind = "fake"

    def __init__(self, failures: dict[Table, StoreError]) -> None:
        self.failures = failures
        self.pings: list[Table] = []

    def ping(self, table: Table) -> None:
        self.pings.append(table)
        if table in self.failures:
            raise self.failures[table]


def probe(store: Any, seconds: Any = lambda: 0.0) -> HealthProbe:
    return HealthProbe(store, TABLES, utc_now, seconds)


def test_all_is_well_on_each_store(shop_store: Store) -> None:
    report = probe(shop_store).report()
    assert report.error is None
    assert report.database.status == "connected"
    assert [table.table for table in report.tables] == [table.name for table in TABLES]
    assert {table.status for table in report.tables} == {"connected"}


@pytest.mark.parametrize(
    ("error", "statuses"),
    [
        (TableMissing("x"), ["connected", "missing", *["connected"] * REST]),
        (AccessDenied("x"), ["connected", "denied", *["connected"] * REST]),
        (StoreUnavailable("x"), ["connected", "unreachable", *["not_probed"] * REST]),
        (Throttled("x"), ["connected", "unreachable", *["not_probed"] * REST]),
    ],
)
def test_what_is_wrong_with_a_table_is_said_in_a_word(error: StoreError, statuses: list[str]) -> None:
    report = probe(Pinged({BUSINESSES: error})).report()
    assert [table.status for table in report.tables] == statuses
    assert report.database.status == "error"
    assert report.error is error


def test_tables_are_probed_once_in_five_seconds_however_often_one_asks() -> None:
    store = Pinged({})
    moment = [100.0]
    health = probe(store, lambda: moment[0])
    first = health.report()
    moment[0] += PROBE_EVERY_SECONDS - 0.1
    assert health.report() is first
    assert len(store.pings) == len(TABLES)
    moment[0] += 0.2
    assert health.report() is not first
    assert len(store.pings) == 2 * len(TABLES)
