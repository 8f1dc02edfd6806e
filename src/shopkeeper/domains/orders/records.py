"""The records of orders, and of the idempotency keys under which they were placed."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from shopkeeper.clock import rfc3339
from shopkeeper.domains.orders.model import OPEN, Order
from shopkeeper.http import NotFound
from shopkeeper.storage import Item, Put, Store, Value
from shopkeeper.storage.records import Records, scan, to_item
from shopkeeper.storage.tables import IDEMPOTENCY, ORDERS

AWAITING = "order"
"""The partition of the index `awaiting`: the orders that are stored as received, by the end of their time."""

FINISHED = "order"
"""A partition of the index `finished`: the orders that are not open and hold data of their customers, by their end."""

DELETED = "business"
"""The other one: the deleted businesses whose orders still hold data of customers, each as a record in the same table.

The id of such a record begins with `DELETED_PREFIX`. No order has such an id.
"""

DELETED_PREFIX = "deleted-business#"
INDEX_SECONDS = 60
"""How long an index may lag behind the table. Only after that are the orders of a deleted business read."""


class PlacedKey(msgspec.Struct, frozen=True, kw_only=True):
    """An idempotency key, and the order that was placed under it.

    `fingerprint` is that of the request. `created` is in seconds of the Unix epoch.
    """

    idempotency_key: str
    order_id: str
    fingerprint: str
    created: int
    expires: int = msgspec.field(name="ItemExpireTTL")


def placed_keys(store: Store) -> Records[PlacedKey]:
    """Return the records of idempotency keys."""
    return Records(store, IDEMPOTENCY, PlacedKey)


def orders(store: Store, at: str | None = None) -> Records[Order]:
    """Return the records of orders, as stored or as they show `at` a moment. `require` raises NotFound."""

    def read(item: Item) -> Order:
        if is_deleted_business(item):
            raise no_order()
        order = msgspec.convert(item, Order)
        return order if at is None else order.at(at)

    return Records(store, ORDERS, Order, missing=no_order, read=read, write=order_record)


def no_order() -> NotFound:
    """Return the error of an order that is not there, or not for the caller."""
    return NotFound("There is no such order.")


def order_record(order: Order) -> dict[str, Value]:
    """Return an order as it is stored, with the attributes that list it: by its status, until it is accepted, and from
    its end until its customer's data is removed.
    """
    record = to_item(order)
    record["business_status"] = business_status(order.business_id, order.status)
    if order.erased_at is None:
        del record["erased_at"]
    if order.status == "received":
        record["awaiting"] = AWAITING
    elif order.status not in OPEN and order.erased_at is None:
        record |= {"finished": FINISHED, "finished_at": finished_at(order)}
    return record


def finished_at(order: Order) -> str:
    """Return when a stored order took its last status. That it expired is no entry of its stored history."""
    return order.accept_until if order.status == "expired" else order.history[-1].at


def deletion_record(business_id: str, moment: datetime) -> Put:
    """Return the action that has the customers' data of a business's orders removed, after it is deleted."""
    due = rfc3339(moment + timedelta(seconds=INDEX_SECONDS))
    key = f"{DELETED_PREFIX}{business_id}"
    return Put(ORDERS, {"order_id": key, "deleted_business": business_id, "finished": DELETED, "finished_at": due})


def is_deleted_business(item: Item) -> bool:
    """Tell whether a record in the table of orders is of a deleted business, and so no order."""
    return "deleted_business" in item


def stored_orders(store: Store) -> Iterator[Item]:
    """Yield the records of all orders, in no certain order. For operators alone. Raises StoreError."""
    return (item for item in scan(store, ORDERS) if not is_deleted_business(item))


def business_status(business_id: str, status: str) -> str:
    """Return the partition of the index `by-status` that lists a business's orders in a status.

    An order that expires stays where it was listed as `received`, since only time passed: both are in one partition.
    """
    return f"{business_id}#{'received' if status == 'expired' else status}"
