"""Figures of the benchmark that reach every bar, just so."""

from typing import Any

from benchmarks import bars, browsing, floods, hits_on_lambda, lambda_calls, live, traffic, user_agents


def figures(p50: float) -> dict[str, float]:
    return {"p50": p50, "p25": p50, "p75": p50, "p99": p50, "memory_mb": 25, "processor_ms": p50}


SERVERS = {"ours": 10_000, "b8cfffd": 4000, "pocketbase": 3000, "node": 3000, "fastapi": 1000}


def rates(per_second: float) -> dict[str, float]:
    return {"per_second": per_second, "from": 1, "to": 2, "p50_ms": 1, "p99_ms": 45, "processor_us": 70}


def latencies(p99: float) -> dict[str, float]:
    return {f"{kind}_{part}_ms": p99 for kind in bars.HONEST for part in ("p50", "p99")} | {"answered": 100}


def latency(most: float) -> dict[str, float]:
    return {f"p{percent}_ms": most for percent in (50, 95, 99)}


def paints(most: float) -> dict[str, float]:
    return {f"{what}_{name}": ms for what in ("first", "ready") for name, ms in latency(most).items()}


SIZES = ("1000000", "10000000")
ON_LAMBDA = [contestant.name for contestant in hits_on_lambda.CONTESTANTS]

RESULTS: dict[str, Any] = {
    "cold": {
        "nothing": figures(50),
        "visits": figures(100),
        "founding": figures(400),
        "powertools": figures(500),
        "fastapi": figures(800),
        "health": figures(105),
        "registration": figures(110),
        "accounts": figures(120),
        "orders": figures(120),
    },
    "cost": {
        "visits": {"function": 0.2, "log": 0.1, "all": 4.5},
        lambda_calls.BRIEF: {"function": 0.2, "log": 0.05, "all": 4.41},
        "founding": {"function": 0.26, "log": 0.04, "all": 4.42},
    },
    "warm": {"visits": figures(1), "founding": figures(4), "nothing": figures(0.5)},
    "tracing": {"cold": figures(1.16), "warm": figures(0.116)},  # 1 and 0.1 where nothing starts in 43 ms
    "packages": {"visits": {"zipped_mb": 1.0, "unpacked_mb": 3.0}},
    "throughput": {
        kind: {
            f"{name} at {connections}": rates(rate) for name, rate in SERVERS.items() for connections in (1, 16, 256)
        }
        for kind in ("visits", "orders")
    },
    "servers": {name: {"memory_mb": 90.0, "flushes": 1.0} for name in SERVERS},
    "live": {name: {"p50_ms": 5.0, "p95_ms": 50.0, "p99_ms": 50.0} for name in live.MEASURED},
    "pages": {
        "live": {name: latency(1000) for name in browsing.LIVE},
        "paints": {name: paints(300) for name in browsing.PAGES},
        "interactions": {name: latency(100) for name in browsing.INTERACTIONS},
    },
    "floods": {flood.name: latencies(45.0) for flood in floods.FLOODS},
    "growth": {"1000": {"list": 1.0, "get": 1.0, "post": 2.0}, "1000000": {"list": 1.1, "get": 0.9, "post": 2.2}},
    "hot_counter": {"clients": 1_000, "counted": 10_000, "answered": 10_000},
    "bots": {
        "shares": dict.fromkeys(user_agents.BOTS, 99.0) | dict.fromkeys(user_agents.PEOPLE, 1.2),
        "sizes": dict.fromkeys(user_agents.BOTS + user_agents.PEOPLE, 1_000),
        "microseconds": 30.0,
        "first_ms": 2.0,
    },
}

RESULTS["traffic"] = {
    "script": {"bytes": 1500, "zipped": 850},
    "writes": {"an internal view": 1, "an entry view": 2},
    "rate": {**rates(4000), "flushes": 1.0, "missing": 0},
    "killed": {"rounds": 30, "answered": 9000, "lost": 0, "most_unanswered": 32},
    "uniques": {"people": 1800, "day": -1.0, "month": 6.0, "sum_of_days": 374.0},
    "year": {kind: {size: {"p50": 50.0, "processor_ms": 50.0} for size in SIZES} for kind in traffic.YEARS},
    "paths": {"hits": 1000, "items": 64, "bytes": 200_000, "bytes_midway": 199_000, "miscounted": 0},
    "units": {views: {"writes": 1.5, "reads": 0.01} for views in traffic.PEERS_DOLLARS},
    "cold": {name: figures(ms) for name, ms in zip(ON_LAMBDA, (90, 100, 110, 120), strict=True)},
    "warm": {name: figures(1) for name in ON_LAMBDA},
    "cost": {views: {"function": 1.0, "log": 1.0, "all": 5.0} for views in traffic.PEERS_DOLLARS},
}

PATHS = {"hits": 9, "items": 64, "bytes_midway": 9}


def years(first: float, second: float, processor: float) -> dict[str, dict[str, dict[str, float]]]:
    times = zip(SIZES, (first, second), strict=True)
    found = {size: {"p50": ms, "processor_ms": processor} for size, ms in times}
    return dict.fromkeys(traffic.YEARS, found)
