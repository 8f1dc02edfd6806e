"""One HTTP request on a connection of its own.

Redirects are not followed. Source: RFC 9110 and RFC 9112.
"""

from collections.abc import Callable, Mapping
from functools import cache

from shopkeeper.net.connection import Reply, Trust, connect, encode_request
from shopkeeper.net.spans import Call
from shopkeeper.net.url import parse_url


@cache
def system_trust() -> Trust:
    """Return the system's trust store, which is loaded once, at the first need of it."""
    from shopkeeper.net.tls import TrustStore

    return TrustStore()


def request(
    method: str,
    url: str,
    *,
    deadline: float,
    max_body: int,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    trust: Callable[[], Trust] = system_trust,
) -> Reply:
    """Send a request to an `http` or `https` URL and return its answer before `deadline` (of `time.monotonic`).

    An answer without a length ends where the peer closes the connection. Its body may have `max_body` bytes. For
    `https`, `trust` is asked for the trust store. `Host` and `Connection` are added to the headers.

    Raises NotSent where the request cannot have reached the peer, Broken where it may have and no whole answer
    came, and ValueError for a URL or header field that no request can have.
    """
    place = parse_url(url)
    fields = {"Host": place.host_field, "Connection": "close", **(headers or {})}
    message = encode_request(method, place.target, fields, body)
    with Call(place.host, method) as call:
        call.attempt()
        connection = connect(place.host, place.port, trust() if place.is_encrypted else None, deadline)
        try:
            reply = connection.exchange(message, deadline, max_body, is_head=method == "HEAD", until_closed=True)
            call.status = reply.status
            return reply
        finally:
            connection.close()
