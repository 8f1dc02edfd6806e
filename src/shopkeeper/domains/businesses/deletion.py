"""Deleting a business: it is closed first, then its catalogue is removed, then the business itself.

Closing is the only decision, one conditional write. What follows cannot be refused any more and is safe to repeat, so
that a deletion that was cut off is finished by the next attempt.
"""

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.marking import free, holder, markers_of
from shopkeeper.domains.businesses.model import BusinessChanged, OrdersOpen, StoredBusiness
from shopkeeper.domains.businesses.ownership import find_business
from shopkeeper.domains.businesses.records import unchanged
from shopkeeper.http import NotFound
from shopkeeper.storage import (
    ABSENT,
    BUSINESSES,
    EVENTS,
    FEED_HEAD,
    ITEMS,
    ORDERS,
    Action,
    Changes,
    Check,
    ConditionFailed,
    Delete,
    Item,
    Key,
    Store,
    StoreUnavailable,
    Update,
    partitions,
)

TRIES = 5
PAGE = 99
"""Items that are removed in one transaction, which also lowers the item count of their business."""


class Deletion:
    """Deletes businesses, each with its catalogue."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

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
        """Close a business to new orders and items, unless one of its orders is open.

        The head of its feed counts the open orders, strongly consistent; each order that is placed or goes a step
        further moves it.
        """
        head_key: Key = {"business_id": business.business_id, "seq": FEED_HEAD}
        for _ in range(TRIES):
            found = find_business(self._store, business.business_id)
            if found.closing_since is not None:
                return
            if found.version != business.version:
                raise BusinessChanged("The business was changed by another request.")
            head = self._store.get(EVENTS, head_key) or {}
            if _number(head, "open") > self._expired_orders(business):
                if self._store.get(EVENTS, head_key) == head:
                    break
                continue  # an order has expired meanwhile, or went a step further: look again
            changes = Changes(set={"closing_since": rfc3339(self._clock()), "accepting_orders": False})
            closing = Update(BUSINESSES, _key(business), changes, expect=unchanged(business))
            unmoved = Check(EVENTS, head_key, {"head": _number(head, "head") or ABSENT})
            try:
                self._store.transact([closing, unmoved])
            except ConditionFailed:
                continue  # the business was changed, or an order was placed or went a step further: look again
            return
        raise OrdersOpen("The business has orders that are not done with.")

    def _expired_orders(self, business: StoredBusiness) -> int:
        """Count the orders that were not accepted in time: they are done with, though no write says so.

        The index only finds them. What they are is read from the table, since an index may lag behind.
        """
        now = rfc3339(self._clock())
        waiting = partitions.business_status(business.business_id, "received")
        count, after = 0, None
        while True:
            page = self._store.query(ORDERS, waiting, index="by-status", limit=100, after=after)
            keys: list[Key] = [{"order_id": str(order["order_id"])} for order in page.items]
            orders = [order for order in self._store.get_many(ORDERS, keys) if order is not None]
            count += sum(order["status"] == "received" and str(order["accept_until"]) <= now for order in orders)
            after = page.next
            if after is None:
                return count

    def _remove_items(self, business: StoredBusiness) -> None:
        """Remove the items of a closed business until it counts none. Raises NotFound where it is gone."""
        for _ in range(TRIES):
            self._remove_listed_items(business)
            if find_business(self._store, business.business_id).item_count <= 0:
                return
        raise StoreUnavailable(
            f"the index by-business does not list all items of the business {business.business_id} yet; if this "
            "repeats, its item count is wrong: run `shopkeeper tables --backfill`"
        )

    def _remove_listed_items(self, business: StoredBusiness) -> None:
        after = None
        while True:
            page = self._store.query(ITEMS, business.business_id, index="by-business", limit=PAGE, after=after)
            keys: list[Key] = [{"item_id": str(item["item_id"])} for item in page.items]
            there = [key for key, item in zip(keys, self._store.get_many(ITEMS, keys), strict=True) if item is not None]
            if there:
                self._remove_together(business, there)
            after = page.next
            if after is None:
                return

    def _remove_together(self, business: StoredBusiness, keys: list[Key]) -> None:
        removed: list[Action] = [Delete(ITEMS, key, expect={"business_id": business.business_id}) for key in keys]
        counted = Update(
            BUSINESSES,
            _key(business),
            Changes(add={"item_count": -len(keys)}),
            expect={"business_id": business.business_id},
        )
        try:
            self._store.transact([*removed, counted])
        except ConditionFailed:
            pass  # another attempt is at them too; what is left is seen in the next look

    def _remove(self, business: StoredBusiness) -> None:
        closed = find_business(self._store, business.business_id)
        actions: list[Action] = [Delete(BUSINESSES, _key(closed), expect={"closing_since": closed.closing_since})]
        # Records that others wrote may lack their markers, until a backfill.
        held = [marker for marker in markers_of(closed) if holder(self._store, marker) == closed.business_id]
        try:
            self._store.transact([*actions, *(free(marker, closed) for marker in held)])
        except ConditionFailed:
            find_business(self._store, business.business_id)  # NotFound: another attempt was first
            raise StoreUnavailable(f"the markers of the business {business.business_id} were changed") from None


def _key(business: StoredBusiness) -> Key:
    return {"business_id": business.business_id}


def _number(record: Item, name: str) -> int:
    value = record.get(name, 0)
    return value if isinstance(value, int) else 0
