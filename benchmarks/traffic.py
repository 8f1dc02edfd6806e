"""The bars of traffic: the script's size, hits kept, people told apart, what is stored, read and paid."""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import hits, hits_on_lambda, roll_ups
from benchmarks.hits_on_lambda import COUNTER, INTERNAL, VISITS
from shopkeeper.domains.traffic.script import read_script
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES, TRAFFIC, VISITORS
from tests.support.tools import ROOT
from tests.support.traced import traced
from tests.support.traffic import ELSEWHERE, ORIGIN, Pages, Steps

Results = dict[str, Any]
Bar = tuple[str, float, float, bool]
Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""A title, a head and rows."""

OURS = "Shopkeeper"
SCRIPTS = {
    "GoatCounter": (9_213, 3_325),
    "Plausible": (6_434, 2_694),
    "Umami": (4_553, 2_220),
    "counter.dev": (1_112, 447),
}
"""Bytes of the peers' scripts as their projects serve them, and compressed by gzip."""
MOST_SCRIPT = (1_500, 850)

WRITES = {"an internal view": 1, "an entry view": 2}
LEAST_PER_SECOND = 4_000
PUBLISHED_PER_SECOND = {"GoatCounter": 800}
"""Views a second that peers publish. GoatCounter keeps them in memory for ten seconds."""

MOST_COLD_MS = 10
MOST_DAY_ERROR, MOST_MONTH_ERROR = 1, 6
"""In percent."""
MOST_YEAR_MS = 50
MOST_YEAR_RATIO = 1.3
YEARS = {"SQLite": ("slowest size", "p50"), "DynamoDB": ("processor time of ours", "processor_ms")}
"""What is judged of each store. The emulator of DynamoDB takes more than the bar by itself."""

PEERS_DOLLARS = {"1000000": 14.64, "10000000": 12.87}
"""Dollars a million views of serverless-website-analytics, its worst case, by views of the month: `docs/COST.md` of its
repository."""


def measure(quick: bool) -> Results:
    """Return all figures of traffic."""
    found: Results = {
        "script": _script(),
        "writes": _writes(),
        "rate": hits.throughput(rounds=1 if quick else 5, seconds=1 if quick else 3),
        "killed": hits.lost(rounds=3 if quick else 30),
        "uniques": _uniques(people=2_000 if quick else 5_000),
        "year": roll_ups.a_year(calls=3 if quick else 15),
        "paths": roll_ups.random_paths(hits=10_000 if quick else 1_000_000),
    }
    with tempfile.TemporaryDirectory(dir=ROOT / "dist") as folder:
        found["units"] = hits_on_lambda.units_of_a_view(Path(folder))
    on_lambda = hits_on_lambda.measure(rounds=3 if quick else 15, calls=20 if quick else 50)
    if on_lambda:
        found |= on_lambda | {"cost": hits_on_lambda.dollars(on_lambda, found["units"])}
    return found


def _script() -> dict[str, int]:
    body = read_script("/hit").body
    return {"bytes": len(body), "zipped": len(gzip.compress(body, 9, mtime=0))}


def _writes() -> dict[str, int]:
    """Return the operations of the store that a view takes once its site's day has begun."""
    with tempfile.TemporaryDirectory() as folder, closing(SQLiteStore(Path(folder) / "shop.db", TABLES)) as store:
        steps = Steps(store)
        pages = Pages(steps)
        pages.send()
        found = {}
        for what, referrer in zip(WRITES, (f"{ORIGIN}/", ELSEWHERE), strict=True):
            before = len(steps.done)
            pages.send(referrer=referrer)
            found[what] = len(steps.done) - before
            assert set(steps.done[before:]) <= {("update", TRAFFIC.name), ("update", VISITORS.name)}
    return found


def _uniques(people: int) -> dict[str, float]:
    """Return in percent how far visitors are from people, on the seeded trace."""
    with tempfile.TemporaryDirectory() as folder, closing(SQLiteStore(Path(folder) / "shop.db", TABLES)) as store:
        found = traced(store, people)
    return {
        "people": found.people,
        "day": round(100 * found.day_error, 2),
        "month": round(100 * found.month_error, 2),
        "sum_of_days": round(100 * found.error_of_a_sum, 1),
    }


def checked(found: Results) -> Iterator[Bar]:
    """Yield each bar that can be judged: its name, the figure, the limit, and whether the figure reaches it."""
    if not found:
        return
    for what, figure, most in zip(("bytes", "bytes of gzip"), found["script"].values(), MOST_SCRIPT, strict=True):
        yield _most(f"the script, {what}", figure, most)
    for what, most in WRITES.items():
        yield _most(f"writes of {what}", found["writes"][what], most)
    if found["rate"]:
        rate = found["rate"]["per_second"]
        yield f"hits kept a second at {hits.CONNECTIONS}", rate, LEAST_PER_SECOND, rate >= LEAST_PER_SECOND
        yield _most("hits answered under load and not kept", found["rate"]["missing"], 0)
    yield _most("hits answered before kill -9 and lost", found["killed"]["lost"], 0)
    yield _most("visitors of a day against people, %", abs(found["uniques"]["day"]), MOST_DAY_ERROR)
    yield _most("visitors of a month against people, %", abs(found["uniques"]["month"]), MOST_MONTH_ERROR)
    for kind, sizes in found["year"].items():
        what, unit = YEARS[kind]
        yield _most(f"12 months read from {kind}, {what}, ms", max(each[unit] for each in sizes.values()), MOST_YEAR_MS)
        times = [each["p50"] for each in sizes.values()]
        yield _most(f"12 months read from {kind}, slowest ÷ quickest size", max(times) / min(times), MOST_YEAR_RATIO)
    yield _most("bytes of an hour of random paths", found["paths"]["bytes"], roll_ups.MOST_BYTES)
    yield _most("hits with random paths miscounted", found["paths"]["miscounted"], 0)
    yield from _on_lambda(found)


def _on_lambda(found: Results) -> Iterator[Bar]:
    if "cold" not in found:
        return
    started = {name: figures["p50"] for name, figures in found["cold"].items()}
    yield _most("cold visits above the counter alone, ms", started[VISITS] - started[COUNTER], MOST_COLD_MS)
    yield _most("cold visits with a first hit above a visit, ms", started[INTERNAL] - started[VISITS], MOST_COLD_MS)
    for views, dollars in found["cost"].items():
        yield _most(f"$ a million views at {int(views):,} a month", dollars["all"], PEERS_DOLLARS[views])


def _most(bar: str, figure: float, limit: float) -> Bar:
    return bar, figure, limit, figure <= limit


def tables(found: Results) -> Iterator[Table]:
    """Yield the tables of the figures."""
    if not found:
        return
    script = {OURS: tuple(found["script"].values()), **SCRIPTS}
    yield (
        "Traffic: the script",
        ("of", "bytes", "bytes of gzip"),
        [(name, *(f"{size:,}" for size in sizes)) for name, sizes in script.items()],
    )
    yield "Traffic: hits on one machine", ("figure", "measured"), list(_on_one_machine(found))
    yield (
        "Traffic: visitors of the seeded trace against people",
        ("counted", "against people"),
        [
            ("visitors of a day", f"{found['uniques']['day']:+g} %"),
            ("visitors of the month", f"{found['uniques']['month']:+g} %"),
            (
                "days summed up, which is what a salt of each day alone can tell",
                f"{found['uniques']['sum_of_days']:+g} %",
            ),
        ],
    )
    sizes = next(iter(found["year"].values()))
    yield (
        "Traffic: 12 months read and summed up, 40,000 pages: median ms, and processor ms of ours",
        ("store", *(f"{int(size):,} views" for size in sizes)),
        [
            (kind, *(f"{each['p50']:.1f}, {each['processor_ms']:.1f}" for each in times.values()))
            for kind, times in found["year"].items()
        ],
    )
    if "cold" in found:
        yield from _lambda_tables(found)


def _on_one_machine(found: Results) -> Iterator[tuple[str, str]]:
    rate, killed, paths = found["rate"], found["killed"], found["paths"]
    if rate:
        spread = f"{rate['per_second']:,} ({rate['from']:,} to {rate['to']:,})"
        yield f"kept a second at {hits.CONNECTIONS} connections", spread
        yield "p50 and p99, ms", f"{rate['p50_ms']:g} and {rate['p99_ms']:g}"
        yield "processor time of a hit, µs", f"{rate['processor_us']:g}"
        yield (
            "flushes to disk a hit, one client",
            "not counted" if rate["flushes"] is None else f"{rate['flushes']:.2f}",
        )
    for name, published in PUBLISHED_PER_SECOND.items():
        yield f"{name}, published, kept in memory first", f"{published:,}"
    yield f"answered before {killed['rounds']} times kill -9", f"{killed['answered']:,}, lost {killed['lost']}"
    left = f"{paths['items']} items, {paths['bytes']:,} bytes; {paths['bytes_midway']:,} after half of them"
    yield f"{paths['hits']:,} random paths in an hour leave", left


def _lambda_tables(found: Results) -> Iterator[Table]:
    yield (
        "Traffic: the function `visits`",
        ("call", "cold ms", "quartiles", "warm ms", "processor ms"),
        [
            (
                name,
                f"{cold['p50']:.0f}",
                f"{cold['p25']:.0f} to {cold['p75']:.0f}",
                f"{found['warm'][name]['p50']:.2f}",
                f"{found['warm'][name]['processor_ms']:.2f}",
            )
            for name, cold in found["cold"].items()
        ],
    )
    yield (
        "Traffic: $ a million views",
        ("views a month", "write units", "function", "log", "with gateway and table", "serverless-website-analytics"),
        [
            (
                f"{int(views):,}",
                f"{found['units'][views]['writes']:.2f}",
                *(f"{dollars[part]:.2f}" for part in ("function", "log", "all")),
                f"{PEERS_DOLLARS[views]:.2f}",
            )
            for views, dollars in found["cost"].items()
        ],
    )


def lines(found: Results) -> Iterator[str]:
    """Yield a line for each row of the tables."""
    for title, head, rows in tables(found):
        for row in rows:
            told = ", ".join(f"{name} {value}" for name, value in zip(head[1:], row[1:], strict=True))
            yield f"{title.lower()}: {row[0]}: {told}"
