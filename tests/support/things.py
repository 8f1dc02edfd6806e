"""A small application made for tests of the sans-IO layer: things that are shown and made."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from shopkeeper.http import (
    LOCATION,
    PROBLEM_JSON,
    Application,
    Call,
    Conflict,
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
    split_path,
)
from shopkeeper.http.constraints import pattern, text
from tests.support.application import whole

ORIGIN = "https://shop.example"
REQUEST_ID = "0b2f1a52-6d3c-4f0e-9a3e-2f4f6f1c7a11"


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    item: Annotated[str, text(10)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10)]


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[str, text(10)]
    code: Annotated[str, pattern("^[A-Z]{2}$", must="must be two capital letters")] | None = None
    lines: list[Line] = []


class Search(msgspec.Struct, frozen=True):
    thing_id: Annotated[str, pattern("^[a-z]+$", must="must be small letters")]
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    search: str | None = None


class Shown(msgspec.Struct):
    what: Any


class Outage(Exception):
    """What a store would raise."""


class Taken(Conflict):
    code = "taken"


@endpoint("GET /things/{thing_id}")
def show(_: object, call: Call[Search, Nothing]) -> Reply[Shown]:
    """Show a thing. There are many."""
    return Reply(Shown([call.parameters.thing_id, call.parameters.limit, call.parameters.search]))


@endpoint("POST /things", status=201, headers=(LOCATION,), errors=(Taken, NotFound))
def make(_: object, call: Call[Nothing, Thing]) -> Reply[Shown]:
    """Make a thing."""
    failures: dict[str, Exception] = {
        "outage": Outage("the table secrets-prod is away"),
        "bug": KeyError("secret"),
        "taken": Taken("It is taken."),
        "nowhere": NotFound("There is none."),
    }
    if call.body.name in failures:
        raise failures[call.body.name]
    return Reply(Shown(call.body), headers={"Location": "/things/1"}, metrics={"Things": 1})


@endpoint("GET /")
def unencodable(_: object, call: Call[Nothing, Nothing]) -> Reply[Shown]:
    """Return what JSON cannot hold."""
    return Reply(Shown(object()))


@endpoint("GET /things/all", safe=False)
def things_root(_: object, call: Call[Nothing, Nothing]) -> Reply[Shown]:
    """Return a literal, and change something."""
    return Reply(Shown("literal"), metrics={"Things": 1})


ENDPOINTS = (show, make, things_root, unencodable)
APP = Application(
    [Route(one, None, PROBLEM_JSON) for one in ENDPOINTS],
    CorsPolicy((ORIGIN, "https://www.shop.example")),
    lambda error: ServiceUnavailable() if isinstance(error, Outage) else InternalError(),
)


def ask(
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    query: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Response:
    segments = split_path(path)
    return APP.handle(Request(method, path, segments, REQUEST_ID, headers=headers or {}, query=query or {}, body=body))


def post(body: bytes | object, content_type: str = "application/json", origin: str = ORIGIN) -> Response:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return ask("POST", "/things", {"content-type": content_type, "origin": origin}, body=raw)


def content(response: Response) -> Any:
    return msgspec.json.decode(whole(response))
