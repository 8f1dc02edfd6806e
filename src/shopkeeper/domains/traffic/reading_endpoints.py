"""The endpoints that read traffic."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from shopkeeper.domains.traffic import export
from shopkeeper.domains.traffic import reading_model as views
from shopkeeper.domains.traffic.dimensions import DIMENSIONS
from shopkeeper.domains.traffic.periods import FIRST_YEAR, Period, oldest_day, period_of
from shopkeeper.domains.traffic.readers import ReadableSite, Readers
from shopkeeper.domains.traffic.reading import Labelled, Reading
from shopkeeper.domains.traffic.rollup import Rollup
from shopkeeper.http import (
    Access,
    Call,
    Content,
    HeaderField,
    Load,
    NotFound,
    Nothing,
    RateLimit,
    Reply,
    endpoint,
)

CSV, JSON_LINES = "text/csv; charset=utf-8", "application/x-ndjson"
MOST_LIVE_NAMES = 20

READS = RateLimit("traffic", requests=600, seconds=600)

DISPOSITION = HeaderField(
    "Content-Disposition", "The name of the file", {"type": "string"}, 'attachment; filename="traffic.csv"'
)


class TrafficReading:
    """What the endpoints ask: who may read which site, and what was counted there."""

    def __init__(self, readers: Readers, reading: Reading) -> None:
        self.readers = readers
        self.reading = reading


@endpoint("GET /api/traffic", errors=(NotFound,), access=Access.OPTIONAL, load=Load.SEARCHES, limits=(READS,))
def read_traffic(traffic: TrafficReading, call: Call[views.TrafficParameters, Nothing]) -> Reply[views.Traffic]:
    """Read the traffic of a site.

    Returns totals, those of the period before, and a series by hour, day or month. For the owner of the site's business
    and for admins, or for anyone where `TRAFFIC_PUBLIC` is set. The hour, the day and the month that are not over are
    included.
    """
    asked, reading = call.parameters, traffic.reading
    site = traffic.readers.site(call.caller, asked.site, asked.token)
    today = reading.today(site)
    period = period_of(asked.first, asked.last, asked.by, today)
    series = dict(reading.series(site, period))
    totals = views.totals_of(reading.summed(site, period, series.values()))
    before = period_before(reading, site, period)
    first, last = _dates(period)
    return Reply(
        views.Traffic(
            site=site.key,
            time_zone=site.time_zone,
            first=first,
            last=last,
            by=period.by,
            totals=totals,
            before=before,
            change=None if before is None else views.change_of(before.totals, totals),
            series=[views.point_of(at, series.get(at, Rollup()), period.by) for at in period.labels(site.zone)],
        )
    )


@endpoint(
    "GET /api/traffic/{dimension}",
    errors=(NotFound,),
    access=Access.OPTIONAL,
    load=Load.SEARCHES,
    limits=(READS,),
)
def read_traffic_names(
    traffic: TrafficReading, call: Call[views.NamesParameters, Nothing]
) -> Reply[views.TrafficNames]:
    """List what was counted most.

    The names are those of one dimension, such as pages or sources. Pages, events and bots count every view. The others
    count entries: views that came from outside of the site.
    """
    asked, reading = call.parameters, traffic.reading
    site = traffic.readers.site(call.caller, asked.site, asked.token)
    period = period_of(asked.first, asked.last, asked.by, reading.today(site))
    found = views.ranking(reading.whole(site, period), asked.dimension, asked.limit)
    first, last = _dates(period)
    return Reply(
        views.TrafficNames(
            site=site.key,
            first=first,
            last=last,
            dimension=found.dimension,
            names=found.names,
            other=found.other,
            total=found.total,
        )
    )


@endpoint(
    "GET /api/traffic/dimensions", errors=(NotFound,), access=Access.OPTIONAL, load=Load.SEARCHES, limits=(READS,)
)
def read_traffic_dimensions(
    traffic: TrafficReading, call: Call[views.DimensionsParameters, Nothing]
) -> Reply[views.TrafficDimensions]:
    """List what was counted most in every dimension.

    It is what `GET /api/traffic/{dimension}` returns of each, read at once.
    """
    asked, reading = call.parameters, traffic.reading
    site = traffic.readers.site(call.caller, asked.site, asked.token)
    period = period_of(asked.first, asked.last, asked.by, reading.today(site))
    whole = reading.whole(site, period)
    first, last = _dates(period)
    found = views.rankings(whole, asked.limit)
    return Reply(views.TrafficDimensions(site=site.key, first=first, last=last, dimensions=found))


@endpoint("GET /api/traffic/live", errors=(NotFound,), access=Access.OPTIONAL, load=Load.PAGES, limits=(READS,))
def read_live_traffic(
    traffic: TrafficReading, call: Call[views.ReadableSiteParameters, Nothing]
) -> Reply[views.LiveTraffic]:
    """Read the traffic of the last hour.

    Returns the views by five minutes, and the pages and sources of now.
    """
    site = traffic.readers.site(call.caller, call.parameters.site, call.parameters.token)
    live = traffic.reading.live(site)
    pages, sources = (
        views.ranked(live.hours.of(DIMENSIONS[name].letter), MOST_LIVE_NAMES)[0] for name in ("pages", "sources")
    )
    return Reply(
        views.LiveTraffic(
            site=site.key,
            time_zone=site.time_zone,
            views=sum(count for _, count in live.steps),
            steps=[views.Step(at, count) for at, count in live.steps],
            since=live.since,
            pages=pages,
            sources=sources,
            bots=live.hours.bots,
        )
    )


@endpoint("GET /api/traffic/sites", errors=(NotFound,), access=Access.OPTIONAL, limits=(READS,))
def list_traffic_sites(
    traffic: TrafficReading, call: Call[views.ReadableSiteParameters, Nothing]
) -> Reply[views.TrafficSites]:
    """List the sites whose traffic the caller may read.

    Admins may also read that of any business by its id. With the token of a link it is the site that the link shares.
    """
    asked, readers = call.parameters, traffic.readers
    is_one = asked.token is not None or asked.site is not None
    sites = [readers.site(call.caller, asked.site, asked.token)] if is_one else readers.all_of(call.caller)
    return Reply(
        views.TrafficSites(
            [views.TrafficSite(site=site.key, name=site.name, time_zone=site.time_zone) for site in sites]
        )
    )


@endpoint(
    "GET /api/traffic/export.csv",
    errors=(NotFound,),
    headers=(DISPOSITION,),
    media_types=(CSV,),
    access=Access.OPTIONAL,
    load=Load.SEARCHES,
    limits=(READS,),
)
def export_traffic_csv(traffic: TrafficReading, call: Call[views.ExportParameters, Nothing]) -> Reply[Content]:
    """Export the traffic of a site as CSV.

    There is a line for each period, dimension and name. A name that a spreadsheet might take for a formula has an
    apostrophe before it.
    """
    return _exported(traffic, call, "csv", CSV, export.csv_pieces)


@endpoint(
    "GET /api/traffic/export.jsonl",
    errors=(NotFound,),
    headers=(DISPOSITION,),
    media_types=(JSON_LINES,),
    access=Access.OPTIONAL,
    load=Load.SEARCHES,
    limits=(READS,),
)
def export_traffic_json(traffic: TrafficReading, call: Call[views.ExportParameters, Nothing]) -> Reply[Content]:
    """Export the traffic of a site as JSON lines.

    There is an object for each day or month.
    """
    return _exported(traffic, call, "jsonl", JSON_LINES, export.json_pieces)


def _exported(
    traffic: TrafficReading,
    call: Call[views.ExportParameters, Nothing],
    ending: str,
    media_type: str,
    pieces: Callable[[Iterable[Labelled]], Iterator[bytes]],
) -> Reply[Content]:
    asked, reading = call.parameters, traffic.reading
    site = traffic.readers.site(call.caller, asked.site, asked.token)
    today = reading.today(site)
    oldest = oldest_day(today) if asked.by == "day" else date(FIRST_YEAR, 1, 1)
    period = period_of(asked.first or oldest.isoformat(), asked.last, asked.by, today)
    headers = {"Content-Disposition": f'attachment; filename="traffic-{site.key}.{ending}"'}
    return Reply(Content(media_type, pieces(reading.series(site, period))), headers=headers)


def period_before(reading: Reading, site: ReadableSite, period: Period) -> views.Before | None:
    """Return the period before, None if it is not kept any more."""
    before = period.before
    if period.by != "month" and before.first < oldest_day(reading.today(site)):
        return None
    first, last = _dates(before)
    return views.Before(first=first, last=last, totals=views.totals_of(reading.whole(site, before)))


def _dates(period: Period) -> tuple[str, str]:
    return period.first.isoformat(), period.last.isoformat()


ENDPOINTS = (
    read_traffic,
    read_traffic_names,
    read_traffic_dimensions,
    read_live_traffic,
    list_traffic_sites,
    export_traffic_csv,
    export_traffic_json,
)
"""What the function `traffic` serves."""
