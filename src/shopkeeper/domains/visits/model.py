"""The visitor counter's types and errors."""

from typing import Annotated, Literal

import msgspec

from shopkeeper.http import ApiError, ErrorFormat, NotFound
from shopkeeper.http.constraints import pattern

SITE_COUNTER = "main_counter"
"""The counter of the site as a whole."""

SERVICE = "visitor-counter"

CounterId = Annotated[
    str,
    pattern(
        r"^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,128}$",
        must="must be 1 to 128 letters, digits, '.', '_', '~' or '-'",
        description="The name of a counter, for instance of a page",
        examples=["about"],
    ),
]


Key = Annotated[
    str,
    pattern(
        r"^(?!(?:status|timestamp|requestId)$)[A-Za-z][A-Za-z0-9 _-]{0,31}$",
        must="must be a letter and at most 31 letters, digits, ' ', '_' or '-', and no other field's name",
        description="A second name of the field `count`, as the page has it that reads it",
        examples=["visits"],
    ),
]
Label = Annotated[
    str,
    pattern(
        # XML 1.0, section 2.2, and nothing that turns the direction of text or does not show.
        r"^[^\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]{0,40}$",
        must="must be at most 40 characters that can be seen",
        description="What stands left of the number",
    ),
]
Color = Literal["blue", "green", "grey", "orange", "purple", "red"]


class SiteParameters(msgspec.Struct, frozen=True):
    """How the count is called."""

    key: Key | None = None


class BadgeParameters(msgspec.Struct, frozen=True):
    """How a badge looks."""

    label: Label = "visits"
    color: Color = "blue"


class CounterParameters(SiteParameters, frozen=True, kw_only=True):
    """Which counter, and how its count is called or looks."""

    counter_id: CounterId
    label: Label = "visits"
    color: Color = "blue"


class Visit(msgspec.Struct, frozen=True):
    """A counted visit: the count including it, and its time (RFC 3339)."""

    count: int
    timestamp: str


class CountedVisit(msgspec.Struct, frozen=True, kw_only=True):
    """The response to a counted visit."""

    count: int
    timestamp: str
    status: Literal["success"] = "success"
    request_id: str = msgspec.field(name="requestId")


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """A badge in the form that shields.io reads from an endpoint. It refuses any other field."""

    schema_version: Literal[1] = msgspec.field(name="schemaVersion", default=1)
    label: str
    message: str
    color: Color
    cache_seconds: int = msgspec.field(name="cacheSeconds")


class CounterHealthy(msgspec.Struct, frozen=True, kw_only=True):
    """The counter can be read. Its value is 0 if there was no visit yet."""

    status: Literal["healthy"] = "healthy"
    service: str = SERVICE
    database: Literal["connected"] = "connected"
    counter_value: int
    timestamp: str


class CounterUnhealthy(msgspec.Struct, frozen=True, kw_only=True):
    """The counter cannot be read. `error` contains no details."""

    status: Literal["unhealthy"] = "unhealthy"
    service: str = SERVICE
    database: Literal["error"] = "error"
    error: Annotated[str, msgspec.Meta(max_length=100)]
    timestamp: str


class UnknownCounter(NotFound):
    """There is no counter of that name."""

    code = "unknown_counter"


class VisitError(msgspec.Struct, frozen=True, kw_only=True):
    """An error of the visitor counter, in its original format."""

    status: Literal["error"] = "error"
    message: str
    request_id: str = msgspec.field(name="requestId")


def _render(error: ApiError, request_id: str) -> VisitError:
    message = "Unable to process request. Please try again." if error.status >= 500 else error.detail
    return VisitError(message=message, request_id=request_id)


VISIT_ERRORS = ErrorFormat(
    content_type="application/json",
    schema=VisitError,
    status=lambda kind: min(kind.status, 500),
    render=_render,
)
"""The error format of the original counter. A visit that cannot be counted is always a 500."""
