"""Cold starts, warm calls and memory of functions, in alternating runs.

Each function runs from its unpacked package on Lambda's Python version. As on Lambda, only the image's own libraries
and packages that contain byte code have byte code.
"""

import json
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import trustme

from benchmarks import packed
from benchmarks.environments import python
from benchmarks.runtime_api import Function
from shopkeeper.clock import utc_now
from shopkeeper.domains.catalogue.model import NewItem
from shopkeeper.domains.catalogue.pictures import Pictures
from shopkeeper.domains.catalogue.service import Catalogue
from shopkeeper.domains.registration.model import Registration
from shopkeeper.domains.registration.service import Registrations
from shopkeeper.http import Caller
from shopkeeper.identity.keys import Keyring
from shopkeeper.settings import read
from shopkeeper.storage import Store
from shopkeeper.storage.dynamodb import DynamoDBClient, DynamoDBStore
from shopkeeper.storage.dynamodb.schema import create_tables
from shopkeeper.storage.tables import TABLES
from tests.support.processes import free_port, running
from tests.support.tools import DYNOXIDE, ROOT

Event = dict[str, Any]
SITE = "example.com"
"""A host whose hits are counted."""


class Contestant(msgspec.Struct, frozen=True):
    """A function to measure: its name, its handler, its event and the expected status.

    The status is None for a job, which returns nothing. Its package has its name, if `package` names none, and
    `beside` is a module that is put into it. One that `is_traced` knows X-Ray's daemon, and one that `is_brief` runs
    with `LOG_DETAIL=brief`.
    """

    name: str
    handler: str
    event: "Callable[[Stage], Event]"
    status: int | None = 200
    package: str = ""
    beside: Path | None = None
    is_traced: bool = False
    is_brief: bool = False


def get(path: str) -> Event:
    """Return the event of a GET in the format of a REST API."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": {"Accept": "application/json", "User-Agent": "benchmark", "Host": "api.example.com"},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "stage": "dev",
            "path": f"/dev{path}",
            "resourcePath": path,
            "httpMethod": "GET",
            "identity": {"sourceIp": "203.0.113.9", "userAgent": "benchmark"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def post(path: str, body: object) -> Event:
    """Return the event of a POST with a JSON body."""
    event = get(path)
    event["headers"]["Content-Type"] = "application/json"
    event["requestContext"]["httpMethod"] = "POST"
    return {**event, "httpMethod": "POST", "body": json.dumps(body)}


def _registration(_: "Stage") -> Event:
    someone = uuid.uuid4().hex
    body = {"business_name": "Test", "email": f"{someone}@example.com", "phone": "+1234567890", "address": "1 Street"}
    return post("/auth/register-business", {**body, "cognito_user_id": someone})


def _account(_: "Stage") -> Event:
    body = {"email": f"{uuid.uuid4().hex}@example.com", "password": "correct horse battery", "name": "Ann"}
    return post("/api/auth/register", body)


def _order(on: "Stage") -> Event:
    body = {"customer": {"name": "Ann", "phone": "+14155550123"}, "lines": [{"item_id": on.item_id, "quantity": 2}]}
    event = post(f"/api/businesses/{on.business_id}/orders", body)
    event["headers"]["Idempotency-Key"] = uuid.uuid4().hex
    return event


def _webhooks(on: "Stage") -> Event:
    return get(f"/api/businesses/{on.business_id}/webhooks")


def _signed(event: Event) -> Event:
    """Return the event of a call whose signature the gateway verified."""
    identity = {**event["requestContext"]["identity"], "userArn": "arn:aws:iam::123456789012:user/operator"}
    return {**event, "requestContext": {**event["requestContext"], "identity": identity}}


def _ours(name: str, event: "Callable[[Stage], Event]", status: int | None = 200) -> Contestant:
    return Contestant(name, f"shopkeeper.runtime.lambda_.handlers.{name}", event, status)


def _peer(name: str) -> Contestant:
    return Contestant(name, "handler.handler", lambda _: get("/counter"))


TRACED = "visits, traced"
BRIEF = "visits, brief"
VISIT = _ours("visits", lambda _: get("/counter"))
VISITS = (
    _peer("nothing"),
    VISIT,
    msgspec.structs.replace(VISIT, name=TRACED, package="visits", is_traced=True),
    msgspec.structs.replace(VISIT, name=BRIEF, package="visits", is_brief=True),
    _peer("founding"),
    _peer("powertools"),
    _peer("fastapi"),
)
"""The contestants that count a visit, and the handler that does nothing."""

CONTESTANTS = (
    *VISITS,
    _ours("health", lambda _: get("/health/detailed")),
    _ours("registration", _registration, 201),
    _ours("accounts", _account, 201),
    _ours("orders", _order, 201),
    _ours("webhooks", _webhooks, 401),
    _ours("mail", lambda _: {"schedule": "mail"}, None),
    _ours("traffic", lambda _: {"schedule": "traffic-closing"}, None),
    _ours("operations", lambda _: _signed(post("/ops/backlogs", None))),
)


def ready(contestants: Sequence[Contestant]) -> list[Contestant]:
    """Return the contestants whose package exists, or none without Python 3.13. Prints which are left out."""
    if python("lambda") is None:
        print("The functions are left out: they are measured only on Python 3.13.")
        return []
    found = []
    for contestant in contestants:
        if packed.package(contestant.package or contestant.name).exists():
            found.append(contestant)
        else:
            print(f"{contestant.name} is left out: it has no package.")
    return found


class Stage:
    """A DynamoDB-compatible server behind TLS, with our tables and a business with one item."""

    def __init__(self, folder: Path, url: str, plain: str, authority: trustme.CA, daemon: str) -> None:
        self._folder = folder
        self._daemon = daemon
        self._certificate = authority.cert_pem.bytes()
        names = {table: f"{table.name}-bench" for table in TABLES}
        credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        settings = read({**credentials, "AWS_ENDPOINT_URL": plain}, TABLES)
        client = DynamoDBClient(settings.region, settings.aws, seconds=20)
        create_tables(client, names, lambda *_: None)
        self.business_id, self.item_id = _open_shop(DynamoDBStore(client, names))
        client.close()
        self._environment = {
            **credentials,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
            "JWT_SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "SITES": SITE,
            "SITES_TIME_ZONE": "Europe/Berlin",
            **{table.environment: name for table, name in names.items()},
        }

    def start(self, contestant: Contestant) -> Function:
        """Start a process of a function in its unpacked package.

        It trusts this server's authority and the certificates that it would trust on Lambda: Amazon's roots for
        Shopkeeper, botocore's bundle for the others.
        """
        interpreter = python("lambda")
        assert interpreter is not None
        task = self._folder / contestant.name
        bundle = self._folder / f"{contestant.name}.pem"
        if not task.exists():
            packed.unpack(contestant.package or contestant.name, task)
            if contestant.beside is not None:
                shutil.copy(contestant.beside, task)
                subprocess.run([interpreter, "-m", "compileall", "-q", task / contestant.beside.name], check=True)
            botocores = interpreter.parents[1].glob("lib/python*/site-packages/botocore/cacert.pem")
            roots = [*task.glob("shopkeeper/net/amazon_roots.pem"), *botocores][0]
            bundle.write_bytes(roots.read_bytes() + self._certificate)
        environment = {**self._environment, "AWS_CA_BUNDLE": str(bundle)}
        if contestant.is_traced:
            environment["AWS_XRAY_DAEMON_ADDRESS"] = self._daemon
        if contestant.is_brief:
            environment["LOG_DETAIL"] = "brief"
        return Function(interpreter, contestant.handler, task, environment, self._folder / f"{contestant.name}.log")


def _open_shop(store: Store) -> tuple[str, str]:
    """Register a business with an item, and return the ids of both."""
    registration = Registration(
        business_name="Shop", email="ann@example.com", phone="+1234567890", address="1 Street", cognito_user_id="ann"
    )
    business, _ = Registrations(store, utc_now).register(registration)
    new = NewItem(business_id=business.business_id, name="Tea", price_minor=250, currency="EUR")
    pictures = Pictures(store, utc_now, Keyring(list), lambda: None, "")
    item = Catalogue(store, utc_now, pictures).create(Caller("ann"), new)
    return business.business_id, item.item_id


@contextmanager
def stage() -> Iterator[Stage]:
    """Run the servers."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        authority = trustme.CA()
        certificate = folder / "server.pem"
        authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
        back, front = free_port(), free_port()
        stack.enter_context(running([str(DYNOXIDE), "--port", str(back)], back, folder / "dynoxide.log"))
        interpreter = str(ROOT / ".venv" / "bin" / "python")
        proxy = [interpreter, str(ROOT / "benchmarks" / "tls_proxy.py"), str(front), str(certificate), str(back)]
        stack.enter_context(running(proxy, front, folder / "proxy.log"))
        daemon = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        daemon.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{daemon.getsockname()[1]}"
        yield Stage(folder, f"https://localhost:{front}", f"http://127.0.0.1:{back}", authority, address)


def cold_starts(on: Stage, contestants: Sequence[Contestant], rounds: int) -> dict[str, dict[str, float]]:
    """Return the time from the start of each process to its first response, in ms, and its memory then, in MB."""
    times: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    memory: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for turn in range(rounds + 1):
        for contestant in contestants:
            function = on.start(contestant)
            try:
                arrived = function.call(contestant.event(on), contestant.status)
                if turn:  # the first round only loads files from disk into memory
                    times[contestant.name].append((arrived - function.began) * 1000)
                    memory[contestant.name].append(function.peak_megabytes())
            finally:
                function.end()
    return {
        name: {**spread(values), "memory_mb": round(statistics.median(memory[name]), 1)}
        for name, values in times.items()
    }


def warm_calls(on: Stage, contestants: Sequence[Contestant], rounds: int, calls: int) -> dict[str, dict[str, float]]:
    """Return the durations and processor times of warm calls in ms, their log in bytes, and the memory in MB."""
    functions = {contestant.name: on.start(contestant) for contestant in contestants}
    times: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    processor: dict[str, float] = dict.fromkeys(functions, 0.0)
    logged: dict[str, int] = {}
    try:
        for contestant in contestants:
            for _ in range(20):
                functions[contestant.name].call(contestant.event(on), contestant.status)
            logged[contestant.name] = functions[contestant.name].log_bytes()
        for _ in range(rounds):
            for contestant in contestants:
                function = functions[contestant.name]
                before = function.processor_seconds()
                for _ in range(calls):
                    took = function.warm_call(contestant.event(on), contestant.status)
                    times[contestant.name].append(took * 1000)
                processor[contestant.name] += function.processor_seconds() - before
                time.sleep(0.05)
        return {
            name: {
                **spread(values),
                "p99": round(statistics.quantiles(values, n=100)[98], 3),
                "processor_ms": round(processor[name] * 1000 / (rounds * calls), 3),
                "memory_mb": round(functions[name].peak_megabytes(), 1),
                "log_bytes": round((functions[name].log_bytes() - logged[name]) / (rounds * calls)),
            }
            for name, values in times.items()
        }
    finally:
        for function in functions.values():
            function.end()


def spread(values: list[float]) -> dict[str, float]:
    """Return the median and the quartiles of measurements."""
    lower, middle, upper = statistics.quantiles(values, n=4)
    return {"p50": round(middle, 3), "p25": round(lower, 3), "p75": round(upper, 3)}
