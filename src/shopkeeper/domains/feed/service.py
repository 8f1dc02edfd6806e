"""Reading the feed of a business: what happened, in an order without gap or repeat, for thirty days."""

from collections.abc import Callable

from shopkeeper.clock import Clock
from shopkeeper.domains.feed.model import Event, EventsAhead, EventsGone, event_from, is_kept
from shopkeeper.domains.feed.offers import read_head
from shopkeeper.http import Caller
from shopkeeper.storage import Item, Key, Store
from shopkeeper.storage.tables import EVENTS

CheckOwner = Callable[[str, Caller], object]
"""Returns if a business is the caller's. Raises NotFound or StoreError."""


class EventFeed:
    """Reads the feed for the owner."""

    def __init__(self, store: Store, clock: Clock, check_owner: CheckOwner) -> None:
        self._store = store
        self._clock = clock
        self._check_owner = check_owner

    def after(self, caller: Caller, business_id: str, number: int, limit: int) -> tuple[list[Event], int | None]:
        """Return the events after `number` and, if there are more, the number of the last of them.

        Raises NotFound, EventsAhead for a number that the feed has not come to, EventsGone if some of the events are
        not kept any more, or StoreError.
        """
        self._check_owner(business_id, caller)
        # The head is read before the events: one that is appended in between is then no gap.
        newest = read_head(self._store, business_id).newest
        if number == newest:
            return [], None
        if number > newest:
            raise EventsAhead(newest)
        key: Key = {"business_id": business_id, "seq": number}
        page = self._store.query(EVENTS, business_id, limit=limit, after=key)
        events = [event_from(record) for record in page.items if self._is_kept(record)]
        if not events or events[0].seq != number + 1:
            oldest = self._oldest(business_id, number + 1, newest)
            raise EventsGone("The events after this number are no longer kept.", oldest=oldest, newest=newest)
        return events, events[-1].seq if page.next is not None else None

    def _oldest(self, business_id: str, low: int, newest: int) -> int:
        """Return the number of the oldest event that is kept, by bisection; one more than the newest if none is."""
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
        return is_kept(record, self._clock().timestamp())
