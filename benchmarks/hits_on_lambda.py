"""Hits on Lambda: what they add to the cold start of `visits`, how long one takes, and what a million of them cost."""

import math
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import cost, hits
from benchmarks.lambda_calls import SITE, Contestant, Event, Stage, cold_starts, get, post, ready, stage, warm_calls
from benchmarks.packed import HANDLERS
from shopkeeper.storage import Changes, Store, Table
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES
from shopkeeper.storage.values import encode_item, item_size
from tests.support.traffic import ELSEWHERE, ORIGIN, Pages
from tests.support.wrapping import WrappedStore

COUNTER, VISITS, INTERNAL, ENTRY = "the counter alone", "visits", "a first hit", "a first entry"
HANDLER = "shopkeeper.runtime.lambda_.handlers.visits"

MONTHLY = (1_000_000, 10_000_000)
"""Views of a month whose cost is told."""
PROCESSES = 4
"""Processes of the function that share an hour's views. Each learns by itself how full the items are."""
HOURS_OF_MONTH = 30 * 24
UNIT_BYTES = 1024
READ_BYTES = 4096


def _hit(referrer: str) -> "Callable[[Stage], Event]":
    def event(_: "Stage") -> Event:
        sent = post("/hit", {"p": "/menu", "r": referrer, "w": 1440, "z": "Europe/Berlin"})
        sent["headers"] |= {"User-Agent": hits.BROWSERS[0], "Origin": f"https://{SITE}", "Sec-Fetch-Mode": "no-cors"}
        return sent

    return event


CONTESTANTS = (
    Contestant(
        COUNTER,
        "counter_only.handler",
        lambda _: get("/counter"),
        package="visits",
        beside=HANDLERS / "counter" / "counter_only.py",
    ),
    Contestant(VISITS, HANDLER, lambda _: get("/counter")),
    Contestant(INTERNAL, HANDLER, _hit(f"https://{SITE}/"), 204, package="visits"),
    Contestant(ENTRY, HANDLER, _hit(ELSEWHERE), 204, package="visits"),
)


def measure(rounds: int, calls: int) -> dict[str, Any]:
    """Return cold starts and warm hits in ms, and dollars a million views. Nothing without the package."""
    contestants = ready(CONTESTANTS)
    if len(contestants) < len(CONTESTANTS):
        return {}
    with stage() as on:
        cold = cold_starts(on, contestants, rounds=rounds)
        warm = warm_calls(on, contestants, rounds=max(1, rounds // 3), calls=calls)
    return {"cold": cold, "warm": warm}


def dollars(found: dict[str, Any], units: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return what a million views cost, by the views of the month. `found` is what `measure` returned.

    A view takes as long as an internal view and an entry in their proportions.
    """
    warm, share = found["warm"], hits.ENTRIES

    def mixed(name: str) -> float:
        return float((1 - share) * warm[INTERNAL][name] + share * warm[ENTRY][name])

    started = found["cold"][ENTRY]["p50"]
    return {
        views: cost.per_million(
            started,
            mixed("p50"),
            mixed("processor_ms"),
            mixed("log_bytes"),
            writes=counted["writes"],
            reads=counted["reads"],
        )
        for views, counted in units.items()
    }


def units_of_a_view(folder: Path) -> dict[str, dict[str, float]]:
    """Return the write and read units that a view takes on DynamoDB, by the views of the month.

    Two hours are counted as they would be there, and the second one is measured: in the first one the processes read
    the salts and the sketch.
    """
    return {str(views): _units(folder / f"{views}.db", views // HOURS_OF_MONTH) for views in MONTHLY}


def _units(data: Path, views: int) -> dict[str, float]:
    dice = random.Random(hits.SEED)  # noqa: S311  # the same views each time
    store = SQLiteStore(data, TABLES)
    store.defer()
    metered = Metered(store)
    pages = Pages(metered, "Europe/Berlin", processes=PROCESSES)
    for _ in range(2):
        metered.writes = metered.reads = 0
        for _ in range(views):
            person = dice.randrange(max(1, 2 * views))
            pages.send(
                f"/page/{min(int(dice.paretovariate(hits.EXPONENT)), hits.PAGES)}",
                referrer=dice.choice(hits.SOURCES) if dice.random() < hits.ENTRIES else f"{ORIGIN}/",
                address=f"10.0.{person >> 8 & 255}.{person & 255}",
                process=dice.randrange(PROCESSES),
                z=dice.choice(hits.ZONES),
                w=dice.choice(hits.WIDTHS),
            )
            pages.now += timedelta(seconds=3600 / views)
    store.commit()
    store.close()
    return {"writes": round(metered.writes / views, 3), "reads": round(metered.reads / views, 3)}


class Metered(WrappedStore):
    """A store that says it is DynamoDB, and adds up the units that its operations would take there.

    Source: Amazon DynamoDB Developer Guide, "Capacity unit consumption": a write takes a unit for each KB of the larger
    of the item before and after it, a consistent read half as much for each 4 KB as two, which is one unit.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.kind = "dynamodb"
        self.writes = self.reads = 0.0

    def get(self, table: Table, *more: Any, **options: Any) -> Any:
        """See `Store.get`."""
        found = super().get(table, *more, **options)
        self.reads += max(1, math.ceil(item_size(encode_item(found or {})) / READ_BYTES))
        return found

    def put(self, table: Table, item: Any, **options: Any) -> None:
        """See `Store.put`."""
        super().put(table, item, **options)
        self.writes += math.ceil(item_size(encode_item(item)) / UNIT_BYTES)

    def update(self, table: Table, key: Any, changes: Changes, **options: Any) -> Any:
        """See `Store.update`."""
        reply = super().update(table, key, changes, **options)
        self.writes += math.ceil(item_size(encode_item(reply or self._store.get(table, key) or {})) / UNIT_BYTES)
        return reply
