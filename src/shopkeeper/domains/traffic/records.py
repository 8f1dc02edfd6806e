"""Where roll-ups are kept, and how periods are read.

All times are of the site's own zone: an hour is `2026-11-21T08`, a day `2026-11-21`, a month `2026-11`. The hour that
the clocks repeat is one hour.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from shopkeeper.domains.traffic.rollup import Rollup, attributes, merged, of_item
from shopkeeper.storage import Item, Key, Store, Value
from shopkeeper.storage.tables import TRAFFIC

PARTITION, SORT = (attribute.name for attribute in TRAFFIC.key.attributes)
TTL = "ItemExpireTTL"

HOURS_KEPT = 35
"""Days that hours are kept."""
DAYS_KEPT = 25 * 31
"""Days that the documents of days are kept: 25 months."""
OPEN = "|open"
"""The partition of the days that are not closed. No site's name begins with a bar."""
WEEKS = "|weeks"
"""The partition of the sites that a week is to be told of, by the Monday after it."""
IMPORTED = "i"
"""The attribute of documents that were imported: the format that they came in."""
SHARES = "|shares"
"""The partition of the links that share a site's traffic."""
MAX_SHARDS = 64
_PAGE = 400


def hour_key(site: str, hour: str, shard: int = 0) -> dict[str, str]:
    """Return the key of one shard of an hour."""
    return {PARTITION: f"{site}|{hour[:7]}", SORT: f"{hour}#{shard}"}


def day_key(site: str, day: str) -> dict[str, str]:
    """Return the key of a day's document."""
    return {PARTITION: f"{site}|{day[:4]}", SORT: day}


def month_key(site: str, month: str) -> dict[str, str]:
    """Return the key of a month's document."""
    return {PARTITION: site, SORT: month}


def slice_key(site: str, month: str, number: int) -> dict[str, str]:
    """Return the key of a slice of a month's sketch. Slices come after the hours of their month."""
    return {PARTITION: f"{site}|{month}", SORT: f"~{number:02d}"}


def day_item(site: str, day: str, rollup: Rollup) -> dict[str, Value]:
    """Return the document of a day, which expires when days are not kept any more."""
    begins = int(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp())
    return {**day_key(site, day), TTL: begins + DAYS_KEPT * 86400, **attributes(rollup)}


def week_item(site: str, day: str) -> dict[str, Value]:
    """Return the item that has a site's owner told of the week of a day, which is over on the next Monday."""
    date = datetime.fromisoformat(f"{day}T00:00+00:00")
    monday = date + timedelta(days=7 - date.weekday())
    return {PARTITION: WEEKS, SORT: f"{monday.date().isoformat()}|{site}", TTL: int(monday.timestamp()) + 7 * 86400}


def open_key(site: str, day: str) -> dict[str, str]:
    """Return the key of the mark of a day that is not closed."""
    return {PARTITION: OPEN, SORT: f"{site}|{day}"}


def hours_between(store: Store, site: str, first: str, last: str) -> Iterator[tuple[str, Rollup]]:
    """Yield the hours from `first` to `last`, both included, that have counts. Shards are merged. Raises StoreError."""
    for month in months_of(first[:7], last[:7]):
        items = _items(store, f"{site}|{month}", first, last + "~", _hours_of(first, last))
        for hour, shards in groupby(items, key=lambda item: str(item[SORT])[:13]):
            yield hour, merged(of_item(shard) for shard in shards)


def days_between(store: Store, site: str, first: str, last: str) -> Iterator[tuple[str, Rollup]]:
    """Yield the closed days from `first` to `last`, both included, that have counts. Raises StoreError."""
    limit = (int(last[:4]) - int(first[:4])) * 372 + (int(last[5:7]) - int(first[5:7])) * 31 + 31
    for year in range(int(first[:4]), int(last[:4]) + 1):
        for item in _items(store, f"{site}|{year:04d}", first, last + "~", limit):
            yield str(item[SORT]), of_item(item)


def open_days(store: Store, site: str, first: str, last: str) -> list[str]:
    """Return the days from `first` to `last`, both included, that have counts and are not closed. Raises StoreError."""
    prefix = f"{site}|"
    marks = _items(store, OPEN, prefix + first, f"{prefix}{last}~", HOURS_KEPT)
    periods = (str(mark[SORT]).removeprefix(prefix) for mark in marks)
    return [period for period in periods if len(period) == len(last)]


def months_between(store: Store, site: str, first: str, last: str) -> Iterator[tuple[str, Rollup]]:
    """Yield the closed months from `first` to `last`, both included, that have counts. Raises StoreError."""
    for item in _items(store, site, first, last + "~", len(months_of(first, last))):
        yield str(item[SORT]), of_item(item)


def months_of(first: str, last: str) -> list[str]:
    """Return the months from `first` to `last`, both included."""
    number, end = _number(first), _number(last)
    return [f"{each // 12:04d}-{each % 12 + 1:02d}" for each in range(number, end + 1)]


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _hours_of(first: str, last: str) -> int:
    between = datetime.fromisoformat(f"{last}:00") - datetime.fromisoformat(f"{first}:00")
    return between // timedelta(hours=1) + 1


def _items(store: Store, partition: str, first: str, end: str, limit: int) -> Iterator[Item]:
    """Yield the items of a partition from `first` on that come before `end`. `limit` is how many there should be."""
    # A sort key follows its own prefix, so that the first item is found by what comes just before it.
    after: Key | None = {PARTITION: partition, SORT: first[:-1] + chr(ord(first[-1]) - 1) + "~"}
    while after is not None:
        page = store.query(TRAFFIC, partition, limit=max(1, min(limit + 1, _PAGE)), after=after)
        for item in page.items:
            if str(item[SORT]) >= end:
                return
            yield item
        after = page.next
