"""Expires orders that were not accepted in time: it stores the new status and appends an event, once for each order.

`accept_until` alone decides whether an order has expired. The sweep stores that afterwards, so that the feed has an
event and the order no longer counts as open.
"""

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.orders.events import event_of
from shopkeeper.domains.orders.records import AWAITING, orders, stored_orders
from shopkeeper.storage import Changes, ConditionFailed, Conflict, Item, Store
from shopkeeper.storage.due import due_items, sweep
from shopkeeper.storage.tables import ORDERS


class UnreadableOrder(Exception):
    """A stored order does not have the form of an order. `shopkeeper tables --backfill` lists it again."""

    def __init__(self, record: Item, reason: Exception) -> None:
        super().__init__(f"The order {record['order_id']} cannot be read, and will not expire: {reason}")


class ExpirySweep:
    """Stores that orders have expired. Several sweeps may run at the same time, and any of them may be interrupted."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._orders = orders(store)

    def run(self) -> dict[str, int]:
        """Expire the late orders, the longest overdue first, and return their number as `OrdersExpired`.

        An order that cannot be read is taken out of the index, so that it holds up no others and is reported once.
        Raises UnreadableOrder for it at the end, or StoreOutage at once if the store is unavailable. Orders that were
        expired before the error stay expired.
        """
        late = due_items(self._store, ORDERS, "awaiting", AWAITING, rfc3339(self._clock()))
        expired = sweep(late, self._expire, self._unlist, UnreadableOrder)
        return {"OrdersExpired": expired} if expired else {}

    def _expire(self, record: Item) -> bool:
        """Expire an order as the index shows it, and return whether this run did.

        The index may lag behind the table; the conditions of the write hold for the table.
        """
        order = self._orders.from_item(record)
        if order.status != "received":
            self._unlist(record)  # an older version, which does not know the index, changed it
            return False
        expired, update = self._orders.revision(order, {"status": "expired"})
        try:
            self._store.transact([update, event_of(expired, order.accept_until, self._clock(), {"open": -1})])
        except (ConditionFailed, Conflict):
            return False  # another request or sweep was first, or others keep the business busy until the next run
        return True

    def _unlist(self, record: Item) -> None:
        """Take an order out of the index as it was listed."""
        seen = {name: record.get(name) for name in ("version", "status")}
        listed = {name: value for name, value in seen.items() if isinstance(value, str | int)}
        key = {"order_id": str(record["order_id"])}
        try:
            self._store.update(ORDERS, key, Changes(remove=["awaiting"]), expect=listed)
        except ConditionFailed:
            pass  # another request changed it first, and so decided whether it is listed


def adopt_awaiting(store: Store) -> int:
    """List the orders that an older version placed in the index `awaiting`, and return how many there were.

    It scans the table, for operators alone; it may run while the stage is in service, and is safe to repeat. Raises
    StoreError.
    """
    return sum(_adopt(store, record) for record in stored_orders(store))


def _adopt(store: Store, record: Item) -> bool:
    if record["status"] != "received" or "awaiting" in record:
        return False
    key = {"order_id": str(record["order_id"])}
    try:
        store.update(ORDERS, key, Changes(set={"awaiting": AWAITING}), expect={"status": "received"})
    except ConditionFailed:
        return False  # it was accepted, rejected or cancelled meanwhile
    return True
