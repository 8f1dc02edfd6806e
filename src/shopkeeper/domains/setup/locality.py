"""Whether a caller sits at this machine, and so needs no code."""

import re

from shopkeeper.http import Request

FORWARDING = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")
"""What proxies add. Whoever comes through one may be anybody, although the proxy stands on this machine."""

_LOOPBACK = re.compile(r"127(?:\.[0-9]{1,3}){3}|::1|::ffff:127(?:\.[0-9]{1,3}){3}")
_LOOPBACK_HOST = re.compile(r"(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?")
"""Names under `localhost` are loopback (RFC 6761). Another name may be one that a stranger's page points here."""


def is_at_this_machine(request: Request) -> bool:
    """Tell whether a request came from loopback, by a loopback name, and through no proxy that says so."""
    headers = request.headers
    return (
        _LOOPBACK.fullmatch(request.client_address) is not None
        and _LOOPBACK_HOST.fullmatch(headers.get("host", "").lower()) is not None
        and not any(name in headers for name in FORWARDING)
    )
