"""The log lines and metrics that the functions write on an evening of a shop, as on Lambda, on a SQLite store."""

import io
import json
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from shopkeeper.clock import utc_now
from shopkeeper.errors import ConfigurationError
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.runtime.lambda_.handler import Handler, lambda_handler
from shopkeeper.storage import StoreError
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES
from tests.support.processes import free_port
from tests.support.shops import Shop
from tests.support.stores import aws_environment

RUNS = (
    ("orders", "order-expiry"),
    ("webhooks", "webhook-retries"),
    ("mail", "mail"),
    ("traffic", "traffic-closing"),
)

ROTATION = {
    "Step": "createSecret",
    "SecretId": "arn:aws:secretsmanager:us-east-1:000000000000:secret:shopkeeper/dev/jwt-a1b2c3",
    "ClientRequestToken": "11111111-2222-4333-8444-555555555555",
}

Line = dict[str, Any]
LOG = "@log"
"""The field of a line that says whose log it is in, as CloudWatch has one. Here it is the name of the function."""

SITE = "https://shop.example"
PASSWORD = "correct horse battery"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; rv:68.0) Gecko/20100101 Firefox/68.0"
KEY = "0123456789abcdef" * 2


class Context:
    """What Lambda passes."""

    aws_request_id = "11111111-2222-4333-8444-555555555555"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Stage:
    """The functions of a stage, each in a process that has just started."""

    def __init__(self, settings: Mapping[str, str], output: io.StringIO, lines: list[Line]) -> None:
        """The functions write to `output`, and `lines` gets each line, with its function."""
        settings = {**settings, "STAGE": "dev", "JWT_SECRET_KEY": KEY, "SITES": "shop.example"}
        self._output, self._lines = output, lines
        self._handlers: dict[str, Handler] = {one.name: lambda_handler(one, settings) for one in FUNCTIONS}
        self.token = ""

    def run(self, function: str, event: Line) -> Any:
        """Invoke a function."""
        before = self._output.tell()
        try:
            return self._handlers[function](event, Context())
        finally:
            written = self._output.getvalue()[before:]
            self._lines += [json.loads(line) | {LOG: function} for line in written.splitlines()]

    def ask(self, function: str, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Send a request to a function, and return what its answer holds."""
        fields = {"Content-Type": "application/json", "User-Agent": BROWSER, **headers}
        if self.token:
            fields["Authorization"] = f"Bearer {self.token}"
        text = None if body is None else json.dumps(body)
        answer = self.run(function, {"httpMethod": method, "path": path, "headers": fields, "body": text})
        return json.loads(answer["body"]) if answer["body"].startswith("{") else None


def an_evening(folder: Path, **settings: str) -> list[Line]:
    """Let visitors, customers, an owner and the schedules do what they do, and return what was written."""
    lines: list[Line] = []
    with _written() as output:
        stage = Stage({"STORE_URL": f"sqlite:///{folder / 'shop.db'}", **settings}, output, lines)
        _visit(stage)
        _order(stage)
        _expire(folder)
        for function, schedule in RUNS:
            stage.run(function, {"schedule": schedule})
        nowhere = aws_environment(f"http://127.0.0.1:{free_port()}")
        _fail(Stage({"STORE_URL": "dynamodb:", **nowhere, **settings}, output, lines))
    return lines


def _visit(stage: Stage) -> None:
    for path in ("/counter", "/counter.txt", "/counter"):
        stage.ask("visits", "GET", path)
    stage.ask("visits", "GET", "/nothing")
    stage.ask("health", "GET", "/")
    stage.ask("operations", "POST", "/ops/backlogs")
    for hit in ({"p": "/"}, {"p": "/", "e": "click"}):
        stage.ask("visits", "POST", "/hit", hit, Origin=SITE)
    stage.ask("visits", "POST", "/hit", {"p": "/"}, **{"Origin": SITE, "User-Agent": "Googlebot/2.1"})


def _order(stage: Stage) -> None:
    """Register an owner, and place orders that are accepted, rejected and cancelled."""
    ann = {"email": "ann@example.com", "password": PASSWORD}
    user = stage.ask("accounts", "POST", "/api/auth/register", {**ann, "name": "Ann"})
    stage.ask("accounts", "POST", "/api/auth/login", {**ann, "password": "wrong"})
    stage.token = stage.ask("accounts", "POST", "/api/auth/login", ann)["access_token"]
    business = {"business_name": "B", "email": "shop@example.com", "phone": "+14155550123", "address": "A"}
    made = stage.ask(
        "registration", "POST", "/auth/register-business", {**business, "cognito_user_id": user["user_id"]}
    )
    place = f"/api/businesses/{made['business_id']}/orders"
    item = {"business_id": made["business_id"], "name": "Tea", "price_minor": 250, "currency": "EUR"}
    tea = stage.ask("orders", "POST", "/api/items", item)["item_id"]
    new = {"customer": {"name": "Bob", "phone": "+14155550123"}, "lines": [{"item_id": tea, "quantity": 2}]}
    for steps in (("accept", "accept", "cancel"), ("reject",)):
        order = stage.ask("orders", "POST", place, new, **{"Idempotency-Key": uuid.uuid4().hex})
        for step in steps:
            stage.ask("orders", "POST", f"/api/orders/{order['order_id']}/{step}")


def _expire(folder: Path) -> None:
    """Place an order whose time is over."""
    store = SQLiteStore(folder / "shop.db", TABLES)
    shop = Shop(store)
    shop.now = utc_now() - timedelta(hours=1)
    shop.place()
    store.close()


def _fail(stage: Stage) -> None:
    """Let a request and runs fail, because nothing listens where AWS should be."""
    stage.ask("visits", "GET", "/counter")
    for function, event in (("orders", {"schedule": "order-expiry"}), ("rotation", ROTATION)):
        try:
            stage.run(function, event)
        except (StoreError, ConfigurationError):
            pass  # Lambda gets it


@contextmanager
def _written() -> Iterator[io.StringIO]:
    output, before = io.StringIO(), sys.stdout
    sys.stdout = output
    try:
        yield output
    finally:
        sys.stdout = before
