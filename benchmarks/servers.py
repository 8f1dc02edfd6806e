"""The servers that are compared on one machine, each started with its log in a file, like a service."""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import environments
from tests.support.http import post_json, send
from tests.support.processes import free_port, running
from tests.support.shop import Owner
from tests.support.tools import ROOT

PEERS = ROOT / "benchmarks" / "peers"
ANSWERS_WITHIN_SECONDS = 20.0
SETTINGS = {"JWT_SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}
UNLIMITED = {**SETTINGS, "RATE_LIMITS": "off"}
"""Settings for measurements in which one address sends more than a customer would."""


class Request(msgspec.Struct, frozen=True):
    """A request that is sent again and again. `{key}` in its body becomes a new key each time."""

    method: str
    path: str
    body: str = ""


class Server(msgspec.Struct, frozen=True):
    """A running server: its address, its session of processes, and how it counts a visit and takes an order."""

    url: str
    session: int
    visits: Request
    orders: Request


Start = Callable[[Path], AbstractContextManager[Server]]
"""Runs a server on a data file or folder of that path, which does not exist yet."""

COUNT = Request("GET", "/counter")


def ours(data: Path, settings: Mapping[str, str] = UNLIMITED) -> AbstractContextManager[Server]:
    """Run `shopkeeper serve` of this code."""
    return _shopkeeper(ROOT / ".venv" / "bin" / "shopkeeper", data, settings)


def former(data: Path) -> AbstractContextManager[Server]:
    """Run `shopkeeper serve` of the former commit."""
    return _shopkeeper(environments.FOLDER / environments.FORMER / "bin" / "shopkeeper", data, UNLIMITED)


@contextmanager
def _shopkeeper(command: Path, data: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    with _started([str(command), "serve", "--port", str(port), "--data", str(data)], port, **settings) as session:
        url = f"http://127.0.0.1:{port}"
        _await(url, "/counter")
        owner = Owner(url)
        yield Server(url, session, COUNT, _order(owner.orders, owner.add()["item_id"]))


def _order(path: str, item: str) -> Request:
    customer = {"name": "Ann Example", "phone": "+14155550123"}
    return Request("POST", path, json.dumps({"customer": customer, "lines": [{"item_id": item, "quantity": 2}]}))


@contextmanager
def fastapi(data: Path) -> Iterator[Server]:
    """Run the FastAPI peer under uvicorn."""
    port = free_port()
    command = [str(environments.python("fastapi_sqlite")), "-m", "uvicorn", "app:app", "--port", str(port)]
    with _started([*command, "--app-dir", str(PEERS / "fastapi_sqlite")], port, DATA=str(data)) as session:
        yield _peer(port, session)


@contextmanager
def node(data: Path) -> Iterator[Server]:
    """Run the peer on Node.js, Fastify and better-sqlite3."""
    port = free_port()
    modules = environments.FOLDER / "node" / "node_modules"
    settings = {"DATA": str(data), "PORT": str(port), "NODE_PATH": str(modules), "NODE_ENV": "production"}
    with _started(["node", str(PEERS / "node" / "app.js")], port, **settings) as session:
        yield _peer(port, session)


def _peer(port: int, session: int) -> Server:
    url = f"http://127.0.0.1:{port}"
    _await(url, "/counter")
    return Server(url, session, COUNT, _order("/api/businesses/shop/orders", "tea"))


SUPERUSER = {"identity": "owner@example.com", "password": "correct horse battery"}
COUNTER, SHOP = "counter00000000", "shop00000000000"
"""Ids of records; PocketBase's have 15 characters."""


@contextmanager
def pocketbase(data: Path) -> Iterator[Server]:
    """Run PocketBase with the collections of this benchmark, and its batch requests switched on."""
    port = free_port()
    program = str(environments.FOLDER / "pocketbase" / "bin" / "pocketbase")
    subprocess.run(
        [program, "superuser", "upsert", *SUPERUSER.values(), "--dir", data], check=True, capture_output=True
    )
    with _started([program, "serve", "--dir", str(data), "--http", f"127.0.0.1:{port}"], port) as session:
        url = f"http://127.0.0.1:{port}"
        _await(url, "/api/health")
        _furnish(url)
        yield Server(url, session, _batch([pocketbase_visit()]), _batch(pocketbase_order()))


def _furnish(url: str) -> None:
    """Create the collections and the records that visits and orders change."""
    token = post_json(url, "/api/collections/_superusers/auth-with-password", SUPERUSER).json["token"]
    _change(url, token, "PATCH", "/api/settings", {"batch": {"enabled": True, "timeout": 20}})
    collections = json.loads((PEERS / "pocketbase" / "collections.json").read_text())
    _change(url, token, "PUT", "/api/collections/import", {"collections": collections})
    for collection, record in (("counters", COUNTER), ("businesses", SHOP), ("heads", SHOP)):
        _change(url, token, "POST", _records(collection), {"id": record})


def _change(url: str, token: str, method: str, path: str, content: object) -> None:
    headers = {"Content-Type": "application/json", "Authorization": token}
    answer = send(url, method, path, json.dumps(content).encode(), headers)
    if answer.status not in (200, 204):
        raise RuntimeError(f"PocketBase refused {method} {path}: {answer}")


def pocketbase_visit() -> dict[str, Any]:
    """Return the write of a visit. PocketBase reads, adds and writes, so it counts every visit only in a batch."""
    return _write("PATCH", f"{_records('counters')}/{COUNTER}", {"visits+": 1})


def pocketbase_order() -> list[dict[str, Any]]:
    """Return the five writes of an order: order, idempotency key, event, head of the feed, business."""
    order = {"id": "{key}", "business": SHOP, "item": "tea", "quantity": 2, "total_minor": 500, "status": "received"}
    customer = {"name": "Ann Example", "phone": "+14155550123"}
    event = {"business": SHOP, "type": "order.received", "subject": "{key}"}
    return [
        _write("POST", _records("orders"), {**order, **customer}),
        _write("POST", _records("keys"), {"key": "{key}", "order": "{key}", "fingerprint": "0" * 64}),
        _write("POST", _records("events"), event),
        _write("PATCH", f"{_records('heads')}/{SHOP}", {"newest+": 1, "open+": 1}),
        _write("PATCH", f"{_records('businesses')}/{SHOP}", {"orders+": 1}),
    ]


def _write(method: str, url: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"method": method, "url": url, "body": body}


def _batch(writes: list[dict[str, Any]]) -> Request:
    """Return the request that does some writes in one transaction."""
    return Request("POST", "/api/batch", json.dumps({"requests": writes}))


def _records(collection: str) -> str:
    return f"/api/collections/{collection}/records"


@contextmanager
def _started(command: list[str], port: int, **settings: str) -> Iterator[int]:
    """Run a server, and return its session."""
    variables = [f"{name}={value}" for name, value in settings.items()]
    with tempfile.NamedTemporaryFile() as log, running(["env", *variables, *command], port, Path(log.name)) as process:
        yield process.pid


def _await(url: str, path: str) -> None:
    ends = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while time.monotonic() < ends:
        try:
            if send(url, "GET", path).status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


CONTESTANTS: dict[str, tuple[str, Start]] = {
    environments.FORMER: (environments.FORMER, former),
    "pocketbase": ("pocketbase", pocketbase),
    "node": ("node", node),
    "fastapi": ("fastapi_sqlite", fastapi),
}
"""The environment and the server of each contestant but ours."""


def ready() -> dict[str, Start]:
    """Return the servers that can be started, ours first. Prints which are left out."""
    found: dict[str, Start] = {"ours": ours}
    for name, (environment, start) in CONTESTANTS.items():
        if (environments.FOLDER / environment / "done").exists():
            found[name] = start
        else:
            print(f"{name} is left out: it has no environment.")
    return found
