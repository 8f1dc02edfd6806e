"""What a request costs: how often it goes to the store, each time a round trip on Lambda.

An `append` in a transaction takes one more on DynamoDB, to read where the feed has come to.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import application
from shopkeeper.http import Request, split_path
from shopkeeper.runtime.resources import open_resources
from shopkeeper.settings import read
from shopkeeper.storage import Store
from shopkeeper.storage.tables import TABLES
from tests.support.application import whole
from tests.support.shop import PASSWORD, new_key

PLACES = ("business_id", "item_id", "order_id", "user_id")


class Tally:
    """A store that notes the operations that are asked of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.operations: list[str] = []

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)

        def noted(*arguments: Any, **options: Any) -> Any:
            self.operations.append(name)
            return operation(*arguments, **options)

        return noted if callable(operation) else operation


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def tally(tmp_path: Path) -> Iterator[tuple[Tally, Ask]]:
    """A store, and a way to ask the whole application that stands on it."""
    environment = {"STORE_URL": f"sqlite:///{tmp_path / 'shop.db'}", "JWT_SECRET_KEY": "0123456789abcdef" * 2}
    resources = open_resources(read(environment, TABLES), authenticates=True)
    tally = Tally(resources.store)
    app = application(FUNCTIONS, msgspec.structs.replace(resources, store=tally))

    def ask(method: str, path: str, body: object = None, **headers: str) -> dict[str, Any]:
        path, _, query = path.partition("?")
        request = Request(
            method=method,
            path=path,
            segments=split_path(path),
            request_id="id",
            query=dict(pair.split("=") for pair in query.split("&") if pair),
            headers={"content-type": "application/json", **{n.replace("_", "-"): v for n, v in headers.items()}},
            body=json.dumps(body).encode(),
        )
        tally.operations.clear()
        response = app.handle(request)
        assert response.status < 300, response
        content: dict[str, Any] = json.loads(whole(response) or b"{}")
        return content

    yield tally, ask
    resources.store.close()


VISITS = [
    ("GET", "/counter", ["update"]),
    ("GET", "/counter/about", ["update"]),
    ("GET", "/health", ["get"]),
    ("GET", "/", []),
    ("GET", "/auth/health", ["ping", "ping"]),
]


@pytest.mark.parametrize(("method", "path", "operations"), VISITS)
def test_a_visit_is_one_round_trip_and_health_one_for_each_table(
    method: str, path: str, operations: list[str], tally: tuple[Tally, Ask]
) -> None:
    store, ask = tally
    ask(method, path)
    assert store.operations == operations


ACCOUNTS = {
    "POST /api/auth/register": ["transact"],
    "POST /api/auth/login": ["update", "update", "get", "get", "update", "update", "get", "update", "put"],
    "login again": ["update", "update", "get", "get", "update", "update", "get", "put"],
    "GET /api/users/me": ["get"],
    "PATCH /api/users/me": ["get", "get", "transact"],
    "POST /auth/register-business": ["transact"],
    "POST /api/items": ["get", "transact"],
    "PATCH item": ["get", "get", "update"],
    "POST /api/auth/refresh": ["get", "get", "update"],
}
"""Signing in counts the attempt for the email and for the pair, finds the user, and takes both counts back.

Then it looks whether the address is known, and makes it known if it is not.
"""

SHOP = [
    ("GET", "/api/businesses/{business_id}", ["get"]),
    ("GET", "/api/items", ["query"]),
    ("GET", "/api/items?business_id={business_id}&limit=100", ["query"]),
    ("GET", "/api/items/{item_id}", ["get"]),
    # The last read is that of the feed's head, which DynamoDB's store would otherwise do in the transaction.
    ("POST", "/api/businesses/{business_id}/orders", ["get", "get", "get_many", "get", "transact"]),
    ("GET", "/api/businesses/{business_id}/orders", ["get", "query"]),
    ("GET", "/api/businesses/{business_id}/orders?limit=100", ["get", "query"]),
    ("GET", "/api/businesses/{business_id}/orders?status=received", ["get", "query"]),
    ("GET", "/api/businesses/{business_id}/events?after=0", ["get", "get", "query"]),
    ("GET", "/api/businesses/{business_id}/events?after=1", ["get", "get"]),
    ("GET", "/api/orders/{order_id}", ["get", "get"]),
    ("POST", "/api/orders/{order_id}/accept", ["get", "get", "transact"]),
]


def test_accounts_and_a_catalogue_ask_no_more_of_the_store_than_they_must(tally: tuple[Tally, Ask]) -> None:
    store, ask = tally
    found: dict[str, list[str]] = {}

    def noted(method: str, path: str, body: object = None, **headers: str) -> dict[str, Any]:
        answer = ask(method, path, body, **headers)
        found[f"{method} {path}"] = list(store.operations)
        return answer

    ann = {"email": "ann@example.com", "password": PASSWORD}
    user = noted("POST", "/api/auth/register", {**ann, "name": "Ann"})
    tokens = noted("POST", "/api/auth/login", ann)
    ask("POST", "/api/auth/login", ann)
    found["login again"] = list(store.operations)
    known = {"authorization": f"Bearer {tokens['access_token']}"}
    noted("GET", "/api/users/me", **known)
    noted("PATCH", "/api/users/me", {"name": "Anna"}, if_match='"1"', **known)
    business = {"business_name": "Shop", "email": "ann@example.com", "phone": "+14155550123", "address": "1 Main St"}
    shop = noted("POST", "/auth/register-business", {**business, "cognito_user_id": user["user_id"]}, **known)
    new = {"business_id": shop["business_id"], "name": "Tea", "price_minor": 250, "currency": "EUR"}
    item = noted("POST", "/api/items", new, **known)
    ask("PATCH", f"/api/items/{item['item_id']}", {"price_minor": 300}, if_match='"1"', **known)
    found["PATCH item"] = list(store.operations)
    noted("POST", "/api/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert found == ACCOUNTS


def test_a_shop_asks_no_more_of_the_store_than_it_must(tally: tuple[Tally, Ask]) -> None:
    store, ask = tally
    ann = {"email": "ann@example.com", "password": PASSWORD}
    known = ask("POST", "/api/auth/register", {**ann, "name": "Ann"})
    token = "Bearer " + ask("POST", "/api/auth/login", ann)["access_token"]
    business = {"business_name": "Shop", "email": "ann@example.com", "phone": "+14155550123", "address": "1 Main St"}
    identity = {"cognito_user_id": known["user_id"]}
    known |= ask("POST", "/auth/register-business", {**business, **identity}, authorization=token)
    item = {"business_id": known["business_id"], "name": "Tea", "price_minor": 250, "currency": "EUR"}
    for _ in range(30):
        known |= ask("POST", "/api/items", item, authorization=token)
    lines = [{"item_id": known["item_id"], "quantity": 2}]
    order = {"customer": {"name": "Bob", "phone": "+14155550199"}, "lines": lines}
    found = []
    for method, path, _ in SHOP:
        key = {"idempotency_key": new_key()} if path.endswith("/orders") and method == "POST" else {}
        answer = ask(method, path.format(**known), order if key else {}, authorization=token, **key)
        found.append((method, path, list(store.operations)))
        known |= {place: answer[place] for place in PLACES if place in answer}
    assert found == SHOP
