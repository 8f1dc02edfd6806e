"""The event that tells of a change of an order."""

from datetime import datetime

from shopkeeper.domains.feed.service import KEPT_SECONDS
from shopkeeper.domains.orders.model import Order
from shopkeeper.storage import EVENTS, Table, Value


def event_of(order: Order, at: str) -> tuple[Table, str, dict[str, Value]]:
    """Return where the event of an order's present status is stored, and the event, without the customer's data."""
    expires = int(datetime.fromisoformat(at).timestamp()) + KEPT_SECONDS
    event: dict[str, Value] = {
        "type": f"order.{order.status}",
        "order_id": order.order_id,
        "status": order.status,
        "at": at,
        "ItemExpireTTL": expires,
    }
    said = {"reason": order.reason, "ready_at": order.ready_at}
    event |= {name: text for name, text in said.items() if text is not None}
    return EVENTS, order.business_id, event
