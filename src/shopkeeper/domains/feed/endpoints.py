"""The endpoint of the feed."""

from shopkeeper.domains.feed.model import EventsGone, Feed, FeedParameters
from shopkeeper.domains.feed.service import EventFeed
from shopkeeper.http import Access, Call, NotFound, Nothing, Reply, ServiceUnavailable, endpoint

POLL_SECONDS = 5


def read_feed(feed: EventFeed, call: Call[FeedParameters, Nothing]) -> Reply[Feed]:
    """Return the events after a number to the owner, and when to ask again."""
    asked = call.parameters
    events, last = feed.after(call.identity, asked.business_id, asked.after, asked.limit)
    pause = 0 if last is not None else POLL_SECONDS
    return Reply(Feed(events, None if last is None else str(last)), headers={"Retry-After": str(pause)})


ENDPOINTS = (
    endpoint(
        "GET",
        "/api/businesses/{business_id}/events",
        read_feed,
        summary="Return what happened to a business's orders, in an order without gap or repeat",
        access=Access.SIGNED_IN,
        parameters=FeedParameters,
        responses={200: Feed},
        errors=(NotFound, EventsGone, ServiceUnavailable),
    ),
)
