"""The event of a change of an order."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from shopkeeper.domains.feed.offers import append
from shopkeeper.domains.orders.model import Order
from shopkeeper.storage import Append


def event_of(order: Order, at: str, now: datetime, tally: Mapping[str, int]) -> Append:
    """Return the action that appends the event of an order's current status, which it has had since `at`.

    The event holds nothing of the customer but the reason of a cancellation. `tally` is added to the head's numbers.
    """
    facts = {"status": order.status, "reason": order.reason, "ready_at": order.ready_at}
    data = {name: text for name, text in facts.items() if text is not None}
    event = append(order.business_id, f"order.{order.status}", order.order_id, data, at, now, tally)
    # Versions that serve beside this one, or after a way back, read an order's data from the event itself.
    return msgspec.structs.replace(event, item={**event.item, "order_id": order.order_id, **data})
