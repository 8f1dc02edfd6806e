"""Removes what an order holds about its customer. The order itself stays, for the accounts of the business."""

from typing import Any

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.orders.fulfilment import Delivery
from shopkeeper.domains.orders.model import OPEN, Customer, Order
from shopkeeper.domains.orders.records import orders
from shopkeeper.storage import ConditionFailed, Conflict, Store

REMOVED = "—"
"""What a stored order has in place of a text that it must have."""

TRIES = 5


class Erasure:
    """Removes customers' data from orders. An order that changes meanwhile is read again; each call may be repeated."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._clock = clock
        self._orders = orders(store)

    def is_possible(self, order: Order) -> bool:
        """Tell whether an order is finished. An open one cannot be prepared or delivered without the data."""
        return order.at(rfc3339(self._clock())).status not in OPEN

    def erase(self, order: Order) -> bool:
        """Remove a customer's data from an order, and return whether this call did. An open order stays as it is.

        Raises Conflict if others keep changing the order, or StoreError.
        """
        current: Order | None = order
        for _ in range(TRIES):
            if current is None or current.erased_at is not None or not self.is_possible(current):
                return False
            try:
                self._orders.change(current, without_customer(current, rfc3339(self._clock())))
            except (ConditionFailed, Conflict):
                current = self._orders.get(order.order_id)
            else:
                return True
        raise Conflict(f"others kept changing the order {order.order_id}")


def without_customer(order: Order, at: str) -> dict[str, Any]:
    """Return the changed fields of an order whose customer's data is removed at a time (RFC 3339).

    The reason of a rejection or a cancellation is removed too: it is free text, and may be about the customer.
    """
    is_delivery = isinstance(order.fulfilment, Delivery)
    return {
        "customer": Customer(name=REMOVED),
        "fulfilment": Delivery(address=REMOVED) if is_delivery else order.fulfilment,
        "lines": [msgspec.structs.replace(line, note=None) for line in order.lines],
        "note": None,
        "reason": None,
        "erased_at": at,
    }
