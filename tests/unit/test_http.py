"""The sans-IO application: validation and the shapes of answers and errors, by an application made for it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.application import whole
from tests.support.things import ORIGIN, REQUEST_ID, ask, content, post


def test_a_good_request_is_answered_with_every_common_header() -> None:
    response = post({"name": " a thing ", "lines": [{"item": "x", "quantity": 1}]})
    assert response.status == 201
    assert content(response)["what"] == {"name": "a thing", "code": None, "lines": [{"item": "x", "quantity": 1}]}
    assert response.headers == {
        "Content-Type": "application/json",
        "Cache-Control": "no-cache, no-store, must-revalidate",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": REQUEST_ID,
        "Vary": "Origin",
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Allow-Methods": "POST, OPTIONS",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, Idempotency-Key, Order-Token",
        "Access-Control-Expose-Headers": "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id",
        "Location": "/things/1",
    }
    assert response.metrics == {"Things": 1}


def test_parameters_come_from_path_and_query_and_unknown_ones_are_ignored() -> None:
    response = ask("GET", "/things/abc", query={"limit": "20", "search": "é", "utm": "x", "thing_id": "other"})
    assert content(response)["what"] == ["abc", 20, "é"]
    assert content(ask("GET", "/things/abc"))["what"] == ["abc", 10, None]


REFUSED_BODIES: list[tuple[str, bytes, str, int, str, list[str]]] = [
    # name, body, content type, status, code, fields
    ("no JSON", b"nope", "application/json", 400, "malformed_body", []),
    ("nothing", b"", "application/json", 400, "malformed_body", []),
    ("half", b'{"name":', "application/json", 400, "malformed_body", []),
    ("not UTF-8", b'{"name": "\xff"}', "application/json", 400, "malformed_body", []),
    ("half a surrogate pair", b'{"name": "\\ud800"}', "application/json", 400, "malformed_body", []),
    ("a byte order mark", b'\xef\xbb\xbf{"name": "a"}', "application/json", 400, "malformed_body", []),
    ("NaN", b'{"name": NaN}', "application/json", 400, "malformed_body", []),
    ("nested too deeply", b"[" * 60_000, "application/json", 400, "malformed_body", []),
    ("objects nested too deeply", b'{"a":' * 10_000, "application/json", 400, "malformed_body", []),
    ("33 levels", b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "application/json", 400, "malformed_body", []),
    ("900 levels", b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", "application/json", 400, "malformed_body", []),
    ("32,000 levels", b'{"a":' + b"[" * 32_000 + b"]" * 32_000 + b"}", "application/json", 400, "malformed_body", []),
    ("brackets in a text", b'{"name": "' + b"[" * 100 + b'"}', "application/json", 400, "invalid_input", ["name"]),
    ("a list", b"[]", "application/json", 400, "malformed_body", []),
    ("text", b'"name"', "application/json", 400, "malformed_body", []),
    ("too large", b'{"name": "' + b"x" * 65_536 + b'"}', "application/json", 413, "content_too_large", []),
    ("a form", b"name=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type", []),
    ("no content type", b'{"name": "a"}', "", 415, "unsupported_media_type", []),
    ("almost JSON", b'{"name": "a"}', "application/jsonp", 415, "unsupported_media_type", []),
    ("no name", b"{}", "application/json", 400, "invalid_input", ["name"]),
    ("a null", b'{"name": null}', "application/json", 400, "invalid_input", ["name"]),
    ("a number", b'{"name": 1}', "application/json", 400, "invalid_input", ["name"]),
    ("spaces", b'{"name": "   "}', "application/json", 400, "invalid_input", ["name"]),
    ("too long", b'{"name": "12345678901"}', "application/json", 400, "invalid_input", ["name"]),
    ("a line break at the end", b'{"name": "a\\n"}', "application/json", 400, "invalid_input", ["name"]),
    ("a null character", b'{"name": "a\\u0000b"}', "application/json", 400, "invalid_input", ["name"]),
    ("a C1 control character", '{"name": "a\u0085b"}'.encode(), "application/json", 400, "invalid_input", ["name"]),
    ("an unknown field", b'{"name": "a", "admin": true}', "application/json", 400, "invalid_input", ["admin"]),
    ("a bad code", b'{"name": "a", "code": "x"}', "application/json", 400, "invalid_input", ["code"]),
    (
        "several faults at once",
        b'{"code": "\\u0007", "x": 1, "lines": 3}',
        "application/json",
        400,
        "invalid_input",
        ["code", "x", "name", "lines"],
    ),
    (
        "a fault within a list",
        b'{"name": "a", "lines": [{"item": "x", "quantity": 0}]}',
        "application/json",
        400,
        "invalid_input",
        ["lines[0].quantity"],
    ),
    (
        "a control character within a list",
        b'{"name": "a", "lines": [{"item": "x\\u0000", "quantity": 1}]}',
        "application/json",
        400,
        "invalid_input",
        ["lines[0].item"],
    ),
]


@pytest.mark.parametrize(
    ("name", "body", "content_type", "status", "code", "fields"),
    REFUSED_BODIES,
    ids=[case[0] for case in REFUSED_BODIES],
)
def test_a_body_that_is_refused(
    name: str, body: bytes, content_type: str, status: int, code: str, fields: list[str]
) -> None:
    response = post(body, content_type)
    problem = content(response)
    assert (response.status, problem["code"]) == (status, code)
    assert [error["field"] for error in problem.get("errors", [])] == fields
    assert response.error is None, "the caller's fault is not the operator's"


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", " application/json ;"])
def test_json_by_any_spelling_of_its_name(content_type: str) -> None:
    assert post({"name": "a"}, content_type).status == 201


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "ten"}, {"limit": "1.5"}, {"limit": ""}])
def test_a_parameter_that_is_refused_is_named(query: dict[str, str]) -> None:
    response = ask("GET", "/things/abc", query=query)
    assert response.status == 400
    assert [error["field"] for error in content(response)["errors"]] == ["limit"]


def test_a_person_is_told_what_a_pattern_means() -> None:
    assert content(ask("GET", "/things/ABC"))["errors"] == [{"field": "thing_id", "message": "must be small letters"}]


THE_SHAPE = {"title": str, "status": int, "code": str, "detail": str, "requestId": str}

EVERY_ERROR = [
    (b"nope", 400),
    (b"{}", 400),
    (b"x" * 70_000, 413),
    (b'{"name": "taken"}', 409),
    (b'{"name": "nowhere"}', 404),
    (b'{"name": "outage"}', 503),
    (b'{"name": "bug"}', 500),
]


@pytest.mark.parametrize(("body", "status"), EVERY_ERROR)
def test_every_error_has_the_one_shape(body: bytes, status: int) -> None:
    response = post(body)
    problem = content(response)
    errors = problem.pop("errors", None)
    assert {name: type(value) for name, value in problem.items()} == THE_SHAPE
    assert errors is None or all(set(error) == {"field", "message"} for error in errors)
    assert response.status == problem["status"] == status
    assert problem["requestId"] == response.headers["X-Request-Id"] == REQUEST_ID
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert ("Retry-After" in response.headers) == (status == 503)


@pytest.mark.parametrize("name", ["outage", "bug"])
def test_what_went_wrong_inside_is_for_the_operator_alone(name: str) -> None:
    response = post({"name": name})
    assert b"secret" not in whole(response)
    assert "secret" in str(response.error)


def test_an_answer_that_cannot_be_written_is_a_fault_of_ours() -> None:
    response = ask("GET", "/")
    assert (response.status, content(response)["code"]) == (500, "internal_error")
    assert isinstance(response.error, TypeError)


@given(st.binary(max_size=300))
def test_no_body_whatever_is_a_fault_of_ours(body: bytes) -> None:
    assert post(body).status in (201, 400)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["name", "code", "lines"]), inner),
)


@given(JSON)
def test_no_json_whatever_is_a_fault_of_ours(value: object) -> None:
    response = post(msgspec.json.encode(value))
    assert response.status in (201, 400)
    content(response)
