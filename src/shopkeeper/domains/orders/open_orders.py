"""How many orders of a business are open: the head of its feed counts them, and time ends some of them."""

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.feed.offers import read_head
from shopkeeper.domains.orders.records import business_status, orders
from shopkeeper.storage import Check, Store
from shopkeeper.storage.listing import listed

TRIES = 5


class OpenOrders:
    """Counts the open orders of a business, strongly consistent."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._orders = orders(store)

    def count(self, business_id: str) -> tuple[int, Check]:
        """Return the number of open orders, and the check that since then no order was placed or changed its status.

        The sweep may expire an order after the head was read and before the late orders are counted. That order is then
        in neither number, so the head is read again before orders are called open. Raises StoreError.
        """
        head = read_head(self._store, business_id)
        for _ in range(TRIES):
            number = head.tally("open")
            if number > 0:
                number -= self._late(business_id)
            if number <= 0:
                break
            again = read_head(self._store, business_id)
            if again.newest == head.newest:
                break
            head = again
        return number, head.unmoved

    def _late(self, business_id: str) -> int:
        """Count the orders that were not accepted in time, and that the sweep has not stored as expired yet."""
        now = rfc3339(self._clock())
        pages = listed(self._store, self._orders, "by-status", business_status(business_id, "received"))
        return sum(order.status == "received" and order.accept_until <= now for page in pages for order in page)
