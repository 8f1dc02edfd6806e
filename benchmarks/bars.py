"""The bars that the figures must reach, and whether they do."""

from collections.abc import Iterator
from typing import Any

from benchmarks import browsing, live, traffic, user_agents
from benchmarks.floods import LOGINS
from benchmarks.lambda_calls import BRIEF

Results = dict[str, Any]


def lines(results: Results) -> Iterator[str]:
    """Yield a line for every figure, then a line for every bar with its measured value."""
    for kind, unit in (("cold", "ms from start to answer"), ("warm", "ms a call")):
        for name, figures in results.get(kind, {}).items():
            rest = ", ".join(f"{key} {value}" for key, value in figures.items() if key != "p50")
            yield f"{kind:<10} {name:<12} {figures['p50']:>9.2f} {unit} ({rest})"
    for name, dollars in results.get("cost", {}).items():
        parts = f"${dollars['function']:.3f} function, ${dollars['log']:.3f} log, ${dollars['all']:.3f} in all"
        size = results.get("warm", {}).get(name, {}).get("log_bytes", 0)
        yield f"cost       {name:<14} a million visits: {parts} ({size} bytes a line)"
    yield from _machine_lines(results)
    for size, figures in results.get("growth", {}).items():
        yield f"growth     {size:>9} orders: " + ", ".join(f"{kind} {ms} ms" for kind, ms in figures.items())
    if "hot_counter" in results:
        yield f"hot        {results['hot_counter']}"
    yield from traffic.lines(results.get("traffic", {}))
    yield ""
    for bar, figure, limit, holds in checked(results):
        yield f"{'reached' if holds else 'MISSED '}  {bar}: {figure:.2f} (bar {limit})"


def _machine_lines(results: Results) -> Iterator[str]:
    for kind, rates in results.get("throughput", {}).items():
        for name, figures in rates.items():
            rest = f"p50 {figures['p50_ms']} ms, p99 {figures['p99_ms']} ms, {figures['processor_us']} µs of processor"
            yield f"{kind:<10} {name:<17} {figures['per_second']:>6} a second ({rest})"
    for name, figures in results.get("servers", {}).items():
        yield f"server     {name:<17} {figures['memory_mb']:>6} MB under load, flushes an order: {figures['flushes']}"
    for flood, figures in results.get("floods", {}).items():
        latencies = [f"{kind} {figures[f'{kind}_p50_ms']}, p99 {figures[f'{kind}_p99_ms']} ms" for kind in HONEST]
        yield f"floods     {flood:<32} {', '.join(latencies)}, answered {figures['answered']} %"
    for name, figures in results.get("live", {}).items():
        yield f"live       {name:<32} p50 {figures['p50_ms']}, p95 {figures['p95_ms']}, p99 {figures['p99_ms']} ms"
    yield from _page_lines(results.get("pages", {}))


def _page_lines(found: Results) -> Iterator[str]:
    for name, figures in (found.get("live", {}) | found.get("interactions", {})).items():
        yield f"pages      {name:<36} p50 {figures['p50_ms']}, p95 {figures['p95_ms']}, p99 {figures['p99_ms']} ms"
    for name, figures in found.get("paints", {}).items():
        first = f"first paint p50 {figures['first_p50_ms']}, p95 {figures['first_p95_ms']} ms"
        yield f"pages      {name:<36} {first}, all there {figures['ready_p50_ms']} ms"


TRACING_ADDS_MS = {"cold": 1.0, "warm": 0.1}
NOTHING_STARTS_MS = 43
"""How long a function that does nothing took to start where the bars of tracing were set."""

NOTICED_MS, FIRST_PAINT_MS, INTERACTION_MS = 1000, 300, 100


def _pages(found: Results) -> Iterator[tuple[str, float, float, bool]]:
    for name in browsing.LIVE:
        if name in found.get("live", {}):
            yield _most(f"p95 of {name} on the board, ms", found["live"][name]["p95_ms"], NOTICED_MS)
    for name, figures in found.get("paints", {}).items():
        yield _most(f"median of the first paint of {name}, ms", figures["first_p50_ms"], FIRST_PAINT_MS)
    for name, figures in found.get("interactions", {}).items():
        yield _most(f"p95 of {name}, ms", figures["p95_ms"], INTERACTION_MS)


LIVE = ((live.TOLD, 95, 200), (live.AMONG, 99, 50))
"""What is measured of the live feed: name, percentile, bar in ms."""


def _live(found: Results) -> Iterator[tuple[str, float, float, bool]]:
    for name, percent, limit in LIVE:
        if name in found:
            yield _most(f"p{percent} of {name}, ms", found[name][f"p{percent}_ms"], limit)


def _tracing(results: Results) -> Iterator[tuple[str, float, float, bool]]:
    """Yield the bars of tracing. They are in ms, so each figure is converted to the speed of the bars' machine."""
    if "nothing" not in results.get("cold", {}):
        return
    slower = results["cold"]["nothing"]["p50"] / NOTHING_STARTS_MS
    where = f"where nothing starts in {NOTHING_STARTS_MS} ms"
    for kind, figures in results.get("tracing", {}).items():
        bar = f"{kind} visits, what tracing adds, ms of the processor {where}"
        yield _most(bar, figures["p50"] / slower, TRACING_ADDS_MS[kind])


def checked(results: Results) -> Iterator[tuple[str, float, float, bool]]:
    """Yield each bar that can be judged: its name, the figure, the limit, and whether the figure reaches it."""
    yield from _cold(results)
    warm = results.get("warm", {})
    if {"visits", "founding"} <= set(warm):
        yield _most("warm visits ÷ founding", warm["visits"]["p50"] / warm["founding"]["p50"], 0.5)
        yield _most("memory of visits, MB", warm["visits"]["memory_mb"], 25)
    yield from _tracing(results)
    dollars = {name: figures["all"] for name, figures in results.get("cost", {}).items()}
    if {BRIEF, "founding"} <= set(dollars):
        bar = "a million visits with brief lines, $, below those of founding"
        yield bar, dollars[BRIEF], dollars["founding"], dollars[BRIEF] < dollars["founding"]
    for name, sizes in results.get("packages", {}).items():
        yield _most(f"package {name}, MB", sizes["zipped_mb"], 4)
    yield from _throughput(results.get("throughput", {}))
    if "ours" in results.get("servers", {}):
        yield _most("memory of one machine under load, MB", results["servers"]["ours"]["memory_mb"], 100)
    yield from _floods(results.get("floods", {}))
    yield from _live(results.get("live", {}))
    yield from _pages(results.get("pages", {}))
    yield from user_agents.checked(results.get("bots", {}))
    yield from traffic.checked(results.get("traffic", {}))
    growth = results.get("growth", {})
    if len(growth) > 1:
        for kind, what in (("list", "a page of orders"), ("get", "an order"), ("post", "a new order")):
            took = [figures[kind] for figures in growth.values()]
            yield _most(f"{what}, slowest ÷ quickest size", max(took) / min(took), 1.2)
    if "hot_counter" in results:
        hot = results["hot_counter"]
        yield _most("visits miscounted", abs(hot["counted"] - hot["answered"]), 0)


def _cold(results: Results) -> Iterator[tuple[str, float, float, bool]]:
    cold = {name: figures["p50"] for name, figures in results.get("cold", {}).items()}
    for ours, peer, limit in (
        ("visits", "founding", 0.26),
        ("visits", "fastapi", 0.20),
        ("visits", "nothing", 2.05),
        ("health", "founding", 0.30),
        ("registration", "founding", 0.30),
        ("accounts", "founding", 0.38),
        ("orders", "founding", 0.30),
    ):
        if ours in cold and peer in cold:
            yield _most(f"cold {ours} ÷ {peer}", cold[ours] / cold[peer], limit)


RATES = (
    ("visits", 1, "b8cfffd", 1.1),
    ("visits", 16, "b8cfffd", 2.2),
    ("visits", 256, "b8cfffd", 2.5),
    ("visits", 16, "pocketbase", 2.2),
    ("visits", 256, "pocketbase", 2.2),
    ("visits", 1, "fastapi", 1.2),
    ("visits", 16, "fastapi", 4.0),
    ("visits", 256, "fastapi", 4.0),
    ("orders", 16, "b8cfffd", 1.7),
    ("orders", 256, "b8cfffd", 2.0),
    ("orders", 16, "pocketbase", 1.2),
    ("orders", 256, "pocketbase", 1.2),
)
"""How many times as many requests a second ours answers: kind, connections, other server, bar."""


def _throughput(rates: Results) -> Iterator[tuple[str, float, float, bool]]:
    for kind, connections, peer, limit in RATES:
        ours, other = (rates.get(kind, {}).get(f"{name} at {connections}") for name in ("ours", peer))
        if ours and other:
            yield _least(f"{kind} at {connections} ÷ {peer}", ours["per_second"] / other["per_second"], limit)
    if "ours at 256" in rates.get("visits", {}):
        yield _most("p99 of visits at 256, ms", rates["visits"]["ours at 256"]["p99_ms"], 45)


HONEST = {"visit": "visits", "post": "posts"}
"""What honest clients send during a flood."""

FLOODED_MS = 100
FLOODED_BY_LOGINS_MS = 50


def _floods(floods: Results) -> Iterator[tuple[str, float, float, bool]]:
    for flood, figures in floods.items():
        for kind, several in HONEST.items():
            strict = kind == "visit" and flood == LOGINS
            limit = FLOODED_BY_LOGINS_MS if strict else FLOODED_MS
            yield _most(f"p99 of {several} during {flood}, ms", figures[f"{kind}_p99_ms"], limit)


def _most(bar: str, figure: float, limit: float) -> tuple[str, float, float, bool]:
    return bar, figure, limit, figure <= limit


def _least(bar: str, figure: float, limit: float) -> tuple[str, float, float, bool]:
    return bar, figure, limit, figure >= limit
