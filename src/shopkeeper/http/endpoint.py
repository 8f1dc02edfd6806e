"""An endpoint as data: what it is called, takes, gives and refuses. Routing, validation and OpenAPI follow."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

import msgspec

from shopkeeper.http.access import Access, Caller
from shopkeeper.http.errors import ApiError, ErrorFormat, Unauthenticated
from shopkeeper.http.message import Request

P = TypeVar("P")
B = TypeVar("B")
R = TypeVar("R")
S = TypeVar("S")


class Nothing(msgspec.Struct, frozen=True):
    """The type of parameters or of a body where an endpoint takes none."""


class Call(msgspec.Struct, Generic[P, B], frozen=True):
    """A request after validation: `parameters` (path and query) and `body`, as the types the endpoint names."""

    parameters: P
    body: B
    request: Request
    caller: Caller | None = None

    @property
    def identity(self) -> Caller:
        """Who calls, where the endpoint needs to know. Raises Unauthenticated for nobody in particular."""
        if self.caller is None:
            raise Unauthenticated("This needs an access token.")
        return self.caller


class Reply(msgspec.Struct, Generic[R], frozen=True):
    """What a handler answers. Without `status` it is the endpoint's success.

    `metrics` are business events. `error` is why an answer such as "unhealthy" is what it is; the operator
    finds it in the log.
    """

    body: R
    status: int | None = None
    headers: Mapping[str, str] = {}
    metrics: Mapping[str, int] = {}
    error: Exception | None = None


class Endpoint(msgspec.Struct, Generic[S], frozen=True):
    """One method of one path, served by a service of type `S`.

    `responses` maps each status to the type of its body, success first. `errors` are those that the
    handler may raise; what validation may raise follows from the types.
    """

    method: str
    path: str
    summary: str
    handler: Callable[[S, Call[Any, Any]], Reply[Any]]
    responses: Mapping[int, type[msgspec.Struct]]
    parameters: type[msgspec.Struct]
    body: type[msgspec.Struct]
    errors: tuple[type[ApiError], ...]
    access: Access = Access.ANYONE
    body_required: bool = True
    safe: bool = True

    @property
    def answers_head(self) -> bool:
        """Whether HEAD is answered beside GET: not where GET changes something."""
        return self.method == "GET" and self.safe

    @property
    def operation_id(self) -> str:
        """The handler's name in camel case, as generated clients call it."""
        first, *rest = self.handler.__name__.split("_")
        return first + "".join(word.capitalize() for word in rest)

    @property
    def success(self) -> int:
        """The status of the answer when all is well."""
        return next(iter(self.responses))

    @property
    def takes_body(self) -> bool:
        """Whether a JSON body belongs to the request."""
        return self.body is not Nothing


def endpoint(
    method: str,
    path: str,
    handler: Callable[[S, Call[P, B]], Reply[R]],
    *,
    summary: str,
    responses: Mapping[int, type[msgspec.Struct]],
    parameters: type[P] | None = None,
    body: type[B] | None = None,
    body_required: bool = True,
    errors: tuple[type[ApiError], ...] = (),
    access: Access = Access.ANYONE,
    safe: bool = True,
) -> Endpoint[S]:
    """Declare an endpoint; the type checker holds the handler to the declared parameters and body.

    A body that is not required may be left out, and then has its type's defaults. A GET that is not `safe` changes
    something (RFC 9110, section 9.2.1).
    """
    return Endpoint(
        method=method,
        path=path,
        summary=summary,
        handler=handler,
        responses=responses,
        parameters=cast(type[msgspec.Struct], parameters or Nothing),
        body=cast(type[msgspec.Struct], body or Nothing),
        errors=errors,
        access=access,
        body_required=body_required,
        safe=safe,
    )


class Route(msgspec.Struct, frozen=True):
    """An endpoint together with the service that answers it and the form of its function's errors."""

    endpoint: Endpoint[Any]
    service: object
    error_format: ErrorFormat

    def answer(self, call: Call[Any, Any]) -> Reply[Any]:
        """Run the handler."""
        return self.endpoint.handler(self.service, call)
