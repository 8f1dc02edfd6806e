"""The bars that the figures must reach, and whether they do."""

from collections.abc import Iterator
from typing import Any

Results = dict[str, Any]


def lines(results: Results) -> Iterator[str]:
    """Yield a line for every figure, then a line for every bar with its measured value."""
    for kind, unit in (("cold", "ms from start to answer"), ("warm", "ms a call")):
        for name, figures in results.get(kind, {}).items():
            rest = ", ".join(f"{key} {value}" for key, value in figures.items() if key != "p50")
            yield f"{kind:<10} {name:<12} {figures['p50']:>9.2f} {unit} ({rest})"
    for name, dollars in results.get("cost", {}).items():
        parts = f"${dollars['function']:.2f} function, ${dollars['log']:.2f} log, ${dollars['all']:.2f} in all"
        yield f"cost       {name:<12} a million visits: {parts}"
    for kind, rates in (results.get("throughput") or {}).items():
        for name, figures in rates.items():
            yield f"{kind:<10} {name:<16} {figures['per_second']:>6} a second, p99 {figures['p99_ms']} ms"
    for size, figures in results.get("growth", {}).items():
        yield f"growth     {size:>9} orders: " + ", ".join(f"{kind} {ms} ms" for kind, ms in figures.items())
    if "hot_counter" in results:
        yield f"hot        {results['hot_counter']}"
    yield ""
    for bar, figure, limit, holds in checked(results):
        yield f"{'reached' if holds else 'MISSED '}  {bar}: {figure:.2f} (bar {limit})"


def checked(results: Results) -> Iterator[tuple[str, float, float, bool]]:
    """Yield each bar that can be judged: its name, the figure, the limit, and whether the figure reaches it."""
    yield from _cold(results)
    warm = results.get("warm", {})
    if {"visits", "founding"} <= set(warm):
        yield _most("warm visits ÷ founding", warm["visits"]["p50"] / warm["founding"]["p50"], 0.6)
        yield _most("memory of visits, MB", warm["visits"]["memory_mb"], 32)
    for name, sizes in results.get("packages", {}).items():
        yield _most(f"package {name}, MB", sizes["zipped_mb"], 4)
    visits = (results.get("throughput") or {}).get("visits", {})
    for connections, limit in ((1, 1.2), (16, 4.0), (256, 4.0)):
        one, other = visits.get(f"ours at {connections}"), visits.get(f"fastapi at {connections}")
        if one and other:
            yield _least(f"visits at {connections} ÷ FastAPI", one["per_second"] / other["per_second"], limit)
    if "ours at 256" in visits:
        yield _most("p99 of visits at 256, ms", visits["ours at 256"]["p99_ms"], 100)
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
        ("visits", "founding", 0.35),
        ("visits", "fastapi", 0.20),
        ("visits", "nothing", 3.0),
        ("health", "founding", 0.55),
        ("registration", "founding", 0.55),
        ("accounts", "founding", 0.55),
        ("orders", "founding", 0.55),
    ):
        if ours in cold and peer in cold:
            yield _most(f"cold {ours} ÷ {peer}", cold[ours] / cold[peer], limit)


def _most(bar: str, figure: float, limit: float) -> tuple[str, float, float, bool]:
    return bar, figure, limit, figure <= limit


def _least(bar: str, figure: float, limit: float) -> tuple[str, float, float, bool]:
    return bar, figure, limit, figure >= limit
