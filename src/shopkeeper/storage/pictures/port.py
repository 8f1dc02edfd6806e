"""The port through which pictures are kept. Names are those of `types.NAME`, and a picture never changes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import msgspec

MOST_BYTES = 2_000_000
"""The most bytes of a picture: 2 MB."""

FORM_SECONDS = 600
"""How long a form takes a picture."""

BEGINNING = 16
"""How many of a picture's first bytes tell its media type."""

CACHE_CONTROL = "public, max-age=31536000, immutable"
"""What a picture is served with: it is another one under another name."""


class UploadForm(msgspec.Struct, frozen=True):
    """A form for one picture: the client posts `fields` and then the file, as `file`, in multipart/form-data."""

    url: str
    fields: dict[str, str]


class PictureStore(Protocol):
    """Where pictures are. All methods raise StoreError; those that write may be repeated."""

    def form(self, name: str, media_type: str, now: datetime) -> UploadForm | None:
        """Return the form of a picture that the store itself takes, None if it takes none: the server does then."""
        ...

    def beginning(self, name: str) -> bytes | None:
        """Return a picture's first bytes, None if it is not there."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return a whole picture, None if it is not there."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Write a picture. One of this name that is there stays."""
        ...

    def remove(self, name: str) -> None:
        """Remove a picture, if it is there."""
        ...

    def remove_of_item(self, item_id: str, shown: str | None) -> None:
        """Remove the pictures of an item that is gone: `shown`, and all others that are known."""
        ...

    def names(self) -> Iterator[str]:
        """Yield the names of all pictures. For operators: functions may not list them."""
        ...
