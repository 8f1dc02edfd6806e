"""The event of a change of an order."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from shopkeeper.domains.feed.model import FORMER_FIELDS
from shopkeeper.domains.feed.offers import append
from shopkeeper.domains.orders.fulfilment import type_of
from shopkeeper.domains.orders.model import Order
from shopkeeper.storage import Append

MAX_FIRST_NAME = 40


def event_of(order: Order, at: str, now: datetime, tally: Mapping[str, int]) -> Append:
    """Return the action that appends the event of an order's current status, which it has had since `at`.

    The event has what a board shows. Of the customer it has the first name and the reason of a cancellation; `by` says
    whose cancellation it is. `tally` is added to the head's numbers.
    """
    facts = {
        "number": order.number,
        "day": order.day,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "customer": first_name(order.customer.name),
        "fulfilment": type_of(order.fulfilment),
        "status": order.status,
        "by": order.history[-1].by if order.status == "cancelled" else None,
        "reason": order.reason,
        "ready_at": order.ready_at,
    }
    data = {name: fact for name, fact in facts.items() if fact is not None}
    event = append(order.business_id, f"order.{order.status}", order.order_id, data, at, now, tally)
    # Versions that serve beside this one, or after a way back, read an order's data from the event itself.
    former = {name: data[name] for name in FORMER_FIELDS if name in data}
    return msgspec.structs.replace(event, item={**event.item, "order_id": order.order_id, **former})


def first_name(name: str) -> str:
    """Return the first word of a name, at most 40 characters of it."""
    return name.split(maxsplit=1)[0][:MAX_FIRST_NAME]
