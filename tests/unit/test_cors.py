"""CORS: who may read answers, what a preflight is told, and what the operator is told of the others."""

from pathlib import Path

import pytest

from shopkeeper.http import PROBLEM_JSON, Application, CorsPolicy, InternalError, Request, Route, split_path
from shopkeeper.storage.tables import TABLES
from tests.support.application import Shop
from tests.support.stores import open_store
from tests.support.things import ENDPOINTS, ORIGIN, REQUEST_ID, ask

ORIGINS = [
    # the request's Origin, and what is allowed on: an endpoint's answer, the gateway's refusal
    (None, ORIGIN, None),
    (ORIGIN, ORIGIN, ORIGIN),
    ("https://www.shop.example", "https://www.shop.example", "https://www.shop.example"),
    ("https://evil.example", None, None),
    ("http://shop.example", None, None),
    ("https://shop.example.evil.example", None, None),
    ("https://shop.example:443", None, None),
    ("https://SHOP.example", None, None),
    ("null", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("origin", "own", "refusal"), ORIGINS)
def test_an_origin_gets_exactly_the_permission_it_has(origin: str | None, own: str | None, refusal: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    for response, allowed in [
        (ask("GET", "/things/abc", headers), own),
        (ask("GET", "/things/ABC", headers), own),
        (ask("OPTIONS", "/things/abc", headers), own),
        (ask("GET", "/nowhere", headers), refusal),
    ]:
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
        assert response.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in response.headers
        if allowed is None:
            assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_without_origins_nobody_gets_a_permission() -> None:
    assert CorsPolicy().headers(None, ["GET"]) == {"Vary": "Origin"}
    assert CorsPolicy().headers(ORIGIN, ["GET"]) == {"Vary": "Origin"}


def test_a_preflight_is_answered_without_a_body() -> None:
    response = ask("OPTIONS", "/things/abc", {"origin": ORIGIN, "access-control-request-method": "GET"})
    assert (response.status, response.body) == (204, b"")
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert response.headers["Access-Control-Max-Age"] == "600"
    assert "Content-Type" not in response.headers


PREFLIGHT = {"access-control-request-method": "DELETE"}


@pytest.mark.parametrize("path", ["/nowhere", "/thing", "/things/abc/more", "//", "things"])
def test_a_preflight_of_a_mistyped_path_lets_the_browser_see_the_refusal(path: str) -> None:
    response = ask("OPTIONS", path, {"origin": ORIGIN, **PREFLIGHT})
    assert (response.status, response.body) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, OPTIONS"
    assert "Content-Type" not in response.headers
    refused = ask("GET", path, {"origin": ORIGIN})
    assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (403, ORIGIN)


NO_PREFLIGHTS = [
    {"origin": ORIGIN},
    PREFLIGHT,
    {"origin": "https://evil.example", **PREFLIGHT},
    {"origin": "", **PREFLIGHT},
    {},
]


@pytest.mark.parametrize("headers", NO_PREFLIGHTS, ids=str)
def test_what_is_no_preflight_of_a_known_origin_is_refused_where_nothing_is_declared(headers: dict[str, str]) -> None:
    response = ask("OPTIONS", "/nowhere", headers)
    assert response.status == 403
    assert "Access-Control-Allow-Methods" not in response.headers


LOCAL = CorsPolicy(("http://localhost:1580",), local=True, explains=True)
LOCALS = [
    ("http://localhost:3000", True),
    ("http://localhost:5173", True),
    ("https://localhost:8443", True),
    ("http://localhost", True),
    ("http://127.0.0.1:5173", True),
    ("http://[::1]:3000", True),
    ("http://localhost:123456", False),
    ("http://localhost:", False),
    ("http://localhost.evil.example", False),
    ("http://localhost:3000.evil.example", False),
    ("http://evil.example/localhost:3000", False),
    ("http://127.0.0.2:3000", False),
    ("http://127a0b0c1:3000", False),
    ("HTTP://localhost:3000", False),
    ("http://localhost:3000\n", False),
    ("file://localhost", False),
    ("null", False),
    ("", False),
]


@pytest.mark.parametrize(("origin", "permitted"), LOCALS)
def test_a_local_policy_permits_every_port_of_this_machine_and_explains_all_else(origin: str, permitted: bool) -> None:
    headers = LOCAL.headers(origin, ["GET"])
    assert headers.get("Access-Control-Allow-Origin") == (origin if permitted else None)
    assert (LOCAL.explanation(origin) == "") == permitted
    if origin not in LOCAL.origins:
        assert "Access-Control-Allow-Origin" not in CorsPolicy(LOCAL.origins).headers(origin, ["GET"])
        assert CorsPolicy(LOCAL.origins).explanation(origin) == ""


def test_an_explanation_names_the_origin_and_the_setting_and_has_an_end() -> None:
    assert "https://shop.example" in LOCAL.explanation("https://shop.example")
    assert "ALLOWED_ORIGINS" in LOCAL.explanation("https://shop.example")
    assert len(LOCAL.explanation("x" * 10_000)) < 400
    assert LOCAL.explanation(None) == ""


def test_every_answer_that_a_page_cannot_read_carries_its_explanation() -> None:
    app = Application([Route(one, None, PROBLEM_JSON) for one in ENDPOINTS], LOCAL, lambda _: InternalError())
    for method, path in [
        ("GET", "/things/abc"),
        ("GET", "/things/ABC"),
        ("OPTIONS", "/things/abc"),
        ("GET", "/nowhere"),
    ]:
        for origin, noted in [("https://shop.example", True), ("http://localhost:3000", False), (None, False)]:
            headers = {} if origin is None else {"origin": origin}
            response = app.handle(Request(method, path, split_path(path), REQUEST_ID, headers=headers))
            assert bool(response.note) == noted


STAGES = [
    ("dev", {}, "http://localhost:3000", True, False),
    ("dev", {"ALLOWED_ORIGINS": "https://shop.example"}, "http://localhost:3000", False, True),
    ("dev", {"ALLOWED_ORIGINS": "https://shop.example"}, "https://shop.example", True, False),
    ("dev", {}, "https://shop.example", False, True),
    ("staging", {}, "http://localhost:3000", False, False),
    ("prod", {}, "http://localhost:3000", False, False),
    ("prod", {}, "http://localhost:1580", False, False),
    ("prod", {"ALLOWED_ORIGINS": "https://shop.example"}, "http://localhost:3000", False, False),
    ("prod", {"ALLOWED_ORIGINS": "https://shop.example"}, "https://shop.example", True, False),
]


@pytest.mark.parametrize(("stage", "environment", "origin", "permitted", "explained"), STAGES)
def test_only_dev_has_local_origins_and_explanations(
    stage: str, environment: dict[str, str], origin: str, permitted: bool, explained: bool, tmp_path: Path
) -> None:
    store = open_store("sqlite", {}, tmp_path, TABLES)
    response = Shop(store, STAGE=stage, **environment).ask("GET", "/counter", headers={"origin": origin})
    store.close()
    assert response.headers.get("Access-Control-Allow-Origin") == (origin if permitted else None)
    assert bool(response.note) == explained
