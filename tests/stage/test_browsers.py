"""What browsers and strangers meet: origins, preflights, headers, ids, and what no endpoint declares."""

import json
import uuid

import pytest

from tests.support.http import send
from tests.support.stage import ORIGIN, UUID, assert_problem, assert_refused_by_the_gateway

REGISTER = "/auth/register-business"
EVIL = "https://evil.example"
ORIGINS: list[tuple[str, str | None]] = [
    (ORIGIN, ORIGIN),
    (EVIL, None),
    (f"{ORIGIN}.evil.example", None),
    (ORIGIN.upper(), None),
    ("null", None),
    (f"{ORIGIN}, {EVIL}", None),
]
PATHS = ["/health", "/", "/counter/bad%20name", "/api/businesses/mine", "/api/items/nothing"]


@pytest.mark.parametrize(("origin", "allowed"), ORIGINS)
@pytest.mark.parametrize("path", PATHS)
def test_an_answer_may_be_read_by_a_permitted_origin_alone_errors_too(
    url: str, path: str, origin: str, allowed: str | None
) -> None:
    answer = send(url, "GET", path, headers={"Origin": origin, "Cookie": "session=1"})
    assert answer.headers.get("access-control-allow-origin") == allowed
    assert "origin" in answer.headers["vary"].lower()
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers
    if allowed:
        assert "x-request-id" in answer.headers["access-control-expose-headers"].lower()


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_is_neither_sniffed_nor_cached_and_has_an_id_that_is_not_the_callers(url: str, path: str) -> None:
    own = str(uuid.uuid4())
    answer = send(url, "GET", path, headers={"X-Request-Id": own})
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert {"no-cache", "no-store", "must-revalidate"} <= set(answer.headers["cache-control"].split(", "))
    assert UUID.fullmatch(answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] != own


def preflight(url: str, origin: str, path: str, method: str) -> dict[str, str]:
    headers = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "if-match"}
    answer = send(url, "OPTIONS", path, headers=headers)
    assert answer.status in (200, 204)
    assert "access-control-allow-credentials" not in answer.headers
    return answer.headers


PREFLIGHTS = [("POST", REGISTER), ("PATCH", "/api/items/x"), ("DELETE", "/api/items/x"), ("GET", "/counter")]


@pytest.mark.parametrize(("method", "path"), PREFLIGHTS)
def test_a_preflight_permits_what_clients_send(url: str, method: str, path: str) -> None:
    headers = preflight(url, ORIGIN, path, method)
    assert headers["access-control-allow-origin"] == ORIGIN
    assert method in headers["access-control-allow-methods"].split(", ")
    allowed = {name.strip() for name in headers["access-control-allow-headers"].lower().split(",")}
    assert {"authorization", "content-type", "if-match", "idempotency-key", "order-token"} <= allowed


def test_a_preflight_of_another_origin_permits_nothing(url: str) -> None:
    assert "access-control-allow-origin" not in preflight(url, EVIL, REGISTER, "POST")


UNDECLARED = [("GET", "/no-such-path"), ("GET", "/Counter"), ("PUT", "/counter"), ("DELETE", "/"), ("GET", "/api")]


@pytest.mark.parametrize(("method", "path"), UNDECLARED)
def test_what_no_endpoint_declares_is_refused_as_by_the_gateway(url: str, method: str, path: str) -> None:
    assert_refused_by_the_gateway(send(url, method, path))


SIGNED_IN = [
    *(("GET", "/api/businesses/mine"), ("PATCH", "/api/businesses/x"), ("DELETE", "/api/businesses/x")),
    *(("GET", "/api/businesses/x/orders"), ("GET", "/api/businesses/x/events")),
    *(("POST", "/api/items"), ("PATCH", "/api/items/x"), ("DELETE", "/api/items/x")),
]


@pytest.mark.parametrize(("method", "path"), SIGNED_IN)
@pytest.mark.parametrize("token", [None, "wrong", "a.b.c"])
def test_without_a_good_token_a_call_is_refused_before_anything_else(
    url: str, method: str, path: str, token: str | None
) -> None:
    content = b"{}" if method in ("POST", "PATCH") else None
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    assert_problem(
        send(url, method, path, content, {"Content-Type": JSON, **headers} if content else headers),
        401,
        "unauthenticated",
    )


JSON = "application/json"
GOOD_BODY = json.dumps(
    {"business_name": "B", "email": "b@example.com", "phone": "+14155550123", "address": "A", "cognito_user_id": "x"}
).encode()
BODIES: list[tuple[str, bytes, str, int, str]] = [
    ("cut off", b'{"business_name": ', JSON, 400, "malformed_body"),
    ("no JSON", b"not JSON", JSON, 400, "malformed_body"),
    ("an array", b"[]", JSON, 400, "malformed_body"),
    ("nothing", b"", JSON, 400, "malformed_body"),
    ("not UTF-8", b'{"email": "\xff"}', JSON, 400, "malformed_body"),
    ("deeply nested", b'{"address": ' + b"[" * 20_000, JSON, 400, "malformed_body"),
    ("another type", GOOD_BODY, "text/plain", 415, "unsupported_media_type"),
    ("over 64 KiB", GOOD_BODY[:-1] + b" " * 65_536 + b"}", JSON, 413, "content_too_large"),
]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES]
)
def test_a_body_that_cannot_be_read_is_refused(url: str, body: bytes, kind: str, status: int, code: str) -> None:
    assert_problem(send(url, "POST", REGISTER, body, {"Content-Type": kind}), status, code)


def test_markup_in_a_field_name_comes_back_as_json_alone(url: str) -> None:
    answer = send(url, "POST", REGISTER, b'{"<script>alert(1)</script>": 1}', {"Content-Type": JSON})
    assert (answer.status, answer.json["code"]) == (400, "invalid_input")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
