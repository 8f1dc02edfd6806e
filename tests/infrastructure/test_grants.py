"""What a function may do is what it does: the operations of all paths through its endpoints and schedules equal its
grants, and the DynamoDB calls that come of them equal the permissions that its role is given."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.domains.accounts import passwords
from shopkeeper.domains.accounts.service import Accounts
from shopkeeper.domains.registration.model import Registration
from shopkeeper.domains.registration.service import Registrations
from shopkeeper.errors import RunFailed
from shopkeeper.functions.accounts import build
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Function, application
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Metrics, is_head
from shopkeeper.http import Application, Request, split_path
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.net.deadline import ending_in
from shopkeeper.runtime.resources import open_resources
from shopkeeper.settings import read
from shopkeeper.storage import Item, Store
from shopkeeper.storage.dynamodb import DynamoDBStore
from shopkeeper.storage.dynamodb.permissions import Permission, permissions
from shopkeeper.storage.dynamodb.schema import create_tables
from shopkeeper.storage.pictures import PictureStore
from shopkeeper.storage.tables import TABLES, USERS
from tests.support.application import whole
from tests.support.faults import FaultyServer, answers
from tests.support.noting import Calls, NotedPictures, Operations
from tests.support.smtp import smtp_server
from tests.support.stores import aws_environment, table_names

BUSINESS = {
    "business_name": "Test Business",
    "email": "test@example.com",
    "phone": "+1234567890",
    "address": "123 Test St",
    "cognito_user_id": "test-user-123",
}
INVOCATION_SECONDS = 60.0
PASSWORD = "correct horse battery"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; rv:68.0) Gecko/20100101 Firefox/68.0"
"""A browser that sends no fetch metadata."""
SITES = {"SITES": "example.com"}
ANN = {"email": "ann@example.com", "password": PASSWORD, "name": "Ann"}

Ask = Callable[..., Any]


def visit(ask: Ask) -> None:
    ask("GET", "/counter")
    ask("GET", "/counter/about")
    ask("GET", "/health")


def send_hits(ask: Ask) -> None:
    """Hits for a host and for a business."""
    token, business_id = ask.as_owner()  # type: ignore[attr-defined]
    change = {"site": "https://shop.example"}
    ask.elsewhere("PATCH", f"/api/businesses/{business_id}", change, token)  # type: ignore[attr-defined]
    ask("POST", "/hit", {"p": "/"}, origin="https://example.com", user_agent=BROWSER)
    ask("POST", "/hit", {"p": "/", "n": business_id}, origin="https://shop.example", user_agent=BROWSER)


def close_periods(ask: Ask) -> None:
    """Hits are another function's matter."""
    elsewhere, later, run = ask.elsewhere, ask.later, ask.run  # type: ignore[attr-defined]
    elsewhere("POST", "/hit", {"p": "/"}, origin="https://example.com", user_agent=BROWSER)
    for _ in range(12):
        later()
    assert run("traffic-closing") == {"PeriodsClosed": 2}, "the day and its month"


def read_and_tell_traffic(ask: Ask) -> None:
    """The owner's address is confirmed."""
    elsewhere, later, run = ask.elsewhere, ask.later, ask.run  # type: ignore[attr-defined]
    token, business_id = ask.as_owner()  # type: ignore[attr-defined]
    change = {"site": "https://shop.example", "traffic_emails": True}
    elsewhere("PATCH", f"/api/businesses/{business_id}", change, token)
    elsewhere("POST", "/hit", {"p": "/", "n": business_id}, origin="https://shop.example", user_agent=BROWSER)
    assert ask("GET", "/api/traffic", None, token)["totals"]["views"] == 1
    for path in ("pages", "dimensions", "live", "sites"):
        ask("GET", f"/api/traffic/{path}", None, token)
    shared = ask("POST", "/api/traffic/share", None, token)
    assert ask("GET", "/api/traffic", traffic_share=shared["token"])["totals"]["views"] == 1
    ask("DELETE", "/api/traffic/share", None, token)
    for _ in range(4):
        later()
        run("traffic-closing")
        run("traffic-weekly")


def look(ask: Ask) -> None:
    ask("GET", "/")
    ask("GET", "/health/detailed")


def register(ask: Ask) -> None:
    ask("GET", "/auth/health")
    for body in (BUSINESS, BUSINESS, {**BUSINESS, "cognito_user_id": "other"}):
        ask("POST", "/auth/register-business", body)


def live_with_an_account(ask: Ask) -> None:
    ask("GET", "/api/auth/registration")
    user = ask("POST", "/api/auth/register", ANN)
    signed_in = ask("POST", "/api/auth/login", {"email": ANN["email"], "password": PASSWORD})
    token = signed_in["access_token"]
    ask("GET", "/api/users/me", token=token)
    ask("GET", f"/api/users/{user['user_id']}", token=token)
    ask("PATCH", "/api/users/me", {"name": "Anna", "email": "a@example.com", "current_password": PASSWORD}, token)
    refreshed = ask("POST", "/api/auth/refresh", {"refresh_token": signed_in["refresh_token"]})
    ask("POST", "/api/auth/logout", {"refresh_token": refreshed["refresh_token"]})
    ask("POST", "/api/auth/reset/request", {"email": "a@example.com"})
    reset = ask.accounts().reset_token("a@example.com")  # type: ignore[attr-defined]
    ask("POST", "/api/auth/reset", {"token": reset, "new_password": PASSWORD})
    token = ask("POST", "/api/auth/login", {"email": "a@example.com", "password": PASSWORD})["access_token"]
    ask("DELETE", "/api/users/me", token=token)


def list_users(ask: Ask) -> None:
    """Only an admin reaches the query; `accounts` is the operator at the command line."""
    user = ask("POST", "/api/auth/register", {**ANN, "email": "root@example.com"})
    signed_in = ask("POST", "/api/auth/login", {"email": "root@example.com", "password": PASSWORD})
    ask.accounts().set_role(user["user_id"], "admin")  # type: ignore[attr-defined]
    assert ask("GET", "/api/users", token=signed_in["access_token"])["users"]


def keep_shop(ask: Ask) -> None:
    """The account and the business are made by other functions; `as_owner` stands for both."""
    token, business_id = ask.as_owner()  # type: ignore[attr-defined]
    item = {"business_id": business_id, "name": "Tea", "price_minor": 100, "currency": "EUR"}
    made = [ask("POST", "/api/items", item, token) for _ in range(2)]
    ask("GET", "/api/items")
    ask("PATCH", f"/api/items/{made[0]['item_id']}", {"price_minor": 200}, token, if_match='"1"')
    for version in (2, 3):
        form = ask("POST", f"/api/items/{made[0]['item_id']}/picture", {"media_type": "image/png", "size": 9}, token)
        changed = {"picture": form["picture"]}
        ask("PATCH", f"/api/items/{made[0]['item_id']}", changed, token, if_match=f'"{version}"')
    ask("DELETE", f"/api/items/{made[1]['item_id']}", None, token, if_match='"1"')
    business = f"/api/businesses/{business_id}"
    order = {"customer": {"name": "Bob", "phone": "+123"}, "lines": [{"item_id": made[0]["item_id"], "quantity": 1}]}
    placed = ask("POST", f"{business}/orders", order, idempotency_key="k" * 16)
    ask("POST", f"/api/orders/{placed['order_id']}/reject", None, token)
    token = ask.later()  # type: ignore[attr-defined]
    again = ask("POST", f"{business}/orders", order, idempotency_key="k" * 16)
    ask("GET", f"/api/orders/{again['order_id']}", None, token)
    ask("DELETE", business, None, token)  # it is refused, for an order is open
    ask("POST", f"/api/orders/{again['order_id']}/reject", None, token)
    ask("POST", f"{business}/orders", order, idempotency_key="l" * 16)
    ask.later()  # type: ignore[attr-defined]
    assert ask.run("order-expiry") == {"OrdersExpired": 1}  # type: ignore[attr-defined]
    ask("GET", f"{business}/orders", None, token)
    ask("GET", f"{business}/events", None, token)
    ask("GET", "/api/businesses/mine", None, token)
    for change in ({"paused_until": ask.soon(1)}, {"accepting_orders": False}, {"paused_until": None}):  # type: ignore[attr-defined]
        ask("PATCH", business, change, token)
    ask("PATCH", business, {"accepting_orders": True, "paused_until": ask.soon(2)}, token)  # type: ignore[attr-defined]
    token = ask.later()  # type: ignore[attr-defined]
    assert ask.run("pause-end") == {"PausesEnded": 1}  # type: ignore[attr-defined]
    ask("PATCH", business, {"email": "new@example.com"}, token)
    ask("DELETE", business, None, token)
    ask.later()  # type: ignore[attr-defined]
    assert ask.run("order-retention") == {"OrdersErased": 3}  # type: ignore[attr-defined]


def send_mails(ask: Ask) -> None:
    """Accounts and orders are other functions' matter; `elsewhere` stands for them."""
    elsewhere, consume, run = ask.elsewhere, ask.consume, ask.run  # type: ignore[attr-defined]
    token, business_id = ask.as_owner()  # type: ignore[attr-defined]
    business = f"/api/businesses/{business_id}"
    item = elsewhere(
        "POST", "/api/items", {"business_id": business_id, "name": "Tea", "price_minor": 100, "currency": "EUR"}, token
    )
    customer = {"name": "Bob", "email": "bob@example.com", "notify": True}
    order = {"customer": customer, "lines": [{"item_id": item["item_id"], "quantity": 1}]}
    placed = elsewhere("POST", f"{business}/orders", order, idempotency_key="k" * 16)
    elsewhere("POST", "/api/auth/register", ANN)
    elsewhere("POST", "/api/auth/reset/request", {"email": ANN["email"]})
    ask.accounts().invite("eve@example.com", "nonce")  # type: ignore[attr-defined]
    ask.accounts().mail_invitation("eve@example.com", "nonce")  # type: ignore[attr-defined]
    consume("mail-events")
    assert consume("mail-outbox") == {"MailsSent": 5}
    later = ask.later()  # type: ignore[attr-defined]
    run("mail-missed")
    elsewhere("POST", f"/api/orders/{placed['order_id']}/reject", None, later)
    elsewhere("DELETE", business, None, later)
    ask.later()  # type: ignore[attr-defined]
    with pytest.raises(RunFailed, match="MailsDropped"):
        run("mail")  # the reminder is three days late
    run("mail-missed")


def send_webhooks(ask: Ask) -> None:
    """Switching a webhook off is an event, which is sent to it once it is on again."""
    token, business_id = ask.as_owner()  # type: ignore[attr-defined]
    webhooks = f"/api/businesses/{business_id}/webhooks"
    with FaultyServer(answers(404, b""), answers(404, b""), answers(200, b"")) as server:
        made = [ask("POST", webhooks, {"url": server.url}, token)["webhook_id"] for _ in range(2)]
        ask("GET", webhooks, None, token)
        ask("DELETE", f"{webhooks}/{made[1]}", None, token, if_match="*")
        place = f"{webhooks}/{made[0]}"
        ask("GET", place, None, token)
        for enabled in (False, True):
            ask("PATCH", place, {"enabled": enabled}, token, if_match="*")
        event = {"business_id": business_id, "seq": 1}
        assert ask.consume("webhook-events", [event]) == {"WebhookSetAside": 1}  # type: ignore[attr-defined]
        token = ask.later()  # type: ignore[attr-defined]
        ask.run("webhook-retries")  # type: ignore[attr-defined]
        ask("POST", f"{place}/replay", {"from": 1}, token)
        done = ask.run("webhook-retries")  # type: ignore[attr-defined]
        assert done == {"WebhookDelivered": 1, "WebhooksBehind": 0}
        ask("POST", f"{place}/rotate", None, token)
        ask("POST", f"{place}/test", None, token)
        assert ask("GET", f"{place}/deliveries", None, token)["deliveries"]


def count_what_waits(ask: Ask) -> None:
    """A webhook is another function's matter."""
    token, business_id = ask.as_owner()  # type: ignore[attr-defined]
    webhook = {"url": "https://shop.example/hook"}
    ask.elsewhere("POST", f"/api/businesses/{business_id}/webhooks", webhook, token)  # type: ignore[attr-defined]
    counted = ask("POST", "/ops/backlogs", signed_by="arn:aws:iam::123456789012:user/operator")
    assert counted["backlogs"]["webhooks_behind"] == 0


JOURNEYS: dict[str, list[Callable[[Ask], None]]] = {
    "visits": [visit, send_hits],
    "health": [look],
    "registration": [register],
    "orders": [keep_shop],
    "accounts": [live_with_an_account, list_users],
    "webhooks": [send_webhooks],
    "mail": [send_mails],
    "traffic": [close_periods, read_and_tell_traffic],
    "operations": [count_what_waits],
    "rotation": [],
}


class Asking:
    """Sends requests to an application and fails on any fault of ours."""

    def __init__(
        self,
        app: Application,
        accounts: Callable[[], Accounts],
        as_owner: Callable[[], tuple[str, str]],
        later: Callable[[], str],
        run: Callable[[str], Metrics],
        soon: Callable[[int], str],
        consume: Callable[..., Metrics],
        elsewhere: "Asking | None" = None,
    ) -> None:
        self._app = app
        self.consume = consume
        self.elsewhere = elsewhere
        self.accounts = accounts
        self.as_owner = as_owner
        self.later = later
        self.run = run
        self.soon = soon

    def __call__(
        self, method: str, path: str, body: object = None, token: str = "", *, signed_by: str = "", **more: str
    ) -> Any:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        raw = b"" if body is None else msgspec.json.encode(body)
        request = Request(method, path, split_path(path), "id", headers=headers, body=raw, signed_by=signed_by)
        response = self._app.handle(request)
        assert response.status < 500, response.body
        return msgspec.json.decode(whole(response)) if response.body else None


def live(function: Function, resources: Resources, recorded: Store) -> None:
    """Take every path through a function's endpoints, its own operations on the store `recorded`."""
    days = [0]
    resources = msgspec.structs.replace(resources, clock=lambda: utc_now() + timedelta(days=days[0]))

    def accounts() -> Accounts:
        return build(resources)

    def as_owner() -> tuple[str, str]:
        registration = msgspec.convert(BUSINESS, Registration)
        business, _ = Registrations(resources.store, resources.clock).register(registration)
        account = {"user_id": business.cognito_user_id, "email": business.email, "name": "Bob", "role": "admin"}
        times = {"created_at": business.created_at, "updated_at": business.created_at}
        resources.store.put(USERS, {**account, **times, "password_hash": "hash"})
        tokens = AccessTokens(resources.require_identity().keyring, "dev", 60 * 24 * 5)
        return tokens.issue(business.cognito_user_id, 0).token, business.business_id

    def later() -> str:
        days[0] += 3
        return as_owner()[0]

    def soon(ahead: int) -> str:
        return rfc3339(resources.clock() + timedelta(days=ahead))

    pictures = NotedPictures()
    recording = msgspec.structs.replace(resources, store=recorded, pictures=lambda: cast(PictureStore, pictures))
    ran = set()

    def run(name: str) -> Metrics:
        ran.add(name)
        (schedule,) = (schedule for schedule in function.schedules if schedule.name == name)
        with ending_in(INVOCATION_SECONDS):
            return schedule.build(recording)()

    def consume(name: str, items: Sequence[Item] | None = None) -> Metrics:
        """Pass items on to a stream, everything in its table if none are given."""
        ran.add(name)
        (stream,) = (stream for stream in function.streams if stream.name == name)
        if items is None:
            items = resources.store.scan(stream.table, limit=1000).items
        with ending_in(INVOCATION_SECONDS):
            return stream.build(recording)([item for item in items if not is_head(stream.table, item)])

    app = application((function,), recording)
    elsewhere = Asking(application(FUNCTIONS, resources), accounts, as_owner, later, run, soon, consume)
    for journey in JOURNEYS[function.name]:
        journey(Asking(app, accounts, as_owner, later, run, soon, consume, elsewhere))
    assert ran == {one.name for one in function.schedules} | {one.name for one in function.streams}
    assert pictures.noted == function.pictures


@pytest.fixture(scope="module")
def mailing() -> Iterator[dict[str, str]]:
    """What switches mails on: they go to a server that takes them."""
    with smtp_server() as server:
        yield {"SMTP_URL": f"smtp://127.0.0.1:{server.port}", "MAIL_FROM": "shop@example.com"}


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little."""
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: str(function.name))
@pytest.mark.usefixtures("cheap_passwords")
def test_a_function_does_what_it_may_and_may_what_it_does(
    function: Function, tmp_path: Path, mailing: dict[str, str]
) -> None:
    environment = {"STORE_URL": f"sqlite:///{tmp_path / 'shop.db'}", "JWT_SECRET_KEY": "0123456789abcdef" * 2}
    environment |= mailing | SITES
    settings = read(environment, TABLES)
    resources = open_resources(settings, authenticates=True)
    operations = Operations(resources.store)
    live(function, resources, cast(Store, operations))
    resources.store.close()
    assert operations.grants() == function.grants


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: str(function.name))
@pytest.mark.usefixtures("cheap_passwords")
def test_its_calls_of_dynamodb_are_those_that_its_role_permits(
    function: Function, dynoxide: str, mailing: dict[str, str]
) -> None:
    names = table_names(TABLES)
    environment = (
        aws_environment(dynoxide) | mailing | SITES | {table.environment: name for table, name in names.items()}
    )
    settings = read(environment, TABLES)
    create_tables(client := Calls(settings.region, settings.aws), names, lambda name, done: None)
    client.noted = set()
    resources = open_resources(settings, authenticates=True)
    live(function, resources, DynamoDBStore(client, names))
    resources.store.close()
    client.close()
    logical = {name: table.name for table, name in names.items()}
    noted = {Permission(f"dynamodb:{action}", logical[table], index) for action, table, index in client.noted}
    assert noted == permissions(function.grants)
