"""`Request` and `Response` as plain values."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

MOST_SEGMENTS = 32


class Request(msgspec.Struct, frozen=True):
    """An HTTP request, independent of the server.

    `path` is the path as received, for logs. `segments` is the path split and percent-decoded, for routing. It is
    None if the path cannot be decoded unambiguously (an encoded slash, bytes that are not UTF-8). `base_path` is the
    part of the URL before the path (a stage, a base path mapping). Header names are lower case. `query` has the first
    value of each name. `client_address` is the caller's IP address. It is used only for limits and never logged.
    `signed_by` is the ARN of who signed the request with AWS credentials, if API Gateway verified that.
    `read` is set if the body has not been read yet. Only an endpoint that accepts a body reads it.
    """

    method: str
    path: str
    segments: tuple[str, ...] | None
    request_id: str
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    body: bytes = b""
    base_path: str = ""
    client_address: str = ""
    signed_by: str = ""
    read: Callable[[], bytes] | None = None

    def content(self) -> bytes:
        """Return the body, and read it first if necessary. Raises the reader's ApiError."""
        return self.body if self.read is None else self.read()


class Wait(msgspec.Struct, frozen=True):
    """A response that says "nothing yet", and what may still come.

    Where the runtime can wait, the request is handled again when something is appended to a feed. If nothing is within
    `seconds`, the response is sent, with `headers` instead of its own.
    """

    feed: str
    seconds: int
    headers: Mapping[str, str]


class Response(msgspec.Struct, frozen=True):
    """An HTTP response. `error`, `metrics` and `note` are for logs and metrics and are never sent, and nor is `wait`.

    A `note` is a sentence for the operator, logged once. A body that is an iterator is sent in pieces or collected.
    Code that does not read it to its end must close it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | Iterator[bytes] = b""
    error: Exception | None = None
    metrics: Mapping[str, int] = {}
    note: str = ""
    wait: Wait | None = None


def split_path(path: str) -> tuple[str, ...] | None:
    """Return the segments of a path, or None if it does not begin with a slash.

    A trailing slash has no meaning: `/items/` is `/items`. Two consecutive slashes have an empty segment between them.
    """
    if not path.startswith("/"):
        return None
    if path.endswith("/") and not path.endswith("//"):
        path = path[:-1]
    return tuple(path[1:].split("/")) if path else ()


def decoded_segments(path: str) -> tuple[str, ...] | None:
    """Return the segments of a percent-encoded path, each decoded once, or None if a path cannot be decoded.

    A segment that contains a slash after decoding is ambiguous, and so are bytes that are not UTF-8. No endpoint has as
    many segments as `MOST_SEGMENTS`.
    """
    if path.count("/") > MOST_SEGMENTS:
        return None
    raw = split_path(path)
    if raw is None or ("%" not in path and path.isascii()):
        return raw
    from urllib.parse import unquote  # few paths need it, and it takes 2 ms of a cold start

    try:
        segments = tuple(unquote(segment, errors="strict") for segment in raw)
        "".join(segments).encode()
    except UnicodeError:
        return None
    return None if any("/" in segment for segment in segments) else segments
