"""An endpoint that is on its way out says so in its answers and in the document, and any other does not."""

from datetime import date

from shopkeeper.http import (
    PROBLEM_JSON,
    Application,
    Call,
    CorsPolicy,
    InternalError,
    NotFound,
    Nothing,
    Reply,
    Request,
    Response,
    Route,
    endpoint,
)
from shopkeeper.http.deprecation import Deprecation
from shopkeeper.http.openapi import Described, Words, document
from tests.support.things import Thing


@endpoint("GET /old", deprecated=Deprecation(date(2026, 11, 21), sunset=date(2027, 1, 1)), errors=(NotFound,))
def show_old(there: bool, _: Call[Nothing, Nothing]) -> Reply[Thing]:
    """Show what is old."""
    if not there:
        raise NotFound("It is gone.")
    return Reply(Thing(name="old"))


@endpoint("GET /older", deprecated=Deprecation(date(2026, 11, 21)))
def show_older(_: bool, __: Call[Nothing, Nothing]) -> Reply[Thing]:
    """Show what is older."""
    return Reply(Thing(name="older"))


@endpoint("GET /new")
def show_new(_: bool, __: Call[Nothing, Nothing]) -> Reply[Thing]:
    """Show what is new."""
    return Reply(Thing(name="new"))


ENDPOINTS = (show_old, show_older, show_new)


def asked(path: str, *, there: bool = True) -> Response:
    routes = [Route(one, there, PROBLEM_JSON) for one in ENDPOINTS]
    return Application(routes, CorsPolicy(), lambda _: InternalError()).handle(
        Request("GET", f"/{path}", (path,), "id")
    )


def test_a_success_carries_deprecation_and_sunset_in_the_form_of_their_rfcs() -> None:
    headers = asked("old").headers
    assert headers["Deprecation"] == "@1795219200"  # RFC 9745: 2026-11-21T00:00:00Z
    assert headers["Sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"  # RFC 8594, with a date of RFC 9110
    assert "Sunset" not in asked("older").headers


def test_what_is_not_deprecated_says_nothing() -> None:
    assert {"Deprecation", "Sunset"}.isdisjoint(asked("new").headers)
    assert {"Deprecation", "Sunset"}.isdisjoint(asked("old", there=False).headers)


def test_the_document_says_it_too() -> None:
    words = Words(title="T", version="1", description="D")
    paths = document(words, [Described(one, PROBLEM_JSON) for one in ENDPOINTS])["paths"]
    old, older, new = (paths[path]["get"] for path in ("/old", "/older", "/new"))
    assert (old["deprecated"], old["x-sunset"]) == (True, "2027-01-01")
    assert {"Deprecation", "Sunset"} <= set(old["responses"]["200"]["headers"])
    assert older["deprecated"] is True
    assert "Sunset" not in {**older, **older["responses"]["200"]["headers"]}
    assert "deprecated" not in new
    assert paths["/old"]["head"]["deprecated"] is True
