"""The endpoint of the feed."""

from shopkeeper.domains.feed.model import EventsAhead, EventsGone, Feed, FeedParameters
from shopkeeper.domains.feed.service import EventFeed
from shopkeeper.http import RETRY_AFTER, Access, Call, Load, NotFound, Nothing, Reply, Wait, endpoint

POLL_SECONDS = 5
"""When to ask again for what comes next."""

POLL_WAITING_SECONDS = 2
"""The same for who would rather wait, where the server cannot wait."""


@endpoint(
    "GET /api/businesses/{business_id}/events",
    headers=(RETRY_AFTER,),
    errors=(NotFound, EventsAhead, EventsGone),
    load=Load.PAGES,
    access=Access.SIGNED_IN,
)
def read_feed(feed: EventFeed, call: Call[FeedParameters, Nothing]) -> Reply[Feed]:
    """Return the events of your business after a number.

    They come in order, without gap or repeat. With `wait` the server answers as soon as there is an event, and without
    one after so many seconds. `Retry-After` says when to ask again. Events are kept for 30 days; 410 says which are.
    """
    asked = call.parameters
    events, last = feed.after(call.identity, asked.business_id, asked.after, asked.limit)
    body = Feed(events, None if last is None else str(last))
    if events or not asked.wait:
        return Reply(body, headers={"Retry-After": str(0 if last is not None else POLL_SECONDS)})
    wait = Wait(asked.business_id, asked.wait, {"Retry-After": "0"})
    return Reply(body, headers={"Retry-After": str(POLL_WAITING_SECONDS)}, wait=wait)


ENDPOINTS = (read_feed,)
