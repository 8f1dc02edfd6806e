"""Cross-origin resource sharing (the Fetch standard): exact origins, no credentials, on errors too."""

import re
from collections.abc import Iterable

import msgspec

ALLOWED_HEADERS = "Authorization, Content-Type, If-Match, Idempotency-Key, Order-Token"
EXPOSED_HEADERS = "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
PREFLIGHT_SECONDS = 600
MAX_ORIGIN = 200

_LOCAL = r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?"
"""This machine, on any port: the servers that people develop sites with."""


class CorsPolicy(msgspec.Struct, frozen=True):
    """Which web origins may read answers; each is exact, like `https://example.com`.

    With `local` every port of this machine may, too. A policy that `explains` tells the operator how to permit any
    other origin. Both are for development.
    """

    origins: tuple[str, ...] = ()
    local: bool = False
    explains: bool = False

    def permits(self, origin: str) -> bool:
        """Tell whether pages of an origin may read answers."""
        return origin in self.origins or (self.local and re.fullmatch(_LOCAL, origin) is not None)

    def headers(self, origin: str | None, methods: Iterable[str] = ()) -> dict[str, str]:
        """Return the header fields of an answer.

        `origin` is the request's Origin, if it has one; `methods` are those of the endpoint's path, and
        none for an answer that is not an endpoint's own. An unknown origin gets no permission. A request
        without one gets the first configured origin on the endpoints' own answers, so that a plain check
        sees that the policy is there.
        """
        headers = {"Vary": "Origin"}
        allowed = origin if origin is not None and self.permits(origin) else None
        if origin is None and methods and self.origins:
            allowed = self.origins[0]
        if allowed is not None:
            headers["Access-Control-Allow-Origin"] = allowed
            headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
            if methods:
                headers["Access-Control-Allow-Methods"] = ", ".join([*methods, "OPTIONS"])
                headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        return headers

    def preflight_headers(self, origin: str | None, methods: Iterable[str]) -> dict[str, str]:
        """Return the header fields of the answer to a preflight request."""
        headers = self.headers(origin, methods)
        if "Access-Control-Allow-Origin" in headers:
            headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        return headers

    def explanation(self, origin: str | None) -> str:
        """Return why pages of an origin cannot read the answer and what to set; an empty text if they can."""
        if not self.explains or origin is None or self.permits(origin):
            return ""
        return (
            f"Pages of {origin[:MAX_ORIGIN]} may not read answers (CORS): list every allowed origin in ALLOWED_ORIGINS."
        )
