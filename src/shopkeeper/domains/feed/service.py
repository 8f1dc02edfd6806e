"""Reading the feed of a business: what happened, in an order without gap or repeat, for thirty days."""

from collections.abc import Callable

from shopkeeper.clock import Clock
from shopkeeper.domains.feed.kept import events_after
from shopkeeper.domains.feed.model import Event
from shopkeeper.http import Caller
from shopkeeper.storage import Store

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

        Raises NotFound, EventsAhead for a number that the feed has not reached, EventsGone if some of the events are
        not kept any more, or StoreError.
        """
        self._check_owner(business_id, caller)
        return events_after(self._store, business_id, number, limit, self._clock())
