"""One machine: durable visits and orders compared with FastAPI on SQLite, growing data, and a hot counter."""

import asyncio
import itertools
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from benchmarks.environments import python
from benchmarks.lambda_calls import spread
from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.domains.orders.model import Customer, Line, Order, StatusChange
from shopkeeper.domains.orders.records import order_record
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import ORDERS, TABLES
from tests.support.http import Client, send
from tests.support.processes import free_port, running, shopkeeper
from tests.support.shop import Owner
from tests.support.tools import ROOT

HERE = ROOT / "benchmarks"
CONNECTIONS = (1, 16, 256)
ANSWERS_WITHIN_SECONDS = 20.0
KEY = {"JWT_SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}


class Shop(msgspec.Struct, frozen=True):
    """A server and an item that can be ordered there."""

    url: str
    orders_path: str
    item_id: str
    token: str = ""


def open_shop(url: str) -> Shop:
    """Create an account, a business and an item on a Shopkeeper server."""
    owner = Owner(url)
    return Shop(url, owner.orders, owner.add()["item_id"], owner.tokens["access_token"])


@contextmanager
def ours(data: Path) -> Iterator[Shop]:
    """Run `shopkeeper serve` with its log in a file, like a service."""
    with tempfile.NamedTemporaryFile() as log:
        port = free_port()
        command = [str(ROOT / ".venv" / "bin" / "shopkeeper"), "serve", "--port", str(port), "--data", str(data)]
        with running(["env", *(f"{name}={value}" for name, value in KEY.items()), *command], port, Path(log.name)):
            url = f"http://127.0.0.1:{port}"
            _await(url)
            yield open_shop(url)


@contextmanager
def fastapi(data: Path) -> Iterator[Shop]:
    """Run the FastAPI peer under uvicorn."""
    interpreter = python("fastapi_sqlite")
    assert interpreter is not None
    port = free_port()
    command = ["env", f"DATA={data}", str(interpreter), "-m", "uvicorn", "app:app", "--port", str(port)]
    folder = HERE / "peers" / "fastapi_sqlite"
    with tempfile.NamedTemporaryFile() as log, running([*command, "--app-dir", str(folder)], port, Path(log.name)):
        url = f"http://127.0.0.1:{port}"
        _await(url)
        yield Shop(url, "/api/businesses/shop/orders", "tea")


def _await(url: str) -> None:
    ends = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while time.monotonic() < ends:
        try:
            if send(url, "GET", "/counter").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def throughput(rounds: int, seconds: int) -> dict[str, dict[str, dict[str, float]]] | None:
    """Return requests per second and latencies in ms by kind, server and connections, or None without wrk."""
    wrk = shutil.which("wrk")
    if wrk is None:
        print("The throughput of one machine is left out: wrk is not installed.")
        return None
    servers = {"ours": ours}
    if python("fastapi_sqlite"):
        servers["fastapi"] = fastapi
    else:
        print("fastapi_sqlite is left out: it has no environment.")
    found: dict[str, list[tuple[float, float, float]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT / "dist")))
        shops = {name: stack.enter_context(server(folder / f"{name}.db")) for name, server in servers.items()}
        for _, kind, connections in itertools.product(range(rounds), ("visits", "orders"), CONNECTIONS):
            for name, shop in shops.items():
                figures = _wrk(wrk, shop, kind, connections, seconds)
                found.setdefault(f"{kind}/{name}/{connections}", []).append(figures)
    result: dict[str, dict[str, dict[str, float]]] = {}
    for key, figures_of in found.items():
        kind, name, at = key.split("/")
        rate, middle, slow = (statistics.median(column) for column in zip(*figures_of, strict=True))
        spread_of = [figures[0] for figures in figures_of]
        result.setdefault(kind, {})[f"{name} at {at}"] = {
            "per_second": round(rate),
            "from": round(min(spread_of)),
            "to": round(max(spread_of)),
            "p50_ms": round(middle, 2),
            "p99_ms": round(slow, 2),
        }
    return result


def _wrk(wrk: str, shop: Shop, kind: str, connections: int, seconds: int) -> tuple[float, float, float]:
    """Return requests per second, and the median and 99th percentile of the latency in ms."""
    environment = {
        **os.environ,
        "BENCH_PATH": shop.orders_path,
        "BENCH_ITEM": shop.item_id,
        "BENCH_RUN": uuid.uuid4().hex,
    }
    command = [wrk, "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "20s"]
    script = ["-s", str(HERE / f"{kind}.lua"), f"{shop.url}/counter"]
    done = subprocess.run([*command, *script], env=environment, capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    requests, microseconds, wrong, middle, slow = map(int, line.split()[1:])
    if wrong > requests / 1000:
        raise RuntimeError(f"{wrong} of {requests} requests failed: {done.stdout}")
    return requests / microseconds * 1e6, middle / 1000, slow / 1000


WARMING = 20
"""Calls of each kind that are not counted."""


class Grown(msgspec.Struct, frozen=True):
    """A server with many orders, and a connection to it."""

    size: int
    shop: Shop
    client: Client
    times: dict[str, list[float]]

    def call(self, *, counted: bool) -> None:
        """List orders, read an order, and place one. If `counted`, record each duration in ms."""
        known = {"Authorization": f"Bearer {self.shop.token}"}
        lines = [{"item_id": self.shop.item_id, "quantity": 1}]
        body = json.dumps({"customer": {"name": "Ann", "phone": "+14155550123"}, "lines": lines}).encode()
        posting = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        path = self.shop.orders_path
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
            with ours(data) as shop:
                pass
            seed_orders(data, shop.orders_path.split("/")[3], shop.item_id, size)
            server = stack.enter_context(shopkeeper(data, KEY))
            grown.append(Grown(size, shop, stack.enter_context(Client(server.url)), {}))
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
    with tempfile.TemporaryDirectory(dir=ROOT / "dist") as folder, ours(Path(folder) / "shop.db") as shop:
        before = send(shop.url, "GET", "/health").json["counter_value"]
        began = time.perf_counter()
        answered = asyncio.run(_visit_all(int(shop.url.rpartition(":")[2]), clients, visits))
        took = time.perf_counter() - began
        after = send(shop.url, "GET", "/health").json["counter_value"]
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
