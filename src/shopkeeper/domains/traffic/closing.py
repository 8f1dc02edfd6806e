"""Closes days and months: sums what their hours hold into one document, and lets the salts of their visitors go.

A document is computed from what it sums up and put whole, and the mark of its period is removed last. So a run may be
interrupted anywhere and repeated, and several may run at once.
"""

from collections.abc import Iterator

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.domains.traffic.records import (
    OPEN,
    SORT,
    day_item,
    days_between,
    hours_between,
    month_key,
    open_key,
    week_item,
)
from shopkeeper.domains.traffic.rollup import attributes, merged, trimmed
from shopkeeper.domains.traffic.salts import SaltKeeper
from shopkeeper.domains.traffic.sketch import month_uniques
from shopkeeper.storage import Item, Key, Store, StoreError
from shopkeeper.storage.tables import TRAFFIC

GRACE_SECONDS = 2 * 3600
"""How long after its end a period is closed: hits that were on their way, and clocks that are late, are counted."""
MOST_PER_RUN = 200
"""Periods that one run closes. Those of all sites end at the same time."""
DAY_NAMES, DAY_BYTES = 500, 100_000
MONTH_NAMES, MONTH_BYTES = 1000, 200_000
MINUTES = "m"
_PAGE = 200


class OpenPeriod(msgspec.Struct, frozen=True):
    """A day or a month of a site that is not closed. `ends` is in seconds of the Unix epoch."""

    site: str
    period: str
    ends: int

    @property
    def is_month(self) -> bool:
        """Whether it is a month."""
        return len(self.period) == len("2026-11")


class Closing:
    """Closes the periods of all sites that have ended."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._salts = SaltKeeper(store)

    def run(self) -> dict[str, int]:
        """Close what has ended, and return the metrics of the run. One site's failure does not hold up the others.

        Raises the first StoreError after all were tried.
        """
        now = int(self._clock().timestamp())
        by_site: dict[str, list[OpenPeriod]] = {}
        for period in open_periods(self._store):
            if period.ends <= now:
                by_site.setdefault(period.site, []).append(period)
        closed, failure = 0, None
        for site, periods in by_site.items():
            try:
                self._salts.forget(site, now)
                due = [period for period in periods if period.ends + GRACE_SECONDS <= now]
                for period in sorted(due, key=lambda one: (one.ends, one.is_month)):  # a month after its days
                    if closed < MOST_PER_RUN:
                        self._close(period)
                        closed += 1
            except StoreError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return {"PeriodsClosed": closed} if closed else {}

    def _close(self, period: OpenPeriod) -> None:
        if period.is_month:
            self.close_month(period.site, period.period)
        else:
            self.close_day(period.site, period.period)
        self._store.delete(TRAFFIC, open_key(period.site, period.period))

    def close_day(self, site: str, day: str) -> None:
        """Write the document of a day from its hours, if they have counts. Raises StoreError."""
        hours = hours_between(self._store, site, f"{day}T00", f"{day}T23")
        whole = merged(rollup for _, rollup in hours)
        whole.counts.pop(MINUTES, None)
        if whole.counts:
            self._store.put(TRAFFIC, day_item(site, day, trimmed(whole, DAY_NAMES, DAY_BYTES)))
            self._store.put(TRAFFIC, week_item(site, day))

    def close_month(self, site: str, month: str) -> None:
        """Write the document of a month from its days and its sketch, if they have counts. Raises StoreError."""
        days = days_between(self._store, site, f"{month}-01", f"{month}-31")
        whole = merged(rollup for _, rollup in days)
        whole.uniques = month_uniques(self._store, site, month)
        if whole.counts:
            item: Item = {**month_key(site, month), **attributes(trimmed(whole, MONTH_NAMES, MONTH_BYTES))}
            self._store.put(TRAFFIC, item)


def open_periods(store: Store) -> Iterator[OpenPeriod]:
    """Yield the periods that are not closed. Raises StoreError."""
    after: Key | None = None
    while True:
        page = store.query(TRAFFIC, OPEN, limit=_PAGE, after=after)
        for item in page.items:
            site, _, period = str(item[SORT]).rpartition("|")
            yield OpenPeriod(site, period, msgspec.convert(item["ends"], int))
        after = page.next
        if after is None:
            return
