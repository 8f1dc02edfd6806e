"""Deleting a business: it is closed first, then its catalogue is removed, then the business itself. The data of its
customers is removed from its orders by a schedule, soon after.

Closing is the only decision, one conditional write. What follows cannot be refused any more and is safe to repeat, so
the next attempt finishes a deletion that was cut off. See decision 0024.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.marking import markers_of
from shopkeeper.domains.businesses.model import BusinessChanged, OrdersOpen, StoredBusiness
from shopkeeper.domains.businesses.offers import find_business
from shopkeeper.domains.businesses.records import unchanged
from shopkeeper.domains.markers import offers as markers
from shopkeeper.http import NotFound
from shopkeeper.storage import Action, Changes, Check, ConditionFailed, Delete, Key, Store, StoreUnavailable, Update
from shopkeeper.storage.tables import BUSINESSES, PAUSES

TRIES = 5


class OpenOrders(Protocol):
    """What a deletion asks about orders."""

    def count(self, business_id: str) -> tuple[int, Check]:
        """Return how many orders of a business are open, and the check that none was placed or moved since."""
        ...


class ItemRemoval(Protocol):
    """What a deletion asks of the catalogue."""

    def remove_listed(self, business_id: str) -> None:
        """Remove the items of a closed business that its list shows, and count them less on the business."""
        ...


EraseOrders = Callable[[str, datetime], Action]
"""Returns the action that has the data of customers removed from the orders of a business that is deleted now."""


class Deletion:
    """Deletes businesses, each with its catalogue."""

    def __init__(
        self, store: Store, clock: Clock, orders: OpenOrders, items: ItemRemoval, erase_orders: EraseOrders
    ) -> None:
        self._store = store
        self._clock = clock
        self._orders = orders
        self._items = items
        self._erase_orders = erase_orders

    def run(self, business: StoredBusiness) -> None:
        """Delete a business. A refusal changes nothing; after an outage, asking again goes on.

        Raises OrdersOpen, BusinessChanged or StoreError.
        """
        try:
            self._close(business)
            self._remove_items(business)
            self._remove(business)
        except NotFound:
            return  # another attempt has finished it meanwhile

    def _close(self, business: StoredBusiness) -> None:
        """Close a business to new orders and items, unless one of its orders is open."""
        for _ in range(TRIES):
            found = find_business(self._store, business.business_id)
            if found.closing_since is not None:
                return
            if found.version != business.version:
                raise BusinessChanged("The business was changed by another request.")
            open_orders, unmoved = self._orders.count(business.business_id)
            if open_orders > 0:
                break
            changes = Changes(set={"closing_since": rfc3339(self._clock()), "accepting_orders": False})
            closing = Update(BUSINESSES, _key(business), changes, expect=unchanged(business))
            try:
                self._store.transact([closing, unmoved])
            except ConditionFailed:
                continue  # the business was changed, or an order was placed or went a step further: look again
            return
        raise OrdersOpen("The business has orders that are not done with.")

    def _remove_items(self, business: StoredBusiness) -> None:
        """Remove the items of a closed business until it counts none. Raises NotFound if it is gone."""
        for _ in range(TRIES):
            self._items.remove_listed(business.business_id)
            if find_business(self._store, business.business_id).item_count <= 0:
                return
        raise StoreUnavailable(
            f"the index by-business does not list all items of the business {business.business_id} yet; if this "
            "repeats, its item count is wrong: run `shopkeeper tables --backfill`"
        )

    def _remove(self, business: StoredBusiness) -> None:
        closed = find_business(self._store, business.business_id)
        own = {"business_id": closed.business_id}
        actions: list[Action] = [
            Delete(BUSINESSES, _key(closed), expect={"closing_since": closed.closing_since}),
            Delete(PAUSES, _key(closed)),
            self._erase_orders(closed.business_id, self._clock()),
        ]
        # Records that others wrote may lack their markers, until a backfill.
        held = [marker for marker in markers_of(closed) if markers.holder(self._store, marker) == closed.business_id]
        try:
            self._store.transact([*actions, *(markers.free(marker, **own) for marker in held)])
        except ConditionFailed:
            find_business(self._store, business.business_id)  # NotFound: another attempt was first
            raise StoreUnavailable(f"the markers of the business {business.business_id} were changed") from None


def _key(business: StoredBusiness) -> Key:
    return {"business_id": business.business_id}
