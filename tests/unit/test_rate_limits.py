"""Rate limits inside the application: what is refused, in which form, and what a refusal leaves untouched."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from shopkeeper.domains.accounts import passwords
from shopkeeper.domains.accounts.endpoints import PASSWORDS
from shopkeeper.domains.orders.endpoints import ORDERS
from shopkeeper.domains.visits.endpoints import VISITS
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.openapi import openapi_document
from shopkeeper.http import (
    PROBLEM_JSON,
    Access,
    Application,
    Call,
    Caller,
    CorsPolicy,
    InternalError,
    Load,
    Nothing,
    RateLimit,
    Reply,
    Request,
    Response,
    Route,
    Unauthenticated,
    endpoint,
    split_path,
)
from shopkeeper.http.limiter import SECOND, Limiter
from shopkeeper.storage.tables import TABLES
from tests.support.application import Shop, whole
from tests.support.stores import open_store
from tests.support.things import Shown, Thing, content

ADDRESS, ELSEWHERE = "203.0.113.9", "203.0.113.10"

BY_ADDRESS = RateLimit("makes", requests=3, seconds=6)
BY_ACCOUNT = RateLimit("makes-of-account", requests=2, seconds=60, by="account")


class Workshop:
    """A service that notes what was made."""

    def __init__(self) -> None:
        self.made: list[str] = []


@endpoint("POST /things", status=201, access=Access.OPTIONAL, limits=(BY_ADDRESS, BY_ACCOUNT))
def make(workshop: Workshop, call: Call[Nothing, Thing]) -> Reply[Shown]:
    """Make a thing."""
    workshop.made.append(call.body.name)
    return Reply(Shown(call.body.name), headers={"Vary": "Accept"}, metrics={"Things": 1})


@endpoint("GET /things")
def show(workshop: Workshop, call: Call[Nothing, Nothing]) -> Reply[Shown]:
    """Show what was made."""
    return Reply(Shown(workshop.made))


class Clock:
    now = 0

    def __call__(self) -> int:
        return self.now


class Client:
    """Who asks an application with limits."""

    def __init__(self, *, limited: bool = True) -> None:
        self.clock = Clock()
        self.workshop = Workshop()
        self.identified: list[str] = []
        self.read: list[str] = []
        self._application = Application(
            [Route(one, self.workshop, PROBLEM_JSON) for one in (make, show)],
            CorsPolicy(("https://shop.example",)),
            lambda error: InternalError(),
            self._identify,
            limiter=Limiter(self.clock) if limited else None,
        )

    def _identify(self, token: str) -> Caller:
        self.identified.append(token)
        if token == "wrong":
            raise Unauthenticated("wrong")
        return Caller(token)

    def _read(self) -> bytes:
        self.read.append("body")
        return b'{"name": "thing"}'

    def ask(self, method: str = "POST", address: str = ADDRESS, by: str = "") -> Response:
        headers = {"content-type": "application/json", "origin": "https://shop.example"}
        if by:
            headers["authorization"] = f"Bearer {by}"
        path = "/things"
        request = Request(
            method, path, split_path(path), "id", headers=headers, client_address=address, read=self._read
        )
        return self._application.handle(request)

    def statuses(self, times: int, address: str = ADDRESS, by: str = "") -> list[int]:
        return [self.ask(address=address, by=by).status for _ in range(times)]


def test_more_requests_of_an_address_than_its_limit_are_refused_and_not_executed() -> None:
    client = Client()
    assert client.statuses(5) == [201, 201, 201, 429, 429]
    assert client.statuses(1, ELSEWHERE) == [201]
    assert len(client.workshop.made) == 4
    client.clock.now += 2 * SECOND
    assert client.statuses(2) == [201, 429]


def test_a_refusal_says_when_to_come_back_and_which_limit_it_was() -> None:
    client = Client()
    client.statuses(3)
    refusal = client.ask()
    assert content(refusal) == {
        "title": "Too Many Requests",
        "status": 429,
        "code": "rate_limited",
        "detail": "There were too many requests. Please wait.",
        "requestId": "id",
    }
    told = {name: refusal.headers[name] for name in ("Content-Type", "Retry-After", "RateLimit", "RateLimit-Policy")}
    assert told == {
        "Content-Type": "application/problem+json",
        "Retry-After": "2",
        "RateLimit": '"makes";r=0;t=2',
        "RateLimit-Policy": '"makes";q=3;w=6',
    }
    assert (refusal.error, refusal.metrics) == (None, {})


def test_an_answer_says_how_many_requests_are_left() -> None:
    client = Client()
    answer = client.ask()
    assert (answer.headers["RateLimit"], answer.headers["RateLimit-Policy"]) == ('"makes";r=2;t=2', '"makes";q=3;w=6')
    answer = client.ask(by="ann")
    assert answer.headers["RateLimit"] == '"makes";r=1;t=4, "makes-of-account";r=1;t=30'
    assert answer.headers["RateLimit-Policy"] == '"makes";q=3;w=6, "makes-of-account";q=2;w=60'


def test_pages_of_other_origins_may_read_the_limits() -> None:
    client = Client()
    for _ in range(5):
        exposed = client.ask().headers["Access-Control-Expose-Headers"].split(", ")
        assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed)


def test_an_address_is_refused_before_its_token_and_its_body_are_looked_at() -> None:
    client = Client()
    assert [client.ask(by="wrong").status for _ in range(5)] == [401, 401, 401, 429, 429]
    assert (len(client.identified), client.read) == (3, [])


def test_an_account_is_limited_wherever_it_comes_from() -> None:
    client = Client()
    addresses = [f"203.0.113.{number}" for number in range(4)]
    assert [client.ask(address=address, by="ann").status for address in addresses] == [201, 201, 429, 429]
    assert len(client.workshop.made) == len(client.read) == 2
    assert client.ask(address=addresses[0], by="bob").status == 201
    assert client.ask(address=addresses[0]).status == 201


def test_an_ipv6_network_counts_as_one_address() -> None:
    client = Client()
    addresses = [f"2001:db8:0:1::{number}" for number in range(1, 6)]
    assert [client.ask(address=address).status for address in addresses] == [201, 201, 201, 429, 429]


def test_what_has_no_limit_is_never_refused_nor_are_preflights() -> None:
    client = Client()
    client.statuses(4)
    for method in ("GET", "HEAD", "OPTIONS"):
        for _ in range(20):
            answer = client.ask(method)
            assert answer.status in (200, 204)
            assert "RateLimit" not in answer.headers


def test_without_a_limiter_nothing_is_limited() -> None:
    client = Client(limited=False)
    assert set(client.statuses(50, by="ann")) == {201}
    assert "RateLimit" not in client.ask().headers


# The shop


class LimitedShop(Shop):
    """A shop in which time stands still, so that no bucket fills."""

    def __init__(self, store: object) -> None:
        self.limiter = Limiter(lambda: 0)
        super().__init__(store)  # type: ignore[arg-type]  # a store of any kind


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LimitedShop]:
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    store = open_store("sqlite", {}, tmp_path, TABLES)
    yield LimitedShop(store)
    store.close()


def spend(shop: LimitedShop, limit: RateLimit, address: str = ADDRESS) -> None:
    """Take every token of an address."""
    assert shop.limiter is not None
    for _ in range(limit.requests):
        shop.limiter.take((limit,), address)


def test_a_refused_visit_is_not_counted_and_has_the_form_of_the_counter(shop: LimitedShop) -> None:
    shop.give("GET", "/counter", address=ADDRESS)
    spend(shop, RateLimit(VISITS.name, VISITS.requests - 1, VISITS.seconds))
    for path in ("/counter", "/counter/about"):
        refusal = shop.ask("GET", path, address=ADDRESS)
        assert refusal.status == 429
        assert refusal.headers["Content-Type"] == "application/json"
        assert int(refusal.headers["Retry-After"]) > 0
        assert msgspec.json.decode(whole(refusal)) == {
            "status": "error",
            "message": "There were too many requests. Please wait.",
            "requestId": "id",
        }
        assert refusal.metrics == {}
    assert shop.give("GET", "/counter", address=ELSEWHERE)["count"] == 2
    assert shop.give("GET", "/health", address=ADDRESS)["counter_value"] == 2


def test_a_refused_order_is_not_placed_and_its_key_is_free(shop: LimitedShop) -> None:
    shop.add_account("ann")
    business = shop.add_business("ann")
    item = shop.add_item("ann", business)
    spend(shop, ORDERS)
    body = {"customer": {"name": "Bob", "phone": "+14155550199"}, "lines": [{"item_id": item, "quantity": 1}]}
    path, key = f"/api/businesses/{business}/orders", {"idempotency-key": "k" * 16}
    assert shop.ask("POST", path, body, headers=key, address=ADDRESS).status == 429
    assert shop.give("GET", path, by="ann")["orders"] == []
    assert shop.ask("POST", path, body, headers=key, address=ELSEWHERE).status == 201


HASHED: Mapping[tuple[str, str], dict[str, str]] = {
    ("POST", "/api/auth/register"): {"email": "new@example.com", "password": "correct horse battery", "name": "New"},
    ("POST", "/api/auth/login"): {"email": "ann@example.com", "password": "correct horse battery"},
    ("POST", "/api/auth/reset"): {"token": "a.1.b", "new_password": "correct horse battery"},
    ("POST", "/api/auth/password"): {"current_password": "x", "new_password": "correct horse battery"},
    ("PATCH", "/api/users/me"): {"name": "Anna"},
}


@pytest.mark.parametrize(("method", "path"), HASHED)
def test_everything_that_hashes_shares_one_limit_of_an_address(shop: LimitedShop, method: str, path: str) -> None:
    shop.add_account("ann")
    spend(shop, PASSWORDS)
    body = HASHED[method, path]
    refusal = shop.ask(method, path, body, by="ann", address=ADDRESS)
    assert (refusal.status, msgspec.json.decode(whole(refusal))["code"]) == (429, "rate_limited")
    assert shop.ask(method, path, body, by="ann", address=ELSEWHERE).status != 429


def test_these_are_all_that_hash() -> None:
    endpoints = [one for function in FUNCTIONS for one in function.endpoints]
    assert {(one.method, one.path) for one in endpoints if one.load is Load.HASHES} == set(HASHED)
    assert {(one.method, one.path) for one in endpoints if PASSWORDS in one.limits} == set(HASHED)


LIMITED = {
    *HASHED,
    *((method, f"/counter{form}") for method in ("GET", "POST") for form in ("", ".txt", "/{counter_id}")),
    *((method, f"/counter.{badge}") for method in ("GET", "HEAD") for badge in ("svg", "json")),
    ("POST", "/auth/register-business"),
    ("POST", "/api/auth/refresh"),
    ("POST", "/api/auth/reset/request"),
    ("POST", "/api/auth/confirm/request"),
    ("POST", "/api/auth/confirm"),
    ("POST", "/api/businesses/{business_id}/orders"),
    ("POST", "/api/businesses/{business_id}/webhooks"),
    ("PATCH", "/api/businesses/{business_id}/webhooks/{webhook_id}"),
    *(
        ("POST", f"/api/businesses/{{business_id}}/webhooks/{{webhook_id}}/{step}")
        for step in ("rotate", "test", "replay")
    ),
    ("POST", "/api/items/{item_id}/picture"),
    ("POST", "/hit"),
    ("GET", "/hit.gif"),
    *(
        (method, f"/api/traffic{path}")
        for method in ("GET", "HEAD")
        for path in ("", "/{dimension}", "/live", "/sites", "/export.csv", "/export.jsonl", "/dimensions", "/share")
    ),
    ("POST", "/api/traffic/share"),
    ("DELETE", "/api/traffic/share"),
    ("GET", "/traffic"),
    ("HEAD", "/traffic"),
}


def test_the_document_says_which_endpoints_are_limited() -> None:
    document = openapi_document()["paths"]
    told = {
        (method.upper(), path)
        for path, methods in document.items()
        for method, operation in methods.items()
        if "RateLimit" in operation["responses"].get("429", {}).get("headers", {})
    }
    assert told == LIMITED
