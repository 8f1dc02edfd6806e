"""An endpoint as data, declared on its handler: what it is called, takes, gives and refuses.

Routing, validation and OpenAPI follow from it. The handler's annotations say what it takes and gives, the first
sentence of its docstring is its summary, and the rest its description.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from shopkeeper.http.access import Access, Scheme
from shopkeeper.http.call import Call, Nothing, Reply
from shopkeeper.http.content import Content
from shopkeeper.http.errors import ApiError, ErrorFormat
from shopkeeper.http.headers import CACHE_CONTROL, ETAG, LIST_ETAG, PUBLIC_ETAG, HeaderField
from shopkeeper.http.limits import RateLimit
from shopkeeper.http.load import LargeBody, Load
from shopkeeper.http.signature import Signature, read_signature, refuse

if TYPE_CHECKING:
    from shopkeeper.http.deprecation import Deprecation  # whoever deprecates an endpoint loads it

P = TypeVar("P")
B = TypeVar("B")
R = TypeVar("R")
S = TypeVar("S")

Kinds = tuple[type[msgspec.Struct], ...]

NO_CONTENT, NOT_MODIFIED = 204, 304
JSON = "application/json"
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})

NEXT_SENTENCE = r"(?<=\.) (?=[^a-z])"
"""The boundary between two sentences. It is not compiled, because a cold start does not need it."""


class Endpoint(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """One method of one path, served by a service of type `S`.

    `responses` has the types of the body for each status, success first. `errors` are those that the handler may
    raise; what any endpoint may raise follows from the types. `headers` are sent with the success. `media_types` are
    those of Content. `security` names the required credentials if `access` does not. `load` is what a request
    costs, and `load_with` what it costs with a query parameter. `limits` bound how often a client may call.
    With a `large_body` the handler reads the body itself. A `deprecated` endpoint says so in its answers. `accepts` are
    the media types in which JSON may come. Everybody without a token gets the same of a `public` endpoint, so caches
    may keep it for seconds.
    """

    method: str
    path: str
    handler: Callable[[S, Call[Any, Any]], Reply[Any]]
    responses: Mapping[int, Kinds]
    parameters: type[msgspec.Struct]
    body: type[msgspec.Struct]
    errors: tuple[type[ApiError], ...] = ()
    headers: tuple[HeaderField, ...] = ()
    media_types: tuple[str, ...] = ()
    access: Access = Access.ANYONE
    security: tuple[Scheme, ...] = ()
    body_required: bool = True
    accepts: tuple[str, ...] = (JSON,)
    safe: bool = True
    load: Load = Load.LIGHT
    load_with: Mapping[str, Load] = {}
    limits: tuple[RateLimit, ...] = ()
    large_body: LargeBody | None = None
    deprecated: "Deprecation | None" = None
    public: bool = False

    @property
    def answers_head(self) -> bool:
        """Whether the endpoint also answers HEAD. It does not if GET changes something."""
        return self.method == "GET" and self.safe

    @property
    def methods(self) -> tuple[str, ...]:
        """Every method that is answered: its own, and HEAD beside a safe GET."""
        return (self.method, "HEAD") if self.answers_head else (self.method,)

    @property
    def operation_id(self) -> str:
        """The handler's name in camel case, as generated clients call it."""
        first, *rest = self.handler.__name__.split("_")
        return first + "".join(word.capitalize() for word in rest)

    @property
    def summary(self) -> str:
        """The first sentence of the handler's docstring, without its full stop."""
        return self._documentation()[0].removesuffix(".")

    @property
    def description(self) -> str:
        """The rest of the handler's docstring, which may be empty."""
        return self._documentation()[1]

    @property
    def success(self) -> int:
        """The status of the answer when all is well."""
        return next(iter(self.responses))

    @property
    def sends(self) -> tuple[HeaderField, ...]:
        """The header fields of the success: what is declared, and of a public endpoint its lifetime and its tag."""
        if not self.public:
            return self.headers
        others = tuple(field for field in self.headers if field != ETAG)
        return (*others, LIST_ETAG if others == self.headers else PUBLIC_ETAG, CACHE_CONTROL)

    @property
    def takes_body(self) -> bool:
        """Whether a JSON body belongs to the request."""
        return self.body is not Nothing

    def load_of(self, query: Mapping[str, str]) -> Load:
        """Return what a request with this query costs."""
        return next((load for name, load in self.load_with.items() if name in query), self.load)

    def _documentation(self) -> tuple[str, str]:
        first, *rest = re.split(NEXT_SENTENCE, " ".join((self.handler.__doc__ or "").split()), maxsplit=1)
        return first, "".join(rest)


def endpoint(
    route: str,
    *,
    status: int = 200,
    responses: Mapping[int, type[msgspec.Struct]] | None = None,
    errors: tuple[type[ApiError], ...] = (),
    headers: tuple[HeaderField, ...] = (),
    media_types: tuple[str, ...] = (),
    access: Access = Access.ANYONE,
    security: tuple[Scheme, ...] = (),
    body: type[msgspec.Struct] | None = None,
    body_required: bool = True,
    accepts: tuple[str, ...] = (JSON,),
    safe: bool = True,
    load: Load = Load.LIGHT,
    load_with: Mapping[str, Load] = {},
    limits: tuple[RateLimit, ...] = (),
    large_body: LargeBody | None = None,
    deprecated: "Deprecation | None" = None,
    public: bool = False,
) -> Callable[[Callable[[S, Call[P, B]], Reply[R]]], Endpoint[S]]:
    """Declare an endpoint on its handler; the name then is the Endpoint.

    `route` is like `PATCH /api/items/{item_id}`. `status` is that of the success; a `Reply[Nothing]` is 204.
    `responses` are other statuses that the handler itself replies with, and their types. `body` is the body's type
    where the annotation says Any, for a handler that is made for several. A body that is not required may be left
    out, and then has its type's defaults. A GET that is not `safe` changes something (RFC 9110, section 9.2.1).

    Raises TypeError if the annotations do not fit what is declared.
    """
    method, _, path = route.partition(" ")

    def declare(handler: Callable[[S, Call[P, B]], Reply[R]]) -> Endpoint[S]:
        types = read_signature(handler)
        one: Endpoint[S] = Endpoint(
            method=method,
            path=path,
            handler=handler,
            responses=_responses(types, status, responses or {}),
            parameters=types.parameters,
            body=types.body or body or Nothing,
            errors=errors,
            headers=headers,
            media_types=media_types,
            access=access,
            security=security,
            body_required=body_required,
            accepts=accepts,
            safe=safe,
            load=load,
            load_with=load_with,
            limits=limits,
            large_body=large_body,
            deprecated=deprecated,
            public=public,
        )
        _check(one, types, body)
        return one

    return declare


def _responses(types: Signature, status: int, others: Mapping[int, type[msgspec.Struct]]) -> dict[int, Kinds]:
    """Return the types of each status. Success has the types that no other status names, or all if none is left."""
    if types.results == (Nothing,):
        status = NO_CONTENT
    success = tuple(kind for kind in types.results if kind not in others.values()) or types.results
    return {status: success, **{other: (kind,) for other, kind in others.items()}}


def _check(one: Endpoint[Any], types: Signature, body: type[msgspec.Struct] | None) -> None:
    """Raise TypeError where a declaration and its handler's annotations do not fit."""
    if one.method not in METHODS or not one.path.startswith("/"):
        refuse(one.handler, f"is declared for {one.method} {one.path}, which is not a method and a path")
    missing = {part[1:-1] for part in one.path.split("/") if part.startswith("{")} - set(
        one.parameters.__struct_encode_fields__
    )
    if missing:
        refuse(one.handler, f"has no parameter {missing.pop()}, which stands in its path")
    if (types.body is None) != (body is not None):
        refuse(one.handler, "needs the body's type either in its annotation or in the declaration")
    if one.method == "GET" and (one.takes_body or one.large_body):
        refuse(one.handler, "takes a body, which a GET does not have")
    if one.public and (not one.answers_head or one.access is Access.SIGNED_IN):
        refuse(one.handler, "is public, which only a GET that is safe and asks for no token can be")
    if one.takes_body and one.large_body:
        refuse(one.handler, "declares a large body, which cannot be JSON")
    for kinds in one.responses.values():
        if not set(kinds) <= set(types.results):
            refuse(one.handler, f"does not return {kinds[0].__name__}, which a status is declared with")
    if (Content in types.results) != bool(one.media_types):
        refuse(one.handler, "must declare media types for Content, and for nothing else")


class Route(msgspec.Struct, frozen=True):
    """An endpoint together with the service that answers it and the form of its function's errors."""

    endpoint: Endpoint[Any]
    service: object
    error_format: ErrorFormat

    def answer(self, call: Call[Any, Any]) -> Reply[Any]:
        """Run the handler."""
        return self.endpoint.handler(self.service, call)
