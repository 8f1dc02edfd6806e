"""What caches may keep: the public answers of the catalogue and of businesses for seconds, and nothing private."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shopkeeper.clock import utc_now
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.http import Access, Call, Nothing, Reply, Response, endpoint
from shopkeeper.storage import Store
from shopkeeper.storage.tables import TABLES
from tests.support.application import Shop
from tests.support.lagging import settle
from tests.support.stores import open_store
from tests.unit.test_head import Stocked

PUBLIC = "public, max-age=5, stale-while-revalidate=60"
PRIVATE = "no-cache, no-store, must-revalidate"
OWN = {
    "/counter.svg": "public, max-age=60",
    "/counter.json": "public, max-age=60",
    "/shop.js": "public, max-age=86400",
    "/hit.gif": "no-store",
}
"""What other endpoints say of their success. They do not depend on who asks."""

SHARED = ("/api/items", "/api/items/{item_id}", "/api/businesses/{business_id}")
ENDPOINTS = sorted((one.method, one.path) for function in FUNCTIONS for one in function.endpoints)


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Stocked]:
    """A shop in which every path has something to show."""
    store = open_store("sqlite", {}, tmp_path, TABLES)
    yield Stocked(store)
    store.close()


@pytest.mark.parametrize("by", ["ann", "bob", ""])
@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_nothing_may_be_kept_but_what_is_declared_public(method: str, path: str, by: str, stocked: Stocked) -> None:
    query = {"p": "/", "limit": "1"}
    answer = stocked.ask(method, path.format(**stocked.ids), by=by, query=query)
    if method == "GET" and path in SHARED:
        assert answer.headers["Cache-Control"] == (PRIVATE if by else PUBLIC)
        assert answer.headers["Vary"] == ("Origin" if by else "Origin, Authorization")
    else:
        own = OWN.get(path, PRIVATE) if method == "GET" and answer.status == 200 else PRIVATE
        assert answer.headers["Cache-Control"] == own


def test_the_public_endpoints_are_these() -> None:
    declared = {one.path for function in FUNCTIONS for one in function.endpoints if one.public}
    assert declared == set(SHARED)


@pytest.mark.parametrize("token", ["Bearer ann", "Bearer nobody", "Basic YTpi", ""], ids=str)
def test_an_answer_to_credentials_of_any_kind_is_kept_by_nobody(token: str, stocked: Stocked) -> None:
    for path in SHARED:
        answer = stocked.ask("GET", path.format(**stocked.ids), headers={"authorization": token})
        assert answer.headers["Cache-Control"] == PRIVATE


def test_an_error_is_kept_by_nobody(stocked: Stocked) -> None:
    for path in ("/api/items?limit=0", "/api/items/none", "/api/businesses/none"):
        path, _, query = path.partition("?")
        answer = stocked.ask("GET", path, query=dict([query.split("=")]) if query else {})
        assert answer.status >= 400
        assert (answer.headers["Cache-Control"], "ETag" in answer.headers) == (PRIVATE, False)


@pytest.fixture
def clocked(shop_store: Store) -> "Clocked":
    """A shop on each store."""
    shop = Clocked(shop_store)
    shop.add_account("ann")
    shop.business = shop.add_business("ann")
    shop.item = shop.add_item("ann", shop.business)
    return shop


class Clocked(Shop):
    """A shop whose time can be moved on."""

    later = timedelta()
    business = item = ""

    def clock(self) -> datetime:
        """The time at which all functions are."""
        return utc_now() + self.later

    def asks(self, path: str, if_none_match: str = "", method: str = "GET") -> Response:
        """Ask for a path of the shop, perhaps with a tag."""
        settle(self.store)
        headers = {"if-none-match": if_none_match} if if_none_match else {}
        return self.ask(method, path.format(business_id=self.business, item_id=self.item), headers=headers)


MATCHES = ["{}", "W/{}", '"other", {}', '"other",W/{} , "more"', "*", " * "]
DIFFERS = ['"other"', 'W/"other"', '"1"', "1", '""', "**"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", SHARED)
def test_a_client_that_has_the_answer_gets_304_without_it(path: str, method: str, clocked: Clocked) -> None:
    whole = clocked.asks(path)
    for field in MATCHES:
        answer = clocked.asks(path, field.format(whole.headers["ETag"]), method)
        assert (answer.status, answer.body) == (304, b"")
        assert not answer.headers.keys() & {"Content-Type", "Content-Length"}
        kept = {"ETag", "Cache-Control", "Vary"}
        assert {name: answer.headers[name] for name in kept} == {name: whole.headers[name] for name in kept}
    for field in DIFFERS:
        assert clocked.asks(path, field, method).status == 200


def test_the_tag_changes_with_the_answer(clocked: Clocked) -> None:
    before = {path: clocked.asks(path).headers["ETag"] for path in SHARED}
    assert before == {path: clocked.asks(path).headers["ETag"] for path in SHARED}
    clocked.give("PATCH", f"/api/items/{clocked.item}", {"price_minor": 300}, by="ann", headers={"if-match": "*"})
    clocked.give("PATCH", f"/api/businesses/{clocked.business}", {"accepting_orders": False}, by="ann")
    for path in SHARED:
        answer = clocked.asks(path, before[path])
        assert (answer.status, answer.headers["ETag"] == before[path]) == (200, False)


def test_the_tag_changes_when_time_changes_the_answer_and_nobody_wrote(clocked: Clocked) -> None:
    """The version of the item stays; that it is available again is another answer."""
    until = (utc_now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    change = {"unavailable_until": until}
    clocked.give("PATCH", f"/api/items/{clocked.item}", change, by="ann", headers={"if-match": "*"})
    before = {path: clocked.asks(path).headers["ETag"] for path in SHARED[:2]}
    clocked.later = timedelta(hours=2)
    for path, tag in before.items():
        assert clocked.asks(path, tag).status == 200


def test_whoever_saw_the_public_answer_may_change_that_version(clocked: Clocked) -> None:
    for path, change in (("/api/items/{item_id}", {"price_minor": 300}), ("/api/businesses/{business_id}", {})):
        tag = clocked.asks(path).headers["ETag"]
        place = path.format(business_id=clocked.business, item_id=clocked.item)
        assert tag.startswith('"1.')
        assert (
            clocked.ask("PATCH", place, change or {"owner_name": "Ann"}, by="ann", headers={"if-match": tag}).status
            == 200
        )
        assert (
            clocked.ask("PATCH", place, change or {"owner_name": "Bob"}, by="ann", headers={"if-match": tag}).status
            == 412
        )


@pytest.mark.parametrize(
    ("route", "access", "safe"),
    [
        ("POST /", Access.ANYONE, True),
        ("GET /", Access.ANYONE, False),
        ("GET /", Access.SIGNED_IN, True),
    ],
)
def test_only_a_get_that_asks_for_no_token_can_be_public(route: str, access: Access, safe: bool) -> None:
    def answer(_: object, __: Call[Nothing, Nothing]) -> Reply[Nothing]:
        """Answer nothing."""
        return Reply(Nothing())

    assert endpoint("GET /", public=True)(answer).public
    with pytest.raises(TypeError, match="is public"):
        endpoint(route, access=access, safe=safe, public=True)(answer)
