"""The event of a change of an order."""

from collections.abc import Mapping
from datetime import datetime

from shopkeeper.domains.feed.offers import append
from shopkeeper.domains.orders.model import Order
from shopkeeper.storage import Append


def event_of(order: Order, at: str, now: datetime, tally: Mapping[str, int]) -> Append:
    """Return the action that appends the event of an order's current status, which it has had since `at`.

    The event holds nothing of the customer but the reason of a cancellation. `tally` is added to the head's numbers.
    """
    said = {"status": order.status, "reason": order.reason, "ready_at": order.ready_at}
    data = {name: text for name, text in said.items() if text is not None}
    return append(order.business_id, f"order.{order.status}", order.order_id, data, at, now, tally)
