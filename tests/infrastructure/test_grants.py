"""What a function may do is what it does: the operations of all its endpoints' paths equal its grants."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.accounts import passwords
from shopkeeper.businesses.model import Registration
from shopkeeper.businesses.service import BusinessRegistry
from shopkeeper.clock import utc_now
from shopkeeper.functions.accounts import build
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Function, application
from shopkeeper.http import Application, Request, split_path
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.runtime.resources import open_resources
from shopkeeper.settings import read
from shopkeeper.storage import TABLES, Append, Check, Delete, Put, Store, Table, Update

BUSINESS = {
    "business_name": "Test Business",
    "email": "test@example.com",
    "phone": "+1234567890",
    "address": "123 Test St",
    "cognito_user_id": "test-user-123",
}
PASSWORD = "correct horse battery"
ANN = {"email": "ann@example.com", "password": PASSWORD, "name": "Ann"}

Ask = Callable[..., Any]


class Recorder:
    """A store that notes which operation was done on which table."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.seen: dict[Table, set[str]] = {}

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)

        def note(first: Any, *arguments: Any, **options: Any) -> Any:
            if name == "transact":
                self._note_actions(first)
            else:
                self.seen.setdefault(first, set()).add(name)
            return operation(first, *arguments, **options)

        return note if callable(operation) else operation

    def _note_actions(self, actions: Sequence[object]) -> None:
        for action in actions:
            assert isinstance(action, Put | Update | Delete | Check | Append)
            self.seen.setdefault(action.table, set()).add(type(action).__name__.lower())


def visit(ask: Ask) -> None:
    ask("GET", "/counter")
    ask("GET", "/counter/about")
    ask("GET", "/health")


def look(ask: Ask) -> None:
    ask("GET", "/")
    ask("GET", "/health/detailed")


def register(ask: Ask) -> None:
    ask("GET", "/auth/health")
    for body in (BUSINESS, BUSINESS, {**BUSINESS, "cognito_user_id": "other"}):
        ask("POST", "/auth/register-business", body)


def live_with_an_account(ask: Ask) -> None:
    user = ask("POST", "/api/auth/register", ANN)
    signed_in = ask("POST", "/api/auth/login", {"email": ANN["email"], "password": PASSWORD})
    token = signed_in["access_token"]
    ask("GET", "/api/users/me", token=token)
    ask("GET", f"/api/users/{user['user_id']}", token=token)
    ask("PATCH", "/api/users/me", {"name": "Anna", "email": "a@example.com", "current_password": PASSWORD}, token)
    refreshed = ask("POST", "/api/auth/refresh", {"refresh_token": signed_in["refresh_token"]})
    ask("POST", "/api/auth/logout", {"refresh_token": refreshed["refresh_token"]})
    ask("DELETE", "/api/users/me", token=token)


def list_users(ask: Ask) -> None:
    """Only an admin reaches the query; `become` is the operator at the command line."""
    user = ask("POST", "/api/auth/register", {**ANN, "email": "root@example.com"})
    signed_in = ask("POST", "/api/auth/login", {"email": "root@example.com", "password": PASSWORD})
    ask.become(user["user_id"])  # type: ignore[attr-defined]
    assert ask("GET", "/api/users", token=signed_in["access_token"])["users"]


def keep_shop(ask: Ask) -> None:
    """The account and the business are made by other functions; `as_owner` stands for both."""
    token, business_id = ask.as_owner()  # type: ignore[attr-defined]
    item = {"business_id": business_id, "name": "Tea", "price_minor": 100, "currency": "EUR"}
    made = [ask("POST", "/api/items", item, token) for _ in range(2)]
    ask("GET", "/api/items")
    ask("PATCH", f"/api/items/{made[0]['item_id']}", {"price_minor": 200}, token, if_match='"1"')
    ask("DELETE", f"/api/items/{made[1]['item_id']}", None, token, if_match='"1"')
    business = f"/api/businesses/{business_id}"
    order = {"customer": {"name": "Bob", "phone": "+123"}, "lines": [{"item_id": made[0]["item_id"], "quantity": 1}]}
    placed = ask("POST", f"{business}/orders", order, idempotency_key="k" * 16)
    ask("POST", f"/api/orders/{placed['order_id']}/reject", None, token)
    token = ask.later()  # type: ignore[attr-defined]
    again = ask("POST", f"{business}/orders", order, idempotency_key="k" * 16)
    ask("GET", f"/api/orders/{again['order_id']}", None, token)
    ask("POST", f"/api/orders/{again['order_id']}/reject", None, token)
    ask("GET", f"{business}/orders", None, token)
    ask("GET", f"{business}/events", None, token)
    ask("GET", "/api/businesses/mine", None, token)
    ask("PATCH", business, {"email": "new@example.com"}, token)
    ask("DELETE", business, None, token)


JOURNEYS: dict[str, list[Callable[[Ask], None]]] = {
    "visits": [visit],
    "health": [look],
    "auth": [register],
    "orders": [keep_shop],
    "accounts": [live_with_an_account, list_users],
}


class Asking:
    """Sends requests to an application and fails on any fault of ours."""

    def __init__(
        self,
        app: Application,
        become: Callable[[str], object],
        as_owner: Callable[[], tuple[str, str]],
        later: Callable[[], str],
    ) -> None:
        self._app = app
        self.become = become
        self.as_owner = as_owner
        self.later = later

    def __call__(self, method: str, path: str, body: object = None, token: str = "", **more: str) -> Any:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        raw = msgspec.json.encode(body)
        response = self._app.handle(Request(method, path, split_path(path), "id", headers=headers, body=raw))
        assert response.status < 500, response.body
        return msgspec.json.decode(response.body) if response.body else None


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: str(function.name))
def test_a_function_does_what_it_may_and_may_what_it_does(
    function: Function, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    settings = read({"STORE_URL": f"sqlite:///{tmp_path / 'shop.db'}"}, TABLES)
    days = [0]
    resources = msgspec.structs.replace(
        open_resources(settings, {}, knows_callers=True), clock=lambda: utc_now() + timedelta(days=days[0])
    )
    recorder = Recorder(resources.store)
    recorded = msgspec.structs.replace(resources, store=recorder)

    def become(user_id: str) -> None:
        build(resources).set_role(user_id, "admin")

    def as_owner() -> tuple[str, str]:
        registration = msgspec.convert(BUSINESS, Registration)
        business, _ = BusinessRegistry(resources.store, resources.clock).register(registration)
        tokens = AccessTokens(resources.known().keyring, "dev", 60 * 24 * 5)
        return tokens.issue(business.cognito_user_id, 0).token, business.business_id

    def later() -> str:
        days[0] = 3
        return as_owner()[0]

    asking = Asking(application((function,), recorded), become, as_owner, later)
    for journey in JOURNEYS[function.name]:
        journey(asking)
    resources.store.close()
    assert recorder.seen == {table: set(operations) for table, operations in function.grants.items()}
