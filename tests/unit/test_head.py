"""HEAD (RFC 9110, 9.3.2): what GET answers without its body, wherever GET changes nothing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.clock import utc_now
from shopkeeper.domains.traffic.records import day_item
from shopkeeper.http import Request
from shopkeeper.runtime.lambda_.answers import answered
from shopkeeper.runtime.lambda_.events import read_http
from shopkeeper.storage import Store, StoreUnavailable
from shopkeeper.storage.tables import TABLES, TRAFFIC, VISITOR_COUNTER
from tests.support.application import Shop, whole
from tests.support.reads import COUNTING, SAFE, lasting
from tests.support.stores import open_store
from tests.support.things import ORIGIN, ask
from tests.support.visited import rollup
from tests.unit.test_content import EVENTS


class Stocked(Shop):
    """A shop with an admin who owns a business with an item and an order; every page has another behind it."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, ALLOWED_ORIGINS=ORIGIN)
        self.add_account("ann", "admin")
        self.add_account("bob")
        business = self.add_business("ann")
        item = self.add_item("ann", business)
        self.add_item("ann", business)
        order = self.add_order(business, item, "a" * 16)
        self.add_order(business, item, "b" * 16)
        self.token = str(order["order_token"])
        webhook = self.give("POST", f"/api/businesses/{business}/webhooks", {"url": "https://hooks.example/"}, by="ann")
        self.ids = {
            "webhook_id": webhook["webhook_id"],
            "counter_id": "about",
            "user_id": "ann",
            "business_id": business,
            "item_id": item,
            "order_id": order["order_id"],
            "dimension": "pages",
        }
        day = utc_now().date() - timedelta(days=2)
        store.put(TRAFFIC, day_item(business, day.isoformat(), rollup(1, 1, p={"/": 1})))
        self.give("POST", "/api/traffic/share", by="ann")
        for path in ("/counter", "/counter/about"):
            self.give("GET", path)

    def counts(self) -> list[Any]:
        """Return what both counters say."""
        return [self.store.get(VISITOR_COUNTER, {"counter_id": name}) for name in ("main_counter", "about")]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Stocked]:
    store = open_store("sqlite", {}, tmp_path, TABLES)
    yield Stocked(store)
    store.close()


@pytest.mark.parametrize("origin", [{}, {"origin": ORIGIN}, {"origin": "https://evil.example"}], ids=str)
@pytest.mark.parametrize("by", ["ann", "bob", ""])
@pytest.mark.parametrize("path", SAFE)
def test_head_is_answered_like_get_without_the_body(path: str, by: str, origin: dict[str, str], shop: Stocked) -> None:
    place = path.format(**shop.ids)
    got, head = (
        shop.ask(method, place, by=by, headers=origin, query={"limit": "1", "after": "0"}) for method in ("GET", "HEAD")
    )
    assert head.status == got.status
    assert lasting(head.headers) == lasting(got.headers)
    assert head.body == b""
    # Latencies differ, and the length of what is streamed is not known before.
    if path != "/health/detailed" and isinstance(got.body, bytes):
        assert head.headers["Content-Length"] == str(len(whole(got)))
    assert (head.error, head.note) == (got.error, got.note)


def test_the_token_of_an_order_is_good_for_head_too(shop: Stocked) -> None:
    place = "/api/orders/{order_id}".format(**shop.ids)
    assert shop.ask("HEAD", place, headers={"order-token": shop.token}).status == 200
    assert shop.ask("HEAD", place, headers={"order-token": "another"}).status == 404


@pytest.mark.parametrize("path", ["/api/items?limit=0", "/api/items/none", "/api/users/me", "/nowhere", "//"])
def test_the_head_of_an_error_is_that_of_its_get(path: str, shop: Stocked) -> None:
    path, _, query = path.partition("?")
    asked = dict([query.split("=")]) if query else {}
    got, head = (shop.ask(method, path, query=asked) for method in ("GET", "HEAD"))
    assert head.status == got.status >= 400
    assert lasting(head.headers) == lasting(got.headers)
    assert (head.body, head.headers["Content-Length"]) == (b"", str(len(whole(got))))


@pytest.mark.parametrize("path", COUNTING)
def test_head_never_counts(path: str, shop: Stocked) -> None:
    before = shop.counts()
    assert None not in before
    place = path.format(counter_id="about")
    refused = shop.ask("HEAD", place)
    assert (refused.status, refused.headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")
    assert (refused.body, refused.metrics) == (b"", {})
    for event in EVENTS.values():
        read = read_http(event("HEAD", place))
        assert read is not None
        answered(shop.application, read, read.request("/counter", "id"))
    assert shop.counts() == before


def test_head_of_a_fault_is_logged_like_get_and_brings_no_business_metrics() -> None:
    """`GET /things/all` is not safe and has metrics; `GET /` cannot be written."""
    head = ask("HEAD", "/")
    assert (head.status, head.body, head.metrics) == (500, b"", {})
    assert isinstance(head.error, TypeError)
    assert (ask("GET", "/things/all").metrics, ask("HEAD", "/things/all").status) == ({"Things": 1}, 403)


class Away:
    """A store that is away."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> None:
            raise StoreUnavailable("the table is away")

        return getattr(self._store, name) if name == "kind" else fail


def test_the_head_of_a_check_tells_an_outage_and_so_does_the_log(shop: Stocked) -> None:
    away: Any = Away(shop.store)
    for path in ("/health", "/health/detailed", "/auth/health", "/api/items"):
        got, head = (Shop(away).ask(method, path) for method in ("GET", "HEAD"))
        assert (got.status, head.status, head.body) == (503, 503, b"")
        assert got.error is not None
        assert type(head.error) is type(got.error)


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize("path", SAFE)
def test_on_lambda_head_is_answered_like_get_without_the_body(path: str, kind: str, shop: Stocked) -> None:
    place = path.format(**shop.ids)

    def asked(method: str) -> tuple[int, dict[str, Any], Any]:
        read = read_http(EVENTS[kind](method, place))
        assert read is not None
        request = msgspec.structs.replace(read.request("/", "id"), headers={"authorization": "Bearer ann"})
        _, answer = answered(shop.application, read, request)
        headers = answer.get("headers") or {name: value for name, (value,) in answer["multiValueHeaders"].items()}
        return answer["statusCode"], lasting(headers), (answer["body"], answer["isBase64Encoded"])

    got, head = asked("GET"), asked("HEAD")
    assert head[:2] == got[:2]
    assert got[0] == 200
    assert (bool(got[2][0]), head[2]) == (True, ("", False))


def test_a_preflight_lists_head_where_it_is_answered(shop: Stocked) -> None:
    asks = {"origin": ORIGIN, "access-control-request-method": "HEAD"}
    for path, methods in [
        ("/health", "GET, HEAD, OPTIONS"),
        ("/counter", "GET, POST, OPTIONS"),
        ("/api/auth/login", "POST, OPTIONS"),
        ("/api/items/x", "GET, HEAD, PATCH, DELETE, OPTIONS"),
    ]:
        preflight = shop.ask("OPTIONS", path, headers=asks)
        assert (preflight.status, preflight.headers["Access-Control-Allow-Methods"]) == (204, methods)


def test_a_request_of_an_unknown_path_for_its_head_has_no_body(shop: Stocked) -> None:
    request = Request("HEAD", "/a%2Fb", None, "id")
    response = shop.application.handle(request)
    assert (response.status, response.body) == (403, b"")
