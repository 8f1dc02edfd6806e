"""The visitor counter's types and errors."""

from typing import Annotated, Literal

import msgspec

from shopkeeper.http import ApiError, ErrorFormat, NotFound
from shopkeeper.http.fields import pattern

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


class CounterParameters(msgspec.Struct, frozen=True):
    """Which counter."""

    counter_id: CounterId


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
