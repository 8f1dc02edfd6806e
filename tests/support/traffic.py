"""The pages of sites, whose hits are counted on a store at any time."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from shopkeeper.domains.traffic.closing import Closing
from shopkeeper.domains.traffic.hit_model import Hit
from shopkeeper.domains.traffic.hits import Hits
from shopkeeper.domains.traffic.records import days_between, hours_between, months_between
from shopkeeper.domains.traffic.rollup import Rollup, merged
from shopkeeper.domains.traffic.sites import Sites
from shopkeeper.http import Request
from shopkeeper.storage import Store, StoreUnavailable, Table
from tests.support.wrapping import WrappedStore

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:68.0) Gecko/20100101 Firefox/68.0"
"""A browser of a person, from before browsers sent fetch metadata."""
CURL = "curl/8.5.0"
SEED = 1
SITE = "example.com"
ORIGIN = f"https://{SITE}"
ELSEWHERE = "https://news.example/today"


class Pages:
    """Pages of sites in one time zone. Each `process` counts for itself, as processes of Lambda do."""

    def __init__(
        self, store: Store, zone: str = "UTC", *, processes: int = 1, sites: tuple[str, ...] = (SITE,)
    ) -> None:
        self.store = store
        self.now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
        self._processes = [
            Hits(
                store,
                self.clock,
                Sites(store, sites, zone, self.monotonic),
                trusts_country=True,
                random=random.Random(SEED).randbytes,
            )
            for _ in range(processes)
        ]

    def clock(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.now.timestamp()

    def wait(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def send(
        self,
        path: str = "/",
        *,
        referrer: str = "",
        address: str = "203.0.113.1",
        agent: str = FIREFOX,
        origin: str = ORIGIN,
        process: int = 0,
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> str:
        """Send a hit and return the name of its metric."""
        sent = {"user-agent": agent, "origin": origin, **(headers or {})}
        request = Request("POST", "/hit", ("hit",), "id", headers=sent, client_address=address)
        return self._processes[process].count(Hit(p=path, r=referrer, **fields), request).metric

    def close(self, store: Store | None = None) -> int:
        """Run the closing job once, and return how many periods it closed."""
        return Closing(store or self.store, self.clock).run().get("PeriodsClosed", 0)


def of_hours(store: Store, day: str = "2026-11-21", site: str = SITE) -> Rollup:
    """Return what the hours of a day hold together."""
    return merged(rollup for _, rollup in hours_between(store, site, f"{day}T00", f"{day}T23"))


def of_days(store: Store, first: str, last: str, site: str = SITE) -> dict[str, Rollup]:
    """Return the documents of days."""
    return dict(days_between(store, site, first, last))


def of_months(store: Store, first: str, last: str, site: str = SITE) -> dict[str, Rollup]:
    """Return the documents of months."""
    return dict(months_between(store, site, first, last))


def check_sums(rollup: Rollup) -> None:
    """Fail unless totals equal the sums of their parts."""
    entries = sum(rollup.of("e").values())
    assert sum(rollup.of("p").values()) == rollup.views
    assert all(sum(rollup.of(letter).values()) == entries for letter in "slbo")
    assert sum(rollup.of("r").values()) == sum(rollup.of("f").values()) == rollup.bots
    assert rollup.uniques <= entries <= rollup.views
    assert sum(rollup.of("w").values()) <= entries
    assert sum(rollup.of("c").values()) <= entries
    minutes = sum(rollup.of("m").values())
    assert minutes in (0, rollup.views), "days and months have no minutes"


class Steps(WrappedStore):
    """A store that counts its operations, and fails where it is told to.

    It fails at the operation `fails_at`, counted from 1, before it is done, or with `replies_lost` after that.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.done: list[tuple[str, str]] = []
        self.fails_at = 0
        self.replies_lost = False

    def of(self, operation: str, table: Table) -> int:
        return self.done.count((operation, table.name))

    def _step(self, operation: str, table: Table, work: Callable[[], Any]) -> Any:
        self.done.append((operation, table.name))
        fails = len(self.done) == self.fails_at
        if fails and not self.replies_lost:
            raise StoreUnavailable("the store is away")
        result = work()
        if fails:
            raise StoreUnavailable("the reply was lost")
        return result

    def get(self, table: Table, *more: Any, **options: Any) -> Any:
        return self._step("get", table, lambda: self._store.get(table, *more, **options))

    def put(self, table: Table, *more: Any, **options: Any) -> Any:
        return self._step("put", table, lambda: self._store.put(table, *more, **options))

    def update(self, table: Table, *more: Any, **options: Any) -> Any:
        return self._step("update", table, lambda: self._store.update(table, *more, **options))

    def delete(self, table: Table, *more: Any, **options: Any) -> Any:
        return self._step("delete", table, lambda: self._store.delete(table, *more, **options))

    def query(self, table: Table, *more: Any, **options: Any) -> Any:
        return self._step("query", table, lambda: self._store.query(table, *more, **options))
