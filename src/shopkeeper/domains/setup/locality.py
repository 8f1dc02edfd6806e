"""Whether a caller is on this machine, and so needs no code."""

import re

from shopkeeper.http import Request

FORWARDING = ("x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "forwarded", "via")
FORWARDED = "x-forwarded-"
"""The header fields that proxies add, and a prefix of further ones, such as `X-Forwarded-Proto`, which some add alone.

A caller behind a proxy may be anybody, even if the proxy runs on this machine.
"""

_LOOPBACK = re.compile(r"127(?:\.[0-9]{1,3}){3}|::1|::ffff:127(?:\.[0-9]{1,3}){3}")
_LOOPBACK_HOST = re.compile(r"(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?")
"""Names under `localhost` are loopback (RFC 6761). Another name may be a stranger's that resolves to this machine: DNS
rebinding."""


def is_at_this_machine(request: Request) -> bool:
    """Tell whether a request came from loopback, by a loopback name, and without the header fields of a proxy."""
    headers = request.headers
    return (
        _LOOPBACK.fullmatch(request.client_address) is not None
        and _LOOPBACK_HOST.fullmatch(headers.get("host", "").lower()) is not None
        and not any(name in FORWARDING or name.startswith(FORWARDED) for name in headers)
    )
