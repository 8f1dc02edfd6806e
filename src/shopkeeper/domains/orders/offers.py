"""What orders offer to other domains: an order as it is now, how it comes to its customer, who has orders to accept."""

from collections.abc import Iterable

from shopkeeper.domains.feed.offers import read_head
from shopkeeper.domains.orders.fulfilment import Delivery, TableService
from shopkeeper.domains.orders.model import Order
from shopkeeper.domains.orders.records import AWAITING, deletion_record, orders
from shopkeeper.storage import Store
from shopkeeper.storage.tables import ORDERS

__all__ = [
    "Delivery",
    "TableService",
    "count_open",
    "count_waiting",
    "deletion_record",
    "find_order",
    "waiting_businesses",
]

MOST_WAITING = 100


def find_order(store: Store, order_id: str, now: str) -> Order | None:
    """Return an order as it shows at a moment (RFC 3339), None if there is none. Raises StoreError."""
    return orders(store, at=now).get(order_id)


def waiting_businesses(store: Store) -> list[str]:
    """Return the ids of businesses with orders that wait to be accepted, by the first 100 of these orders.

    The index lags behind the table. Raises StoreError.
    """
    page = store.query(ORDERS, AWAITING, index="awaiting", limit=MOST_WAITING)
    return list(dict.fromkeys(str(item["business_id"]) for item in page.items))


def count_open(store: Store, businesses: Iterable[str]) -> int:
    """Return how many orders of some businesses have not ended, as the heads of their feeds count them.

    An order that was not accepted in time counts until the sweep has stored that. Raises StoreError.
    """
    return sum(max(0, read_head(store, business_id).tally("open")) for business_id in businesses)


def count_waiting(store: Store, most: int) -> int:
    """Return how many orders wait to be accepted, at most so many. Raises StoreError."""
    return len(store.query(ORDERS, AWAITING, index="awaiting", limit=most).items)
