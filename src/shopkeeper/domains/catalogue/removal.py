"""Removing the items of a business that is being deleted, and their pictures."""

from shopkeeper.domains.businesses import offers as businesses
from shopkeeper.domains.catalogue.pictures import Pictures
from shopkeeper.domains.catalogue.records import items
from shopkeeper.storage import Action, ConditionFailed, Delete, Store
from shopkeeper.storage.listing import listed
from shopkeeper.storage.tables import ITEMS

PAGE = 99
"""Items that are removed in one transaction, which also lowers the item count of their business."""


class Removal:
    """Removes items, up to 99 in a transaction. It may be cut off and repeated."""

    def __init__(self, store: Store, pictures: Pictures) -> None:
        self._pictures = pictures
        self._store = store
        self._items = items(store)

    def remove_listed(self, business_id: str) -> None:
        """Remove the items of a business that the index lists, and count them less on the business.

        An index may lag behind. Only the business's item count shows that no item is left. Raises StoreError.
        """
        for found in listed(self._store, self._items, "by-business", business_id, PAGE):
            if found:
                self._remove_together(business_id, [item.item_id for item in found])
                self._pictures.remove_of(found)

    def _remove_together(self, business_id: str, item_ids: list[str]) -> None:
        own = {"business_id": business_id}
        removed: list[Action] = [Delete(ITEMS, {"item_id": item_id}, expect=own) for item_id in item_ids]
        try:
            self._store.transact([*removed, businesses.uncount_items(business_id, len(item_ids))])
        except ConditionFailed:
            pass  # another attempt is at them too; the next look shows what is left
