"""Reading roll-ups of any time from few documents: months where they are whole, days at the edges, hours of open days.

Uniques are told only as far as they are known. Those of a day are exact. Those of a month are an estimate. Those of
other times cannot be told from either, since one visitor may come on several days.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.domains.traffic.periods import Period, first_of, last_of, oldest_day
from shopkeeper.domains.traffic.readers import ReadableSite
from shopkeeper.domains.traffic.records import days_between, hours_between, months_between, months_of, open_days
from shopkeeper.domains.traffic.rollup import Rollup, merged
from shopkeeper.domains.traffic.sketch import month_uniques
from shopkeeper.storage import Store

LIVE_HOURS = 2
LIVE_STEP_MINUTES = 5
LIVE_STEPS = 12

Labelled = tuple[str, Rollup]
"""An hour, a day or a month, and what was counted in it."""


class Live(msgspec.Struct, frozen=True):
    """The last hour: views by the time at which five minutes begin, and all of this hour and the one before it."""

    since: str
    steps: list[tuple[str, int]]
    hours: Rollup


class Reading:
    """Reads what was counted."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def today(self, site: ReadableSite) -> date:
        """Return the date at the site."""
        return self.now(site).date()

    def now(self, site: ReadableSite) -> datetime:
        """Return the time at the site."""
        return self._clock().astimezone(site.zone)

    def series(self, site: ReadableSite, period: Period) -> Iterator[Labelled]:
        """Yield what was counted in each hour, day or month of a period that has counts. Raises StoreError."""
        first, last = period.first.isoformat(), period.last.isoformat()
        if period.by == "hour":
            return hours_between(self._store, site.key, f"{first}T00", f"{last}T23")
        if period.by == "day":
            return self.days(site, period.first, period.last)
        return self.months(site, first[:7], last[:7])

    def whole(self, site: ReadableSite, period: Period) -> Rollup:
        """Return what was counted in a period, as `summed` does, from as few documents as can be. Raises StoreError."""
        return self.summed(site, period, (rollup for _, rollup in self._parts(site, period)))

    def summed(self, site: ReadableSite, period: Period, parts: Iterable[Rollup]) -> Rollup:
        """Return the sum of all the parts of a period. Raises StoreError.

        Its uniques are those of its one day or its one month, and 0 if it is neither. `daily` is the sum of those of
        its days.
        """
        rollup = merged(parts)
        rollup.uniques = 0
        if period.days == 1:
            rollup.uniques = rollup.daily
        elif len(period.months) == 1 and _is_whole(period.months[0], period, self.today(site)):
            rollup.uniques = self._month_uniques(site, period.months[0])
        return rollup

    def days(self, site: ReadableSite, first: date, last: date) -> Iterator[Labelled]:
        """Yield the days that have counts, closed or not, in order. Raises StoreError."""
        key, begin, end = site.key, first.isoformat(), last.isoformat()
        # The marks come first: a day that is closed meanwhile is found in its document.
        waiting = open_days(self._store, key, begin, end)
        for day, rollup in days_between(self._store, key, begin, end):
            while waiting and waiting[0] < day:
                yield self._open_day(key, waiting.pop(0))
            if waiting and waiting[0] == day:
                waiting.pop(0)
            yield day, rollup
        for day in waiting:
            yield self._open_day(key, day)

    def months(self, site: ReadableSite, first: str, last: str) -> Iterator[Labelled]:
        """Yield the months that have counts, closed or not, in order. Raises StoreError."""
        expected = iter(months_of(first, last))
        for month, rollup in months_between(self._store, site.key, first, last):
            missing = list(iter(lambda: next(expected), month))
            yield from self._open_months(site, missing)
            yield month, rollup
        yield from self._open_months(site, list(expected))

    def live(self, site: ReadableSite) -> Live:
        """Return the last hour by five minutes. Raises StoreError."""
        now = self._clock()
        begin = (now - timedelta(hours=LIVE_HOURS - 1)).astimezone(site.zone).strftime("%Y-%m-%dT%H")
        end = now.astimezone(site.zone).strftime("%Y-%m-%dT%H")
        hours = dict(hours_between(self._store, site.key, begin, end))
        newest = now - timedelta(minutes=now.minute % LIVE_STEP_MINUTES)
        steps = []
        for number in reversed(range(LIVE_STEPS)):
            at = (newest - timedelta(minutes=number * LIVE_STEP_MINUTES)).astimezone(site.zone)
            counted = hours.get(at.strftime("%Y-%m-%dT%H"), Rollup()).of("m")
            steps.append((at.strftime("%Y-%m-%dT%H:%M"), counted.get(at.strftime("%M"), 0)))
        return Live(f"{begin}:00", steps, merged(hours.values()))

    def _parts(self, site: ReadableSite, period: Period) -> Iterator[Labelled]:
        """Yield what a period is made of, in as few documents as can be: whole months, and days at its edges."""
        today = self.today(site)
        for is_whole, months in groupby(period.months, key=lambda month: _is_whole(month, period, today)):
            names = list(months)
            if is_whole:
                yield from self.months(site, names[0], names[-1])
            else:
                for month in names:
                    yield from self.days(site, max(period.first, first_of(month)), min(period.last, last_of(month)))

    def _open_months(self, site: ReadableSite, months: list[str]) -> Iterator[Labelled]:
        """Yield the months among consecutive ones that have counts, from their days, as far as those are kept."""
        oldest = oldest_day(self.today(site))
        kept = [month for month in months if last_of(month) >= oldest]
        if not kept:
            return
        days = self.days(site, max(oldest, first_of(kept[0])), last_of(kept[-1]))
        for month, parts in groupby(days, key=lambda part: part[0][:7]):
            rollup = merged(rollup for _, rollup in parts)
            rollup.uniques = month_uniques(self._store, site.key, month)
            yield month, rollup

    def _month_uniques(self, site: ReadableSite, month: str) -> int:
        for _, rollup in months_between(self._store, site.key, month, month):
            return rollup.uniques
        return month_uniques(self._store, site.key, month)

    def _open_day(self, key: str, day: str) -> Labelled:
        return day, merged(rollup for _, rollup in hours_between(self._store, key, f"{day}T00", f"{day}T23"))


def _is_whole(month: str, period: Period, today: date) -> bool:
    """Tell whether a period has all of a month, as far as that has come."""
    return period.first <= first_of(month) and min(last_of(month), today) <= period.last
