"""Header fields that answers carry beside the common ones, declared once: endpoints and errors name them."""

from collections.abc import Mapping
from typing import Any

import msgspec


class HeaderField(msgspec.Struct, frozen=True):
    """A header field of an answer, with an example of its value. One that is `optional` may be missing."""

    name: str
    description: str
    schema: Mapping[str, Any]
    example: str | int
    optional: bool = False


ETAG = HeaderField("ETag", "The resource's version, for If-Match", {"type": "string", "pattern": '^"[0-9]+"$'}, '"3"')
PUBLIC_ETAG = HeaderField(
    "ETag",
    "Changes with the answer, for If-None-Match. It begins with the resource's version, and serves If-Match too",
    {"type": "string", "pattern": r'^"[0-9]+(\.[0-9a-f]{16})?"$'},
    '"3.9f86d081884c7d65"',
)
LIST_ETAG = HeaderField(
    "ETag",
    "Changes with the answer, for If-None-Match. An answer to a token has none",
    {"type": "string", "pattern": '^"[0-9a-f]{16}"$'},
    '"9f86d081884c7d65"',
    optional=True,
)
CACHE_CONTROL = HeaderField(
    "Cache-Control",
    "How long caches may keep the answer; not at all if the request has a token",
    {"type": "string"},
    "public, max-age=5, stale-while-revalidate=60",
)
LOCATION = HeaderField(
    "Location",
    "The path of what was made",
    {"type": "string", "pattern": "^/"},
    "/api/items/01a1fd5b-c902-769f-b75d-8c384dcdd668",
)
LINK = HeaderField(
    "Link",
    'The next page, as rel="next" (RFC 8288)',
    {"type": "string"},
    '</api/items?limit=10&cursor=eyJhIjoxfQ>; rel="next"',
    optional=True,
)
RETRY_AFTER = HeaderField("Retry-After", "In how many seconds to ask again", {"type": "integer", "minimum": 0}, 1)
WWW_AUTHENTICATE = HeaderField("WWW-Authenticate", "`Bearer` (RFC 6750)", {"type": "string"}, "Bearer")
RATE_LIMIT = HeaderField(
    "RateLimit",
    "How many requests are left, where rates are limited",
    {"type": "string"},
    '"visits";r=5999;t=600',
    optional=True,
)
RATE_LIMIT_POLICY = HeaderField(
    "RateLimit-Policy",
    "How many requests are allowed in how many seconds",
    {"type": "string"},
    '"visits";q=6000;w=600',
    optional=True,
)
"""draft-ietf-httpapi-ratelimit-headers-11. One machine sends them, Lambda does not."""

EMBEDDED = HeaderField(
    "Cross-Origin-Resource-Policy",
    "Pages of other sites may show it",
    {"type": "string", "const": "cross-origin"},
    "cross-origin",
    optional=True,
)
POLICY = HeaderField(
    "Content-Security-Policy", "What it may load: nothing", {"type": "string"}, "default-src 'none'", optional=True
)

ALLOW = HeaderField("Allow", "The methods that the path has", {"type": "string"}, "GET, HEAD, OPTIONS")
REQUEST_ID = HeaderField(
    "X-Request-Id",
    "The id of the request, under which the log has it",
    {"type": "string", "format": "uuid"},
    "0ac4bb3c-33ba-4cf1-9d5b-5b5a3e0f4a7e",
)
DEPRECATION = HeaderField(
    "Deprecation",
    "Since when the operation is deprecated, in seconds of the Unix epoch after an @ (RFC 9745)",
    {"type": "string", "pattern": "^@[0-9]+$"},
    "@1798761600",
)
SUNSET = HeaderField(
    "Sunset", "When the operation ends (RFC 8594)", {"type": "string"}, "Fri, 01 Jan 2027 00:00:00 GMT"
)
