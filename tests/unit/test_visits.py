"""The visitor counter's rules, on each store."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shopkeeper.domains.visits.model import UnknownCounter
from shopkeeper.domains.visits.service import VisitCounter
from shopkeeper.storage import Changes, Store, StoreUnavailable, Table
from shopkeeper.storage.tables import VISITOR_COUNTER
from tests.support.stores import ATOMIC

START = datetime(2026, 11, 21, 23, 59, 59, 500_000, UTC)
SITE = {"counter_id": "main_counter"}


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def counter(store: Store, clock: Clock, ids: Sequence[str] = ("*",), days: int | None = None) -> VisitCounter:
    return VisitCounter(store, clock, ids, days)


def test_the_record_of_a_counter(shop_store: Store) -> None:
    clock = Clock()
    visits = counter(shop_store, clock)
    assert visits.read() == 0
    assert visits.count().count == 1
    clock.now += timedelta(seconds=1)
    visit = visits.count()
    assert (visit.count, visit.timestamp) == (2, "2026-11-22T00:00:00.500Z")
    assert visits.read() == 2
    assert shop_store.get(VISITOR_COUNTER, SITE) == {
        "counter_id": "main_counter",
        "visit_count": 2,
        "created_date": "2026-11-21T23:59:59.500Z",
        "last_updated": "2026-11-22T00:00:00.500Z",
        "day_2026-11-21": 1,
        "day_2026-11-22": 1,
    }


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_first_visits_that_race_are_counted_one_by_one(shop_store: Store) -> None:
    visits = counter(shop_store, Clock())
    with ThreadPoolExecutor(16) as pool:
        counts = [visit.count for visit in pool.map(lambda _: visits.count("new-page"), range(100))]
    assert sorted(counts) == list(range(1, 101))


def test_every_counter_counts_for_itself(shop_store: Store) -> None:
    visits = counter(shop_store, Clock())
    visits.count("about")
    assert visits.count("about").count == 2
    assert visits.count("other").count == 1
    assert visits.read("about") == 2
    assert visits.read() == 0


@pytest.mark.parametrize(
    ("kept", "asked", "counted"),
    [
        (["*"], "anything", True),
        (["about"], "about", True),
        (["about"], "other", False),
        (["about"], "main_counter", True),
        ([], "main_counter", True),
        ([], "about", False),
    ],
)
def test_only_counters_that_are_kept_are_counted(shop_store: Store, kept: list[str], asked: str, counted: bool) -> None:
    visits = counter(shop_store, Clock(), kept)
    if counted:
        assert visits.count(asked).count == 1
    else:
        with pytest.raises(UnknownCounter):
            visits.count(asked)
        assert shop_store.get(VISITOR_COUNTER, {"counter_id": asked}) is None


def test_the_record_holds_thirty_days_and_no_more(shop_store: Store) -> None:
    clock = Clock()
    visits = counter(shop_store, clock)
    for _ in range(40):
        visits.count()
        clock.now += timedelta(days=1)
    record = shop_store.get(VISITOR_COUNTER, SITE)
    assert record is not None
    days = sorted(name for name in record if name.startswith("day_"))
    assert len(days) == 30
    assert days[-1] == f"day_{(clock.now - timedelta(days=1)).date()}"
    assert record["visit_count"] == 40


def test_a_visit_is_counted_even_if_old_days_cannot_be_forgotten(shop_store: Store) -> None:
    clock = Clock()
    counter(shop_store, clock).count()

    class CannotForget:
        """The store, but for removals, which it fails."""

        def __getattr__(self, name: str) -> Any:
            return getattr(shop_store, name)

        def update(self, table: Table, key: dict[str, str], changes: Changes) -> object:
            if not changes.add:
                raise StoreUnavailable("no")
            return shop_store.update(table, key, changes)

    clock.now += timedelta(days=31)
    assert counter(CannotForget(), clock).count().count == 2  # type: ignore[arg-type]


def test_retention_is_pushed_on_by_each_visit(shop_store: Store) -> None:
    clock = Clock()
    visits = counter(shop_store, clock, days=30)
    for _ in range(2):
        visits.count()
        record = shop_store.get(VISITOR_COUNTER, SITE)
        assert record is not None
        assert record["ItemExpireTTL"] == int(clock.now.timestamp()) + 30 * 86400
        clock.now += timedelta(days=3)


def test_without_retention_the_purge_of_the_founding_system_is_lifted(shop_store: Store) -> None:
    shop_store.put(VISITOR_COUNTER, {**SITE, "visit_count": 41, "ItemExpireTTL": 1})
    assert counter(shop_store, Clock()).count().count == 42
    record = shop_store.get(VISITOR_COUNTER, SITE)
    assert record is not None
    assert "ItemExpireTTL" not in record
