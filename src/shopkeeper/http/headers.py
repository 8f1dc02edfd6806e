"""Header fields that answers carry beside the common ones, declared once: endpoints and errors name them."""

from collections.abc import Mapping
from typing import Any

import msgspec


class HeaderField(msgspec.Struct, frozen=True):
    """A header field of an answer. One that is `optional` may be missing."""

    name: str
    description: str
    schema: Mapping[str, Any]
    optional: bool = False


ETAG = HeaderField("ETag", "The resource's version, for If-Match", {"type": "string", "pattern": '^"[0-9]+"$'})
LOCATION = HeaderField("Location", "The path of what was made", {"type": "string", "pattern": "^/"})
LINK = HeaderField("Link", 'The next page, as rel="next" (RFC 8288)', {"type": "string"}, optional=True)
RETRY_AFTER = HeaderField("Retry-After", "In how many seconds to ask again", {"type": "integer", "minimum": 0})
WWW_AUTHENTICATE = HeaderField("WWW-Authenticate", "`Bearer` (RFC 6750)", {"type": "string"})
RATE_LIMIT = HeaderField(
    "RateLimit", "How many requests are left, where rates are limited", {"type": "string"}, optional=True
)
RATE_LIMIT_POLICY = HeaderField(
    "RateLimit-Policy", "How many requests are allowed in how many seconds", {"type": "string"}, optional=True
)
"""draft-ietf-httpapi-ratelimit-headers-11. One machine sends them, Lambda does not."""

EMBEDDED = HeaderField(
    "Cross-Origin-Resource-Policy", "Pages of other sites may show it", {"const": "cross-origin"}, optional=True
)
POLICY = HeaderField("Content-Security-Policy", "What it may load: nothing", {"type": "string"}, optional=True)

ALLOW = HeaderField("Allow", "The methods that the path has", {"type": "string"})
