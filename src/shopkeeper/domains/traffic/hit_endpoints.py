"""The endpoints that take hits. What counts them is loaded with the first hit: `/counter` needs none of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shopkeeper.domains.traffic.hit_model import MOST_BODY, Hit, InvalidHit, UnknownSite
from shopkeeper.http import Call, Content, ContentTooLarge, Nothing, RateLimit, Reply, endpoint
from shopkeeper.http.headers import EMBEDDED

if TYPE_CHECKING:
    from shopkeeper.domains.traffic.hits import Hits

HITS = RateLimit("hits", requests=6000, seconds=600)

PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00"
    b"\x01\x00\x00\x02\x02D\x01\x00;"
)
"""A transparent GIF of one pixel, in 43 bytes."""

ERRORS = (InvalidHit, UnknownSite)


@endpoint(
    "POST /hit",
    errors=(*ERRORS, ContentTooLarge),
    accepts=("application/json", "text/plain"),
    limits=(HITS,),
)
def count_hit(hits: "Callable[[], Hits]", call: Call[Nothing, Hit]) -> Reply[Nothing]:
    """Count a view of a page, or an event on it.

    The page that sends it must be the site's: `Origin` or `Referer` says so. A site sends it as text/plain, which needs
    no preflight. The answer comes when the hit is stored.
    """
    if len(call.request.content()) > MOST_BODY:
        raise ContentTooLarge(f"A hit has at most {MOST_BODY} bytes.")
    counted = hits().count(call.body, call.request)
    headers = {"Access-Control-Allow-Origin": counted.origin} if counted.origin else {}
    return Reply(Nothing(), headers=headers, metrics={counted.metric: 1})


@endpoint("GET /hit.gif", errors=ERRORS, headers=(EMBEDDED,), media_types=("image/gif",), safe=False, limits=(HITS,))
def count_image(hits: "Callable[[], Hits]", call: Call[Hit, Nothing]) -> Reply[Content]:
    """Count a view by an image.

    For pages without JavaScript. The image is a transparent GIF of one pixel.
    """
    counted = hits().count(call.parameters, call.request)
    headers = {"Cache-Control": "no-store", EMBEDDED.name: "cross-origin"}
    return Reply(Content("image/gif", PIXEL), headers=headers, metrics={counted.metric: 1})


ENDPOINTS = (count_hit, count_image)
