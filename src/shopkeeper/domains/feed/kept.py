"""Single events of a feed, and whether they are still kept."""

from datetime import datetime

from shopkeeper.clock import Clock
from shopkeeper.domains.feed.model import Event, event_from, is_kept
from shopkeeper.domains.feed.service import EventFeed
from shopkeeper.http import Caller
from shopkeeper.storage import Store
from shopkeeper.storage.tables import EVENTS

NOBODY = Caller("")
"""Who reads the feed here, where nobody asks for an owner."""


def find_event(store: Store, business_id: str, number: int, now: datetime) -> Event | None:
    """Return an event of a business, None if it is not kept. Raises StoreError."""
    record = store.get(EVENTS, {"business_id": business_id, "seq": number})
    return event_from(record) if record is not None and is_kept(record, now.timestamp()) else None


def check_kept(store: Store, clock: Clock, business_id: str, number: int) -> None:
    """Raise EventsGone, which names the oldest and the newest event, if an event is not kept any more.

    Raises InvalidInput for a number that is more than one beyond the newest, or StoreError.
    """
    EventFeed(store, clock, lambda *_: None).after(NOBODY, business_id, number - 1, 1)
