"""What orders offer to other domains: an order as it is now, how it comes to its customer, who has orders to accept."""

from shopkeeper.domains.orders.fulfilment import Delivery, TableService
from shopkeeper.domains.orders.model import Order
from shopkeeper.domains.orders.records import AWAITING, deletion_record, orders
from shopkeeper.storage import Store
from shopkeeper.storage.tables import ORDERS

__all__ = ["Delivery", "TableService", "deletion_record", "find_order", "waiting_businesses"]

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
