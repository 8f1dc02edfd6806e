"""Writes the figures of a run as the tables of docs/performance.md."""

from collections.abc import Iterator
from typing import Any

from benchmarks import bars, traffic

Results = dict[str, Any]

BEGIN = "<!-- figures: written by make bench -->\n"
END = "<!-- end -->"


def insert(document: str, results: Results) -> str:
    """Return the document with its tables replaced by those of `results`."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n".join(tables(results)) + "\n" + END + after


def tables(results: Results) -> Iterator[str]:
    """Yield the lines of all tables."""
    machine = results["machine"]
    yield f"On {machine['processors']} cores ({machine['system']})."
    yield _built("Servers", machine["python"])
    if "lambda_python" in results:
        yield _built("Functions", results["lambda_python"])
    yield from _table(
        "Cold start",
        ("function", "ms", "quartiles", "memory (MB)"),
        [
            (
                name,
                f"{figures['p50']:.0f}",
                f"{figures['p25']:.0f} to {figures['p75']:.0f}",
                f"{figures['memory_mb']:.0f}",
            )
            for name, figures in results.get("cold", {}).items()
        ],
    )
    yield from _table(
        "Warm call",
        (
            "function",
            "median ms",
            "p99 ms",
            "processor ms",
            "memory (MB)",
            "bytes in the log",
            "$ a million visits",
            "$ their log",
            "$ with gateway and table",
        ),
        [
            (
                name,
                f"{figures['p50']:.2f}",
                f"{figures['p99']:.1f}",
                f"{figures['processor_ms']:.2f}",
                f"{figures['memory_mb']:.0f}",
                str(figures.get("log_bytes", "")),
                *((f"{cost[part]:.2f}" for part in ("function", "log", "all")) if cost else ("", "", "")),
            )
            for name, figures in results.get("warm", {}).items()
            for cost in [results.get("cost", {}).get(name)]
        ],
    )
    yield from _table(
        "What tracing adds",
        ("to a", "ms of the processor", "quartiles"),
        [
            (
                {"cold": "cold start of `visits`", "warm": "warm call"}[kind],
                f"{figures['p50']:.2f}",
                f"{figures['p25']:.2f} to {figures['p75']:.2f}",
            )
            for kind, figures in results.get("tracing", {}).items()
        ],
    )
    packages = results.get("packages", {}) | results.get("peer_packages", {})
    yield from _table(
        "Package",
        ("function", "zipped (MB)", "unpacked (MB)"),
        [(name, f"{sizes['zipped_mb']:.2f}", f"{sizes['unpacked_mb']:.1f}") for name, sizes in packages.items()],
    )
    yield from _machine_tables(results)
    yield from _table(
        "One connection, by stored orders",
        ("orders", "list ms", "get ms", "post ms"),
        [
            (f"{int(size):,}", *(f"{figures[kind]:.2f}" for kind in ("list", "get", "post")))
            for size, figures in results.get("growth", {}).items()
        ],
    )
    yield from _table(
        "The first start after an upgrade from b8cfffd",
        ("data file (MB)", "seconds", "memory (MB)", "data and backup afterwards (MB)"),
        [
            (f"{int(size):,}", f"{figures['seconds']:.1f}", f"{figures['memory_mb']:.0f}", f"{figures['room_mb']:,.0f}")
            for size, figures in results.get("migration", {}).items()
        ],
    )
    if "bots" in results:
        yield from _table(
            "Collections of user agents",
            ("of", "user agents", "taken for bots"),
            [
                (name, f"{results['bots']['sizes'][name]:,}", f"{share:.2f} %")
                for name, share in results["bots"]["shares"].items()
            ],
        )
    for title, head, rows in traffic.tables(results.get("traffic", {})):
        yield from _table(title, head, rows)
    if "hot_counter" in results:
        hot = results["hot_counter"]
        made = f"{hot['clients']:,} clients at once made {hot['answered']:,} visits"
        yield f"\n{made}, of which {hot['counted']:,} were counted.\n"
    yield from _table(
        "A hot counter on DynamoDB, simulated: visits a second on so many shards",
        ("load", "counted at once", "counted after a retry", "refused"),
        [
            (load, *(f"{share:g} %" for share in shares.values()))
            for load, shares in results.get("sharding", {}).items()
        ],
    )
    yield from _table(
        "What it must reach",
        ("figure", "measured", "bar", ""),
        [
            (bar, f"{figure:.2f}", f"{limit:g}", "reached" if holds else "**missed**")
            for bar, figure, limit, holds in bars.checked(results)
        ],
    )


def _built(what: str, python: dict[str, Any]) -> str:
    parts = [f"{'with' if python[kind.lower()] else 'without'} {kind}" for kind in ("PGO", "LTO")]
    return f"{what} on Python {python['version']}, built by {python['compiler']} {' and '.join(parts)}."


def _machine_tables(results: Results) -> Iterator[str]:
    for kind, rates in results.get("throughput", {}).items():
        yield from _table(
            f"One machine: {kind} a second",
            ("server and connections", "median", "from", "to", "p50 ms", "p99 ms", "processor µs each"),
            [(name, *(f"{figures[key]:,g}" for key in _RATES)) for name, figures in rates.items()],
        )
    yield from _table(
        "One machine: memory and durability",
        ("server", "memory under load (MB)", "flushes to disk an order, one client", "durable"),
        [
            (name, f"{figures['memory_mb']:.0f}", *_durable(figures["flushes"]))
            for name, figures in results.get("servers", {}).items()
        ],
    )
    yield from _table(
        "One machine: honest clients while strangers flood it",
        ("flood", "visit p50 ms", "visit p99 ms", "POST p50 ms", "POST p99 ms", "answered"),
        [
            (flood, *(f"{figures[key]:,.1f}" for key in _FLOODED), f"{figures['answered']:g} %")
            for flood, figures in results.get("floods", {}).items()
        ],
    )
    yield from _latencies("One machine: the live feed", results.get("live", {}))
    pages = results.get("pages", {})
    yield from _latencies("Pages: from the customer's press to the board", pages.get("live", {}))
    yield from _table(
        "Pages: the first load",
        ("page", "first paint, median ms", "p95 ms", "all there, median ms", "p95 ms"),
        [(name, *(f"{figures[key]:,.0f}" for key in _PAINTS)) for name, figures in pages.get("paints", {}).items()],
    )
    yield from _latencies("Pages: interactions with 500 items and 300 open orders", pages.get("interactions", {}))


def _latencies(title: str, found: dict[str, dict[str, float]]) -> Iterator[str]:
    yield from _table(
        title,
        ("latency of", "p50 ms", "p95 ms", "p99 ms"),
        [
            (name, *(f"{figures[key]:,.1f}" for key in ("p50_ms", "p95_ms", "p99_ms")))
            for name, figures in found.items()
        ],
    )


def _durable(flushes: float | None) -> tuple[str, str]:
    return ("not counted", "") if flushes is None else (f"{flushes:.2f}", "yes" if flushes >= 1 else "**no**")


_RATES = ("per_second", "from", "to", "p50_ms", "p99_ms", "processor_us")
_FLOODED = ("visit_p50_ms", "visit_p99_ms", "post_p50_ms", "post_p99_ms")
_PAINTS = ("first_p50_ms", "first_p95_ms", "ready_p50_ms", "ready_p95_ms")


def _table(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    if rows:
        yield f"\n### {title}\n"
        for row in (head, ("---",) * len(head), *rows):
            yield f"| {' | '.join(row)} |"
