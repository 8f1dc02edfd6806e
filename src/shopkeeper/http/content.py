"""Bodies that are not JSON: bytes of a media type, whole or piece by piece."""

from collections.abc import Iterator

import msgspec


class Content(msgspec.Struct, frozen=True):
    """The body of a reply in a media type of its own, like `text/csv; charset=utf-8`.

    An iterator is sent piece by piece where the runtime can stream, and is closed when the client goes away.
    """

    media_type: str
    body: bytes | Iterator[bytes]


def close(body: bytes | Iterator[bytes]) -> None:
    """End an iterator that is not read to its end, so that its `finally` runs; bytes need nothing."""
    end = getattr(body, "close", None)
    if end is not None:
        end()
