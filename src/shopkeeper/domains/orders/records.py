"""The records of orders, and of the idempotency keys under which they were placed."""

import msgspec

from shopkeeper.domains.orders.model import Order
from shopkeeper.http import NotFound
from shopkeeper.storage import Item, Store, Value
from shopkeeper.storage.records import Records, to_item
from shopkeeper.storage.tables import IDEMPOTENCY, ORDERS

AWAITING = "order"
"""The partition of the index `awaiting`: the orders that are stored as received, by the end of their time."""


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
        order = msgspec.convert(item, Order)
        return order if at is None else order.at(at)

    return Records(store, ORDERS, Order, missing=no_order, read=read, write=order_record)


def no_order() -> NotFound:
    """Return the error of an order that is not there, or not for the caller."""
    return NotFound("There is no such order.")


def order_record(order: Order) -> dict[str, Value]:
    """Return an order as it is stored, with the attributes that list it by its status and until it is accepted."""
    record = to_item(order)
    record["business_status"] = business_status(order.business_id, order.status)
    return record | ({"awaiting": AWAITING} if order.status == "received" else {})


def business_status(business_id: str, status: str) -> str:
    """Return the partition of the index `by-status` that lists a business's orders in a status.

    An order that expires stays where it was listed as `received`, since only time passed: both are in one partition.
    """
    return f"{business_id}#{'received' if status == 'expired' else status}"
