"""Umami's table `website_event`: as CSV with a head, or in a dump of PostgreSQL or MySQL.

Source: Umami's schema (db/postgresql/schema.prisma, db/clickhouse/schema.sql). Browsers, systems, screens and countries
are in the table `session`, which a dump may hold too, or in columns of an export of Umami's cloud. Without either they
are counted as other. A session is a visitor, of which the first view of each visit is an entry.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from shopkeeper.domains.traffic.importing.collecting import (
    Collection,
    Faults,
    Malformed,
    View,
    Views,
    count,
    name_of,
    path_of,
)
from shopkeeper.domains.traffic.importing.dump import TableRow, dump_rows
from shopkeeper.domains.traffic.importing.files import Row, Source
from shopkeeper.domains.traffic.importing.names import (
    browser_of,
    campaign_of,
    country_of,
    source_of,
    system_of,
    width_of,
)
from shopkeeper.domains.traffic.sites import host_of
from shopkeeper.domains.traffic.urls import DIRECT
from shopkeeper.errors import ConfigurationError

EVENTS, SESSIONS = "website_event", "session"
NEEDED = ("website_id", "session_id", "created_at", "url_path", "event_type")
CLIENT = ("browser", "os", "device", "screen", "country")
VIEW, CUSTOM = "1", "2"
"""The types of events that are counted. The others are clicks on links and pixels that Umami made."""


def read(source: Source, zone: tzinfo, faults: Faults, website: str | None = None) -> Collection:
    """Return what was counted for a website, which must be named if there are several. Raises ConfigurationError."""
    collection = Collection()
    views = Views(collection)
    sessions: dict[str, Row] = {}
    seen: set[str] = set()
    for name in source.names:
        for table, line, row in _rows(source, name, faults):
            try:
                if table == SESSIONS:
                    sessions[row.get("session_id", "")] = {field: row.get(field, "") for field in CLIENT}
                elif website in (None, _needed(row, "website_id")):
                    seen.add(row["website_id"])
                    _count(row, zone, collection, views)
            except Malformed as error:
                faults.add(name, line, str(error))
    if len(seen) > 1:
        raise ConfigurationError(f"There are several websites; --website must name one of {', '.join(sorted(seen))}.")
    if not seen:
        raise ConfigurationError(
            "There are no rows of the table website_event" + (f" for {website}." if website else ".")
        )
    views.finish(lambda view: _known(view, sessions))
    return collection


def _rows(source: Source, name: str, faults: Faults) -> Iterator[TableRow]:
    if name.removesuffix(".gz").endswith(".csv"):
        table = SESSIONS if name.rpartition("/")[2].startswith(SESSIONS) else EVENTS
        needed = {"session_id"} if table == SESSIONS else set(NEEDED)
        for line, row in source.rows(name, faults, needed):
            # What COPY writes for NULL, if it was asked for CSV in this way.
            yield table, line, {field: "" if value == r"\N" else value for field, value in row.items()}
        return
    with source.text(name) as text:
        yield from dump_rows(text, name, faults, frozenset({EVENTS, SESSIONS}))


def _count(row: Row, zone: tzinfo, collection: Collection, views: Views) -> None:
    at = _moment(_needed(row, "created_at"), zone)
    day = at.date().isoformat()
    kind = _needed(row, "event_type")
    if kind == CUSTOM:
        count(collection.day(day), "events", name_of(row.get("event_name", "")))
    elif kind == VIEW:
        session = _needed(row, "session_id")
        views.add(
            View(
                at=at.isoformat(),
                day=day,
                visitor=session,
                visit=row.get("visit_id") or (session, day),
                path=path_of(_needed(row, "url_path")),
                source=_source(row),
                campaign=campaign_of(*(row.get(name, "") for name in ("utm_source", "utm_medium", "utm_campaign"))),
                **_client(row),
            )
        )


def _source(row: Row) -> str:
    found = source_of(row.get("referrer_domain", ""))
    return DIRECT if found == host_of(f"https://{row.get('hostname', '')}") else found


def _client(row: Row) -> dict[str, str]:
    """Return what a row tells of a browser, a system, a width and a country. What it does not tell is left out."""
    told = {
        "browser": browser_of(row.get("browser", "")),
        "system": system_of(row.get("os", "")),
        "width": width_of(row.get("screen", ""), row.get("device", "")),
        "country": country_of(row["country"]) if row.get("country") else "",
    }
    return {name: value for name, value in told.items() if value}


def _known(view: View, sessions: dict[str, Row]) -> dict[str, str]:
    """Return what the session of a view tells."""
    return _client(sessions.get(str(view.visitor), {}))


def _moment(text: str, zone: tzinfo) -> datetime:
    """Return a time of PostgreSQL, MySQL or RFC 3339. One without a zone is of UTC, as Umami stores it."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Malformed(f"{text[:40]!r} is no time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)


def _needed(row: Row, name: str) -> str:
    value = row.get(name, "")
    if not value:
        raise Malformed(f"has no {name}")
    return value
