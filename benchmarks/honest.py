"""The latency of honest clients of one machine while strangers flood it."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.floods import FLOODS, ask, get, post, sent, status
from benchmarks.servers import SETTINGS, UNLIMITED, ours
from tests.support.shop import Owner
from tests.support.tools import ROOT

EVERY_SECONDS = 0.02
UNANSWERED_MS = 10_000.0
"""The latency of a request that has no good answer. Honest clients wait no longer."""

CATALOGUE = 2_000
"""The items that a slow search compares."""


def measure(seconds: float) -> dict[str, dict[str, float]]:
    """Return the latencies in ms of visits and of requests with a body during each flood, and the share answered."""
    found: dict[str, dict[str, float]] = {}
    for limited in (True, False):
        settings = SETTINGS if limited else UNLIMITED
        with tempfile.TemporaryDirectory(dir=ROOT / "dist") as folder, ours(Path(folder) / "data", settings) as server:
            port = int(server.url.rpartition(":")[2])
            change = new_item(Owner(server.url))
            asyncio.run(_fill(port, change))
            for flood in FLOODS:
                if flood.limited is limited:
                    with sent(flood, port):
                        latencies = asyncio.run(clients(port, (get("/counter"), change), seconds))
                    found[flood.name] = figures(*latencies)
    return found


def new_item(owner: Owner) -> bytes:
    """Return the text of a request that adds an item to the owner's catalogue."""
    item = {"business_id": owner.business_id, "name": "Tea", "description": "leaf " * 60, "currency": "EUR"}
    known = {"Authorization": f"Bearer {owner.tokens['access_token']}"}
    return post("/api/items", {**item, "price_minor": 250}, **known)


async def _fill(port: int, request: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(CATALOGUE):
        writer.write(request)
        assert await status(reader) == 201
    writer.close()


async def clients(port: int, requests: Sequence[bytes], seconds: float) -> list[list[float]]:
    """Send each request at fixed times for some seconds. Return the latencies in ms of each.

    Each is sent on a connection of its own when it is due, even if earlier ones are not answered.
    """
    began = time.perf_counter()

    async def client(request: bytes, due: float) -> float:
        await asyncio.sleep(due - time.perf_counter())
        with suppress(OSError, EOFError, asyncio.TimeoutError):
            if await asyncio.wait_for(ask(port, request), UNANSWERED_MS / 1000) in (200, 201):
                return (time.perf_counter() - due) * 1000
        return UNANSWERED_MS

    def dues(turn: int) -> list[float]:
        first = began + EVERY_SECONDS * turn / len(requests)
        return [first + EVERY_SECONDS * number for number in range(round(seconds / EVERY_SECONDS))]

    clients = [asyncio.gather(*(client(request, due) for due in dues(turn))) for turn, request in enumerate(requests)]
    return [await latencies for latencies in clients]


def figures(visits: list[float], posts: list[float]) -> dict[str, float]:
    """Return what was answered in per cent, and the spread of both latencies."""
    answered = [took < UNANSWERED_MS for took in visits + posts]
    return {"answered": round(100 * statistics.mean(answered), 1)} | spread("visit_", visits) | spread("post_", posts)


def spread(prefix: str, latencies: list[float]) -> dict[str, float]:
    """Return the median, the 95th and the 99th percentile of latencies, with a prefix before their names."""
    cuts = statistics.quantiles(latencies, n=100, method="inclusive")
    return {f"{prefix}p{percent}_ms": round(cuts[percent - 1], 2) for percent in (50, 95, 99)}
