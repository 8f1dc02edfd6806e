"""Everything that an endpoint may answer instead of its result, as one tree.

    ApiError
    ├── BadRequest                400  bad_request
    │   ├── MalformedBody         400  malformed_body
    │   └── InvalidInput          400  invalid_input, with `errors`
    ├── Unauthenticated           401  unauthenticated, with `WWW-Authenticate`
    ├── Forbidden                 403  forbidden
    ├── NotFound                  404  not_found
    ├── MethodNotAllowed          405  method_not_allowed, with `Allow`
    ├── RequestTimeout            408  request_timeout
    ├── Conflict                  409  conflict
    ├── PreconditionFailed        412  precondition_failed
    ├── Gone                      410  gone
    ├── ContentTooLarge           413  content_too_large
    ├── TargetTooLong             414  target_too_long
    ├── UnsupportedMediaType      415  unsupported_media_type
    ├── Unprocessable             422  unprocessable
    ├── PreconditionRequired      428  precondition_required
    ├── TooManyRequests           429  too_many_requests, with `Retry-After`
    │   └── RateLimited           429  rate_limited, with `RateLimit` and `RateLimit-Policy` too
    ├── HeaderTooLarge            431  header_too_large
    ├── InternalError             500  internal_error
    ├── CodingNotKnown            501  coding_not_known
    ├── MethodNotKnown            501  method_not_known
    └── ServiceUnavailable        503  service_unavailable, with `Retry-After`
        └── ServerBusy            503  server_busy, with `Retry-After`

Domains raise these or subclasses of theirs with a code of their own. Those whose detail is always the same derive from
`FixedError`. How one looks on the wire is
decided by an `ErrorFormat`, once for each function.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

import msgspec

from shopkeeper.http.headers import (
    ALLOW,
    RATE_LIMIT,
    RATE_LIMIT_POLICY,
    RETRY_AFTER,
    WWW_AUTHENTICATE,
    HeaderField,
)


class ApiError(Exception):
    """An answer other than success. `detail` is read by the caller and carries no internals."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal Server Error"
    sends: ClassVar[tuple[HeaderField, ...]] = ()
    tells: ClassVar[tuple[str, ...]] = ()
    may_tell: ClassVar[tuple[str, ...]] = ()
    """The properties that the answer has beside those of all errors: always, and sometimes. `Problem` declares them."""

    def __init__(self, detail: str, **facts: str | int) -> None:
        """`facts` stand in the answer beside the detail, for programs: those that `Problem` declares."""
        super().__init__(detail)
        self.detail = detail
        self.facts = facts

    @property
    def headers(self) -> Mapping[str, str]:
        """The values of the header fields that this error `sends`."""
        return {}


class FixedError(ApiError):
    """An answer whose detail is always the same, its `reason`."""

    reason: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.reason)


class BadRequest(ApiError):
    """The request is not what the endpoint's types say."""

    status, code, title = 400, "bad_request", "Bad Request"


class MalformedBody(BadRequest):
    """The body is not a JSON object. `problem` says why, like "is not valid JSON in UTF-8"."""

    code = "malformed_body"

    def __init__(self, problem: str) -> None:
        super().__init__(f"The body {problem}.")
        self.problem = problem


class FieldError(msgspec.Struct, frozen=True):
    """One thing that is wrong with one field; nested fields are named like `lines[0].quantity`."""

    field: str
    message: str


class InvalidInput(BadRequest):
    """Fields are missing, unknown or invalid; every one of them is named."""

    code = "invalid_input"
    tells: ClassVar[tuple[str, ...]] = ("errors",)

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field} {error.message}" for error in errors))
        self.errors = errors


class Unauthenticated(ApiError):
    """The caller is not who the endpoint needs, or does not say who they are."""

    status, code, title = 401, "unauthenticated", "Unauthorized"
    sends = (WWW_AUTHENTICATE,)

    @property
    def headers(self) -> Mapping[str, str]:
        """`WWW-Authenticate`, as RFC 6750 has it for bearer tokens."""
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(ApiError):
    """The caller is known, and may not do this."""

    status, code, title = 403, "forbidden", "Forbidden"


class NotFound(ApiError):
    """There is no such thing, or not for this caller."""

    status, code, title = 404, "not_found", "Not Found"


class MethodNotAllowed(ApiError):
    """The path has other methods (RFC 9110, section 15.5.6)."""

    status, code, title = 405, "method_not_allowed", "Method Not Allowed"
    sends = (ALLOW,)

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(allowed)
        super().__init__(f"This path has the methods {self.allowed}.")

    @property
    def headers(self) -> Mapping[str, str]:
        """`Allow`, with every method that is answered."""
        return {"Allow": self.allowed}


class Conflict(ApiError):
    """The request is well formed, but something that exists stands in its way."""

    status, code, title = 409, "conflict", "Conflict"


class PreconditionFailed(ApiError):
    """The resource is not in the version that `If-Match` names."""

    status, code, title = 412, "precondition_failed", "Precondition Failed"


class PreconditionRequired(ApiError):
    """The request must say with `If-Match` which version it means."""

    status, code, title = 428, "precondition_required", "Precondition Required"


class Gone(ApiError):
    """What is asked for was here, and is not any more."""

    status, code, title = 410, "gone", "Gone"


class Unprocessable(ApiError):
    """The request is well formed, but cannot be done."""

    status, code, title = 422, "unprocessable", "Unprocessable Content"


class ContentTooLarge(ApiError):
    """The body is larger than any endpoint takes."""

    status, code, title = 413, "content_too_large", "Content Too Large"


class UnsupportedMediaType(ApiError):
    """The body is not announced as JSON."""

    status, code, title = 415, "unsupported_media_type", "Unsupported Media Type"


class TooManyRequests(ApiError):
    """The caller must wait; `retry_after_seconds` says how long."""

    status, code, title = 429, "too_many_requests", "Too Many Requests"
    sends: ClassVar[tuple[HeaderField, ...]] = (RETRY_AFTER,)

    def __init__(self, detail: str, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After`, in seconds."""
        return {"Retry-After": str(self.retry_after_seconds)}


class RateLimited(TooManyRequests):
    """The client sent more requests than a rate limit allows. This one was not executed."""

    code = "rate_limited"
    sends = (RETRY_AFTER, RATE_LIMIT, RATE_LIMIT_POLICY)

    def __init__(self, retry_after_seconds: int, fields: Mapping[str, str]) -> None:
        """`fields` are the header fields of the limit."""
        super().__init__("There were too many requests. Please wait.", retry_after_seconds)
        self._fields = fields

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After`, and the fields that name the limit."""
        return {**super().headers, **self._fields}


class RequestTimeout(FixedError):
    """The request was not complete in time."""

    status, code, title = 408, "request_timeout", "Request Timeout"
    reason = "The request did not arrive in time."


class HeaderTooLarge(FixedError):
    """The header has more bytes or fields than the server takes (RFC 6585, section 5)."""

    status, code, title = 431, "header_too_large", "Request Header Fields Too Large"
    reason = "The header of the request is too large."


class TargetTooLong(FixedError):
    """The path and the query are longer than the server takes (RFC 9110, section 15.5.15)."""

    status, code, title = 414, "target_too_long", "URI Too Long"
    reason = "The path and the query are too long."


class CodingNotKnown(FixedError):
    """The body has another transfer coding than chunked (RFC 9112, section 6.1)."""

    status, code, title = 501, "coding_not_known", "Not Implemented"
    reason = "The body may be sent in chunks, and in no other transfer coding."


class MethodNotKnown(FixedError):
    """The server knows no such method (RFC 9110, section 15.6.2)."""

    status, code, title = 501, "method_not_known", "Not Implemented"
    reason = "The server knows no such method."


class InternalError(FixedError):
    """An error in the server. Its cause is in the log under the request's id."""

    reason = "Something went wrong on our side."


class ServiceUnavailable(FixedError):
    """The request cannot be served now. Nothing was lost, and the same request may succeed soon."""

    status, code, title = 503, "service_unavailable", "Service Unavailable"
    sends = (RETRY_AFTER,)
    retry_after_seconds = 1
    reason = "The service cannot reach its data right now. Please try again."

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After`, in seconds (RFC 9110, section 10.2.3)."""
        return {"Retry-After": str(self.retry_after_seconds)}


class ServerBusy(ServiceUnavailable):
    """Too much work of this kind is waiting. The request was not begun."""

    code = "server_busy"
    reason = "The service is too busy right now. Please try again."


class ErrorFormat(msgspec.Struct, frozen=True):
    """How a function writes its errors.

    `status` and `render` take the error (and the request's id) and give the status code and the body;
    `schema` is the body's type, for the OpenAPI document.
    """

    content_type: str
    schema: type[msgspec.Struct]
    status: Callable[[type[ApiError]], int]
    render: Callable[[ApiError, str], msgspec.Struct]


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as RFC 9457 describes it, with a stable `code` and the id under which the log has the rest."""

    title: str
    status: int
    code: str
    detail: str
    request_id: str = msgspec.field(name="requestId")
    errors: list[FieldError] | None = None
    item_id: str | None = None
    order_status: str | None = None
    total_minor: int | None = None
    opens_at: str | None = None
    paused_until: str | None = None
    oldest: int | None = None
    newest: int | None = None


def _problem(error: ApiError, request_id: str) -> Problem:
    return Problem(
        title=error.title,
        status=error.status,
        code=error.code,
        detail=error.detail,
        request_id=request_id,
        errors=error.errors if isinstance(error, InvalidInput) else None,
        **error.facts,  # type: ignore[arg-type]  # a fact is one of the optional fields
    )


PROBLEM_JSON = ErrorFormat(
    content_type="application/problem+json",
    schema=Problem,
    status=lambda kind: kind.status,
    render=_problem,
)
"""RFC 9457, the form of every function but `visits`."""
