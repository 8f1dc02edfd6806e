"""Writes what was imported as documents of days and months, and never lessens what was counted here.

A day that is not over, or that has hits of its own, is refused. A day that was imported before is replaced, so that the
same import again changes nothing. Each document is put whole. Months are summed up from the days that are stored, and
last, so that an import that was interrupted is mended by the next one.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import msgspec

from shopkeeper.domains.traffic.closing import DAY_BYTES, DAY_NAMES, MONTH_BYTES, MONTH_NAMES
from shopkeeper.domains.traffic.importing.collecting import Collection
from shopkeeper.domains.traffic.periods import first_of, last_of, oldest_day
from shopkeeper.domains.traffic.records import (
    IMPORTED,
    day_item,
    day_key,
    days_between,
    month_key,
    open_days,
)
from shopkeeper.domains.traffic.rollup import Rollup, attributes, merged, of_item, trimmed
from shopkeeper.storage import Item, Store
from shopkeeper.storage.tables import TRAFFIC

GET_AT_ONCE = 100

NOT_OVER = "is not over"
COUNTED_HERE = "was counted here"
MONTH_COUNTED_HERE = "belongs to a month that was counted here and whose days are not all kept any more"


class Report(msgspec.Struct):
    """What became of an import: the numbers of days and months, and the days and months that were refused, by why."""

    days_written: int = 0
    days_unchanged: int = 0
    days_only_in_months: int = 0
    months_written: int = 0
    refused: dict[str, list[str]] = {}


class Writer:
    """Writes the days and months of one site."""

    def __init__(self, store: Store, key: str, kind: str, today: date) -> None:
        """`kind` is the format that the import has. `today` is the date at the site."""
        self._store = store
        self._key = key
        self._mark = {IMPORTED: kind}
        self._today = today
        self._oldest = oldest_day(today)
        self.report = Report()

    def write(self, collection: Collection, told: Callable[[int, int], None] = lambda _, __: None) -> Report:
        """Write what was collected. `told` is called with the number of days done, and of all. Raises StoreError."""
        days = {day: rollup for day, rollup in collection.days.items() if _is_counted(rollup)}
        months = {day[:7] for day in days}
        stored = self._months([*months, *collection.months])
        accepted: dict[str, Rollup] = {}
        for done, some in enumerate(_batches(sorted(days))):
            accepted |= self._write_days(some, days, stored)
            told(done * GET_AT_ONCE + len(some), len(days))
        for month in sorted({day[:7] for day in accepted}):
            if not self._is_open(month):
                in_month = {day: rollup for day, rollup in accepted.items() if day[:7] == month}
                self._sum_up(month, in_month, stored.get(month))
        for month, rollup in sorted(collection.months.items()):
            self._write_month(month, rollup, stored.get(month))
        return self.report

    def _write_days(
        self, names: list[str], days: Mapping[str, Rollup], months: Mapping[str, Item]
    ) -> dict[str, Rollup]:
        """Write days, and return those that are stored now or belong to months alone."""
        found = self._store.get_many(TRAFFIC, [day_key(self._key, day) for day in names])
        waiting = set(open_days(self._store, self._key, names[0], names[-1]))
        accepted = {}
        for day, former in zip(names, found, strict=True):
            item = day_item(self._key, day, trimmed(days[day], DAY_NAMES, DAY_BYTES)) | self._mark
            why = self._why_not(day, former, item, months.get(day[:7]), is_open=day in waiting)
            if why is not None:
                self._refuse(why, day)
                continue
            accepted[day] = days[day]
            if date.fromisoformat(day) < self._oldest:
                self.report.days_only_in_months += 1
            elif former is not None and _counts(former) == _counts(item):
                self.report.days_unchanged += 1
            else:
                self._store.put(TRAFFIC, item)
                self.report.days_written += 1
        return accepted

    def _why_not(self, day: str, former: Item | None, new: Item, month: Item | None, *, is_open: bool) -> str | None:
        """Return why a day is refused, None if it is not."""
        if date.fromisoformat(day) >= self._today:
            return NOT_OVER
        if is_open or (former is not None and IMPORTED not in former and _counts(former) != _counts(new)):
            return COUNTED_HERE
        is_new = former is None or IMPORTED in former
        if is_new and month is not None and IMPORTED not in month and first_of(day[:7]) < self._oldest:
            return MONTH_COUNTED_HERE
        return None

    def _sum_up(self, month: str, imported: Mapping[str, Rollup], former: Item | None) -> None:
        """Write the document of a month that is over, from its days. Its uniques are only known if it counted some."""
        first, last = f"{month}-01", last_of(month).isoformat()
        kept = dict(days_between(self._store, self._key, first, last))
        whole = merged({**imported, **kept}.values())
        whole.uniques = 0
        mark = self._mark
        if former is not None and IMPORTED not in former:
            mark = {}
            whole.uniques = of_item(former).uniques
        self._put_month(month, whole, mark, former)

    def _write_month(self, month: str, rollup: Rollup, former: Item | None) -> None:
        if self._is_open(month):
            self._refuse(NOT_OVER, month)
        elif former is not None and IMPORTED not in former and _counts(former) != attributes(rollup):
            self._refuse(COUNTED_HERE, month)
        elif former is None or IMPORTED in former:
            self._put_month(month, rollup, self._mark, former)

    def _put_month(self, month: str, rollup: Rollup, mark: Mapping[str, str], former: Item | None) -> None:
        item: Item = {**month_key(self._key, month), **attributes(trimmed(rollup, MONTH_NAMES, MONTH_BYTES)), **mark}
        if former != item:
            self._store.put(TRAFFIC, item)
            self.report.months_written += 1

    def _is_open(self, month: str) -> bool:
        """Tell whether a month is not over, or is to be closed yet."""
        return last_of(month) >= self._today or bool(open_days(self._store, self._key, month, month))

    def _months(self, names: Iterable[str]) -> dict[str, Item]:
        found: dict[str, Item] = {}
        for some in _batches(sorted(set(names))):
            items = self._store.get_many(TRAFFIC, [month_key(self._key, month) for month in some])
            found |= {month: item for month, item in zip(some, items, strict=True) if item is not None}
        return found

    def _refuse(self, why: str, period: str) -> None:
        self.report.refused.setdefault(why, []).append(period)


def _is_counted(rollup: Rollup) -> bool:
    return bool(rollup.views or rollup.uniques or rollup.bots or any(rollup.counts.values()))


def _counts(item: Item) -> Mapping[str, int]:
    """Return what an item counts."""
    return attributes(of_item(item))


def _batches(names: list[str]) -> Iterable[list[str]]:
    return (names[start : start + GET_AT_ONCE] for start in range(0, len(names), GET_AT_ONCE))
