"""A report of a site's traffic in a period: the totals, the change, and what was counted most."""

import msgspec

from shopkeeper.domains.traffic.dimensions import DIMENSIONS
from shopkeeper.domains.traffic.periods import Period
from shopkeeper.domains.traffic.readers import ReadableSite
from shopkeeper.domains.traffic.reading import Reading
from shopkeeper.domains.traffic.reading_model import Change, Counted, Totals, change_of, ranked, totals_of

SECTIONS = ("pages", "sources", "campaigns", "countries", "browsers", "systems", "widths", "events", "bots")


class Section(msgspec.Struct, frozen=True):
    """What was counted most in a dimension, and the count of all others."""

    dimension: str
    names: list[Counted]
    other: int


class TrafficReport(msgspec.Struct, frozen=True):
    """A report. The sections are those that have counts."""

    site: ReadableSite
    period: Period
    totals: Totals
    before: Totals
    change: Change
    sections: list[Section]


def report_of(reading: Reading, site: ReadableSite, period: Period, most: int) -> TrafficReport:
    """Return the report of a period, with at most so many names of each dimension. Raises StoreError."""
    whole, before = reading.whole(site, period), totals_of(reading.whole(site, period.before))
    totals = totals_of(whole)
    sections = []
    for name in SECTIONS:
        names, other = ranked(whole.of(DIMENSIONS[name].letter), most)
        if names or other:
            sections.append(Section(name, names, other))
    return TrafficReport(site, period, totals, before, change_of(before, totals), sections)


def percent(change: float | None) -> str:
    """Return a relative change like `+25 %`, an empty text if it is not known."""
    return "" if change is None else f"{change:+.0%}".replace("%", " %")
