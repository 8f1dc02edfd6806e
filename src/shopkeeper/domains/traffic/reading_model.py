"""What the endpoints that read traffic take and give."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

import msgspec

from shopkeeper.domains.traffic.dimensions import DIMENSIONS, OTHER
from shopkeeper.domains.traffic.periods import By
from shopkeeper.domains.traffic.rollup import Rollup
from shopkeeper.http.constraints import pattern, text

MOST_NAMES = 1000
USUAL_NAMES = 100
MOST_OF_EACH = 100
"""The most names of each dimension, where all dimensions are asked for."""

DimensionName = Literal[
    "pages",
    "entries",
    "sources",
    "campaigns",
    "countries",
    "browsers",
    "systems",
    "widths",
    "events",
    "bots",
    "families",
]
"""The dimensions of whole days. `bots` are the reasons why views are bots', `families` what bots they are."""

ExportBy = Literal["day", "month"]
"""What an export has a line for."""

SiteName = Annotated[
    str,
    text(128, description="A host of `SITES`, or the `business_id` of a site; the caller's own business by default"),
]
DateText = Annotated[
    str,
    pattern(
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        must="must be a date, like 2026-11-21",
        description="A date of the site's time zone",
        examples=["2026-11-21"],
    ),
]


ShareText = Annotated[str, text(400, description="The token of a link that shares a site's traffic")]
ShareHeader = Annotated[
    str,
    pattern(
        "^[!-~]{1,400}$",
        must="must be the token of a link that shares a site's traffic",
        header=True,
        description="The token of a link that shares a site's traffic, as `share` in the query",
    ),
]


class OwnSiteParameters(msgspec.Struct, frozen=True):
    """Which site."""

    site: SiteName | None = None


class ReadableSiteParameters(OwnSiteParameters, frozen=True, kw_only=True):
    """Which site, and the token of the link that shares it. A token names its site by itself."""

    share: ShareText | None = None
    share_header: ShareHeader | None = msgspec.field(name="Traffic-Share", default=None)

    @property
    def token(self) -> str | None:
        """The token, None for who has none."""
        return self.share_header or self.share


class TrafficParameters(ReadableSiteParameters, frozen=True, kw_only=True):
    """Which site, and which dates of it: the last 30 days, or 12 months, by default. By month they are whole months.

    By hour the dates are 35 at most, and by day 775 (25 months), since no more are kept.
    """

    first: DateText | None = msgspec.field(name="from", default=None)
    last: DateText | None = msgspec.field(name="to", default=None)
    by: By = "day"


class NamesParameters(TrafficParameters, frozen=True, kw_only=True):
    """Which dimension of which site and dates, and at most how many names."""

    dimension: DimensionName
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_NAMES, description="The most names that are told")] = USUAL_NAMES


class DimensionsParameters(TrafficParameters, frozen=True, kw_only=True):
    """Which site and dates, and at most how many names of each dimension."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_OF_EACH, description="The most names of each dimension")] = 10


class ExportParameters(ReadableSiteParameters, frozen=True, kw_only=True):
    """What to export: all days that are kept by default, or all months."""

    first: DateText | None = msgspec.field(name="from", default=None)
    last: DateText | None = msgspec.field(name="to", default=None)
    by: ExportBy = "day"


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted in a time: `views` of people, and those of `bots`, which are not among them.

    `uniques` are different visitors: exact for one day, an estimate (within about 6 %) for one month, and null for any
    other time or where they are not known. `daily_uniques` is the sum of those of each day, in which who came on two
    days counts twice.
    """

    views: int
    uniques: int | None
    daily_uniques: int
    bots: int


class Point(Totals, frozen=True, kw_only=True):
    """What was counted in an hour, a day or a month; `at` is like `2026-11-21T08`, `2026-11-21` or `2026-11`.

    The uniques of an hour are those whose first view of the day was in it.
    """

    at: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The change since the period before, relative to it: 0.25 is a quarter more. Null if it is not known, or was 0."""

    views: float | None
    uniques: float | None
    bots: float | None


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """The period of the same length before."""

    first: str = msgspec.field(name="from")
    last: str = msgspec.field(name="to")
    totals: Totals


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """The traffic of a site in a period, and in each hour, day or month of it. Dates are of the `time_zone`.

    `before` is null if its days are not kept any more, and so is `change` then.
    """

    site: str
    time_zone: str
    first: str = msgspec.field(name="from")
    last: str = msgspec.field(name="to")
    by: By
    totals: Totals
    before: Before | None
    change: Change | None
    series: list[Point]


class Counted(msgspec.Struct, frozen=True):
    """A name of a dimension and its count."""

    name: str
    count: int


class TrafficNames(msgspec.Struct, frozen=True, kw_only=True):
    """The names of a dimension that were counted most, in order.

    `other` is the count of all other names: those beyond the limit, and those that had no room where they were counted.
    `total` is the sum.
    """

    site: str
    first: str = msgspec.field(name="from")
    last: str = msgspec.field(name="to")
    dimension: DimensionName
    names: list[Counted]
    other: int
    total: int


class Ranking(msgspec.Struct, frozen=True):
    """The names of a dimension that were counted most, the count of all others, and the sum."""

    dimension: DimensionName
    names: list[Counted]
    other: int
    total: int


class TrafficDimensions(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted most in each dimension."""

    site: str
    first: str = msgspec.field(name="from")
    last: str = msgspec.field(name="to")
    dimensions: list[Ranking]


class Step(msgspec.Struct, frozen=True):
    """The views of five minutes, which begin `at` a time of the site."""

    at: str
    views: int


class LiveTraffic(msgspec.Struct, frozen=True, kw_only=True):
    """The last hour of a site: `views` by five minutes, the last of which are not over.

    `pages`, `sources` and `bots` count from `since` on, the beginning of the hour before this one.
    """

    site: str
    time_zone: str
    views: int
    steps: list[Step]
    since: str
    pages: list[Counted]
    sources: list[Counted]
    bots: int


class TrafficSite(msgspec.Struct, frozen=True, kw_only=True):
    """A site: its name for `site`, how people call it, and its time zone."""

    site: str
    name: str
    time_zone: str


class TrafficSites(msgspec.Struct, frozen=True):
    """The sites that the caller may read, the own business first."""

    sites: list[TrafficSite]


class TrafficShare(msgspec.Struct, frozen=True):
    """A link that shares a site's traffic: the `token` for `Traffic-Share` or `share`, and the `path` of its page."""

    site: str
    token: str
    path: str


def totals_of(rollup: Rollup) -> Totals:
    """Return the totals of a roll-up whose uniques are 0 where they are not known."""
    uniques = rollup.uniques if rollup.uniques or not rollup.views else None
    return Totals(views=rollup.views, uniques=uniques, daily_uniques=rollup.daily_uniques, bots=rollup.bots)


def point_of(at: str, rollup: Rollup, by: By) -> Point:
    """Return what was counted at a time. The visitors of an hour are always known, and may be none."""
    known = totals_of(rollup)
    uniques = rollup.uniques if by == "hour" else known.uniques
    return Point(at=at, views=known.views, uniques=uniques, daily_uniques=known.daily_uniques, bots=known.bots)


def change_of(before: Totals, now: Totals) -> Change:
    """Return the change from one period to another."""
    return Change(
        views=relative(before.views, now.views),
        uniques=relative(before.uniques, now.uniques),
        bots=relative(before.bots, now.bots),
    )


def relative(before: int | None, now: int | None) -> float | None:
    """Return a change relative to what was before, None where that is not known or was 0."""
    return round(now / before - 1, 4) if before and now is not None else None


def ranked(counts: Mapping[str, int], limit: int) -> tuple[list[Counted], int]:
    """Return the most counted names, and the count of all others."""
    pairs = sorted((pair for pair in counts.items() if pair[0] != OTHER), key=lambda pair: (-pair[1], pair[0]))[:limit]
    return [Counted(name, count) for name, count in pairs], sum(counts.values()) - sum(count for _, count in pairs)


def ranking(rollup: Rollup, dimension: DimensionName, limit: int) -> Ranking:
    """Return what was counted most in a dimension."""
    counts = rollup.of(DIMENSIONS[dimension].letter)
    names, other = ranked(counts, limit)
    return Ranking(dimension, names, other, sum(counts.values()))


def rankings(rollup: Rollup, limit: int) -> list[Ranking]:
    """Return what was counted most in each dimension."""
    return [ranking(rollup, name, limit) for name in get_args(DimensionName)]
