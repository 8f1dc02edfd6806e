"""Pictures of items: forms to upload them, and which one an item shows.

A picture that an item shows is never removed. Names sort by the time of their forms, an item takes only a picture that
is newer than all that it has shown, and only for an hour: so what it does not show now and is older than one of these
can be removed at any time.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.model import BusinessClosing
from shopkeeper.domains.businesses.offers import count_picture, find_business
from shopkeeper.domains.catalogue.forms import sealed_form
from shopkeeper.domains.catalogue.model import StoredItem
from shopkeeper.domains.catalogue.picture_model import (
    ATTACH_SECONDS,
    MOST_PICTURES,
    NewPicture,
    PictureMissing,
    PicturesNotConfigured,
    PictureUpload,
    TooManyPictures,
)
from shopkeeper.domains.catalogue.records import items
from shopkeeper.identifiers import uuid7, uuid7_milliseconds
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import ABSENT, Changes, ConditionFailed, Expectation, Store, StoreOutage, Update
from shopkeeper.storage.pictures import FORM_SECONDS, MEDIA_TYPES, PictureStore, is_name, media_type_of, sniffed


class Pictures:
    """The pictures of all items."""

    def __init__(
        self, store: Store, clock: Clock, keyring: Keyring, kept: Callable[[], PictureStore | None], url: str
    ) -> None:
        """`kept` returns where the pictures are, None if there are none. `url` is the address of what serves them,
        empty for this server.
        """
        self._store = store
        self._clock = clock
        self._keyring = keyring
        self._kept = kept
        self._url = url
        self._items = items(store)

    def url_of(self, name: str | None) -> str | None:
        """Return the address of a picture, None for none: a path of this server, or a whole URL where one is set."""
        return name and f"{self._url}/pictures/{name}"

    def start(self, item: StoredItem, new: NewPicture) -> PictureUpload:
        """Return a form for a picture of an item.

        Raises PicturesNotConfigured, TooManyPictures, BusinessClosing, ItemChanged, ServiceUnavailable or StoreError.
        """
        kept = self._require()
        name = f"{item.item_id}/{uuid7()}.{MEDIA_TYPES[new.media_type]}"
        if not is_name(name):
            raise PicturesNotConfigured("An item of an earlier version cannot have a picture: create the item again.")
        if not item.pictured:
            self._count(item)
        now = self._clock()
        form = kept.form(name, new.media_type, now) or sealed_form(self._keyring, self._url, name, new.media_type, now)
        return PictureUpload(upload=form, picture=name, expires_at=rfc3339(now + timedelta(seconds=FORM_SECONDS)))

    def check(self, item: StoredItem, name: str) -> None:
        """Check that an item may show a picture. Raises PictureMissing, PicturesNotConfigured or StoreError."""
        if name == item.picture:
            return
        kept = self._require()
        if not name.startswith(f"{item.item_id}/"):
            raise PictureMissing("That is a picture of another item.")
        if name.partition(".")[0] <= (item.last_picture or "").partition(".")[0]:
            raise PictureMissing("The item has shown this picture, or a newer one, before: upload it again.")
        if is_too_old(name, self._clock()):
            raise PictureMissing("The picture was uploaded too long ago: upload it again.")
        beginning = kept.beginning(name)
        if beginning is None:
            raise PictureMissing("The picture has not been uploaded.")
        if sniffed(beginning) != media_type_of(name):
            raise PictureMissing("The file that was uploaded is not a picture of the type that was announced.")

    def remove(self, name: str | None) -> None:
        """Remove a picture that its item does not show any more, if that is possible now. A backfill finds the rest."""
        kept = self._kept()
        if kept is not None and name is not None:
            with suppress(StoreOutage):
                kept.remove(name)

    def remove_of(self, gone: Iterable[StoredItem]) -> None:
        """Remove the pictures of items that are deleted, as far as that is possible now."""
        kept = self._kept()
        for item in gone:
            if kept is not None and item.pictured:
                with suppress(StoreOutage):
                    kept.remove_of_item(item.item_id, item.picture)

    def _require(self) -> PictureStore:
        kept = self._kept()
        if kept is None:
            raise PicturesNotConfigured("This stage keeps no pictures: S3_BUCKET_NAME is not set.")
        return kept

    def _count(self, item: StoredItem) -> None:
        """Count an item as one with pictures. Its version stays the same, so a client may still change it."""
        expect: Expectation = {"item_id": item.item_id, "business_id": item.business_id, "pictured": ABSENT}
        marked = Update(self._items.table, self._items.key_of(item), Changes(set={"pictured": True}), expect)
        try:
            self._store.transact([marked, count_picture(item.business_id, MOST_PICTURES)])
        except ConditionFailed:
            if self._items.require(item.item_id).pictured:
                return  # another request was first
            if find_business(self._store, item.business_id).closing_since is not None:
                raise BusinessClosing("The business is being deleted.") from None
            raise TooManyPictures(f"At most {MOST_PICTURES} items of a business have pictures.") from None


def is_too_old(name: str, now: datetime) -> bool:
    """Tell whether a picture can no longer be given to its item, by the time of its form."""
    made = uuid7_milliseconds(name.partition("/")[2]) / 1000
    return now.timestamp() - made > ATTACH_SECONDS
