"""Keeping a catalogue: items of businesses, by their owners."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.model import BusinessClosing
from shopkeeper.domains.businesses.offers import count_item, own_business, uncount_items
from shopkeeper.domains.catalogue.events import unavailability
from shopkeeper.domains.catalogue.folding import fold, folded_text
from shopkeeper.domains.catalogue.model import (
    MAX_ITEMS,
    MOST_UNAVAILABLE_DAYS,
    Item,
    ItemChange,
    ItemChanged,
    NewItem,
    StoredItem,
    TooManyItems,
)
from shopkeeper.domains.catalogue.pictures import Pictures
from shopkeeper.domains.catalogue.records import folded, items, no_item, pictured_as
from shopkeeper.http import Caller, FieldError, InvalidInput, NotFound
from shopkeeper.http.fields import changed_fields
from shopkeeper.identifiers import uuid7
from shopkeeper.storage import ConditionFailed, Store
from shopkeeper.storage.listing import Listing

ALL_ITEMS = "item"


class Catalogue:
    """The items of every business."""

    def __init__(self, store: Store, clock: Clock, pictures: Pictures) -> None:
        self.pictures = pictures
        self._store = store
        self._clock = clock
        self._items = items(store)

    def create(self, caller: Caller, new: NewItem) -> Item:
        """Add an item to a business that the caller owns; the business counts its items with it.

        Raises NotFound, TooManyItems, BusinessClosing or StoreError.
        """
        self._check_open(new.business_id, caller)
        now = rfc3339(self._clock())
        facts = msgspec.structs.asdict(new)
        folded = folded_text(new.name, new.description)
        item = StoredItem(item_id=uuid7(), created_at=now, updated_at=now, folded=folded, **facts)
        try:
            self._store.transact([self._items.insertion(item), count_item(new.business_id, MAX_ITEMS)])
        except ConditionFailed:
            self._check_open(new.business_id, caller)
            raise TooManyItems(f"A business has at most {MAX_ITEMS} items.") from None
        return self._shown(item, now)

    def get(self, item_id: str) -> Item:
        """Return an item, whoever asks. Raises NotFound or StoreError."""
        return self._shown(self._items.require(item_id), rfc3339(self._clock()))

    def own(self, caller: Caller, item_id: str) -> StoredItem:
        """Return an item to the owner of its business; for others there is none. Raises NotFound or StoreError."""
        item = self._items.require(item_id)
        try:
            own_business(self._store, item.business_id, caller)
        except NotFound:
            raise no_item() from None
        return item

    def change(self, item: StoredItem, change: ItemChange) -> Item:
        """Change an item from the version that was read. If it becomes unavailable, the feed gets an event.

        Raises InvalidInput, ItemChanged, PictureMissing, PicturesNotConfigured or StoreError.
        """
        moment = self._clock()
        now = rfc3339(moment)
        fields = {**changed_fields(change), "updated_at": now}
        if isinstance(change.unavailable_until, datetime):
            fields["unavailable_until"] = _end(change.unavailable_until, moment)
        if change.picture:
            self.pictures.check(item, change.picture)
            fields["last_picture"] = change.picture
        changed = msgspec.structs.replace(item, **fields)
        fields["folded"] = folded_text(changed.name, changed.description)
        events = unavailability(item, changed, moment)
        try:
            if events:
                changed, update = self._items.revision(item, fields)
                self._store.transact([update, *events])
            else:
                changed = self._items.change(item, fields)
        except ConditionFailed:
            raise ItemChanged("The item was changed by another request.") from None
        if changed.picture != item.picture:
            self.pictures.remove(item.picture)
        return self._shown(changed, now)

    def delete(self, item: StoredItem) -> None:
        """Delete an item in the version that was read. Raises ItemChanged or StoreError."""
        try:
            counted = uncount_items(item.business_id, 1, pictures=int(item.pictured))
            self._store.transact([self._items.removal(item, pictured_as(item)), counted])
        except ConditionFailed:
            raise ItemChanged("The item was changed by another request.") from None
        self.pictures.remove_of([item])

    def shown(self, items: Sequence[StoredItem]) -> list[Item]:
        """Return what is shown of some items now."""
        now = rfc3339(self._clock())
        return [self._shown(item, now) for item in items]

    def listing(self, business_id: str | None, search: str | None) -> Listing[StoredItem]:
        """Return the list of the items, of one business or of all, in which a search is found."""
        wanted = fold(search or "")
        index, partition = ("by-business", business_id) if business_id is not None else ("all-items", ALL_ITEMS)
        keep = (lambda item: wanted in folded(item)) if wanted else None
        return Listing(self._store, self._items, index, partition, keep=keep)

    def _shown(self, item: StoredItem, now: str) -> Item:
        return item.shown(now, self.pictures.url_of(item.picture))

    def _check_open(self, business_id: str, caller: Caller) -> None:
        if own_business(self._store, business_id, caller).closing_since is not None:
            raise BusinessClosing("The business is being deleted.")


def _end(until: datetime, moment: datetime) -> str:
    if not moment < until <= moment + timedelta(days=MOST_UNAVAILABLE_DAYS):
        message = f"must lie within the next {MOST_UNAVAILABLE_DAYS} days"
        raise InvalidInput([FieldError("unavailable_until", message)])
    return rfc3339(until)
