"""Removes the data of customers from orders that ended long ago, and from the orders of deleted businesses.

The index `finished` lists both, so nothing is scanned. A run is bounded, and the next one goes on.
"""

import time
from collections.abc import Iterator
from datetime import timedelta

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.offers import is_stored
from shopkeeper.domains.orders.erasure import Erasure
from shopkeeper.domains.orders.model import OPEN, Order
from shopkeeper.domains.orders.records import (
    DELETED,
    FINISHED,
    deletion_record,
    order_record,
    orders,
    stored_orders,
)
from shopkeeper.storage import AlreadyExists, Changes, ConditionFailed, Conflict, Item, Key, Store
from shopkeeper.storage.due import MOST_SECONDS, PAGE, due_items, sweep
from shopkeeper.storage.tables import ORDERS


class UnreadableOrder(Exception):
    """A stored order does not have the form of an order, and keeps the data of its customer."""

    def __init__(self, record: Item, reason: Exception) -> None:
        super().__init__(f"The order {record['order_id']} cannot be read, and keeps its customer's data: {reason}")


class RetentionSweep:
    """Removes customers' data. Several sweeps may run at the same time, and any of them may be interrupted."""

    def __init__(self, store: Store, clock: Clock, days: int | None) -> None:
        """Orders keep the data for so many days after they ended, for ever without a number."""
        self._store = store
        self._clock = clock
        self._days = days
        self._orders = orders(store)
        self._erasure = Erasure(store, clock)

    def run(self) -> dict[str, int]:
        """Remove what is due, and return the number of orders as `OrdersErased`.

        An order that cannot be read is taken out of the index, and reported once: UnreadableOrder is raised for it at
        the end. Raises StoreOutage at once if the store is unavailable. What was removed before stays removed.
        """
        erased = self._of_deleted_businesses()
        if self._days is not None:
            before = rfc3339(self._clock() - timedelta(days=self._days))
            old = due_items(self._store, ORDERS, "finished", FINISHED, before)
            erased += sweep(old, self._erase, self._unlist, UnreadableOrder)
        return {"OrdersErased": erased} if erased else {}

    def _erase(self, record: Item) -> bool:
        try:
            return self._erasure.erase(self._orders.from_item(record))
        except Conflict:
            return False  # others keep changing it; the next run tries again

    def _unlist(self, record: Item) -> None:
        """Take an order out of the index as it was listed."""
        seen = {name: str(record[name]) for name in ("finished", "finished_at")}
        self._change(record, Changes(remove=["finished"]), seen)

    def _of_deleted_businesses(self) -> int:
        """Go through the orders of deleted businesses, a page after the other, and return how many were changed."""
        erased, failure = 0, None
        ends = time.monotonic() + MOST_SECONDS
        for business in due_items(self._store, ORDERS, "finished", DELETED, rfc3339(self._clock())):
            for order, record in self._left_of(business, ends):
                if order is None:
                    failure = failure or UnreadableOrder(record, ValueError("it has another form"))
                else:
                    erased += self._erasure.erase(order)
        if failure is not None:
            raise failure
        return erased

    def _left_of(self, business: Item, ends: float) -> Iterator[tuple[Order | None, Item]]:
        """Yield the orders of a deleted business, None for one that cannot be read, and store how far that has come.

        A page counts as done when the next one is asked for, so a run that is cut off repeats it.
        """
        partition, done = str(business["deleted_business"]), business.get("done")
        after: Key | None = {"business_id": partition, "order_id": str(done)} if done else None
        while time.monotonic() < ends:
            page = self._store.query(ORDERS, partition, index="by-business", limit=PAGE, after=after)
            ids = [str(item["order_id"]) for item in page.items]
            for record in self._store.get_many(ORDERS, [{"order_id": id_} for id_ in ids]) if ids else []:
                if record is not None:
                    yield self._read(record), record
            if page.next is None:
                at = rfc3339(self._clock())
                gone = Changes(set={"erased_at": at}, remove=["finished", "finished_at", "done"])
                self._change(business, gone, {"finished": DELETED})
                return
            after = page.next
            self._change(business, Changes(set={"done": ids[-1]}), {"finished": DELETED})

    def _read(self, record: Item) -> Order | None:
        try:
            return self._orders.from_item(record)
        except msgspec.ValidationError:
            return None

    def _change(self, record: Item, changes: Changes, expect: dict[str, str]) -> None:
        try:
            self._store.update(ORDERS, {"order_id": str(record["order_id"])}, changes, expect=expect)
        except ConditionFailed:
            pass  # another run, or another request, was first


def adopt_finished(store: Store, clock: Clock) -> int:
    """List the finished orders of older versions in the index `finished`, and have those of deleted businesses erased.

    Returns how many orders were not listed. It scans the table, for operators alone; it may run while the stage is in
    service, and is safe to repeat. Raises StoreError.
    """
    there: dict[str, bool] = {}
    listed = 0
    for record in stored_orders(store):
        try:
            order = orders(store).from_item(record)
        except msgspec.ValidationError:
            continue  # the sweep would not be able to read it either
        if order.erased_at is not None:
            continue
        id_ = order.business_id
        if id_ not in there:
            there[id_] = is_stored(store, id_)
            if not there[id_]:
                _erase_all(store, clock, id_)
        if order.status not in OPEN and "finished" not in record:
            listed += _list(store, order)
    return listed


def _erase_all(store: Store, clock: Clock, business_id: str) -> None:
    """List a deleted business, unless it is listed already. One whose orders were gone through is listed again."""
    work = deletion_record(business_id, clock())
    try:
        store.put(work.table, work.item, if_absent=True)
    except AlreadyExists:
        key = {"order_id": str(work.item["order_id"])}
        again = Changes(set={name: work.item[name] for name in ("finished", "finished_at")}, remove=["done"])
        store.update(ORDERS, key, again)


def _list(store: Store, order: Order) -> bool:
    changes = Changes(set={name: order_record(order)[name] for name in ("finished", "finished_at")})
    try:
        store.update(ORDERS, {"order_id": order.order_id}, changes, expect={"version": order.version})
    except ConditionFailed:
        return False  # another request changed it, and listed it
    return True
