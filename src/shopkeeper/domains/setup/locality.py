"""Whether a caller sits at this machine, and so needs no code."""

import re

from shopkeeper.http import Request

FORWARDING = ("x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "forwarded", "via")
FORWARDED = "x-forwarded-"
"""What proxies add, and how further fields of theirs begin, such as `X-Forwarded-Proto`, which some add alone.

Whoever comes through a proxy may be anybody, although the proxy stands on this machine.
"""

_LOOPBACK = re.compile(r"127(?:\.[0-9]{1,3}){3}|::1|::ffff:127(?:\.[0-9]{1,3}){3}")
_LOOPBACK_HOST = re.compile(r"(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?")
"""Names under `localhost` are loopback (RFC 6761). Another name may be one that a stranger's page points here."""


def is_at_this_machine(request: Request) -> bool:
    """Tell whether a request came from loopback, by a loopback name, and through no proxy that says so."""
    headers = request.headers
    return (
        _LOOPBACK.fullmatch(request.client_address) is not None
        and _LOOPBACK_HOST.fullmatch(headers.get("host", "").lower()) is not None
        and not any(name in FORWARDING or name.startswith(FORWARDED) for name in headers)
    )
