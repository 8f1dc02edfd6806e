"""The page of numbers, for who has a link that shares a site, and for anyone where traffic is public."""

from shopkeeper.domains.traffic.periods import period_of
from shopkeeper.domains.traffic.reading_endpoints import READS, TrafficReading, period_before
from shopkeeper.domains.traffic.reading_model import TrafficParameters, point_of, rankings, totals_of
from shopkeeper.domains.traffic.rollup import Rollup
from shopkeeper.http import (
    Access,
    Call,
    Content,
    HeaderField,
    Load,
    NotFound,
    Nothing,
    Reply,
    Unauthenticated,
    endpoint,
)

HTML = "text/html; charset=utf-8"
MOST_NAMES = 20

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    # The address has the token of a link, which no other site is to see.
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
}
DECLARED = tuple(
    HeaderField(name, meaning, {"type": "string"}, HEADERS[name])
    for name, meaning in (
        ("Content-Security-Policy", "What the page may load"),
        ("Cross-Origin-Opener-Policy", "The page shares no window"),
        ("Referrer-Policy", "No other site sees the page's address"),
    )
)


@endpoint(
    "GET /traffic",
    media_types=(HTML,),
    responses={404: Content},
    headers=DECLARED,
    access=Access.OPTIONAL,
    load=Load.SEARCHES,
    limits=(READS,),
)
def show_traffic(traffic: TrafficReading, call: Call[TrafficParameters, Nothing]) -> Reply[Content]:
    """Show the traffic of a site as a page.

    It is for a browser, needs no JavaScript, and shows more with it. `share` is the token of a link. Without one the
    page is for anyone where `TRAFFIC_PUBLIC` is set.
    """
    from shopkeeper.domains.traffic import page  # no start needs it
    from shopkeeper.domains.traffic.page_words import language_of

    asked, reading = call.parameters, traffic.reading
    language = language_of(call.request.headers.get("accept-language", ""))
    try:
        site = traffic.readers.site(call.caller, asked.site, asked.token)
    except (NotFound, Unauthenticated):
        return Reply(Content(HTML, page.refusal(language)), status=NotFound.status, headers=HEADERS)
    today = reading.today(site)
    period = period_of(asked.first, asked.last, asked.by, today)
    series = dict(reading.series(site, period))
    whole = reading.summed(site, period, series.values())
    before = period_before(reading, site, period)
    named = {"share": asked.token, "site": asked.site}
    shown = page.Shown(
        site=site,
        period=period,
        today=today,
        totals=totals_of(whole),
        before=None if before is None else before.totals,
        points=[point_of(at, series.get(at, Rollup()), period.by) for at in period.labels(site.zone)],
        rankings=rankings(whole, MOST_NAMES),
        query={name: value for name, value in named.items() if value is not None},
    )
    return Reply(Content(HTML, page.page(language, shown)), headers=HEADERS)


ENDPOINTS = (show_traffic,)
"""The page."""
