"""For operators: events without what they hold about a customer. They expire thirty days after they are appended."""

from collections.abc import Set

import msgspec

from shopkeeper.storage import FEED_HEAD, Changes, ConditionFailed, Item, Key, Store
from shopkeeper.storage.tables import EVENTS

PERSONAL = ("customer", "reason")
"""Data of an event that is about a customer, or that a customer may have written."""


class KeptEvent(msgspec.Struct, frozen=True):
    """What identifies an event, and its data. Former versions named the subject `order_id`."""

    business_id: str
    seq: int
    at: str
    subject: str = ""
    order_id: str = ""
    data: dict[str, str | int] = {}


def forget_customers(store: Store, business_id: str, subjects: Set[str]) -> None:
    """Remove what the events about some subjects hold about a customer.

    It reads the whole feed of the business, and is safe to repeat. Raises StoreError.
    """
    after: Key | None = {"business_id": business_id, "seq": FEED_HEAD}
    while after is not None:
        page = store.query(EVENTS, business_id, after=after)
        for record in page.items:
            event = msgspec.convert(record, KeptEvent)
            if subjects & {event.subject, event.order_id}:
                _forget(store, event, record)
        after = page.next


def _forget(store: Store, event: KeptEvent, record: Item) -> None:
    """Change an event, unless it has expired meanwhile: an event that is gone must not come back."""
    kept = {name: value for name, value in event.data.items() if name not in PERSONAL}
    changes = Changes(
        set={} if kept == event.data else {"data": kept}, remove=[name for name in PERSONAL if name in record]
    )
    if not (changes.set or changes.remove):
        return
    try:
        store.update(EVENTS, {"business_id": event.business_id, "seq": event.seq}, changes, expect={"at": event.at})
    except ConditionFailed:
        pass
