"""What the OpenAPI document says of header fields is what is sent: nothing more, and nothing less."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.clock import utc_now
from shopkeeper.domains.accounts import passwords
from shopkeeper.domains.accounts.confirmations import ConfirmationTokens
from shopkeeper.domains.accounts.records import users
from shopkeeper.domains.accounts.resets import ResetTokens
from shopkeeper.functions.openapi import openapi_document
from shopkeeper.http import Response
from shopkeeper.http.application import COMMON_HEADERS
from shopkeeper.http.limiter import Limiter
from shopkeeper.http.routing import is_parameter
from shopkeeper.storage import StoreUnavailable, Value
from shopkeeper.storage.pictures.folder import PictureFolder
from shopkeeper.storage.tables import DELIVERIES, TABLES
from tests.support.application import Shop
from tests.support.reads import COUNTING
from tests.support.stores import open_store

Declared = Mapping[str, Any]
Operation = tuple[str, str]

ALWAYS = {*COMMON_HEADERS, "X-Request-Id", "Vary", "Content-Length"}
PASSWORD = "correct horse battery"
NEW_PICTURE = {"media_type": "image/png", "size": 1000}


class Watched(Shop):
    """A shop that notes which header fields came with which answer."""

    limiter = Limiter()

    def __init__(self, store: Any, pictures: PictureFolder, **environment: str) -> None:
        self.seen: dict[tuple[Operation, int], list[set[str]]] = defaultdict(list)
        super().__init__(store, pictures, STAGE="prod", REGISTRATION_REQUIRES_TOKEN="false", **environment)
        self.paths: list[str] = list(openapi_document()["paths"])

    def ask(self, method: str, path: str, body: object = None, **more: Any) -> Response:
        """Send a request and note the fields of its answer; a GET is sent as a HEAD, too."""
        if method == "GET" and self.template(path) not in COUNTING:
            self.ask("HEAD", path, body, **more)
        response = super().ask(method, path, body, **more)
        own = {name for name in response.headers if name not in ALWAYS and not name.startswith("Access-Control")}
        self.seen[(method, self.template(path)), response.status].append(own)
        return response

    def template(self, path: str) -> str:
        """Return the path in the document that a path is an example of, literal segments first."""
        found = [one for one in self.paths if fits(one.split("/"), path.split("/"))]
        return min(found, key=lambda one: one.count("{"))


def fits(template: list[str], path: list[str]) -> bool:
    return len(template) == len(path) and all(
        is_parameter(one) or one == two for one, two in zip(template, path, strict=True)
    )


class Sometimes:
    """A store that is away when it is told to be."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.away = False

    def __getattr__(self, name: str) -> Any:
        if self.away and name not in ("kind", "close"):
            raise StoreUnavailable("the table is away")
        return getattr(self._store, name)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    store = open_store("sqlite", {}, tmp_path, TABLES)
    folder = PictureFolder(tmp_path / "pictures")
    yield Watched(Sometimes(store), folder, COUNTER_IDS="*", SITES="example.com", MAIL_FROM="shop@example.com")
    store.close()


def live(shop: Watched) -> None:
    """Take every endpoint to its success, and to the errors that have header fields."""
    counters = ("/counter", "/counter.txt", "/counter.svg", "/counter.json", "/counter/about", "/counter/about.svg")
    for path in ("/", "/health", "/health/detailed", "/auth/health", "/shop.js", *counters):
        assert shop.ask("GET", path).status == 200
    for path in ("/counter", "/counter.txt", "/counter/about"):
        assert shop.ask("POST", path).status == 200
    page = {"origin": "https://example.com", "referer": "https://example.com/"}
    shop.give("POST", "/hit", {"p": "/"}, headers=page)
    assert shop.ask("GET", "/hit.gif", query={"p": "/"}, headers=page).status == 200
    manage_an_account(shop)
    shop.add_account("ann", "admin")
    shop.add_account("bob")
    shop.give("DELETE", "/api/users/me", by="bob")
    business = shop.add_business("ann")
    items = [shop.add_item("ann", business) for _ in range(3)]
    item = f"/api/items/{items[0]}"
    fresh = {"headers": {"if-match": '"1"'}}
    shop.give("GET", "/api/items", query={"limit": "1"})
    shop.give("GET", "/api/items")
    shop.give("GET", item)
    shop.give("PATCH", item, {"price_minor": 300}, by="ann", **fresh)
    shop.ask("PATCH", item, {}, by="ann")
    shop.give("POST", f"{item}/picture", NEW_PICTURE, by="ann")
    shop.give("DELETE", f"/api/items/{items[2]}", by="ann", **fresh)
    shop.give("GET", "/api/businesses/mine", by="ann")
    for by in ("ann", ""):
        shop.give("GET", f"/api/businesses/{business}", by=by)
    shop.give("PATCH", f"/api/businesses/{business}", {"owner_name": "Ann"}, by="ann")
    for path in ("", "/pages", "/dimensions", "/live", "/sites", "/export.csv", "/export.jsonl"):
        assert shop.ask("GET", f"/api/traffic{path}", by="ann").status == 200
    for method in ("POST", "GET", "DELETE"):
        shop.ask(method, "/api/traffic/share", by="ann")
    assert shop.ask("GET", "/traffic", by="ann").status == 200
    lead_orders(shop, business, items[0])
    keep_webhooks(shop, business)
    for limit in ("1", "100"):
        shop.give("GET", f"/api/businesses/{business}/orders", by="ann", query={"limit": limit})
        shop.give("GET", f"/api/businesses/{business}/events", by="ann", query={"limit": limit})
        shop.give("GET", "/api/users", by="ann", query={"limit": limit})
    shop.give("DELETE", f"/api/businesses/{business}", by="ann")


def lead_orders(shop: Watched, business: str, item: str) -> None:
    """Take every step of an order, each as far as it goes."""
    keys = iter("abcdef")
    for steps in (["accept", "prepare", "ready", "dispatch", "deliver", "complete"], ["reject"], ["cancel"]):
        order = shop.add_order(business, item, next(keys) * 16)
        path = f"/api/orders/{order['order_id']}"
        token = {"order-token": order["order_token"]}
        shop.give("GET", path, headers=token)
        for step in steps:
            by = {"headers": token} if step == "cancel" else {"by": "ann"}
            shop.give("POST", f"{path}/{step}", **by)


def keep_webhooks(shop: Watched, business: str) -> None:
    """Take every endpoint of webhooks, with two deliveries so that a page has another behind it."""
    path = f"/api/businesses/{business}/webhooks"
    webhook = shop.give("POST", path, {"url": "https://localhost/"}, by="ann")["webhook_id"]
    place = f"{path}/{webhook}"
    for seq in (1, 2):
        told: dict[str, Value] = {
            "type": "order.received",
            "state": "delivered",
            "attempts": 1,
            "business_id": business,
        }
        times: dict[str, Value] = {"first_at": "2026", "last_at": "2026", "ItemExpireTTL": 9999999999}
        shop.store.put(DELIVERIES, {"webhook_id": webhook, "seq": seq, **told, **times})
    shop.give("GET", path, by="ann")
    shop.give("GET", place, by="ann")
    for limit in ("1", "100"):
        shop.give("GET", f"{place}/deliveries", by="ann", query={"limit": limit})
    for step, body in (("rotate", None), ("test", None), ("replay", {"from": 1})):
        shop.give("POST", f"{place}/{step}", body, by="ann")
    for method in ("PATCH", "DELETE"):
        shop.ask(method, place, {}, by="ann")
        shop.give(method, place, {}, by="ann", headers={"if-match": "*"})


def manage_an_account(shop: Watched) -> None:
    """Register, sign in, fail to, and leave."""
    ann = {"email": "new@example.com", "password": PASSWORD}
    user = shop.give("POST", "/api/auth/register", {**ann, "name": "Ann"})["user_id"]
    tokens = shop.give("POST", "/api/auth/login", ann)
    tokens = shop.give("POST", "/api/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    shop.give("POST", "/api/auth/logout", {"refresh_token": tokens["refresh_token"]})
    shop.give("GET", "/api/users/me", by=user)
    shop.give("GET", f"/api/users/{user}", by=user)
    shop.give("PATCH", "/api/users/me", {"name": "Anna"}, by=user)
    shop.give("POST", "/api/auth/confirm/request", by=user)
    shop.give("POST", "/api/auth/reset/request", {"email": "new@example.com"})
    shop.ask("POST", "/api/auth/confirm", {"token": "a.1.b"})
    confirmation = ConfirmationTokens(shop.store, shop.keyring, utc_now).issue(users(shop.store).require(user))
    shop.give("POST", "/api/auth/confirm", {"token": confirmation})
    change = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    shop.give("POST", "/api/auth/password", change, by=user)
    for _ in range(30):
        if shop.ask("POST", "/api/auth/login", {**ann, "password": "wrong"}).status == 429:
            break
    for path in ("/api/auth/refresh", "/api/auth/logout"):
        shop.ask("POST", path, {"refresh_token": "none"})
    account = users(shop.store).require(user)
    for token in (ResetTokens(shop.store, shop.keyring, utc_now).issue(account, "nonce", 60), "a.1.b"):
        shop.ask("POST", "/api/auth/reset", {"token": token, "new_password": PASSWORD})


def fail(shop: Watched, documented: Mapping[Operation, Declared]) -> None:
    """Ask for everything without a token, and then with a store that is away."""
    order = {"customer": {"name": "Bob", "phone": "+14155550199"}, "lines": [{"item_id": "x", "quantity": 1}]}
    ann = {"email": "ann@example.com", "password": PASSWORD}
    registration = {
        "business_name": "Café Zoë",
        "email": "ann@shop.example",
        "phone": "+14155550123",
        "address": "1 Main St",
        "cognito_user_id": "ann",
    }
    bodies: dict[str, object] = {
        "/api/businesses/{business_id}/orders": order,
        "/api/items/{item_id}/picture": NEW_PICTURE,
        "/api/items": {"business_id": "x", "name": "Tea", "price_minor": 100, "currency": "EUR"},
        "/auth/register-business": registration,
        "/api/auth/register": {**ann, "name": "Ann"},
        "/api/auth/login": ann,
        "/api/auth/refresh": {"refresh_token": "a.1.b"},
        "/api/auth/logout": {"refresh_token": "a.1.b"},
        "/api/auth/password": {"current_password": PASSWORD, "new_password": PASSWORD + "!"},
        "/api/auth/reset": {"token": "a.1.b", "new_password": PASSWORD},
        "/api/auth/reset/request": {"email": "ann@example.com"},
        "/api/auth/confirm": {"token": "a.1.b"},
        "/api/businesses/{business_id}/webhooks": {"url": "https://hooks.example/"},
        "/api/businesses/{business_id}/webhooks/{webhook_id}/replay": {"from": 1},
    }
    for away, by in ((False, ""), (True, "ann")):
        shop.store.away = away  # type: ignore[attr-defined]  # it is a Sometimes
        for method, path in documented:
            place = path.replace("{", "").replace("}", "")
            headers = {"idempotency-key": "k" * 16, "if-match": '"1"'}
            shop.ask(method, place, bodies.get(path), by=by, headers=headers)


def test_every_declared_header_field_is_sent_and_every_one_that_is_sent_is_declared(shop: Watched) -> None:
    documented: dict[Operation, Declared] = {
        (method.upper(), path): operation
        for path, methods in openapi_document()["paths"].items()
        for method, operation in methods.items()
    }
    live(shop)
    fail(shop, documented)
    missed = []
    for operation, declared in documented.items():
        for status, response in declared["responses"].items():
            fields = {name: field for name, field in response["headers"].items() if name not in ALWAYS}
            answers = shop.seen.get((operation, int(status)), [])
            for sent in answers:
                assert sent <= set(fields) | {"x-amzn-ErrorType"}, (operation, status)
                assert {name for name, field in fields.items() if field["required"]} <= sent, (operation, status)
            if fields and status.startswith("2") and set().union(*answers) != set(fields):
                missed.append((operation, status))
    assert missed == [], "these were never sent"


def test_every_declared_success_and_outage_was_among_those_answers(shop: Watched) -> None:
    document = openapi_document()["paths"]
    documented = {(method.upper(), path): one for path, methods in document.items() for method, one in methods.items()}
    live(shop)
    fail(shop, documented)
    for operation, declared in documented.items():
        success = min(int(status) for status in declared["responses"])
        assert (operation, success) in shop.seen, operation
        statuses = {status for asked, status in shop.seen if asked == operation}
        assert statuses <= {int(status) for status in declared["responses"]}, operation
    faults = {operation for operation, status in shop.seen if status in (500, 503)}
    assert len(faults) > len(documented) * 2 // 3
