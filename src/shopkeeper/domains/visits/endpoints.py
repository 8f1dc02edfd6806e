"""The endpoints of the visitor counter."""

from typing import TypeVar

import msgspec

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.domains.visits.model import (
    SITE_COUNTER,
    Badge,
    BadgeParameters,
    CountedVisit,
    CounterHealthy,
    CounterParameters,
    CounterUnhealthy,
    SiteParameters,
    UnknownCounter,
    Visit,
)
from shopkeeper.domains.visits.service import BADGES, NUMBER, SVG_BADGE, VisitCounter
from shopkeeper.http import Call, Content, Nothing, RateLimit, Reply, endpoint
from shopkeeper.http.headers import EMBEDDED, POLICY
from shopkeeper.storage import StoreError

VISITS = RateLimit("visits", requests=6000, seconds=600)

P = TypeVar("P", bound=SiteParameters)

ONE_VISIT = {"Visits": 1}

JSON, TEXT, SVG = "application/json", "text/plain; charset=utf-8", "image/svg+xml"

BADGE_SECONDS = 60
BADGE_HEADERS = {
    "Cache-Control": f"public, max-age={BADGE_SECONDS}",
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@endpoint("GET /counter", media_types=(JSON,), safe=False, limits=(VISITS,))
def count_visit(counter: VisitCounter, call: Call[SiteParameters, Nothing]) -> Reply[CountedVisit | Content]:
    """Count a visit of the site.

    Returns the new count. Every request counts, so call it once for each visit. It needs no credentials.
    """
    return Reply(_told(counter.count(), call), metrics=ONE_VISIT)


@endpoint("POST /counter", media_types=(JSON,), limits=(VISITS,))
def post_visit(counter: VisitCounter, call: Call[SiteParameters, Nothing]) -> Reply[CountedVisit | Content]:
    """Count a visit of the site, by POST.

    It counts as GET does. A body is not read.
    """
    return Reply(_told(counter.count(), call), metrics=ONE_VISIT)


@endpoint("GET /counter.txt", media_types=(TEXT,), safe=False, limits=(VISITS,))
def count_visit_as_text(counter: VisitCounter, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Count a visit of the site, and get the bare number.

    For pages that show the answer as it is.
    """
    return Reply(_number(counter.count()), metrics=ONE_VISIT)


@endpoint("POST /counter.txt", media_types=(TEXT,), limits=(VISITS,))
def post_visit_as_text(counter: VisitCounter, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Count a visit of the site by POST, and get the bare number.

    It counts as GET does. A body is not read.
    """
    return Reply(_number(counter.count()), metrics=ONE_VISIT)


@endpoint("GET /counter.svg", media_types=(SVG,), headers=(EMBEDDED, POLICY), limits=(VISITS,))
def draw_badge(counter: VisitCounter, call: Call[BadgeParameters, Nothing]) -> Reply[Content]:
    """Draw the site's count as a badge.

    It never counts, and may be cached for a minute.
    """
    return Reply(_drawn(_badge(counter, SITE_COUNTER, call.parameters)), headers=BADGE_HEADERS)


@endpoint("GET /counter.json", headers=(EMBEDDED, POLICY), limits=(VISITS,))
def read_badge(counter: VisitCounter, call: Call[BadgeParameters, Nothing]) -> Reply[Badge]:
    """Describe the site's count as a badge.

    The fields are those of the endpoint badge of shields.io. It never counts, and may be cached for a minute.
    """
    return Reply(_badge(counter, SITE_COUNTER, call.parameters), headers=BADGE_HEADERS)


@endpoint(
    "GET /counter/{counter_id}",
    media_types=(TEXT, SVG),
    headers=(EMBEDDED, POLICY),
    errors=(UnknownCounter,),
    safe=False,
    limits=(VISITS,),
)
def count_page_visit(
    counter: VisitCounter, call: Call[CounterParameters, Nothing]
) -> Reply[CountedVisit | Badge | Content]:
    """Count a visit of a named page.

    Returns the new count of that page. The setting `COUNTER_IDS` says which names there are; any other is a 404.

    A name that ends with `.txt` counts the page before it and returns the bare number. One that ends with `.svg` or
    `.json` returns that page's badge and counts nothing. A counter that has the whole name itself goes before.
    """
    name, form = counter.read_name(call.parameters.counter_id)
    if form in BADGES:
        badge = _badge(counter, name, call.parameters)
        return Reply(_drawn(badge) if form == SVG_BADGE else badge, headers=BADGE_HEADERS)
    return Reply(_told(counter.count(name), call, form), metrics=ONE_VISIT)


@endpoint("POST /counter/{counter_id}", media_types=(TEXT,), errors=(UnknownCounter,), limits=(VISITS,))
def post_page_visit(counter: VisitCounter, call: Call[CounterParameters, Nothing]) -> Reply[CountedVisit | Content]:
    """Count a visit of a named page, by POST.

    It counts as GET does. A badge cannot be posted: it is 404.
    """
    name, form = counter.read_name(call.parameters.counter_id)
    if form in BADGES:
        raise UnknownCounter("There is no counter of that name.")
    return Reply(_told(counter.count(name), call, form), metrics=ONE_VISIT)


@endpoint("GET /health", responses={503: CounterUnhealthy})
def check_counter(counter: VisitCounter, _: Call[Nothing, Nothing]) -> Reply[CounterHealthy | CounterUnhealthy]:
    """Return whether the counter works.

    It reads the counter and never counts. The status is 503 if the counter cannot be read.
    """
    try:
        value = counter.read()
    except StoreError as error:
        timestamp = rfc3339(utc_now())
        unhealthy = CounterUnhealthy(error="The counter's table cannot be read.", timestamp=timestamp)
        return Reply(unhealthy, status=503, error=error)
    return Reply(CounterHealthy(counter_value=value, timestamp=rfc3339(utc_now())))


def _told(visit: Visit, call: Call[P, Nothing], form: str = "") -> CountedVisit | Content:
    """Return what a visitor is told: the bare number, or the count as JSON, under the name `key` too."""
    if form == NUMBER:
        return _number(visit)
    body = CountedVisit(count=visit.count, timestamp=visit.timestamp, request_id=call.request.request_id)
    key = call.parameters.key
    return body if key is None else Content(JSON, msgspec.json.encode({**msgspec.to_builtins(body), key: visit.count}))


def _number(visit: Visit) -> Content:
    return Content(TEXT, str(visit.count).encode())


def _badge(counter: VisitCounter, name: str, look: BadgeParameters | CounterParameters) -> Badge:
    count = counter.read(name)
    return Badge(label=look.label, message=str(count), color=look.color, cache_seconds=BADGE_SECONDS)


def _drawn(badge: Badge) -> Content:
    from shopkeeper.domains.visits.badge import svg_of  # no start needs it

    return Content(SVG, svg_of(badge))


ENDPOINTS = (
    count_visit,
    post_visit,
    count_visit_as_text,
    post_visit_as_text,
    draw_badge,
    read_badge,
    count_page_visit,
    post_page_visit,
    check_counter,
)
