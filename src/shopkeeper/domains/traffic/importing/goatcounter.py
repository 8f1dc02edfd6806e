"""GoatCounter's exports: single views as CSV of version 2, and statistics as a zip archive of JSON lines.

Sources: GoatCounter's documentation, "Export format" and "JSON exports" (help/export, help/export-json).
The CSV has sessions, of which the first view is an entry. A session is a visitor's for eight hours, so that a day's
uniques are its sessions. The JSON has no visitors at all: the uniques of its days are not known. It counts each page
once for each visit, and it counts browsers, systems, places and widths by days of UTC.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

import msgspec

from shopkeeper.domains.traffic.dimensions import OTHER
from shopkeeper.domains.traffic.importing.collecting import (
    Collection,
    Faults,
    Malformed,
    View,
    Views,
    count,
    day_of,
    name_of,
    path_of,
)
from shopkeeper.domains.traffic.importing.files import Row, Source, read_each
from shopkeeper.domains.traffic.importing.names import browser_of, country_of, source_of, system_of, width_of
from shopkeeper.domains.traffic.urls import DIRECT
from shopkeeper.errors import ConfigurationError

COLUMNS = {
    *("2Path", "Event", "Browser", "System", "Session", "Bot", "Referrer", "Referrer scheme", "Screen size"),
    *("Location", "Date"),
}
BOT = "crawler"
"""The reason of views that GoatCounter took for a bot's."""


def read(source: Source, zone: tzinfo, faults: Faults) -> Collection:
    """Return what an export counted. Raises ConfigurationError for a file of another format."""
    collection = Collection()
    if source.find("hit_stats.jsonl") is not None:
        _Statistics(source, faults, collection, zone).read()
    else:
        for name in source.names:
            _read_csv(source, name, zone, faults, collection)
    return collection


def _read_csv(source: Source, name: str, zone: tzinfo, faults: Faults, collection: Collection) -> None:
    views = Views(collection)
    read_each(source.rows(name, faults, COLUMNS), name, faults, lambda row: _count_row(row, zone, collection, views))
    views.finish()


def _count_row(row: Row, zone: tzinfo, collection: Collection, views: Views) -> None:
    at = _moment(row["Date"], zone)
    day = at.date().isoformat()
    if row["Bot"] not in ("", "0"):
        rollup = collection.day(day)
        rollup.bots += 1
        count(rollup, "bots", BOT)
        return
    if row["Event"] == "true":
        count(collection.day(day), "events", name_of(row["2Path"]))
        return
    if not row["2Path"]:
        raise Malformed("has no path")
    found, campaign = _source(row["Referrer"], row["Referrer scheme"])
    views.add(
        View(
            at=at.isoformat(),
            day=day,
            visitor=row["Session"],
            visit=row["Session"],
            path=path_of(row["2Path"]),
            source=found,
            campaign=campaign,
            country=country_of(row["Location"]),
            browser=browser_of(row["Browser"]),
            system=system_of(row["System"]),
            width=width_of(row["Screen size"]),
        )
    )


def _source(referrer: str, scheme: str) -> tuple[str, str]:
    """Return the source of a referrer and the campaign that it stands for. The source behind a campaign is not told."""
    match scheme:
        case "c":
            return OTHER, name_of(referrer)
        case "g":
            return name_of(referrer).lower() or DIRECT, ""
        case _:
            return source_of(referrer), ""


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{text[:40]!r} is no time") from None
    if moment.tzinfo is None:
        raise Malformed(f"{text} has no time zone")
    return moment.astimezone(zone)


class _Statistics:
    """The JSON lines of statistics, and the lists that they refer to."""

    def __init__(self, source: Source, faults: Faults, collection: Collection, zone: tzinfo) -> None:
        self._source = source
        self._faults = faults
        self._collection = collection
        self._zone = zone

    def read(self) -> None:
        """Count all statistics. Raises ConfigurationError for another version of the format."""
        self._check_version()
        paths = {row["id"]: row for row in self._lines("paths.jsonl", ("id", "path"))}
        refs = {row["id"]: row for row in self._lines("refs.jsonl", ("id", "ref"))}
        browsers = {row["id"]: str(row["name"]) for row in self._lines("browsers.jsonl", ("id", "name"))}
        systems = {row["id"]: str(row["name"]) for row in self._lines("systems.jsonl", ("id", "name"))}
        self._each("hit_stats.jsonl", ("hour", "path_id"), lambda row: self._hit(row, paths, refs))
        events = {number for number, path in paths.items() if path.get("event")}
        named: tuple[tuple[str, str, str, Callable[[Any], str]], ...] = (
            ("browser_stats.jsonl", "browsers", "browser_id", lambda number: browser_of(browsers.get(number, ""))),
            ("system_stats.jsonl", "systems", "system_id", lambda number: system_of(systems.get(number, ""))),
            ("location_stats.jsonl", "countries", "location", lambda place: country_of(str(place))),
            ("size_stats.jsonl", "widths", "width", lambda width: width_of(str(width))),
        )
        for file, dimension, field, name in named:
            self._each(file, ("day", "path_id", field), partial(self._count, events, dimension, field, name))

    def _check_version(self) -> None:
        for info in self._lines("info.json", ("export_version",)):
            if str(info["export_version"]).partition(".")[0] == "1":
                return
        raise ConfigurationError("This is no JSON export of GoatCounter in version 1.")

    def _count(
        self, events: set[Any], dimension: str, field: str, name: Callable[[Any], str], row: dict[str, Any]
    ) -> None:
        if row["path_id"] not in events:
            count(self._collection.day(day_of(str(row["day"]))), dimension, name(row[field]), row["count"])

    def _hit(self, row: dict[str, Any], paths: dict[Any, Any], refs: dict[Any, Any]) -> None:
        at, number = _moment(str(row["hour"]), self._zone), row["count"]
        path = paths.get(row["path_id"])
        if path is None:
            raise Malformed(f"no path has the id {row['path_id']}")
        day = self._collection.day(at.date().isoformat())
        if path.get("event"):
            count(day, "events", name_of(str(path["path"])), number)
            return
        day.views += number
        count(day, "pages", path_of(str(path["path"])), number)
        ref = refs.get(row.get("ref_id"), {"ref": ""})
        found, campaign = _source(str(ref["ref"]), str(ref.get("ref_scheme", "")))
        count(day, "sources", found, number)
        if campaign:
            count(day, "campaigns", campaign, number)

    def _each(self, base: str, fields: tuple[str, ...], read: Callable[[dict[str, Any]], None]) -> None:
        for line, row in self._numbered(base, (*fields, "count")):
            try:
                read(row)
            except Malformed as error:
                self._faults.add(base, line, str(error))

    def _lines(self, base: str, fields: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        return (row for _, row in self._numbered(base, fields))

    def _numbered(self, base: str, fields: tuple[str, ...]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the objects of a file that have these fields, one on each line, or one in the whole of a JSON file."""
        name = self._source.find(base)
        if name is None:
            return
        with self._source.text(name) as text:
            for line, content in enumerate([text.read()] if base.endswith(".json") else text, 1):
                if not content.strip():
                    continue
                try:
                    yield line, _object(content, fields)
                except Malformed as error:
                    self._faults.add(base, line, str(error))


def _object(content: str, fields: tuple[str, ...]) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(content)
    except msgspec.DecodeError:
        raise Malformed("is no JSON") from None
    if not isinstance(row, dict) or not all(name in row for name in fields):
        raise Malformed(f"is no object with {', '.join(fields)}")
    number = row.get("count", 0)
    if type(number) is not int or number < 0:
        raise Malformed("has no whole number as its count")
    return row
