"""A business's log of events, for the domains that write to it: any kind of event, numbered without gap or repeat."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from shopkeeper.storage import (
    ABSENT,
    FEED_HEAD,
    Action,
    Append,
    Check,
    Conflict,
    ExpectationFailed,
    Item,
    Key,
    Store,
    Value,
)
from shopkeeper.storage.retries import Retries
from shopkeeper.storage.tables import EVENTS

KEPT_SECONDS = 30 * 86400
"""How long an event is kept, from the moment at which it is appended."""

APPEND_SECONDS = 8.0
"""For how long an append that must follow the event that was read is retried, while other requests are faster."""

Data = Mapping[str, str | int]
"""The facts of an event besides its kind, subject and time. None may be secret: the owner is sent all of them.

`customer` is a person's first name, which is for nobody but the owner.
"""


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
    """The head of a log as it was read: the number of the newest event, 0 for none, and what else it keeps."""

    business_id: str
    newest: int
    record: Item

    def tally(self, name: str) -> int:
        """Return a number that appends have added to, 0 where none has."""
        return _number(self.record, name)

    def text(self, name: str) -> str:
        """Return a text that an append has set, empty if none has."""
        value = self.record.get(name, "")
        return value if isinstance(value, str) else ""

    def followed_by(self, event: Append, kept: Item) -> Append:
        """Return the action that appends an event only as the next one, and then sets what the head keeps."""
        return msgspec.structs.replace(event, after=self.newest, head=kept)

    @property
    def unmoved(self) -> Check:
        """The check with which a transaction fails if an event was appended after the head was read."""
        return Check(EVENTS, _key(self.business_id), {"head": self.newest or ABSENT})


def read_head(store: Store, business_id: str) -> Head:
    """Return the head of a business's log as it is now (strongly consistent). Raises StoreError."""
    record = store.get(EVENTS, _key(business_id)) or {}
    return Head(business_id, _number(record, "head"), record)


def append_next(store: Store, business_id: str, actions: Callable[[Head], Sequence[Action]]) -> None:
    """Apply the actions that follow from the head of a business's log, as all or nothing.

    If one of them is an event that must be the next one, and another event was first, they are made again from the
    head as it is then. Raises Conflict if others are faster until the deadline, or what `Store.transact` raises.
    """
    retries = Retries(APPEND_SECONDS)
    while True:
        made = actions(read_head(store, business_id))
        try:
            store.transact(made)
        except ExpectationFailed as error:
            if not isinstance(made[error.position], Append):
                raise
            if not retries.wait():
                raise Conflict(f"others kept appending to the log of the business {business_id}") from error
        else:
            return


def _key(business_id: str) -> Key:
    return {"business_id": business_id, "seq": FEED_HEAD}


def _number(record: Item, name: str) -> int:
    value = record.get(name, 0)
    return value if isinstance(value, int) else 0
