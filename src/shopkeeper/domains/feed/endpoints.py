"""The endpoint of the feed."""

from shopkeeper.domains.feed.model import EventsGone, Feed, FeedParameters
from shopkeeper.domains.feed.service import EventFeed
from shopkeeper.http import RETRY_AFTER, Access, Call, Load, NotFound, Nothing, Reply, endpoint

POLL_SECONDS = 5


@endpoint(
    "GET /api/businesses/{business_id}/events",
    headers=(RETRY_AFTER,),
    errors=(NotFound, EventsGone),
    load=Load.PAGES,
    access=Access.SIGNED_IN,
)
def read_feed(feed: EventFeed, call: Call[FeedParameters, Nothing]) -> Reply[Feed]:
    """Return what happened to a business's orders, in an order without gap or repeat.

    For the owner: the events after a number. `Retry-After` says when to ask again.
    """
    asked = call.parameters
    events, last = feed.after(call.identity, asked.business_id, asked.after, asked.limit)
    pause = 0 if last is not None else POLL_SECONDS
    return Reply(Feed(events, None if last is None else str(last)), headers={"Retry-After": str(pause)})


ENDPOINTS = (read_feed,)
