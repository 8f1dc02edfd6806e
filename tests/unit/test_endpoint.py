"""What is declared on a handler, and which declarations are refused: before anything is served, by name."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.http import ETAG, Call, Content, Endpoint, Nothing, Reply, endpoint

ENDPOINTS = [one for function in FUNCTIONS for one in function.endpoints]


class Which(msgspec.Struct):
    thing_id: str
    if_match: str | None = msgspec.field(name="If-Match", default=None)


class Made(msgspec.Struct):
    name: str


class Other(msgspec.Struct):
    name: str


class Away(msgspec.Struct):
    why: str


Shelf = dict[str, Made]


@endpoint("PATCH /things/{thing_id}", headers=(ETAG,), responses={503: Away})
def change_one_thing(shelf: Shelf, call: Call[Which, Made]) -> Reply[Made | Other | Away]:
    """Change a thing, e.g. its name. The rest
    stays. So it is.
    """
    shelf[call.parameters.thing_id] = call.body
    return Reply(call.body)


def test_a_declaration_says_nothing_that_annotations_and_docstring_say() -> None:
    one = change_one_thing
    assert (one.method, one.path, one.operation_id) == ("PATCH", "/things/{thing_id}", "changeOneThing")
    assert (one.parameters, one.body, one.headers) == (Which, Made, (ETAG,))
    assert one.responses == {200: (Made, Other), 503: (Away,)}
    assert (one.success, one.takes_body, one.methods) == (200, True, ("PATCH",))


def test_the_summary_is_the_first_sentence_and_the_description_the_rest() -> None:
    @endpoint("GET /")
    def front(_: object, call: Call[Nothing, Nothing]) -> Reply[Made]:
        """Say what this is."""
        return Reply(Made(""))

    assert (front.summary, front.description) == ("Say what this is", "")
    change = change_one_thing
    assert change.summary == "Change a thing, e.g. its name"
    assert change.description == "The rest stays. So it is."


def test_a_reply_of_nothing_is_a_204_and_content_has_the_media_types_that_are_declared() -> None:
    @endpoint("DELETE /things/{thing_id}")
    def remove(_: object, call: Call[Which, Nothing]) -> Reply[Nothing]:
        """Remove."""
        return Reply(Nothing())

    @endpoint("GET /things.csv", media_types=("text/csv",))
    def export(_: object, call: Call[Nothing, Nothing]) -> Reply[Content]:
        """Export."""
        return Reply(Content("text/csv", b""))

    assert remove.responses == {204: (Nothing,)}
    assert export.responses == {200: (Content,)}
    assert (remove.methods, export.methods) == (("DELETE",), ("GET", "HEAD"))


def test_one_type_may_belong_to_the_success_and_to_another_status() -> None:
    @endpoint("GET /health", responses={503: Away})
    def check(_: object, call: Call[Nothing, Nothing]) -> Reply[Away]:
        """Check."""
        return Reply(Away(""))

    assert check.responses == {200: (Away,), 503: (Away,)}


def test_a_handler_that_is_made_for_several_bodies_is_declared_with_each() -> None:
    def made(kind: type[msgspec.Struct]) -> Endpoint[object]:
        def take(_: object, call: Call[Nothing, Any]) -> Reply[Nothing]:
            """Take."""
            return Reply(Nothing())

        return endpoint("POST /", body=kind)(take)

    assert [made(kind).body for kind in (Made, Away)] == [Made, Away]


def no_call(shelf: Shelf) -> Reply[Made]:
    raise NotImplementedError


def no_service(call: Call[Nothing, Nothing]) -> Reply[Made]:
    raise NotImplementedError


def bare_call(shelf: Shelf, call: Call) -> Reply[Made]:  # type: ignore[type-arg]
    raise NotImplementedError


def another_call(shelf: Shelf, call: Which) -> Reply[Made]:
    raise NotImplementedError


def no_reply(shelf: Shelf, call: Call[Nothing, Nothing]) -> Made:
    raise NotImplementedError


def no_annotation(shelf, call):  # type: ignore[no-untyped-def]
    raise NotImplementedError


def in_text(shelf: Shelf, call: "Call[Nothing, Nothing]") -> Reply[Made]:
    raise NotImplementedError


def replies_a_dictionary(shelf: Shelf, call: Call[Nothing, Nothing]) -> Reply[dict[str, str]]:
    raise NotImplementedError


def replies_perhaps(shelf: Shelf, call: Call[Nothing, Nothing]) -> Reply[Made | None]:
    raise NotImplementedError


def takes_a_text(shelf: Shelf, call: Call[Nothing, str]) -> Reply[Made]:
    raise NotImplementedError


def takes_parameters_of_a_text(shelf: Shelf, call: Call[Annotated[str, "x"], Nothing]) -> Reply[Made]:
    raise NotImplementedError


def takes_a_body(shelf: Shelf, call: Call[Nothing, Made]) -> Reply[Made]:
    raise NotImplementedError


def takes_anything(shelf: Shelf, call: Call[Nothing, Any]) -> Reply[Made]:
    raise NotImplementedError


def plain(shelf: Shelf, call: Call[Nothing, Nothing]) -> Reply[Made]:
    raise NotImplementedError


def gives_content(shelf: Shelf, call: Call[Nothing, Nothing]) -> Reply[Content]:
    raise NotImplementedError


def gives_content_or_more(shelf: Shelf, call: Call[Nothing, Nothing]) -> Reply[Content | Made]:
    raise NotImplementedError


REFUSED: list[tuple[Callable[..., Any], str, dict[str, Any], str]] = [
    (no_call, "GET /", {}, "must take a service and a Call"),
    (no_service, "GET /", {}, "must take a service and a Call"),
    (bare_call, "GET /", {}, "must take a service and a Call"),
    (another_call, "GET /", {}, "must take a service and a Call"),
    (no_annotation, "GET /", {}, "must take a service and a Call"),
    (in_text, "GET /", {}, "must take a service and a Call"),
    (no_reply, "GET /", {}, "must return a Reply"),
    (replies_a_dictionary, "GET /", {}, "names dict, which is not a msgspec.Struct"),
    (replies_perhaps, "GET /", {}, "names NoneType, which is not a msgspec.Struct"),
    (takes_a_text, "POST /", {}, "names str, which is not a msgspec.Struct"),
    (takes_parameters_of_a_text, "GET /", {}, "which is not a msgspec.Struct"),
    (takes_a_body, "GET /", {}, "takes a body, which a GET does not have"),
    (takes_a_body, "POST /", {"body": Made}, "needs the body's type either"),
    (takes_anything, "POST /", {}, "needs the body's type either"),
    (plain, "GET", {}, "is not a method and a path"),
    (plain, "BREW /", {}, "is not a method and a path"),
    (plain, "HEAD /", {}, "is not a method and a path"),
    (plain, "/things GET", {}, "is not a method and a path"),
    (plain, "GET things", {}, "is not a method and a path"),
    (plain, "GET /things/{thing_id}", {}, "has no parameter thing_id, which stands in its path"),
    (plain, "GET /", {"responses": {503: Away}}, "does not return Away"),
    (plain, "GET /", {"media_types": ("text/csv",)}, "must declare media types for Content"),
    (gives_content, "GET /", {}, "must declare media types for Content"),
    (gives_content_or_more, "GET /", {}, "must declare media types for Content"),
]


@pytest.mark.parametrize(("handler", "route", "more", "why"), REFUSED, ids=lambda part: getattr(part, "__name__", ""))
def test_a_declaration_that_does_not_fit_its_handler_is_refused_by_name(
    handler: Callable[..., Any], route: str, more: dict[str, Any], why: str
) -> None:
    with pytest.raises(TypeError, match=rf"^The handler {handler.__name__} .*\.$") as refused:
        endpoint(route, **more)(handler)
    assert why in str(refused.value)


def test_every_endpoint_has_a_summary_without_a_full_stop() -> None:
    for one in ENDPOINTS:
        assert one.summary
        assert not one.summary.endswith(".")
        assert one.summary[0].isupper()


def test_what_any_endpoint_may_raise_is_declared_by_none() -> None:
    for one in ENDPOINTS:
        implied = {"ServiceUnavailable", "InternalError", "InvalidInput", "MalformedBody", "Unauthenticated"}
        assert implied.isdisjoint(error.__name__ for error in one.errors)
