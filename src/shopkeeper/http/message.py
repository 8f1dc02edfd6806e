"""What goes in and what comes out: `Request` and `Response`, as plain values."""

from collections.abc import Callable, Iterator, Mapping

import msgspec


class Request(msgspec.Struct, frozen=True):
    """An HTTP request, whoever received it.

    `path` is as it was received, for logs. `segments` is the same path split and percent-decoded, for
    routing, or None where it has no honest decoding (an encoded slash, bytes that are not UTF-8).
    `base_path` is what stands before the path in the caller's URL (a stage, a base path mapping).
    Header names are lower case. `client_address` is the caller's
    IP address, for limits alone; it is never logged. `read` returns a body that has not been read yet; only
    an endpoint that takes a body calls it. `query` keeps the first value of each name.
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
    read: Callable[[], bytes] | None = None

    def content(self) -> bytes:
        """Return the body, after reading it if needed. Raises what `read` raises, an ApiError."""
        return self.body if self.read is None else self.read()


class Response(msgspec.Struct, frozen=True):
    """An HTTP response. `error`, `metrics` and `note` are for the operator's telemetry and are never sent.

    A `note` is a sentence that an operator should read once. A body that is an iterator is sent piece by piece, or
    collected; whoever does not read it to its end closes it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | Iterator[bytes] = b""
    error: Exception | None = None
    metrics: Mapping[str, int] = {}
    note: str = ""


def split_path(path: str) -> tuple[str, ...] | None:
    """Return the segments of a path, or None if it does not begin with a slash.

    A slash at the end means nothing: `/items/` is `/items`. Two slashes in a row have an empty segment between them.
    """
    if not path.startswith("/"):
        return None
    if path.endswith("/") and not path.endswith("//"):
        path = path[:-1]
    return tuple(path[1:].split("/")) if path else ()
