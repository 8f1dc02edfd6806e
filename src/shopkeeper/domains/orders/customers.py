"""For operators: the orders of one customer, over all businesses."""

from collections.abc import Iterator, Mapping

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.domains.orders.erasure import Erasure
from shopkeeper.domains.orders.model import Order
from shopkeeper.domains.orders.records import orders, stored_orders
from shopkeeper.storage import Item, Store


class Erased(msgspec.Struct):
    """What was done with a customer's orders: the ids of those without data now, by business, and of those left."""

    orders: dict[str, set[str]] = {}
    open: list[str] = []
    unreadable: list[str] = []

    @property
    def ids(self) -> set[str]:
        """The ids of the orders of all businesses."""
        return set[str]().union(*self.orders.values())


def orders_of(store: Store, contact: str) -> Iterator[Order | str]:
    """Yield the orders that were placed with an email address in lower case, or with a phone number.

    Of an order that cannot be read, the id is yielded. It scans the table. Raises StoreError.
    """
    records = orders(store)
    for record in stored_orders(store):
        if contact in contacts_of(record):
            try:
                yield records.from_item(record)
            except msgspec.ValidationError:
                yield str(record["order_id"])


def erase_customer(store: Store, clock: Clock, contact: str, *, is_trial: bool) -> Erased:
    """Remove a customer's data from their finished orders, or with `is_trial` only find these. Raises StoreError."""
    erasure, done = Erasure(store, clock), Erased()
    for order in orders_of(store, contact):
        if isinstance(order, str):
            done.unreadable.append(order)
        elif not erasure.is_possible(order):
            done.open.append(order.order_id)
        else:
            if not is_trial:
                erasure.erase(order)
            done.orders.setdefault(order.business_id, set()).add(order.order_id)
    return done


def contacts_of(record: Item) -> set[str]:
    """Return the email address, in lower case, and the phone number of the customer of a stored order."""
    customer = record.get("customer")
    found = customer if isinstance(customer, Mapping) else {}
    return {str(found[name]).lower() for name in ("email", "phone") if found.get(name)}
