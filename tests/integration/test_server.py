"""Shopkeeper over HTTP as `shopkeeper serve` runs it, on SQLite and on DynamoDB: answers, bad input, the log."""

import json
import re
import socket
import time
import uuid
from typing import Any

import pytest

from shopkeeper import __version__
from shopkeeper.identifiers import is_uuid
from shopkeeper.storage.tables import TABLES
from tests.support.http import Answer, Client, post_json, send, send_raw
from tests.support.processes import Shopkeeper
from tests.support.shop import Owner

ORIGIN = "http://localhost:1580"
JSON = {"Content-Type": "application/json"}
REGISTER = "/auth/register-business"


@pytest.fixture(params=["server", "dynamodb_server"])
def site(request: pytest.FixtureRequest) -> Shopkeeper:
    """Each server in turn."""
    running: Shopkeeper = request.getfixturevalue(request.param)
    return running


def business(**other: Any) -> dict[str, Any]:
    """Return a registration that nobody made before."""
    unique = uuid.uuid4().hex
    return {
        "business_name": "Test Business",
        "email": f"{unique}@example.com",
        "phone": "+1234567890",
        "address": "123 Test St",
        "cognito_user_id": unique,
        **other,
    }


def is_rfc3339(text: str) -> bool:
    return len(text) == 24 and text.endswith("Z") and text[10] == "T"


def test_a_visit_is_counted_and_its_health_does_not_count(site: Shopkeeper) -> None:
    first = send(site.url, "GET", "/counter")
    assert first.status == 200
    assert set(first.json) == {"count", "timestamp", "status", "requestId"}
    assert first.json["status"] == "success"
    assert is_rfc3339(first.json["timestamp"])
    for _ in range(2):
        health = send(site.url, "GET", "/health")
        assert health.status == 200
        assert {name: value for name, value in health.json.items() if name != "timestamp"} == {
            "status": "healthy",
            "service": "visitor-counter",
            "database": "connected",
            "counter_value": first.json["count"],
        }
    assert send(site.url, "GET", "/counter/main_counter").json["count"] == first.json["count"] + 1


def test_pages_are_counted_apart(site: Shopkeeper) -> None:
    page = f"/counter/page-{uuid.uuid4()}"
    assert [send(site.url, "GET", page).json["count"] for _ in range(3)] == [1, 2, 3]


def test_the_front_door(site: Shopkeeper) -> None:
    body = send(site.url, "GET", "/").json
    assert set(body) == {"message", "status", "version", "environment", "timestamp", "links"}
    assert (body["status"], body["version"], body["environment"]) == ("healthy", __version__, "dev")
    for link in body["links"].values():
        assert send(site.url, "OPTIONS", link).status == 204


def test_detailed_health(site: Shopkeeper) -> None:
    body = send(site.url, "GET", "/health/detailed").json
    names = {"status", "service", "version", "environment", "region", "timestamp", "database", "tables"}
    assert set(body) == names
    assert (body["status"], body["database"]["status"], body["region"]) == ("healthy", "connected", "us-east-1")
    assert [table["table"] for table in body["tables"]] == [table.name for table in TABLES]
    assert all(table["status"] == "connected" and table["latency_ms"] >= 0 for table in body["tables"])


def test_auth_health(site: Shopkeeper) -> None:
    answer = send(site.url, "GET", "/auth/health")
    assert answer.status == 200
    assert (answer.json["status"], answer.json["service"]) == ("healthy", "auth")


def test_a_registration_its_repeat_and_its_rivals(site: Shopkeeper) -> None:
    mine = business(owner_name="  Ann  ", business_type="cafe")
    first = post_json(site.url, REGISTER, mine)
    assert first.status == 201
    assert first.json["message"] == "Business registered successfully"
    assert {**mine, "owner_name": "Ann"}.items() <= first.json.items()
    assert first.headers["location"] == f"/api/businesses/{first.json['business_id']}"
    again = post_json(site.url, REGISTER, {**mine, "email": mine["email"].upper()})
    assert (again.status, again.json) == (201, first.json)
    for rival, code in [
        (business(email=mine["email"]), "email_taken"),
        (business(cognito_user_id=mine["cognito_user_id"]), "identity_taken"),
        ({**mine, "address": "elsewhere"}, "email_taken"),
    ]:
        refused = post_json(site.url, REGISTER, rival)
        assert (refused.status, refused.json["code"]) == (409, code)


def test_the_founding_example_is_accepted_as_it_is(site: Shopkeeper) -> None:
    body = (
        b'{"business_name": "Test Business", "email": "test@example.com", "phone": "+1234567890", '
        b'"address": "123 Test St", "cognito_user_id": "test-user-123"}'
    )
    assert send(site.url, "POST", REGISTER, body, JSON).status == 201


def test_every_answer_carries_its_id_and_the_common_headers(site: Shopkeeper) -> None:
    answers = [
        send(site.url, "GET", "/counter"),
        send(site.url, "GET", "/counter/a%20b"),
        send(site.url, "POST", REGISTER, b"{}", JSON),
        send(site.url, "OPTIONS", "/counter"),
        send(site.url, "GET", "/nowhere"),
    ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids)
    for answer in answers:
        assert is_uuid(answer.headers["x-request-id"])
        assert answer.headers["x-amzn-requestid"] == answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-cache, no-store, must-revalidate"
        assert answer.headers["vary"] == "Origin"
    assert answers[0].json["requestId"] == ids[0]
    assert answers[1].json["requestId"] == ids[1]
    assert answers[2].json["requestId"] == ids[2]


def test_cors_on_answers_errors_and_refusals(site: Shopkeeper) -> None:
    for path in ("/counter", "/counter/a%20b", "/nowhere"):
        known = send(site.url, "GET", path, headers={"Origin": ORIGIN})
        assert known.headers["access-control-allow-origin"] == ORIGIN
        strange = send(site.url, "GET", path, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in strange.headers
    assert send(site.url, "GET", "/counter").headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in send(site.url, "GET", "/nowhere").headers


def test_a_site_on_any_port_of_this_machine_is_served_in_dev(site: Shopkeeper) -> None:
    for origin in ("http://localhost:3000", "http://127.0.0.1:5173", "https://localhost", "http://[::1]:8080"):
        for path in ("/counter", "/nowhere"):
            asks = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            for answer in (send(site.url, "GET", path, headers=asks), send(site.url, "OPTIONS", path, headers=asks)):
                assert answer.headers["access-control-allow-origin"] == origin
    preflight = send(site.url, "OPTIONS", "/nowhere", headers=asks)
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-methods"] == "DELETE, GET, HEAD, PATCH, POST, OPTIONS"


def test_a_refused_origin_is_explained_once_in_the_log(server: Shopkeeper) -> None:
    origin = f"https://{uuid.uuid4().hex}.example"
    for _ in range(3):
        answer = send(server.url, "GET", "/health", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers
    (line,) = await_lines(server, origin)
    told = json.loads(line)
    assert (told["level"], told["stage"]) == ("WARNING", "dev")
    assert "ALLOWED_ORIGINS" in told["message"]


def test_a_slash_at_the_end_means_nothing(site: Shopkeeper) -> None:
    count = send(site.url, "GET", "/counter").json["count"]
    assert send(site.url, "GET", "/counter/").json["count"] == count + 1
    assert send(site.url, "GET", "/api/items/?limit=1").status == 200
    assert send(site.url, "GET", "/health/detailed/").status == 200


BAD: list[tuple[str, str, str, bytes | None, dict[str, str], int]] = [
    ("malformed JSON", "POST", REGISTER, b'{"business_name":', JSON, 400),
    ("wrong types", "POST", REGISTER, b'{"business_name": 1, "email": []}', JSON, 400),
    ("missing fields", "POST", REGISTER, b"{}", JSON, 400),
    ("an unknown field", "POST", REGISTER, json.dumps(business(admin=True)).encode(), JSON, 400),
    ("a control character", "POST", REGISTER, json.dumps(business(address="a\u0007")).encode(), JSON, 400),
    ("a body of 1 MB", "POST", REGISTER, b"x" * 1_000_000, JSON, 413),
    ("a body of 1 MB where none belongs", "GET", "/counter/big", b"x" * 1_000_000, JSON, 200),
    ("a body that is not UTF-8", "POST", REGISTER, b'{"business_name": "\xff\xfe"}', JSON, 400),
    ("half of a surrogate pair in a body", "POST", REGISTER, b'{"business_name": "\\ud800"}', JSON, 400),
    ("the bytes of one in a body", "POST", REGISTER, b'{"business_name": "\xed\xa0\x80"}', JSON, 400),
    ("the bytes of one in a query", "GET", "/api/items?search=%ed%a0%80", None, {}, 400),
    ("the bytes of one in a path", "GET", "/counter/%ed%a0%80", None, {}, 403),
    ("bytes that are not UTF-8 in a query", "GET", "/api/items?search=%ff", None, {}, 400),
    ("such bytes in a parameter that is ignored", "GET", "/health?utm=%ff", None, {}, 200),
    ("a form", "POST", REGISTER, b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ("an unknown path", "GET", "/wp-login.php", None, {}, 403),
    ("a wrong method", "PUT", "/counter", b"", {}, 403),
    ("a method that nobody knows", "BREW", "/counter", None, {}, 403),
    ("HEAD", "HEAD", "/counter", None, {}, 403),
    ("dot segments", "GET", "/counter/..", None, {}, 403),
    ("dot segments in front", "GET", "/../counter", None, {}, 403),
    ("encoded dot segments", "GET", "/counter/%2e%2e", None, {}, 403),
    ("an encoded slash", "GET", "/counter/a%2fb", None, {}, 403),
    ("an encoded null byte", "GET", "/counter/a%00b", None, {}, 403),
    ("an encoded line break", "GET", "/counter/a%0d%0ab", None, {}, 403),
    ("bytes that are not UTF-8", "GET", "/counter/%ff", None, {}, 403),
    ("two slashes too many", "GET", "/counter//", None, {}, 403),
    ("another case", "GET", "/Counter", None, {}, 403),
    ("a space in a name", "GET", "/counter/a%20b", None, {}, 400),
    ("a percent sign in a name", "GET", "/counter/100%25", None, {}, 400),
    ("an accent in a name", "GET", "/counter/caf%C3%A9", None, {}, 400),
    ("a name of 129 characters", "GET", "/counter/" + "a" * 129, None, {}, 400),
]


def test_a_field_with_an_underscore_in_its_name_is_not_the_one_with_a_hyphen(server: Shopkeeper) -> None:
    path, key = "/api/businesses/x/orders", "a" * 16
    for name, missed in (("Idempotency_Key", True), ("Idempotency-Key", False)):
        answer = send(server.url, "POST", path, b"{}", {**JSON, name: key})
        assert ("Idempotency-Key" in [error["field"] for error in answer.json["errors"]]) is missed


def test_several_fields_of_one_name_are_one_list(server: Shopkeeper) -> None:
    owner = Owner(server.url)
    item = owner.add()
    token = owner.tokens["access_token"]
    path = f"/api/items/{item['item_id']}"
    for versions, status in ((('"7"', '"8"'), "412"), (('"7"', '"1"', '"9"'), "204")):
        fields = "".join(f"If-Match: {version}\r\n" for version in versions)
        head = f"DELETE {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{fields}\r\n"
        assert send_raw(server.port, head.encode()).split()[1].decode() == status


def test_http_2_is_not_spoken(server: Shopkeeper) -> None:
    answer = send_raw(server.port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
    assert not answer.startswith(b"\0")
    assert send(server.url, "GET", "/health").status == 200


def test_slow_bodies_keep_no_other_body_out(server: Shopkeeper) -> None:
    head = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    try:
        for client in slow:
            client.sendall(head)
        answer = send(server.url, "POST", "/api/auth/login", b"{}", JSON)
        assert answer.status == 400
        assert len(answer.json["errors"]) == 2
    finally:
        for client in slow:
            client.close()


@pytest.mark.parametrize(("name", "method", "path", "body", "headers", "status"), BAD, ids=[case[0] for case in BAD])
def test_bad_input_is_a_clear_answer_in_the_declared_shape(
    server: Shopkeeper, name: str, method: str, path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    with Client(server.url) as client:
        answer = client.send(method, path, body, headers)
    assert answer.status == status
    assert_shape(answer, path, method)


def assert_shape(answer: Answer, path: str, method: str) -> None:
    """Assert that an answer has the one shape that its status and its function say."""
    if answer.status == 403:
        assert method == "HEAD" or answer.json == {"message": "Missing Authentication Token"}
        assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    elif answer.status >= 400 and path.startswith("/counter"):
        assert set(answer.json) == {"status", "message", "requestId"}
        assert answer.json["status"] == "error"
    elif answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"title", "status", "code", "detail", "requestId"} <= set(answer.json)


@pytest.mark.parametrize("name", ["about", "a.b_c~d-e", "a" * 128, "%61bout", "...", "~"])
def test_names_that_are_good(server: Shopkeeper, name: str) -> None:
    assert send(server.url, "GET", f"/counter/{name}").status == 200


def test_a_request_without_any_header(server: Shopkeeper) -> None:
    assert send_raw(server.port, b"GET /health HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200")
    answer = send_raw(server.port, b"POST /auth/register-business HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 415")


def test_a_refusal_arrives_although_the_body_is_still_on_its_way(server: Shopkeeper) -> None:
    """Who hangs up on unread bytes resets the connection, and its answer is lost."""
    head = b"POST /auth/register-business HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as peer:
        peer.sendall(head + b"Content-Length: 1000000\r\n\r\n")
        for _ in range(10):
            time.sleep(0.02)
            peer.sendall(b"x" * 100_000)
        assert peer.recv(65536).startswith(b"HTTP/1.1 413")


def test_a_null_byte_in_the_request_line(server: Shopkeeper) -> None:
    assert send_raw(server.port, b"GET /counter/\x00 HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_a_refused_registration_changes_nothing(site: Shopkeeper) -> None:
    mine = business()
    assert post_json(site.url, REGISTER, {**mine, "phone": "none"}).status == 400
    assert post_json(site.url, REGISTER, mine).status == 201


def test_one_log_line_with_its_metrics_for_each_request(server: Shopkeeper) -> None:
    agent = f"agent-{uuid.uuid4()}" + "x" * 200
    headers = {"User-Agent": agent, "Authorization": "Bearer sesame", "X-Forwarded-For": "203.0.113.9"}
    send(server.url, "GET", "/health")  # so that this is not the first request
    answer = send(server.url, "GET", "/counter/logged?token=sesame", headers=headers)
    identity = answer.headers["x-request-id"]
    lines = await_lines(server, identity)
    assert len(lines) == 1
    line = json.loads(lines[0])
    expected = {"requestId": identity, "path": "/counter/logged", "httpMethod": "GET", "status": 200}
    assert expected.items() <= line.items()
    assert line["userAgent"] == agent[:100]
    assert line["coldStart"] is False
    assert line["durationMs"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    assert "sesame" not in lines[0]
    assert "203.0.113.9" not in lines[0]
    assert "127.0.0.1" not in lines[0]
    directive = line["_aws"]["CloudWatchMetrics"][0]
    assert {metric["Name"] for metric in directive["Metrics"]} == {"RequestCount", "RequestLatency", "Visits"}
    assert directive["Dimensions"] == [["service", "stage"]]
    assert (line["RequestCount"], line["Visits"], line["stage"]) == (1, 1, "dev")


def await_lines(server: Shopkeeper, text: str) -> list[str]:
    """Return the log lines that hold `text`, once there are any."""
    for _ in range(1500):
        lines = [line for line in list(server.lines) if text in line]
        if lines:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"nothing was logged of {text}")


def test_only_the_first_request_is_a_cold_start(server: Shopkeeper) -> None:
    answer = send(server.url, "GET", "/health")
    await_lines(server, answer.headers["x-request-id"])
    lines = [json.loads(line) for line in list(server.lines) if '"message":"request"' in line]
    assert [line["coldStart"] for line in lines].count(True) == 1
    assert lines[0]["coldStart"] is True
    assert sum('"ColdStart":1' in line for line in list(server.lines)) == 1


def test_the_openapi_document_is_served_on_one_machine(server: Shopkeeper) -> None:
    answer = send(server.url, "GET", "/openapi.json")
    assert answer.status == 200
    assert answer.json["openapi"] == "3.1.0"
