"""The events of a feed that are kept: those after a number, and single ones."""

from datetime import datetime

from shopkeeper.domains.feed.model import Event, EventsAhead, EventsGone, event_from, is_kept
from shopkeeper.domains.feed.offers import read_head
from shopkeeper.storage import Key, Store
from shopkeeper.storage.tables import EVENTS


def find_event(store: Store, business_id: str, number: int, now: datetime) -> Event | None:
    """Return an event of a business, None if it is not kept. Raises StoreError."""
    record = store.get(EVENTS, {"business_id": business_id, "seq": number})
    return event_from(record) if record is not None and is_kept(record, now.timestamp()) else None


def events_after(
    store: Store, business_id: str, number: int, limit: int, now: datetime
) -> tuple[list[Event], int | None]:
    """Return the events of a business after `number` and, if there are more, the number of the last of them.

    Raises EventsAhead for a number that the feed has not reached, EventsGone if some of the events are no longer
    kept, or StoreError.
    """
    # The head is read before the events: one that is appended in between is then no gap.
    newest = read_head(store, business_id).newest
    if number == newest:
        return [], None
    if number > newest:
        raise EventsAhead(newest)
    key: Key = {"business_id": business_id, "seq": number}
    page = store.query(EVENTS, business_id, limit=limit, after=key)
    events = [event_from(record) for record in page.items if is_kept(record, now.timestamp())]
    if not events or events[0].seq != number + 1:
        oldest = _oldest(store, business_id, number + 1, newest, now)
        raise EventsGone("The events after this number are no longer kept.", oldest=oldest, newest=newest)
    return events, events[-1].seq if page.next is not None else None


def check_kept(store: Store, business_id: str, number: int, now: datetime) -> None:
    """Raise EventsGone, which names the oldest and the newest event, if an event is no longer kept.

    Raises EventsAhead for a number that is more than one beyond the newest, or StoreError.
    """
    events_after(store, business_id, number - 1, 1, now)


def _oldest(store: Store, business_id: str, low: int, newest: int, now: datetime) -> int:
    """Return the number of the oldest event that is kept, by binary search; one more than the newest if none is."""
    high = newest + 1
    while low < high:
        middle = (low + high) // 2
        if find_event(store, business_id, middle, now) is not None:
            high = middle
        else:
            low = middle + 1
    return low
