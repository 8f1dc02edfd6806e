"""For operators: bring items that older versions wrote into today's form."""

from collections import Counter
from collections.abc import Container, Iterator
from datetime import datetime, timedelta

import msgspec

from shopkeeper.domains.businesses.offers import is_stored
from shopkeeper.domains.catalogue.folding import folded_text
from shopkeeper.domains.catalogue.picture_model import ATTACH_SECONDS
from shopkeeper.domains.catalogue.pictures import is_too_old
from shopkeeper.storage import Changes, ConditionFailed, Store
from shopkeeper.storage.pictures import PictureStore
from shopkeeper.storage.records import Records, scan
from shopkeeper.storage.tables import ITEMS


class FormerItem(msgspec.Struct, frozen=True, kw_only=True):
    """What every version has written of an item, and the text that a search compares with."""

    item_id: str
    business_id: str
    name: str
    description: str | None = None
    version: int
    folded: str | None = None


class Folded(msgspec.Struct):
    """How many items there are, how many of them changed or were removed, and how many each business has."""

    items: int = 0
    folded: int = 0
    orphans: int = 0
    of_business: Counter[str] = msgspec.field(default_factory=Counter)


def fold_items(store: Store, businesses: Container[str]) -> Folded:
    """Give items the text that a search compares with, and remove those whose business is gone. Raises StoreError.

    `businesses` are ids that are known to be there.
    """
    done = Folded()
    items = Records(store, ITEMS, FormerItem)
    for record in scan(store, ITEMS):
        item = items.from_item(record)
        done.items += 1
        if item.business_id not in businesses and not is_stored(store, item.business_id):
            store.delete(ITEMS, {"item_id": item.item_id})
            done.orphans += 1
            continue
        done.of_business[item.business_id] += 1
        if item.folded is None:
            done.folded += _fold(store, item)
    return done


def _fold(store: Store, item: FormerItem) -> bool:
    try:
        changes = Changes(set={"folded": folded_text(item.name, item.description)})
        store.update(ITEMS, {"item_id": item.item_id}, changes, expect={"version": item.version})
    except ConditionFailed:
        return False  # another request changed it, with its text, or deleted it
    return True


def shown_pictures(store: Store) -> Iterator[str]:
    """Yield the names of the pictures that items show. Raises StoreError."""
    for record in scan(store, ITEMS):
        picture = record.get("picture")
        if isinstance(picture, str):
            yield picture


def remove_unshown(store: Store, kept: PictureStore, now: datetime) -> int:
    """Remove the pictures that no item shows or can still be given, and return their number. Raises StoreError."""
    names = list(kept.names())
    shown = set(shown_pictures(store))
    an_hour_ago = now - timedelta(seconds=ATTACH_SECONDS)
    unshown = [name for name in names if name not in shown and is_too_old(name, an_hour_ago)]
    for name in unshown:
        kept.remove(name)
    return len(unshown)
