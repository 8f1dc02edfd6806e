"""Uploads of pictures to one machine: the form of a browser, checked and put into the folder."""

from io import BytesIO

from shopkeeper.clock import Clock
from shopkeeper.domains.catalogue.forms import open_form
from shopkeeper.domains.catalogue.picture_model import (
    MOST_UPLOADS,
    FormRefused,
    NotAPicture,
    PictureTaken,
    TooManyUploads,
)
from shopkeeper.domains.catalogue.pictures import is_too_old
from shopkeeper.domains.catalogue.records import items, no_item
from shopkeeper.http import BadRequest, ContentTooLarge, UnsupportedMediaType
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Store
from shopkeeper.storage.pictures import BEGINNING, MOST_BYTES, media_type_of, sniffed
from shopkeeper.storage.pictures.folder import PictureFolder

FRAMING_BYTES = 16 * 1024
"""What a form may have beside its file: the other fields, and the boundaries."""

MOST_FIELDS = 8
BOUNDARY_BYTES = 70
"""The longest boundary (RFC 2046, section 5.1.1)."""


class Uploads:
    """The pictures that clients post to this server."""

    def __init__(self, store: Store, clock: Clock, keyring: Keyring, folder: PictureFolder) -> None:
        self.folder = folder
        self._clock = clock
        self._keyring = keyring
        self._items = items(store)

    def admits(self, seal: str) -> bool:
        """Tell whether a seal is that of a form that is still good."""
        return open_form(self._keyring, seal, self._clock()) is not None

    def take(self, seal: str, content_type: str, body: bytes) -> None:
        """Store the picture that was posted with a form. Posting the same picture again changes nothing.

        Raises FormRefused, BadRequest, UnsupportedMediaType, ContentTooLarge, NotFound, TooManyUploads, PictureTaken
        or StoreError, and then nothing is kept.
        """
        name = open_form(self._keyring, seal, self._clock())
        if name is None:
            raise FormRefused("This form was not made by this server, or it has expired: ask for a new one.")
        fields, content = read_form(content_type, body)
        if fields.get("key", name) != name or fields.get("Content-Type", media_type_of(name)) != media_type_of(name):
            raise FormRefused("The form's fields were changed.")
        if not 1 <= len(content) <= MOST_BYTES:
            raise ContentTooLarge(f"A picture has 1 to {MOST_BYTES} bytes.")
        if sniffed(content[:BEGINNING]) != media_type_of(name):
            raise NotAPicture(f"The file is not a picture of type {media_type_of(name)}.")
        item_id = name.partition("/")[0]
        self._make_room(item_id, name)
        self.folder.write(name, content)
        if self._items.get(item_id) is None:  # it was deleted meanwhile, with its pictures
            self.folder.remove(name)
            raise no_item()
        if self.folder.read(name) != content:
            raise PictureTaken("Another picture was uploaded with this form: ask for a new one.")

    def _make_room(self, item_id: str, name: str) -> None:
        """Remove the pictures of an item that it cannot show any more."""
        item = self._items.require(item_id)
        others = [one for one in self.folder.of_item(item_id) if one not in (name, item.picture)]
        old = [one for one in others if one < (item.last_picture or "") or is_too_old(one, self._clock())]
        if len(others) - len(old) >= MOST_UPLOADS:
            raise TooManyUploads("This item has too many unused pictures: give it one of them, or wait for an hour.")
        for one in old:
            self.folder.remove(one)


def read_form(content_type: str, body: bytes) -> tuple[dict[str, str], bytes]:
    """Return the fields of a form in multipart/form-data (RFC 7578), and the file, which is its last.

    Raises UnsupportedMediaType or BadRequest.
    """
    from multipart import MultipartError, MultipartParser, parse_options_header

    media_type, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if media_type.strip().lower() != "multipart/form-data" or not 1 <= len(boundary) <= BOUNDARY_BYTES:
        raise UnsupportedMediaType("The form must be sent as Content-Type: multipart/form-data, with its boundary.")
    whole = len(body) + 1
    fields: dict[str, str] = {}
    try:
        parts = MultipartParser(
            BytesIO(body),
            boundary,
            len(body),
            strict=True,
            part_limit=MOST_FIELDS,
            spool_limit=whole,
            memory_limit=whole,
        )
        for part in parts:
            if part.name == "file":
                return fields, bytes(part.raw)
            fields[part.name] = part.value
    except (MultipartError, UnicodeError) as error:
        raise BadRequest(f"The form cannot be read: {error}.") from None
    raise BadRequest("The form has no field called file.")
