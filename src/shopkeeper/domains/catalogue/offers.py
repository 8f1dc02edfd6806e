"""What the catalogue offers to other domains: items by their ids."""

from collections.abc import Sequence

from shopkeeper.domains.catalogue.model import Item
from shopkeeper.domains.catalogue.records import items
from shopkeeper.storage import Store


def find_items(store: Store, item_ids: Sequence[str]) -> Sequence[Item | None]:
    """Return at most 100 different items as they are now, in the order of their ids. Raises StoreError."""
    return items(store).get_many(item_ids)
