"""Imports of Umami's table of events, in each form that its databases give it."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shopkeeper.errors import ConfigurationError
from tests.support.imports import Write, read, shown, writing

UMAMI_COLUMNS = (
    "event_id, website_id, session_id, created_at, url_path, url_query, referrer_path, referrer_query, "
    "referrer_domain, page_title, event_type, event_name, visit_id, tag, utm_campaign, utm_medium, utm_source, hostname"
)
N = r"\N"


def copied(*cells: str) -> str:
    """A line of COPY."""
    return "\t".join(cells)


def event(
    number: str,
    at: str,
    path: str,
    referrer: str = N,
    *,
    session: str = "s1",
    kind: str = "1",
    name: str = N,
    utm: tuple[str, str, str] = (N, N, N),
) -> str:
    """A line of the table `website_event`."""
    visit = session.replace("s", "v")
    before = (number, "w1", session, at, path, "", N, N, referrer, "A\\ntitle", kind, name, visit, N)
    return copied(*before, *utm, "example.com")


UMAMI_DUMP = "\n".join(
    [
        "-- PostgreSQL database dump",
        "COPY public.website (website_id, name) FROM stdin;",
        "w1\texample\\tshop",
        "\\.",
        f"COPY public.website_event ({UMAMI_COLUMNS}) FROM stdin;",
        event("e2", "2026-10-08 01:55:00+00", "/menu", referrer="example.com"),
        event("e1", "2026-10-08 01:54:16.502+00", "/", "www.search.example", utm=("may", "email", "letter")),
        event("e3", "2026-10-08 02:00:00+00", "/", session="s2"),
        event("e4", "2026-10-08 02:00:01+00", "/", session="s2", kind="2", name="order"),
        event("e5", "2026-10-08 02:00:01+00", "/", session="s2", kind="3", name="x"),
        event("e6", "late", "/", session="s2"),
        copied("e7", "w1"),
        "\\.",
        "COPY public.session (session_id, website_id, browser, os, device, screen, language, country) FROM stdin;",
        copied("s1", "w1", "edge-chromium", "Windows 10", "desktop", "1920x1080", "de-DE", "DE"),
        "\\.",
        "",
    ]
)
UMAMI_COUNTED = {
    "v": 3,
    "u": 2,
    "x": 0,
    "p": {"/menu": 1, "/": 2},
    "n": {"order": 1},
    "e": {"/": 2},
    "s": {"search.example": 1, "direct": 1},
    "c": {"letter/email/may": 1},
    "l": {"DE": 1, "": 1},
    "b": {"Edge": 1, "": 1},
    "o": {"Windows": 1, "": 1},
    "w": {"wide": 1},
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writing(tmp_path)


def test_umamis_dump_of_postgresql_is_read_with_its_sessions(write: Write) -> None:
    collection, faults = read("umami", write("umami.sql", UMAMI_DUMP))
    assert {day: shown(rollup) for day, rollup in collection.days.items()} == {"2026-10-08": UMAMI_COUNTED}
    assert faults.named == [
        "umami.sql, line 11: 'late' is no time",
        "umami.sql, line 12: has 2 fields instead of 18",
    ]


def test_umamis_dump_by_inserts_is_read_with_quotes_lines_and_brackets_in_texts(write: Write) -> None:
    dump = (
        "INSERT INTO public.website_event (website_id, session_id, created_at, url_path, page_title, event_type, "
        "visit_id)\n"
        "VALUES ('w1', 's1', '2026-10-08 01:54:16+00', '/it''s', 'a), (b;\n', 1, NULL),\n"
        "  ('w1', 's1', '2026-10-08 01:55:16+00', '/', '\\', 1, NULL);\n"
        'INSERT INTO "public"."website_event" ("website_id", "session_id", "created_at", "url_path", "event_type") '
        "VALUES ('w1', 's2', '2026-10-09 01:54:16+00', '/', '1');\n"
    )
    collection, faults = read("umami", write("umami.sql", dump))
    assert faults.named == []
    assert {day: rollup.of("p") for day, rollup in collection.days.items()} == {
        "2026-10-08": {"/it's": 1, "/": 1},
        "2026-10-09": {"/": 1},
    }


def test_umamis_dump_of_mysql_is_read_by_the_columns_of_its_tables(write: Write) -> None:
    dump = (
        "CREATE TABLE `website_event` (\n  `website_id` varchar(36) NOT NULL,\n  `session_id` varchar(36) NOT NULL,\n"
        "  `created_at` timestamp NULL,\n  `url_path` varchar(500) NOT NULL,\n  `event_type` int NOT NULL,\n"
        "  PRIMARY KEY (`website_id`)\n) ENGINE=InnoDB;\n"
        "INSERT INTO `website_event` VALUES ('w1','s1','2026-10-08 01:54:16','/it\\'s \\\\',1),"
        "('w1','s2','2026-10-08 23:54:16','/b',1);\n"
    )
    collection, faults = read("umami", write("umami.sql", dump), ZoneInfo("Europe/Berlin"))
    assert faults.named == []
    assert {day: rollup.of("p") for day, rollup in collection.days.items()} == {
        "2026-10-08": {"/it's \\": 1},
        "2026-10-09": {"/b": 1},
    }


def test_umamis_csv_is_read_and_one_website_of_several(write: Write) -> None:
    head = "website_id,session_id,created_at,url_path,event_type,browser,country\n"
    rows = "w1,s1,2026-10-08 01:54:16,/,1,chrome,US\nw2,s2,2026-10-08 01:54:16,/other,1,chrome,US\n"
    path = write("website_event.csv", head + rows)
    with pytest.raises(ConfigurationError, match="--website must name one of w1, w2"):
        read("umami", path)
    collection, _ = read("umami", path, website="w2")
    assert collection.days["2026-10-08"].counts["p"] == {"/other": 1}
    assert collection.days["2026-10-08"].counts["b"] == {"Chrome": 1}
    with pytest.raises(ConfigurationError, match="no rows of the table website_event for w3"):
        read("umami", path, website="w3")
