"""What orders offer to other domains: an order as it is now."""

from shopkeeper.domains.orders.model import Order
from shopkeeper.domains.orders.records import orders
from shopkeeper.storage import Store


def find_order(store: Store, order_id: str, now: str) -> Order | None:
    """Return an order as it shows at a moment (RFC 3339), None if there is none. Raises StoreError."""
    return orders(store, at=now).get(order_id)
