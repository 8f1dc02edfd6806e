"""How soon a client that waits hears of an order, and the latency of visits while a thousand clients wait."""

import asyncio
import json
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from benchmarks.floods import Flood, get, post, sent, status
from benchmarks.honest import clients, spread
from benchmarks.servers import SETTINGS, ours
from tests.support.shop import Owner
from tests.support.tools import ROOT

WAITERS = 1_000
WAIT_SECONDS = 25
EVERY_SECONDS = 0.05
LONGEST_SECONDS = 60.0
SETTLING_SECONDS = 3.0
"""How long the server has to take in the requests that wait."""

TOLD = "an order told"
AMONG = f"a visit while {WAITERS:,} wait"
MEASURED = (TOLD, AMONG)


def measure(orders: int, seconds: float) -> dict[str, dict[str, float]]:
    """Return the latencies in ms of so many orders on their way to a client that waits, and of visits among waiters."""
    with tempfile.TemporaryDirectory(dir=ROOT / "dist") as folder, ours(Path(folder) / "data", SETTINGS) as server:
        port = int(server.url.rpartition(":")[2])
        owner = Owner(server.url)
        told = asyncio.run(_told(port, owner, owner.add()["item_id"], orders))
        waiting = Flood("waiting", WAITERS, (_waits(owner, orders),))
        with sent(waiting, port):
            time.sleep(SETTLING_SECONDS)
            visits, _ = asyncio.run(clients(port, (get("/counter"), get("/health")), seconds))
    return {TOLD: spread("", told), AMONG: spread("", visits)}


def _waits(owner: Owner, after: int) -> bytes:
    known = {"Authorization": f"Bearer {owner.tokens['access_token']}"}
    return get(f"/api/businesses/{owner.business_id}/events?after={after}&wait={WAIT_SECONDS}", **known)


async def _told(port: int, owner: Owner, item_id: str, orders: int) -> list[float]:
    """Place an order at fixed times, and return for each how long after that time the client that waits has read it."""
    heard = asyncio.create_task(_listen(port, owner, orders))
    began = time.perf_counter() + EVERY_SECONDS
    due = [began + EVERY_SECONDS * number for number in range(orders)]
    order = {"customer": {"name": "Ann", "phone": "+14155550123"}, "lines": [{"item_id": item_id, "quantity": 1}]}
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for moment in due:
        await asyncio.sleep(moment - time.perf_counter())
        writer.write(post(owner.orders, order, **{"Idempotency-Key": str(uuid.uuid4())}))
        assert await status(reader) == 201
    writer.close()
    times = await asyncio.wait_for(heard, LONGEST_SECONDS)
    return [(read - moment) * 1000 for read, moment in zip(times, due, strict=True)]


async def _listen(port: int, owner: Owner, orders: int) -> list[float]:
    """Wait for events until there were so many, and return when each was read."""
    times: list[float] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while len(times) < orders:
        writer.write(_waits(owner, len(times)))
        feed = await _answer(reader)
        times += [time.perf_counter()] * len(feed["events"])
    writer.close()
    return times


async def _answer(reader: asyncio.StreamReader) -> dict[str, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert head.split()[1] == b"200", head
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body: dict[str, Any] = json.loads(await reader.readexactly(length))
    return body
