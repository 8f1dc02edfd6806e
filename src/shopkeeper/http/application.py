"""The sans-IO application: one request in, one response out, whatever happens."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from shopkeeper.http.access import Authenticate, identify
from shopkeeper.http.addresses import network_of
from shopkeeper.http.binding import MAX_BODY_BYTES, bind
from shopkeeper.http.call import Reply
from shopkeeper.http.content import Content, close
from shopkeeper.http.cors import CorsPolicy
from shopkeeper.http.endpoint import NO_CONTENT, NOT_MODIFIED, Route
from shopkeeper.http.errors import PROBLEM_JSON, ApiError, ErrorFormat, MethodNotAllowed, MethodNotKnown, NotFound
from shopkeeper.http.limits import joined
from shopkeeper.http.load import Load
from shopkeeper.http.message import Request, Response
from shopkeeper.http.routing import Match, Router

if TYPE_CHECKING:
    from shopkeeper.http.limiter import Limiter

COMMON_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer carries; a reply or an error may have its own values."""

GATEWAY_REFUSAL = b'{"message":"Missing Authentication Token"}'
GATEWAY_REFUSAL_TYPE = "MissingAuthenticationTokenException"


class Application:
    """Serves routes under one CORS policy.

    `translate` turns any exception that is not an ApiError into the one that its caller may see;
    `authenticate` tells whose a bearer token is, and is needed where an endpoint wants to know. An undeclared path or
    method gets API Gateway's own 403, or with `plain_refusals` 404 and 405. Without a `limiter` rates are not limited.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        cors: CorsPolicy,
        translate: Callable[[Exception], ApiError],
        authenticate: Authenticate | None = None,
        *,
        plain_refusals: bool = False,
        limiter: "Limiter | None" = None,
    ) -> None:
        self._router = Router(routes)
        self._cors = cors
        self._translate = translate
        self._authenticate = authenticate
        self._plain_refusals = plain_refusals
        self._limiter = limiter

    def handle(self, request: Request) -> Response:
        """Answer `request`. Never raises: what went wrong inside is `Response.error`."""
        return self._finished(request, self._handle(request))

    def load_of(self, request: Request) -> Load:
        """Return what `request` costs the machine."""
        route = self.route_of(request)
        return Load.LIGHT if route is None else route.endpoint.load_of(request.query)

    def route_of(self, request: Request) -> Route | None:
        """Return the route that answers `request`, None if its path or its method is not declared."""
        match = self._router.match(request.segments)
        return None if match is None else match.routes.get(request.method)

    def most_body(self, request: Request) -> int:
        """Return how many bytes the body of `request` may have. It is asked before the body is read."""
        route = self.route_of(request)
        large = route.endpoint.large_body if route is not None else None
        if route is None or large is None:
            return MAX_BODY_BYTES
        try:
            return large.most_bytes if large.admits(route.service, request) else MAX_BODY_BYTES
        except ApiError:  # without the key nothing can be admitted; the request itself will get the error
            return MAX_BODY_BYTES

    def failed(self, request: Request, error: Exception) -> Response:
        """Return the answer to a request whose own answer could not be sent, or that could not be read."""
        if isinstance(error, MethodNotKnown) and not self._plain_refusals:
            return self._finished(request, self._refusal(request, None))
        match = self._router.match(request.segments)
        route = match.routes.get(request.method) if match is not None else None
        form = route.error_format if route is not None else PROBLEM_JSON
        cors = self._cors.headers(request.headers.get("origin"), match.routes if match is not None else ())
        return self._finished(request, self._failure(request, form, error, cors))

    def _finished(self, request: Request, response: Response) -> Response:
        if request.method == "HEAD":
            response = _head(response)
        note = self._cors.explanation(request.headers.get("origin"))
        return msgspec.structs.replace(response, note=note) if note else response

    def _handle(self, request: Request) -> Response:
        match = self._router.match(request.segments)
        if request.method == "OPTIONS":
            if match is not None:
                return self._preflight(request, match.routes)
            if self._asks_from_a_known_origin(request):
                return self._preflight(request, self._router.methods)
        route = match.routes.get(request.method) if match is not None else None
        if match is None or route is None:
            return self._refusal(request, match)
        cors = self._cors.headers(request.headers.get("origin"), match.routes)
        try:
            return self._answer(request, route, match, cors)
        except Exception as error:  # noqa: BLE001  # whatever it is, its caller gets an answer
            return self._failure(request, route.error_format, error, cors)

    def _answer(self, request: Request, route: Route, match: Match, cors: Mapping[str, str]) -> Response:
        limited = self._take(route, "address", request.client_address)
        caller = identify(route.endpoint.access, request, self._authenticate)
        if caller is not None:
            limited = joined(limited, self._take(route, "account", caller.subject))
        reply = route.answer(bind(route.endpoint, request, match.parameters, caller))
        status = reply.status or route.endpoint.success
        headers = self._headers(request, cors, reply.headers)
        headers.update(limited)
        if route.endpoint.deprecated is not None:
            headers.update(route.endpoint.deprecated.headers)
        if status == NO_CONTENT:
            del headers["Content-Type"]
            return Response(status, headers, b"", reply.error, reply.metrics)
        response = _written(status, headers, reply)
        if not route.endpoint.public:
            return response
        from shopkeeper.http.caching import public  # most functions have no public endpoint

        return public(request, response)

    def _take(self, route: Route, by: str, client: str) -> Mapping[str, str]:
        """Take what the request costs a client of its limits, and return their fields. Raises RateLimited."""
        limits = route.endpoint.limits
        if self._limiter is None or not limits:
            return {}
        named = network_of(client) if by == "address" else client
        return self._limiter.take([limit for limit in limits if limit.by == by], named)

    def _failure(self, request: Request, form: ErrorFormat, error: Exception, cors: Mapping[str, str]) -> Response:
        """Answer in the function's error format. Only a server error is kept for the log."""
        shown = error if isinstance(error, ApiError) else self._translate(error)
        own = {"Content-Type": form.content_type, **shown.headers}
        return Response(
            status=form.status(type(shown)),
            headers=self._headers(request, cors, own),
            body=msgspec.json.encode(form.render(shown, request.request_id)),
            error=error if shown.status >= 500 else None,
        )

    def _asks_from_a_known_origin(self, request: Request) -> bool:
        """Tell whether a request is a preflight (Fetch standard: it has these two fields) that may be permitted.

        Undeclared paths are permitted too. A page with a mistyped path then sees the 403 or 404, and not a failure of
        CORS.
        """
        asks = "access-control-request-method" in request.headers
        return asks and self._cors.permits(request.headers.get("origin", ""))

    def _preflight(self, request: Request, methods: Iterable[str]) -> Response:
        cors = self._cors.preflight_headers(request.headers.get("origin"), methods)
        headers = self._headers(request, cors, {})
        del headers["Content-Type"]
        return Response(NO_CONTENT, headers)

    def _refusal(self, request: Request, match: Match | None) -> Response:
        """Answer to a path or a method that is not declared."""
        cors = self._cors.headers(request.headers.get("origin"))
        if not self._plain_refusals:
            own = {"x-amzn-ErrorType": GATEWAY_REFUSAL_TYPE}
            return Response(403, self._headers(request, cors, own), GATEWAY_REFUSAL)
        error = NotFound("There is no such path.") if match is None else MethodNotAllowed([*match.routes, "OPTIONS"])
        return self._failure(request, PROBLEM_JSON, error, cors)

    @staticmethod
    def _headers(request: Request, cors: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
        headers = {**COMMON_HEADERS, "X-Request-Id": request.request_id, **cors, **own}
        if "Vary" in own:  # a cache must still tell origins apart
            headers["Vary"] = f"{cors['Vary']}, {own['Vary']}"
        return headers


def _written(status: int, headers: dict[str, str], reply: Reply[Any]) -> Response:
    """Return the response with a reply's body: Content in its own media type, anything else as JSON."""
    if isinstance(reply.body, Content):
        headers["Content-Type"] = reply.body.media_type
        return Response(status, headers, reply.body.body, reply.error, reply.metrics)
    return Response(status, headers, msgspec.json.encode(reply.body), reply.error, reply.metrics, wait=reply.wait)


def _head(response: Response) -> Response:
    """Return the answer to HEAD (RFC 9110, section 9.3.2): that of GET, without its body.

    It has no business metrics: a HEAD request does not count as a GET.
    """
    headers = dict(response.headers)
    if isinstance(response.body, bytes) and response.status not in (NO_CONTENT, NOT_MODIFIED):
        headers["Content-Length"] = str(len(response.body))
    close(response.body)
    return msgspec.structs.replace(response, headers=headers, body=b"", metrics={})
