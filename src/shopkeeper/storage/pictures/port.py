"""The port of the stores of pictures. A name matches `types.NAME`, and a picture never changes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import msgspec

MOST_BYTES = 2_000_000
"""The most bytes of a picture: 2 MB."""

FORM_SECONDS = 600
"""How long a form can be used."""

BEGINNING = 16
"""How many of a picture's first bytes tell its media type."""

CACHE_CONTROL = "public, max-age=31536000, immutable"
"""The header field with which a picture is served. It never changes: another picture has another name."""


class UploadForm(msgspec.Struct, frozen=True):
    """A form for one picture: the client posts `fields` and then the file, as `file`, in multipart/form-data."""

    url: str
    fields: dict[str, str]


class PictureStore(Protocol):
    """Where pictures are. All methods raise StoreError; those that write may be repeated."""

    def form(self, name: str, media_type: str, now: datetime) -> UploadForm | None:
        """Return the form with which the store itself takes the upload, None if the server must take it."""
        ...

    def beginning(self, name: str) -> bytes | None:
        """Return a picture's first bytes, None if it is not there."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return a whole picture, None if it is not there."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Write a picture. An existing one with this name stays as it is."""
        ...

    def remove(self, name: str) -> None:
        """Remove a picture, if it is there."""
        ...

    def remove_of_item(self, item_id: str, shown: str | None) -> None:
        """Remove the pictures of an item that is gone: `shown`, and all others that the store can list."""
        ...

    def names(self) -> Iterator[str]:
        """Yield the names of all pictures. For operators: functions may not list them."""
        ...
