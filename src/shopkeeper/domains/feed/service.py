"""The feed of a business: what happened to its orders, in an order without gap or repeat, for thirty days."""

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.domains.businesses.ownership import own_business
from shopkeeper.domains.feed.model import Event, EventsGone
from shopkeeper.http import Caller, FieldError, InvalidInput
from shopkeeper.storage import EVENTS, FEED_HEAD, Item, Key, Store

KEPT_SECONDS = 30 * 86400


class EventFeed:
    """Reads the feed for the owner."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def after(self, caller: Caller, business_id: str, number: int, limit: int) -> tuple[list[Event], int | None]:
        """Return the events behind `number` and, if there are more, the number of the last of them.

        Raises NotFound, InvalidInput for a number that the feed has not come to, EventsGone if some of the events are
        not kept any more, or StoreError.
        """
        own_business(self._store, business_id, caller)
        # The head is read before the events: one that is appended in between is then no gap.
        newest = self._head(business_id)
        if number == newest:
            return [], None
        if number > newest:
            raise InvalidInput([FieldError("after", f"must be at most {newest}, the number of the newest event")])
        key: Key = {"business_id": business_id, "seq": number}
        page = self._store.query(EVENTS, business_id, limit=limit, after=key)
        events = [msgspec.convert(record, Event) for record in page.items if self._is_kept(record)]
        if not events or events[0].seq != number + 1:
            oldest = self._oldest(business_id, number + 1, newest)
            raise EventsGone("The events after this number are no longer kept.", oldest=oldest, newest=newest)
        return events, events[-1].seq if page.next is not None else None

    def _head(self, business_id: str) -> int:
        head = self._store.get(EVENTS, {"business_id": business_id, "seq": FEED_HEAD}) or {}
        number = head.get("head", 0)
        return number if isinstance(number, int) else 0

    def _oldest(self, business_id: str, low: int, newest: int) -> int:
        """Return the number of the oldest event that is kept, by bisection; behind the newest where none is."""
        high = newest + 1
        while low < high:
            middle = (low + high) // 2
            record = self._store.get(EVENTS, {"business_id": business_id, "seq": middle})
            if record is not None and self._is_kept(record):
                high = middle
            else:
                low = middle + 1
        return low

    def _is_kept(self, record: Item) -> bool:
        return int(str(record["ItemExpireTTL"])) > self._clock().timestamp()
