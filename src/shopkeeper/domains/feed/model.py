"""The types of events, and of the parameters and the response of the feed's endpoint."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from shopkeeper.http import FieldError, Gone, InvalidInput
from shopkeeper.http.constraints import text
from shopkeeper.http.fields import Limit
from shopkeeper.storage import Item, Value

MAX_NUMBER = 2**53
"""Beyond this, JSON's numbers are not exact everywhere."""

Id = Annotated[str, text(128)]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a feed, about the thing with the id `subject`.

    `data` has what a board shows. It has a customer's first name, but no phone number or email address.
    """

    seq: int
    type: str
    at: str
    subject: str
    data: dict[str, str | int]
    # Events of orders also have these data here, as before `data` existed.
    order_id: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    reason: str | UnsetType | None = UNSET
    ready_at: str | UnsetType | None = UNSET


FORMER_FIELDS = ("status", "reason", "ready_at")


def event_from(record: Item) -> Event:
    """Return an event as it is stored today, or as older versions stored an order's, without `subject` and `data`."""
    former: dict[str, Value] = {}
    if "order_id" in record:
        data = {name: record[name] for name in FORMER_FIELDS if name in record}
        former = {"subject": record["order_id"], "data": data, **{name: record.get(name) for name in FORMER_FIELDS}}
    return msgspec.convert({**former, **record}, Event)


def is_kept(record: Item, now: float) -> bool:
    """Return whether a stored event is still kept, `now` in seconds of the Unix epoch. A store removes it later."""
    expires = record["ItemExpireTTL"]
    return isinstance(expires, int) and expires > now


class Feed(msgspec.Struct, frozen=True):
    """Events in their order; `next` is the number to ask after for more, null if there are no more."""

    events: list[Event]
    next: str | None


class FeedParameters(msgspec.Struct, frozen=True):
    """Which events of a business."""

    business_id: Id
    after: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)] = 0
    limit: Limit = 100
    wait: Annotated[
        int,
        msgspec.Meta(ge=0, le=25, description="For how many seconds to wait for an event if there is none yet"),
    ] = 0


class EventsAhead(InvalidInput):
    """The feed has not reached the given number. The error has the number of the newest event."""

    tells = ("errors", "newest")

    def __init__(self, newest: int) -> None:
        super().__init__([FieldError("after", f"must be at most {newest}, the number of the newest event")])
        self.facts = {"newest": newest}


class EventsGone(Gone):
    """Events after the given number are no longer kept."""

    code = "events_gone"
    tells = ("oldest", "newest")
