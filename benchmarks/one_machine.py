"""One machine with growing data, and with a hot counter."""

import asyncio
import json
import tempfile
import time
import uuid
from contextlib import ExitStack
from pathlib import Path

import msgspec

from benchmarks.lambda_calls import spread
from benchmarks.servers import UNLIMITED, ours
from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.domains.orders.model import Customer, Line, Order, StatusChange
from shopkeeper.domains.orders.records import order_record
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import ORDERS, TABLES
from tests.support.http import Client, send
from tests.support.processes import shopkeeper
from tests.support.shop import Owner
from tests.support.tools import ROOT

WARMING = 20
"""Calls of each kind that are not counted."""


class Grown(msgspec.Struct, frozen=True):
    """A server with many orders, and a connection to it."""

    size: int
    owner: Owner
    item_id: str
    client: Client
    times: dict[str, list[float]]

    def call(self, *, counted: bool) -> None:
        """List orders, read an order, and place one. If `counted`, record each duration in ms."""
        known = {"Authorization": f"Bearer {self.owner.tokens['access_token']}"}
        lines = [{"item_id": self.item_id, "quantity": 1}]
        body = json.dumps({"customer": {"name": "Ann", "phone": "+14155550123"}, "lines": lines}).encode()
        posting = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        path = self.owner.orders
        requests: dict[str, tuple[str, str, bytes | None, dict[str, str]]] = {
            "list": ("GET", f"{path}?limit=10", None, known),
            "get": ("GET", f"/api/orders/{order_id(self.size // 2)}", None, known),
            "post": ("POST", path, body, posting),
        }
        for kind, request in requests.items():
            began = time.perf_counter()
            answer = self.client.send(*request)
            took = (time.perf_counter() - began) * 1000
            assert answer.status in (200, 201), answer
            if counted:
                self.times.setdefault(kind, []).append(took)


def growth(sizes: tuple[int, ...], calls: int) -> dict[str, dict[str, float]]:
    """Return the time in ms to list, read and place orders for each number of stored orders. The sizes alternate."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT / "dist")))
        grown = []
        for size in sizes:
            data = folder / f"{size}.db"
            with shopkeeper(data, UNLIMITED) as empty:
                owner = Owner(empty.url)
                item_id = owner.add()["item_id"]
            seed_orders(data, owner.business_id, item_id, size)
            server = stack.enter_context(shopkeeper(data, UNLIMITED))
            grown.append(Grown(size, owner, item_id, stack.enter_context(Client(server.url)), {}))
        for number in range(WARMING + calls):
            turn = number % len(grown)  # the first call of a round is slower than the rest
            for one in grown[turn:] + grown[:turn]:
                one.call(counted=number >= WARMING)
        return {str(one.size): {kind: spread(values)["p50"] for kind, values in one.times.items()} for one in grown}


def order_id(number: int) -> str:
    """Return the id of a seeded order."""
    return f"00000000-0000-7000-8000-{number:012x}"


def seed_orders(data: Path, business_id: str, item_id: str, count: int) -> None:
    """Write completed orders directly to a data file that no server has open."""
    now = rfc3339(utc_now())
    line = Line(item_id=item_id, name="Tea", quantity=1, price_minor=250, total_minor=250)
    order = Order(
        order_id="",
        business_id=business_id,
        status="completed",
        customer=Customer(name="Ann", phone="+14155550123"),
        lines=[line],
        currency="EUR",
        total_minor=250,
        created_at=now,
        accept_until=now,
        history=[StatusChange(status="received", at=now, by="customer")],
    )
    record = order_record(order)
    store = SQLiteStore(data, TABLES)
    store.defer()
    for number in range(count):
        store.put(ORDERS, {**record, "order_id": order_id(number)})
        if number % 1000 == 0:
            store.commit()
    store.commit()
    store.close()


def hot_counter(clients: int, visits: int) -> dict[str, float]:
    """Return the visits that concurrent clients made, the visits counted, and the seconds. The counts must be equal."""
    with tempfile.TemporaryDirectory(dir=ROOT / "dist") as folder, ours(Path(folder) / "shop.db") as server:
        before = send(server.url, "GET", "/health").json["counter_value"]
        began = time.perf_counter()
        answered = asyncio.run(_visit_all(int(server.url.rpartition(":")[2]), clients, visits))
        took = time.perf_counter() - began
        after = send(server.url, "GET", "/health").json["counter_value"]
    return {"clients": clients, "answered": answered, "counted": after - before, "seconds": round(took, 2)}


async def _visit_all(port: int, clients: int, visits: int) -> int:
    async def client() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        good = 0
        for _ in range(visits):
            writer.write(b"GET /counter HTTP/1.1\r\nHost: a\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            good += head.startswith(b"HTTP/1.1 200")
        writer.close()
        return good

    return sum(await asyncio.gather(*(client() for _ in range(clients))))
