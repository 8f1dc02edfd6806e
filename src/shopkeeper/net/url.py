"""Where a request goes: an `http` or `https` URL, taken apart."""

from urllib.parse import urlsplit

import msgspec

PORTS = {"http": 80, "https": 443}


class Url(msgspec.Struct, frozen=True):
    """A URL's parts; `host_field` is the value of the `Host` header, `target` the path with the query."""

    host: str
    port: int
    is_encrypted: bool
    host_field: str
    target: str


def parse_url(text: str) -> Url:
    """Return the parts of a URL. Raises ValueError for a URL to which no request can be sent.

    A space, a line break or any other character that a URL cannot hold is refused, since `urlsplit` drops some
    of them, and a user name, since it can pass for the host (RFC 9110, section 4.2.4).
    """
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("the URL has a character that no URL can have")
    try:
        parts = urlsplit(text)
        port, usual = parts.port, PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise ValueError("the URL is not of the form https://host[:port]/path") from None
    if not parts.hostname or "@" in parts.netloc:
        raise ValueError("the URL has no host, or a user name")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Url(
        host=parts.hostname,
        port=usual if port is None else port,
        is_encrypted=parts.scheme == "https",
        host_field=host if port in (None, usual) else f"{host}:{port}",
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
