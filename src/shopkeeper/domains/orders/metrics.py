"""What a step of an order counts as, for the metrics. Names have the form that `shopkeeper.metrics` describes."""

from collections.abc import Mapping
from datetime import datetime

from shopkeeper.domains.orders.model import Order
from shopkeeper.metrics import in_currency


def metrics_of(order: Order) -> Mapping[str, int]:
    """Return the metrics of the step that an order has just taken.

    What an order earns counts when it is accepted, in minor units of its currency. A cancellation takes nothing away.
    """
    match order.status:
        case "accepted":
            return {
                "OrdersAccepted": 1,
                "SecondsToAccept": _seconds(order.created_at, order.history[-1].at),
                in_currency("Revenue", order.currency): order.total_minor,
            }
        case "rejected":
            return {"OrdersRejected": 1}
        case "cancelled":
            return {"OrdersCancelled": 1}
    return {}


def _seconds(begin: str, end: str) -> int:
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds())
