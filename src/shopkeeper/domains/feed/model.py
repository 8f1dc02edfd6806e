"""What an event is, and what the endpoint of the feed takes and gives."""

from typing import Annotated

import msgspec

from shopkeeper.http import Gone
from shopkeeper.http.fields import Limit, text

MAX_NUMBER = 2**53
"""Beyond this, JSON's numbers are not exact everywhere."""

Id = Annotated[str, text(128)]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a business's feed; it holds nothing of the customer but the reason of a cancellation."""

    seq: int
    type: str
    order_id: str
    status: str
    at: str
    reason: str | None = None
    ready_at: str | None = None


class Feed(msgspec.Struct, frozen=True):
    """Events in their order; `next` is the number to ask after for more, null when that was all."""

    events: list[Event]
    next: str | None


class FeedParameters(msgspec.Struct, frozen=True):
    """Which events of a business."""

    business_id: Id
    after: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)] = 0
    limit: Limit = 100


class EventsGone(Gone):
    """Events behind the number given are not kept any more."""

    code = "events_gone"
