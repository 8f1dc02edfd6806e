"""What the catalogue offers to other domains: items by their ids."""

from collections.abc import Sequence

import msgspec

from shopkeeper.domains.catalogue.model import Item, StoredItem
from shopkeeper.domains.catalogue.records import items
from shopkeeper.storage import Store


def find_items(store: Store, item_ids: Sequence[str], now: str) -> Sequence[Item | None]:
    """Return at most 100 different items, in the order of their ids. Raises StoreError.

    Those that are unavailable until a time after `now` (RFC 3339) are not `available`.
    """
    return [_at(item, now) for item in items(store).get_many(item_ids)]


def _at(item: StoredItem | None, now: str) -> Item | None:
    if item is None or item.unavailable_at(now) is None:
        return item
    return msgspec.structs.replace(item, available=False)
