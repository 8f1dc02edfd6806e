"""Replies in a media type of their own: their header fields, and what Lambda is answered for each kind of event."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.http import (
    PROBLEM_JSON,
    Application,
    Call,
    Content,
    CorsPolicy,
    InternalError,
    NotFound,
    Nothing,
    Reply,
    Request,
    Response,
    Route,
    ServiceUnavailable,
    endpoint,
)
from shopkeeper.runtime.lambda_.answers import MOST_BYTES, Answer, answered, is_text
from shopkeeper.runtime.lambda_.balancer import MOST_BYTES as MOST_OF_A_BALANCER
from shopkeeper.runtime.lambda_.events import read_http
from tests.support.application import whole
from tests.unit.test_lambda import proxy
from tests.unit.test_lambda_events import balancer, http_api

GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00"

Make = Callable[[], Reply[Content]]


@endpoint("GET /content", media_types=("text/plain",))
def show(make: Make, call: Call[Nothing, Nothing]) -> Reply[Content]:
    """Show what a test made."""
    return make()


def serving(make: Make) -> Application:
    def translate(error: Exception) -> NotFound | ServiceUnavailable | InternalError:
        return ServiceUnavailable() if isinstance(error, ConnectionError) else InternalError()

    return Application([Route(show, make, PROBLEM_JSON)], CorsPolicy(("https://shop.example",)), translate)


def handled(make: Make, method: str = "GET") -> Response:
    return serving(make).handle(Request(method, "/content", ("content",), "id"))


def of(media_type: str, body: bytes | Iterator[bytes], **headers: str) -> Make:
    own = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: Reply(Content(media_type, body), headers=own, metrics={"Shown": 1})


def test_content_has_its_media_type_and_the_common_header_fields() -> None:
    response = handled(of("image/gif", GIF))
    assert (response.status, response.body, response.metrics) == (200, GIF, {"Shown": 1})
    assert response.headers["Content-Type"] == "image/gif"
    assert response.headers["Cache-Control"] == "no-cache, no-store, must-revalidate"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Vary"] == "Origin"


def test_a_reply_may_have_a_cache_control_and_other_fields_of_its_own() -> None:
    response = handled(of("text/css", b"", Cache_Control="public, max-age=60", Content_Disposition="inline"))
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert response.headers["Content-Disposition"] == "inline"
    assert len({name.lower() for name in response.headers}) == len(response.headers)


def test_a_vary_of_its_own_comes_beside_that_of_cors() -> None:
    response = handled(of("text/css", b"", Vary="Accept-Language"))
    assert response.headers["Vary"] == "Origin, Accept-Language"


def test_an_iterator_is_handed_on_unread() -> None:
    def pieces() -> Iterator[bytes]:
        raise AssertionError("nobody asked for a piece")
        yield b""

    assert handled(of("text/csv", pieces())).body.__class__.__name__ == "generator"


def balanced(method: str, path: str, **headers: Any) -> dict[str, Any]:
    return {**balancer(path, **headers), "httpMethod": method}


EVENTS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "a REST API": proxy,
    "an HTTP API": http_api,
    "a load balancer": lambda method, path: balanced(method, path, headers={"host": "a"}),
    "a load balancer with lists": lambda method, path: balanced(method, path, multiValueHeaders={"host": ["a"]}),
    "a direct call": lambda method, path: {"path": path, "httpMethod": method},
}
"""Every kind of event that is a request."""


def asked(make: Make, event: dict[str, Any]) -> tuple[Response, Answer]:
    read = read_http(event)
    assert read is not None
    return answered(serving(make), read, read.request("/", "id"))


def fields(answer: Answer) -> dict[str, str]:
    """Return the header fields of an answer in either form."""
    several = answer.get("multiValueHeaders", {})
    return dict(answer.get("headers", {})) | {name: value for name, (value,) in several.items()}


BODIES: list[tuple[str, bytes, bool]] = [
    # media type, body, whether it is sent as base64
    ("text/plain", b"a", False),
    ("text/csv; charset=utf-8", "é\n".encode(), False),
    ("TEXT/HTML", b"<p>", False),
    ("text/plain; charset=iso-8859-1", b"\xe9", True),
    ("application/json", b"{}", False),
    ("application/problem+json", b"{}", False),
    ("application/xml", b"<a/>", False),
    ("image/svg+xml", b"<svg/>", False),
    ("application/javascript", b"1", False),
    ("text/javascript; charset=utf-8", b"1", False),
    ("application/json", b"\xff", True),
    ("image/gif", GIF, True),
    ("image/png", b"ascii", True),
    ("application/octet-stream", b"a", True),
    ("application/jsonlines", b"{}", True),
    ("application/pdf", "é".encode(), True),
    ("", b"a", True),
    ("image/gif", b"", False),
]


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize(("media_type", "body", "encoded"), BODIES, ids=lambda part: str(part)[:20])
def test_lambda_is_answered_text_as_it_is_and_all_else_as_base64(
    kind: str, media_type: str, body: bytes, encoded: bool
) -> None:
    for sent in (body, iter([body[:1], b"", body[1:]])):
        response, answer = asked(of(media_type, sent), EVENTS[kind]("GET", "/content"))
        assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, encoded)
        assert (b64decode(answer["body"]) if encoded else answer["body"].encode()) == body
        assert fields(answer)["Content-Type"] == media_type
        assert response.metrics == {"Shown": 1}


@given(st.binary(max_size=200), st.sampled_from([media_type for media_type, _, _ in BODIES]))
def test_any_body_of_any_type_arrives_as_it_is(body: bytes, media_type: str) -> None:
    _, answer = asked(of(media_type, body), EVENTS["a REST API"]("GET", "/content"))
    sent = json.loads(json.dumps(answer))
    assert (b64decode(sent["body"]) if sent["isBase64Encoded"] else sent["body"].encode()) == body
    assert not sent["isBase64Encoded"] or not is_text(media_type) or not body.isascii()


def closing(pieces: Iterator[bytes], closed: list[bool]) -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        closed.append(True)


def without_end() -> Iterator[bytes]:
    while True:
        yield b"x" * 100_000


LARGEST = {
    "a REST API": MOST_BYTES,
    "an HTTP API": MOST_BYTES,
    "a load balancer": MOST_OF_A_BALANCER,
    "a load balancer with lists": MOST_OF_A_BALANCER,
    "a direct call": MOST_BYTES,
}


@pytest.mark.parametrize("kind", EVENTS)
def test_what_is_larger_than_lambda_takes_is_a_500_that_is_logged(kind: str) -> None:
    most = LARGEST[kind]
    for media_type, body in [
        ("text/plain", b"x" * (most + 1)),
        ("text/plain", b"\0" * (most // 5)),
        ("text/plain", b'"' * (most // 2)),
        ("image/gif", b"x" * (most // 4 * 3)),
    ]:
        response, answer = asked(of(media_type, body), EVENTS[kind]("GET", "/content"))
        assert (response.status, answer["statusCode"]) == (500, 500)
        assert str(most) in str(response.error)
        assert json.loads(answer["body"])["code"] == "internal_error"
        assert fields(answer)["Content-Type"] == "application/problem+json"
        assert response.metrics == {"Shown": 1}, "what was done was done"


@pytest.mark.parametrize("kind", EVENTS)
def test_what_fits_is_sent_and_is_not_larger_than_lambda_takes(kind: str) -> None:
    most = LARGEST[kind]
    for media_type, body in [
        ("text/plain", b"x" * (most - 1000)),
        ("text/plain", "é".encode() * (most // 2 - 500)),
        ("image/gif", b"x" * ((most - 1000) // 4 * 3)),
    ]:
        response, answer = asked(of(media_type, body), EVENTS[kind]("GET", "/content"))
        assert (response.status, response.error) == (200, None)
        assert len(json.dumps(answer, ensure_ascii=False).encode()) <= most + 4096


@pytest.mark.parametrize("kind", EVENTS)
def test_an_iterator_without_an_end_is_closed_and_is_a_500(kind: str) -> None:
    closed: list[bool] = []
    response, answer = asked(of("text/csv", closing(without_end(), closed)), EVENTS[kind]("GET", "/content"))
    assert (response.status, answer["statusCode"], closed) == (500, 500, [True])


class Lost(ConnectionError):
    """What a store would raise."""


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize(
    ("error", "status", "code", "logged"),
    [
        (Lost("of table secrets"), 503, "service_unavailable", True),
        (KeyError("secret"), 500, "internal_error", True),
        (NotFound("There is none."), 404, "not_found", False),
    ],
    ids=str,
)
def test_an_iterator_that_fails_is_an_error_like_any_other(
    kind: str, error: Exception, status: int, code: str, logged: bool
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise error

    closed: list[bool] = []
    response, answer = asked(of("text/csv", closing(pieces(), closed)), EVENTS[kind]("GET", "/content"))
    assert (response.status, answer["statusCode"], closed) == (status, status, [True])
    assert json.loads(answer["body"])["code"] == code
    assert "secret" not in answer["body"]
    assert response.error is (error if logged else None)
    assert ("Retry-After" in fields(answer)) is (status == 503)


@pytest.mark.parametrize("kind", EVENTS)
def test_the_head_of_an_iterator_is_known_without_a_piece(kind: str) -> None:
    asked_for: list[bool] = []

    def pieces() -> Iterator[bytes]:
        asked_for.append(True)
        yield b"a"

    response, answer = asked(of("text/csv", pieces()), EVENTS[kind]("HEAD", "/content"))
    assert (answer["statusCode"], answer["body"], answer["isBase64Encoded"], asked_for) == (200, "", False, [])
    assert fields(answer)["Content-Type"] == "text/csv"
    assert "Content-Length" not in fields(answer)
    assert response.metrics == {}


def test_the_head_of_bytes_tells_their_length_where_no_gateway_does() -> None:
    response = handled(of("image/gif", GIF), "HEAD")
    assert (whole(response), response.headers["Content-Length"]) == (b"", str(len(GIF)))
    for event in EVENTS.values():
        _, answer = asked(of("image/gif", GIF), event("HEAD", "/content"))
        assert "Content-Length" not in fields(answer)
        assert (answer["body"], answer["isBase64Encoded"]) == ("", False)


def test_content_and_structs_are_told_apart_by_type_alone() -> None:
    class Shown(msgspec.Struct):
        media_type: str
        body: str

    @endpoint("GET /content")
    def struct(_: object, call: Call[Nothing, Nothing]) -> Reply[Shown]:
        """Show a struct that looks like Content."""
        return Reply(Shown("text/plain", "a"))

    app = Application([Route(struct, None, PROBLEM_JSON)], CorsPolicy(), lambda _: InternalError())
    response = app.handle(Request("GET", "/content", ("content",), "id"))
    assert response.headers["Content-Type"] == "application/json"
    assert response.body == b'{"media_type":"text/plain","body":"a"}'
