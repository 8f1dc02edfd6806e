"""The sans-IO application: one request in, one response out, whatever happens."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from shopkeeper.http.access import Authenticate, identify
from shopkeeper.http.binding import bind
from shopkeeper.http.cors import CorsPolicy
from shopkeeper.http.endpoint import Route
from shopkeeper.http.errors import ApiError
from shopkeeper.http.message import Request, Response
from shopkeeper.http.routing import Match, Router

COMMON_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "X-Content-Type-Options": "nosniff",
}
NO_CONTENT = 204
GATEWAY_REFUSAL = b'{"message":"Missing Authentication Token"}'
GATEWAY_REFUSAL_TYPE = "MissingAuthenticationTokenException"


class Application:
    """Serves routes under one CORS policy.

    `translate` turns any exception that is not an ApiError into the one that its caller may see;
    `authenticate` tells whose a bearer token is, and is needed where an endpoint wants to know.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        cors: CorsPolicy,
        translate: Callable[[Exception], ApiError],
        authenticate: Authenticate | None = None,
    ) -> None:
        self._router = Router(routes)
        self._cors = cors
        self._translate = translate
        self._authenticate = authenticate

    def handle(self, request: Request) -> Response:
        """Answer `request`. Never raises: what went wrong inside is `Response.error`."""
        response = self._handle(request)
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
            return self._refusal(request)
        cors = self._cors.headers(request.headers.get("origin"), match.routes)
        try:
            return self._answer(request, route, match, cors)
        except Exception as error:  # noqa: BLE001  # whatever it is, its caller gets an answer
            return self._failure(request, route, error, cors)

    def _answer(self, request: Request, route: Route, match: Match, cors: Mapping[str, str]) -> Response:
        caller = identify(route.endpoint.access, request, self._authenticate)
        reply = route.answer(bind(route.endpoint, request, match.parameters, caller))
        status = reply.status or route.endpoint.success
        headers = self._headers(request, cors, reply.headers)
        if status == NO_CONTENT:
            del headers["Content-Type"]
        return Response(
            status=status,
            headers=headers,
            body=b"" if status == NO_CONTENT else msgspec.json.encode(reply.body),
            error=reply.error,
            metrics=reply.metrics,
        )

    def _failure(self, request: Request, route: Route, error: Exception, cors: Mapping[str, str]) -> Response:
        """Answer with the error's form; only what is our own fault is kept for the log."""
        shown = error if isinstance(error, ApiError) else self._translate(error)
        form = route.error_format
        own = {"Content-Type": form.content_type, **shown.headers}
        return Response(
            status=form.status(type(shown)),
            headers=self._headers(request, cors, own),
            body=msgspec.json.encode(form.render(shown, request.request_id)),
            error=error if shown.status >= 500 else None,
        )

    def _asks_from_a_known_origin(self, request: Request) -> bool:
        """Tell whether a request is a preflight (Fetch standard: it has these two fields) that may be permitted.

        What is not declared is permitted too, so that the browser shows the page the refusal of a mistyped path,
        and not a failure of CORS.
        """
        asks = "access-control-request-method" in request.headers
        return asks and self._cors.permits(request.headers.get("origin", ""))

    def _preflight(self, request: Request, methods: Iterable[str]) -> Response:
        cors = self._cors.preflight_headers(request.headers.get("origin"), methods)
        headers = self._headers(request, cors, {})
        del headers["Content-Type"]
        return Response(NO_CONTENT, headers)

    def _refusal(self, request: Request) -> Response:
        """What API Gateway itself answers to a path or method that is not declared."""
        cors = self._cors.headers(request.headers.get("origin"))
        own = {"x-amzn-ErrorType": GATEWAY_REFUSAL_TYPE}
        return Response(403, self._headers(request, cors, own), GATEWAY_REFUSAL)

    @staticmethod
    def _headers(request: Request, cors: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
        return {**COMMON_HEADERS, "X-Request-Id": request.request_id, **cors, **own}
