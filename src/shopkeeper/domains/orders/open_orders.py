"""How many orders of a business are open: the head of its feed counts them, and time ends some of them."""

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.feed.offers import read_head
from shopkeeper.domains.orders.records import business_status, orders
from shopkeeper.storage import ORDERS, Check, Store

PAGE = 100
TRIES = 5


class OpenOrders:
    """Counts the open orders of a business, strongly consistent."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._orders = orders(store)

    def count(self, business_id: str) -> tuple[int, Check]:
        """Return the number of open orders, and the check that since then no order was placed or changed its status.

        Between reading the head and looking for late orders the sweep may store that some expired, which then nobody
        takes off. So the head is read again before orders are called open. Raises StoreError.
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
        """Count the orders that were not accepted in time, and that the sweep has not stored as expired yet.

        The index only finds them. What they are is read from the table, since an index may lag behind.
        """
        now = rfc3339(self._clock())
        count, after = 0, None
        while True:
            partition = business_status(business_id, "received")
            page = self._store.query(ORDERS, partition, index="by-status", limit=PAGE, after=after)
            listed = [self._orders.from_item(item).order_id for item in page.items]
            stored = [order for order in self._orders.get_many(listed) if order is not None]
            count += sum(order.status == "received" and order.accept_until <= now for order in stored)
            after = page.next
            if after is None:
                return count
