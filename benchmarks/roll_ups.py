"""What is stored of many views: how long a year takes to read, and what a million random paths leave.

A year is not counted hit by hit. Its documents are simulated: the counts of a site of 40,000 pages, bounded as those of
a month that is closed.
"""

import random
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.lambda_calls import spread
from shopkeeper.domains.traffic.closing import MONTH_BYTES, MONTH_NAMES
from shopkeeper.domains.traffic.dimensions import ITEM_BYTES
from shopkeeper.domains.traffic.periods import Period
from shopkeeper.domains.traffic.readers import ReadableSite
from shopkeeper.domains.traffic.reading import Reading
from shopkeeper.domains.traffic.records import MAX_SHARDS, TTL, month_key
from shopkeeper.domains.traffic.rollup import Rollup, attributes, trimmed
from shopkeeper.storage import Store
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES, TRAFFIC
from tests.support.stores import dynamodb_store, emulator
from tests.support.tools import DYNOXIDE, ROOT
from tests.support.traffic import ELSEWHERE, ORIGIN, SITE, Pages, of_hours

SIZES = (1_000_000, 10_000_000, 100_000_000)
"""Views of a year."""
SITE_PAGES = 40_000
SITE_SOURCES = 5_000
EXPONENT = 0.9
"""How steeply names differ: the one of rank n has 1 / n ** 0.9 of the first one's views."""
ENTRIES = 0.4
FEW = {"l": 120, "b": 15, "o": 12, "w": 4, "r": 6, "f": 300, "n": 40, "c": 200}
"""How many names the other dimensions have."""

YEAR = Period(date(2025, 12, 1), date(2026, 11, 30), "month")
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
WARMING = 2
SEED = 20261128

LONGEST_PATH_BYTES = 600
"""The most that one name takes in an item, with which it may go beyond the bound for names: 512 bytes and more."""


def a_year(calls: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return how long it takes to read and sum up 12 months, by store and views of the year. The sizes alternate.

    It is the median in ms, and the processor time of this process in ms: without that of the database, where the
    database is another process. The months are closed. DynamoDB is dynoxide on loopback, an emulator that takes longer
    than it; it is left out where it is not installed.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT / "dist")))
        stores: dict[str, Store] = {"SQLite": SQLiteStore(folder / "year.db", TABLES)}
        if DYNOXIDE.exists():
            stores["DynamoDB"] = dynamodb_store(stack.enter_context(emulator("dynoxide", folder)), TABLES)
        for kind, store in stores.items():
            stack.callback(store.close)
            sites = {size: _simulate(store, size) for size in SIZES}
            found[kind] = _read(Reading(store, lambda: NOON), sites, calls)
    return found


def _read(reading: Reading, sites: dict[int, ReadableSite], calls: int) -> dict[str, dict[str, float]]:
    times: dict[int, list[float]] = {size: [] for size in sites}
    processor: dict[int, list[float]] = {size: [] for size in sites}
    for number in range(WARMING + calls):
        for size, site in sites.items():
            began, used = time.perf_counter(), time.process_time()
            whole = reading.whole(site, YEAR)
            took, used = time.perf_counter() - began, time.process_time() - used
            assert whole.views == sum(whole.of("p").values()) > 0.99 * size, whole.views
            if number >= WARMING:
                times[size].append(took * 1000)
                processor[size].append(used * 1000)
    return {
        str(size): {"p50": spread(times[size])["p50"], "processor_ms": spread(processor[size])["p50"]} for size in sites
    }


def _simulate(store: Store, size: int) -> ReadableSite:
    """Write the documents of a year's months for a site that has so many views in it."""
    site = f"{size}.{SITE}"
    for month in YEAR.months:
        dice = random.Random(f"{SEED} {month}")  # noqa: S311  # the same document each time
        rollup = trimmed(_of_month(dice, size // len(YEAR.months)), MONTH_NAMES, MONTH_BYTES)
        store.put(TRAFFIC, {**month_key(site, month), **attributes(rollup)})
    return ReadableSite(site, site, "UTC")


def _of_month(dice: random.Random, views: int) -> Rollup:
    """Return what a site counts in a month: names of which few have most of the views."""
    pages = _shared_out(dice, views, SITE_PAGES, "/blog/2026/a-page-with-a-usual-name-")
    entries = _shared_out(dice, int(views * ENTRIES), SITE_PAGES, "/blog/2026/a-page-with-a-usual-name-")
    total = sum(entries.values())
    counts = {"p": pages, "e": entries, "s": _shared_out(dice, total, SITE_SOURCES, "site-of-a-source-")}
    counts |= {letter: _shared_out(dice, total, number, "name ") for letter, number in FEW.items()}
    return Rollup(sum(pages.values()), total // 2, views // 10, counts, total)


def _shared_out(dice: random.Random, total: int, names: int, prefix: str) -> dict[str, int]:
    """Share a number out among names, as if each of it had drawn one, rounded up or down at random."""
    weights = [(rank + 1) ** -EXPONENT for rank in range(names)]
    share = total / sum(weights)
    counts = ((rank, int(weight * share + dice.random())) for rank, weight in enumerate(weights))
    return {f"{prefix}{rank}": count for rank, count in counts if count}


def random_paths(hits: int) -> dict[str, Any]:
    """Count hits with random paths in one hour. Return the items and bytes that they leave, and whether totals hold."""
    dice = random.Random(SEED)  # noqa: S311
    with tempfile.TemporaryDirectory(dir=ROOT / "dist") as folder:
        store = SQLiteStore(Path(folder) / "paths.db", TABLES)
        store.defer()
        pages = Pages(store)
        sizes = []
        for number in range(hits):
            path = f"/{dice.getrandbits(8 * dice.randint(4, 200)):x}"
            pages.send(path, referrer=ELSEWHERE if number % 2 else f"{ORIGIN}/", address=f"10.0.0.{number % 250}")
            if number % 500 == 499:
                store.commit()
            if number == hits // 2:
                sizes.append(sum(_sizes(store)))
        store.commit()
        items = _sizes(store)
        whole = of_hours(store)
        store.close()
    return {
        "hits": hits,
        "items": len(items),
        "largest": max(items),
        "bytes": sum(items),
        "bytes_midway": sizes[0],
        "miscounted": abs(whole.views - hits) + abs(sum(whole.of("p").values()) - hits),
    }


def _sizes(store: Store) -> list[int]:
    """Return the sizes of the hours' items, as DynamoDB counts them, about."""
    partition = f"{SITE}|{Pages(store).now:%Y-%m}"
    items = store.query(TRAFFIC, partition, limit=MAX_SHARDS + 1).items
    return [
        sum(len(name.encode()) + len(str(value)) for name, value in item.items() if name != TTL)
        for item in items
        if str(item["at"])[:1] != "~"
    ]


MOST_BYTES = MAX_SHARDS * (ITEM_BYTES + LONGEST_PATH_BYTES)
"""The most that an hour of a site may take."""
