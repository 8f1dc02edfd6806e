"""A business's log of events, for the domains that write to it: any kind of event, numbered without gap or repeat."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from shopkeeper.storage import ABSENT, FEED_HEAD, Append, Check, Item, Key, Store, Value
from shopkeeper.storage.tables import EVENTS

KEPT_SECONDS = 30 * 86400
"""How long an event is kept, from the moment at which it is appended."""

Data = Mapping[str, str | int]
"""The facts of an event beside its kind, subject and time. They must hold no secret: they are sent as they are."""


def append(
    business_id: str,
    kind: str,
    subject: str,
    data: Data,
    at: str,
    now: datetime,
    tally: Mapping[str, int] | None = None,
) -> Append:
    """Return the action that appends an event to a business's log.

    `kind` is a name like `order.accepted`, `subject` the id of what it is about, `at` the time of RFC 3339 at which it
    happened. The event expires thirty days after `now`. `tally` is added to numbers that the head of the log keeps.
    """
    event: dict[str, Value] = {
        "type": kind,
        "subject": subject,
        "data": dict(data),
        "at": at,
        "ItemExpireTTL": int(now.timestamp()) + KEPT_SECONDS,
    }
    return Append(EVENTS, business_id, event, tally or {})


class Head(msgspec.Struct, frozen=True):
    """The head of a log as it was read: the number of the newest event, 0 for none, and the tallies."""

    business_id: str
    newest: int
    record: Item

    def tally(self, name: str) -> int:
        """Return a number that appends have added to, 0 where none has."""
        return _number(self.record, name)

    @property
    def unmoved(self) -> Check:
        """The check with which a transaction fails if an event was appended after the head was read."""
        return Check(EVENTS, _key(self.business_id), {"head": self.newest or ABSENT})


def read_head(store: Store, business_id: str) -> Head:
    """Return the head of a business's log as it is now (strongly consistent). Raises StoreError."""
    record = store.get(EVENTS, _key(business_id)) or {}
    return Head(business_id, _number(record, "head"), record)


def _key(business_id: str) -> Key:
    return {"business_id": business_id, "seq": FEED_HEAD}


def _number(record: Item, name: str) -> int:
    value = record.get(name, 0)
    return value if isinstance(value, int) else 0
