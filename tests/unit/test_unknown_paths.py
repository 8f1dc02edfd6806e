"""UNKNOWN_PATHS: what is answered where nothing is declared, by the gateway's custom or plainly."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.functions.all import ON_ONE_MACHINE
from shopkeeper.http import ApiError, Application, CorsPolicy, InternalError, Request, split_path
from shopkeeper.runtime.lambda_.answers import answered
from shopkeeper.runtime.lambda_.events import read_http
from shopkeeper.storage.tables import TABLES, VISITOR_COUNTER
from tests.support.application import Shop, whole
from tests.support.stores import open_store
from tests.support.things import ORIGIN, content
from tests.unit.test_content import EVENTS, fields

CASES = [
    # method, path, the plain status, what `Allow` says
    ("GET", "/nowhere", 404, None),
    ("HEAD", "/nowhere", 404, None),
    ("OPTIONS", "/nowhere", 404, None),
    ("BREW", "/nowhere", 404, None),
    ("GET", "/Counter", 404, None),
    ("GET", "/counter//", 404, None),
    ("GET", "/counter/..", 404, None),
    ("GET", "", 404, None),
    ("GET", "*", 404, None),
    ("PUT", "/counter", 405, "GET, POST, OPTIONS"),
    ("HEAD", "/counter", 405, "GET, POST, OPTIONS"),
    ("HEAD", "/counter/about", 405, "GET, POST, OPTIONS"),
    ("BREW", "/counter", 405, "GET, POST, OPTIONS"),
    ("DELETE", "/health", 405, "GET, HEAD, OPTIONS"),
    ("GET", "/api/auth/login", 405, "POST, OPTIONS"),
    ("HEAD", "/api/auth/login", 405, "POST, OPTIONS"),
    ("PUT", "/api/items/x", 405, "GET, HEAD, PATCH, DELETE, OPTIONS"),
    ("POST", "/api/businesses/mine", 405, "GET, HEAD, OPTIONS"),
]


@pytest.fixture(params=["plain", "gateway", ""])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    store = open_store("sqlite", {}, tmp_path, TABLES)
    yield Shop(store, ALLOWED_ORIGINS=ORIGIN, UNKNOWN_PATHS=request.param)
    store.close()


@pytest.mark.parametrize("shop", ["plain"], indirect=True)
@pytest.mark.parametrize(("method", "path", "status", "allow"), CASES)
def test_plainly_a_path_is_404_and_a_method_405_with_those_that_are_allowed(
    method: str, path: str, status: int, allow: str | None, shop: Shop
) -> None:
    response = shop.ask(method, path, headers={"origin": ORIGIN})
    assert (response.status, response.headers.get("Allow"), response.error) == (status, allow, None)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "x-amzn-ErrorType" not in response.headers
    if method == "HEAD":
        assert response.body == b""
    else:
        problem = content(response)
        assert problem["code"] == {404: "not_found", 405: "method_not_allowed"}[status]
        assert (problem["status"], problem["requestId"]) == (status, "id")
    assert shop.store.get(VISITOR_COUNTER, {"counter_id": "main_counter"}) is None


@pytest.mark.parametrize("shop", ["gateway", ""], indirect=True)
@pytest.mark.parametrize(("method", "path"), [case[:2] for case in CASES])
def test_by_default_both_are_the_gateways_403(method: str, path: str, shop: Shop) -> None:
    response = shop.ask(method, path)
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")
    assert "Allow" not in response.headers
    assert response.body == (b"" if method == "HEAD" else b'{"message":"Missing Authentication Token"}')


@pytest.mark.parametrize("shop", ["plain"], indirect=True)
@pytest.mark.parametrize("kind", EVENTS)
def test_on_lambda_it_is_the_same(kind: str, shop: Shop) -> None:
    for method, path, status, allow in CASES:
        if path.startswith("/"):
            read = read_http(EVENTS[kind](method, path))
            assert read is not None
            _, answer = answered(shop.application, read, read.request("/", "id"))
            assert (answer["statusCode"], fields(answer).get("Allow")) == (status, allow)


def test_a_preflight_of_an_undeclared_path_lets_the_browser_see_the_refusal(shop: Shop) -> None:
    asks = {"origin": ORIGIN, "access-control-request-method": "DELETE"}
    assert shop.ask("OPTIONS", "/nowhere", headers=asks).status == 204
    assert shop.ask("OPTIONS", "/counter", headers=asks).status == 204


def test_what_is_declared_is_answered_the_same(shop: Shop) -> None:
    for function in ON_ONE_MACHINE:
        for one in function.endpoints:
            for method in one.methods:
                response = shop.ask(method, one.path.replace("{", "").replace("}", ""))
                assert response.status not in (403, 405), (method, one.path)
                assert b"There is no such path" not in whole(response)


def test_the_application_takes_it_as_an_argument() -> None:
    def translate(_: Exception) -> ApiError:
        return InternalError()

    request = Request("GET", "/x", split_path("/x"), "id")
    assert Application([], CorsPolicy(), translate).handle(request).status == 403
    assert Application([], CorsPolicy(), translate, plain_refusals=True).handle(request).status == 404
