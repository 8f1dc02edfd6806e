"""The feed of a business: what happened to its orders, in an order without gap or repeat, for thirty days."""

from datetime import datetime

import msgspec

from shopkeeper.businesses.ownership import own_business
from shopkeeper.clock import Clock
from shopkeeper.http import Caller
from shopkeeper.orders.model import Event, EventsGone, Order
from shopkeeper.storage import EVENTS, FEED_HEAD, Store, Table, Value

KEPT_SECONDS = 30 * 86400


def event_of(order: Order, at: str) -> tuple[Table, str, dict[str, Value]]:
    """Return where the event goes that an order has become what it is, and the event; nothing of the customer."""
    expires = int(datetime.fromisoformat(at).timestamp()) + KEPT_SECONDS
    event: dict[str, Value] = {
        "type": f"order.{order.status}",
        "order_id": order.order_id,
        "status": order.status,
        "at": at,
        "ItemExpireTTL": expires,
    }
    return EVENTS, order.business_id, event


class EventFeed:
    """Reads the feed for the owner."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def after(self, caller: Caller, business_id: str, number: int, limit: int) -> tuple[list[Event], int | None]:
        """Return the events behind `number` and, if there are more, the number of the last of them.

        Raises NotFound, EventsGone if some of them are not kept any more, or StoreError.
        """
        own_business(self._store, business_id, caller)
        key: dict[str, str | int] = {"business_id": business_id, "seq": number}
        page = self._store.query(EVENTS, business_id, limit=limit, after=key)
        now = self._clock().timestamp()
        kept = [raw for raw in page.items if int(str(raw["ItemExpireTTL"])) > now]
        events = [msgspec.convert(raw, Event) for raw in kept]
        if self._is_gap(business_id, number, events):
            raise EventsGone("Events behind this number are not kept any more.")
        return events, events[-1].seq if page.next is not None else None

    def _is_gap(self, business_id: str, number: int, events: list[Event]) -> bool:
        if events:
            return events[0].seq != number + 1
        head = self._store.get(EVENTS, {"business_id": business_id, "seq": FEED_HEAD}) or {}
        return int(str(head.get("head", 0))) > number
