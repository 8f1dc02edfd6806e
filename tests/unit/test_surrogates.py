"""Halves of surrogate pairs, which JSON events can spell and UTF-8 cannot hold: refused, and never a fault of ours."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from shopkeeper.functions.accounts import FUNCTION as ACCOUNTS
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.orders import FUNCTION as ORDERS_FUNCTION
from shopkeeper.functions.visits import FUNCTION as VISITS
from shopkeeper.http import Request
from shopkeeper.http.cursor import next_link
from shopkeeper.runtime.lambda_.handler import lambda_handler
from tests.unit.test_lambda import proxy
from tests.unit.test_lambda_events import balancer, http_api

HALF = "\ud800"
JSON = {"content-type": "application/json"}
LOGIN = '{"email": "ann@example.com", "password": "correct horse battery"}'
PLACE = "/api/businesses/x/orders"
KEYED = {**JSON, "idempotency-key": HALF, "order-token": HALF}
WHERE: dict[str, tuple[Function, Mapping[str, Any], int]] = {
    "a path": (VISITS, proxy("GET", f"/counter/{HALF}", "/counter/{counter_id}"), 403),
    "an escaped path": (VISITS, proxy("GET", "/counter/%ED%A0%80", "/counter/{counter_id}"), 403),
    "a path before the endpoint's": (VISITS, proxy("GET", f"/{HALF}/counter", "/counter"), 403),
    "a path of payload 2.0": (VISITS, http_api("GET", f"/counter/{HALF}"), 403),
    "a declared query": (ORDERS_FUNCTION, proxy("GET", "/api/items", queryStringParameters={"search": HALF}), 400),
    "a cursor": (ORDERS_FUNCTION, proxy("GET", "/api/items", queryStringParameters={"cursor": HALF}), 400),
    "a query in lists": (
        ORDERS_FUNCTION,
        proxy("GET", "/api/items", multiValueQueryStringParameters={"search": [HALF]}),
        400,
    ),
    "a query of payload 2.0": (ORDERS_FUNCTION, http_api("GET", "/api/items", rawQueryString="search=%ED%A0%80"), 400),
    "a query of a load balancer": (
        ORDERS_FUNCTION,
        balancer("/api/items", headers={}, queryStringParameters={"search": "%ED%A0%80"}),
        400,
    ),
    "a query that is ignored": (VISITS, proxy("GET", "/health", queryStringParameters={HALF: HALF}), 200),
    "the name of a user agent": (VISITS, proxy("GET", "/health", headers={"User-Agent": HALF, "Origin": HALF}), 200),
    "an access token": (ACCOUNTS, proxy("GET", "/api/users/me", headers={"Authorization": f"Bearer {HALF}.a.b"}), 401),
    "a media type": (ACCOUNTS, proxy("POST", "/api/auth/login", headers={"content-type": HALF}, body=LOGIN), 415),
    "a declared header": (ORDERS_FUNCTION, proxy("POST", PLACE, headers=KEYED, body="{}"), 400),
    "a body": (ACCOUNTS, proxy("POST", "/api/auth/login", headers=JSON, body=LOGIN.replace("horse", HALF)), 400),
    "an escaped body": (
        ACCOUNTS,
        proxy("POST", "/api/auth/login", headers=JSON, body=LOGIN.replace("horse", "\\ud800")),
        400,
    ),
    "a caller's address": (
        ACCOUNTS,
        proxy("POST", "/api/auth/login", headers=JSON, body=LOGIN, requestContext={"identity": {"sourceIp": HALF}}),
        401,
    ),
    "the gateway's path": (VISITS, proxy("GET", "/health", requestContext={"path": f"/{HALF}/health"}), 200),
}


@pytest.mark.parametrize("where", WHERE)
def test_half_of_a_surrogate_pair_is_never_a_fault_of_ours(
    where: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    function, event, status = WHERE[where]
    environment = {
        "STORE_URL": f"sqlite:///{tmp_path / 'shop.db'}",
        "STAGE": "dev",
        "JWT_SECRET_KEY": "0123456789abcdef" * 2,
    }
    answer: Any = lambda_handler(function, environment)(event, None)
    assert answer["statusCode"] == status, answer["body"]
    json.dumps(answer, ensure_ascii=False).encode()
    for line in capsys.readouterr().out.splitlines():
        assert json.loads(line).get("level") != "ERROR"


def test_a_link_to_the_next_page_replaces_what_no_url_can_hold() -> None:
    request = Request("GET", "/api/items", ("api", "items"), "id", query={"utm": HALF, "limit": "1"})
    assert next_link(request, "c") == {"Link": '</api/items?utm=%3F&limit=1&cursor=c>; rel="next"'}
