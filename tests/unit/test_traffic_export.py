"""Exports: every count of every day, and the same documents after an import."""

import csv
import io
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopkeeper.domains.traffic import export
from shopkeeper.domains.traffic.importing import shopkeeper
from shopkeeper.domains.traffic.importing.collecting import Faults
from shopkeeper.domains.traffic.importing.files import Source
from shopkeeper.domains.traffic.importing.writing import Writer
from shopkeeper.domains.traffic.readers import ReadableSite
from shopkeeper.domains.traffic.records import IMPORTED, day_item, day_key, month_key
from shopkeeper.domains.traffic.rollup import Rollup, attributes
from shopkeeper.http import Response
from shopkeeper.storage import Item, Store
from shopkeeper.storage.tables import TABLES, TRAFFIC
from tests.support.stores import open_store
from tests.support.visited import HOST, Visited, rollup

TODAY = date(2026, 11, 21)


@pytest.fixture
def site(store: Store) -> Visited:
    site = Visited(store)
    site.add_account("root", "admin")
    return site


def text(response: Response) -> str:
    return (response.body if isinstance(response.body, bytes) else b"".join(response.body)).decode()


def exported(site: Visited, ending: str, **query: str) -> str:
    response = site.ask("GET", f"/api/traffic/export.{ending}", by="root", query=query)
    assert response.status == 200
    assert response.headers["Content-Disposition"] == f'attachment; filename="traffic-{HOST}.{ending}"'
    return text(response)


def test_csv_has_a_line_for_each_count_and_json_an_object_for_each_day(site: Visited) -> None:
    site.store.put(TRAFFIC, day_item(HOST, "2026-11-19", rollup(3, 2, p={"/": 2, "/a,b": 1}, s={"direct": 2})))
    site.visit("/now")
    rows = list(csv.reader(io.StringIO(exported(site, "csv"))))
    assert rows[0] == ["period", "dimension", "name", "count"]
    assert rows[1:8] == [
        ["2026-11-19", "views", "", "3"],
        ["2026-11-19", "uniques", "", "2"],
        ["2026-11-19", "daily_uniques", "", "2"],
        ["2026-11-19", "bot_views", "", "0"],
        ["2026-11-19", "pages", "/", "2"],
        ["2026-11-19", "pages", "/a,b", "1"],
        ["2026-11-19", "sources", "direct", "2"],
    ]
    assert ["2026-11-21", "pages", "/now", "1"] in rows, "the present day is there as far as it has come"
    assert not any(row[1] == "minutes" for row in rows)
    days = [msgspec.json.decode(line) for line in exported(site, "jsonl").splitlines()]
    assert [day["period"] for day in days] == ["2026-11-19", "2026-11-21"]
    assert days[0]["pages"] == {"/": 2, "/a,b": 1}


def test_months_are_exported_too_and_dates_bound_an_export(site: Visited) -> None:
    site.store.put(TRAFFIC, {**month_key(HOST, "2019-03"), **attributes(rollup(9, 4, p={"/": 9}))})
    site.store.put(TRAFFIC, day_item(HOST, "2026-10-01", rollup(1, 1)))
    site.store.put(TRAFFIC, day_item(HOST, "2026-11-01", rollup(2, 1)))
    months = [msgspec.json.decode(line)["period"] for line in exported(site, "jsonl", by="month").splitlines()]
    assert months == ["2019-03", "2026-10", "2026-11"]
    lines = exported(site, "jsonl", **{"from": "2026-10-02", "to": "2026-11-02"}).splitlines()
    assert [msgspec.json.decode(line)["period"] for line in lines] == ["2026-11-01"]
    assert site.refused("/export.csv", by="hour").status == 400
    assert site.refused("/export.csv", **{"from": "2020-01-01"}).status == 400


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "+1", "-1", "@x", "'quoted", "\tx", "plain", 'a"b\n,c', ""])
def test_no_name_is_a_formula_of_a_spreadsheet_and_all_come_back(tmp_path: Path, name: str) -> None:
    cells = b"".join(export.csv_pieces([("2026-11-01", rollup(1, 1, n={name: 7}))])).decode()
    row = list(csv.reader(io.StringIO(cells, newline="")))[-1]
    assert row[2][:1] not in tuple("=+-@\t\r")
    file = tmp_path / "export.csv"
    file.write_text(cells, newline="")
    faults = Faults()
    assert shopkeeper.read(Source(file), UTC, faults).days["2026-11-01"].of("n") == {name: 7}
    assert not faults.count


NAMES = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=8), st.integers(1, 10**9), min_size=1, max_size=4
)
COUNTS = st.dictionaries(st.sampled_from("pesclbownrf"), NAMES, max_size=4)
ROLLUPS = st.builds(Rollup, st.integers(1, 10**9), st.integers(0, 10**6), st.integers(0, 10**6), COUNTS)
DAYS = st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 11, 20)).map(str), ROLLUPS, min_size=1, max_size=5)


@given(DAYS, st.sampled_from([("csv", export.csv_pieces), ("jsonl", export.json_pieces)]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_exported_and_imported_gives_the_same_documents(
    tmp_path: Path, site: Visited, days: dict[str, Rollup], form: tuple[str, Callable[..., Iterator[bytes]]]
) -> None:
    ending, pieces = form
    here, there = (ReadableSite(uuid.uuid4().hex, "", "UTC") for _ in range(2))
    for day, one in days.items():
        site.store.put(TRAFFIC, day_item(here.key, day, one))
    file = tmp_path / f"export.{ending}"
    file.write_bytes(b"".join(pieces(site.reading.days(here, date(2026, 1, 1), TODAY))))
    faults = Faults()
    collection = shopkeeper.read(Source(file), UTC, faults)
    assert not faults.count
    report = Writer(site.store, there.key, "shopkeeper", TODAY).write(collection)
    assert (report.days_written, report.refused) == (len(days), {})
    for day, one in days.items():
        assert site.store.get(TRAFFIC, day_key(there.key, day)) == {
            **day_item(there.key, day, one),
            IMPORTED: "shopkeeper",
        }
    again = Writer(site.store, here.key, "shopkeeper", TODAY).write(collection)
    assert (again.days_written, again.days_unchanged, again.refused) == (0, len(days), {})


def test_months_come_back_with_their_estimates(tmp_path: Path, site: Visited) -> None:
    one: Item = {**month_key(HOST, "2019-03"), **attributes(Rollup(9, 4, 1, {"p": {"/": 9}}, daily=6))}
    site.store.put(TRAFFIC, one)
    file = tmp_path / "months.jsonl"
    file.write_text(exported(site, "jsonl", by="month"))
    other = open_store("sqlite", {}, tmp_path, TABLES)
    report = Writer(other, HOST, "shopkeeper", TODAY).write(shopkeeper.read(Source(file), UTC, Faults()))
    assert report.months_written == 1
    assert other.get(TRAFFIC, month_key(HOST, "2019-03")) == {**one, IMPORTED: "shopkeeper"}
    other.close()
