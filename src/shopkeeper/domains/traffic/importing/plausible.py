"""Plausible's export: a zip archive or a folder of CSV files, one for each of its tables, with a row for each day.

Source: Plausible's documentation, "Import stats using CSV files" (csv-import). The days are those of the site at
Plausible. Visits count as entries.
"""

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import partial

from shopkeeper.domains.traffic.dimensions import OTHER
from shopkeeper.domains.traffic.importing.collecting import (
    Collection,
    Faults,
    count,
    day_of,
    name_of,
    number_of,
    path_of,
)
from shopkeeper.domains.traffic.importing.files import Row, Source, read_each
from shopkeeper.domains.traffic.importing.names import (
    browser_of,
    campaign_of,
    country_of,
    source_of,
    system_of,
    width_of,
)
from shopkeeper.domains.traffic.rollup import Rollup
from shopkeeper.domains.traffic.urls import DIRECT
from shopkeeper.errors import ConfigurationError

FILE = re.compile(r"(?:.*/)?(imported_[a-z_]+?)(?:_[0-9]{8}_[0-9]{8})?\.csv")
NO_EVENTS = ("pageview", "engagement")
DIRECT_NAMES = ("", "direct / none")
WIDE = "wide"
"""What Plausible calls a desktop is 1,440 pixels wide or wider; narrower ones are laptops."""


def read(source: Source, zone: tzinfo, faults: Faults) -> Collection:  # noqa: ARG001  # the days have their zone already
    """Return what an export counted. Raises ConfigurationError for files of another format."""
    collection = Collection()
    tables = {found[1]: name for name in source.names if (found := FILE.fullmatch(name))}
    if not tables.keys() & READERS.keys():
        raise ConfigurationError("There is no file like imported_visitors_20260101_20261231.csv.")
    for table, (needed, count_row) in READERS.items():
        if table in tables:
            name = tables[table]
            rows = source.rows(name, faults, {"date", *needed})
            read_each(rows, name, faults, partial(_count_row, collection, count_row))
    for day in collection.days.values():
        day.views = max(day.views, sum(day.of("p").values()))
    return collection


def _count_row(collection: Collection, count_row: Callable[[Rollup, Row], None], row: Row) -> None:
    count_row(collection.day(day_of(row["date"])), row)


def _visitors(day: Rollup, row: Row) -> None:
    visitors, views = number_of(row["visitors"]), number_of(row["pageviews"])
    day.uniques += visitors
    day.views += views


def _pages(day: Rollup, row: Row) -> None:
    count(day, "pages", path_of(row["page"]), number_of(row["pageviews"]))


def _entries(day: Rollup, row: Row) -> None:
    count(day, "entries", path_of(row["entry_page"]), number_of(row["entrances"]))


def _sources(day: Rollup, row: Row) -> None:
    number = number_of(row["visits"])
    referrer, named = row.get("referrer", ""), row["source"]
    if referrer.strip():
        found = source_of(referrer)
    else:
        found = DIRECT if named.strip().lower() in DIRECT_NAMES else name_of(named).lower()
    count(day, "sources", found, number)
    campaign = campaign_of(*(row.get(name, "") for name in ("utm_source", "utm_medium", "utm_campaign")))
    if campaign:
        count(day, "campaigns", campaign, number)


def _places(day: Rollup, row: Row) -> None:
    count(day, "countries", country_of(row["country"]), number_of(row["visits"]))


def _browsers(day: Rollup, row: Row) -> None:
    count(day, "browsers", browser_of(row["browser"]), number_of(row["visits"]))


def _systems(day: Rollup, row: Row) -> None:
    count(day, "systems", system_of(row["operating_system"]), number_of(row["visits"]))


def _devices(day: Rollup, row: Row) -> None:
    device = row["device"].strip()
    width = WIDE if device.lower() == "desktop" else width_of("", device)
    count(day, "widths", width or OTHER, number_of(row["visits"]))


def _events(day: Rollup, row: Row) -> None:
    if row["name"] not in NO_EVENTS:
        count(day, "events", name_of(row["name"]), number_of(row["events"]))


READERS: Mapping[str, tuple[tuple[str, ...], Callable[[Rollup, Row], None]]] = {
    "imported_visitors": (("visitors", "pageviews"), _visitors),
    "imported_pages": (("page", "pageviews"), _pages),
    "imported_entry_pages": (("entry_page", "entrances"), _entries),
    "imported_sources": (("source", "visits"), _sources),
    "imported_locations": (("country", "visits"), _places),
    "imported_browsers": (("browser", "visits"), _browsers),
    "imported_operating_systems": (("operating_system", "visits"), _systems),
    "imported_devices": (("device", "visits"), _devices),
    "imported_custom_events": (("name", "events"), _events),
}
"""The tables that are read, each with its columns beside the date. Exit pages are not kept here."""
