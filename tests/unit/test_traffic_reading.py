"""Reading what was counted: the hours, days and months that are over, and those that are not."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopkeeper.domains.traffic.periods import By, Period
from shopkeeper.domains.traffic.records import day_item, hour_key, month_key
from shopkeeper.domains.traffic.rollup import Rollup, attributes
from shopkeeper.storage import Item, Store
from shopkeeper.storage.tables import TABLES, TRAFFIC
from tests.support.application import whole
from tests.support.stores import ATOMIC, open_store
from tests.support.visited import HOST, Visited, rollup


@pytest.fixture
def site(store: Store) -> Visited:
    site = Visited(store)
    site.add_account("root", "admin")
    return site


def points(answer: Any) -> dict[str, int]:
    """The views of a series by time, where there are any."""
    return {point["at"]: point["views"] for point in answer["series"] if point["views"]}


def test_the_present_hour_day_and_month_are_read_as_they_are_counted(site: Visited) -> None:
    site.visit("/menu", visitor=1)
    site.visit("/", visitor=2, r="https://www.search.example/find?q=cake")
    site.visit("/menu", visitor=2, r="https://example.com/")
    site.crawl()
    for by, at in (("hour", "2026-11-21T12"), ("day", "2026-11-21"), ("month", "2026-11")):
        answer = site.read(by=by)
        assert points(answer) == {at: 3}, by
        assert (answer["totals"]["views"], answer["totals"]["bots"]) == (3, 1), by
    today = site.read(**{"from": "2026-11-21"})
    assert today["totals"] == {"views": 3, "uniques": 2, "daily_uniques": 2, "bots": 1}
    assert site.read("/pages")["names"] == [{"name": "/menu", "count": 2}, {"name": "/", "count": 1}]
    assert site.read("/sources")["names"] == [{"name": "direct", "count": 1}, {"name": "search.example", "count": 1}]
    assert site.read("/browsers")["names"] == [{"name": "Firefox", "count": 2}]
    assert site.read("/bots")["total"] == 1


def test_closing_days_and_months_changes_nothing_that_is_read(site: Visited) -> None:
    for number in range(45):
        site.visit(f"/{number % 3}", visitor=number % 7)
        site.visit("/more", visitor=number % 7, r="https://example.com/")
        site.wait(days=1)
    asked: list[tuple[str, dict[str, str]]] = [
        *(("", {"by": by, "from": "2026-12-05"}) for by in ("hour", "day", "month")),
        ("", {"from": "2026-12-01", "to": "2026-12-31"}),
        ("/pages", {"from": "2026-11-25"}),
        ("/entries", {"by": "month"}),
    ]
    before = [site.read(path, **query) for path, query in asked]
    site.close()
    assert len([item for item in site.documents() if item["at"] == "2026-12"]) == 1
    assert [site.read(path, **query) for path, query in asked] == before


def test_uniques_are_told_of_one_day_and_of_one_month_alone(site: Visited) -> None:
    for day in range(3):
        for visitor in range(4):
            site.visit(visitor=visitor + day)
        site.wait(days=1)

    def totals(first: str, last: str, by: By = "day") -> Any:
        return site.read(by=by, **{"from": first, "to": last})["totals"]

    assert totals("2026-11-21", "2026-11-21")["uniques"] == 4
    assert totals("2026-11-21", "2026-11-23") == {"views": 12, "uniques": None, "daily_uniques": 12, "bots": 0}
    assert totals("2026-11-01", "2026-11-30") == {"views": 12, "uniques": 6, "daily_uniques": 12, "bots": 0}
    assert totals("2026-11-05", "2026-11-05", "month")["uniques"] == 6
    assert totals("2026-11-01", "2026-11-24")["uniques"] == 6, "the month as far as it has come"
    assert totals("2026-10-01", "2026-11-30", "month")["uniques"] is None
    assert totals("2026-10-01", "2026-10-31") == {"views": 0, "uniques": 0, "daily_uniques": 0, "bots": 0}


def test_the_period_before_is_as_long_and_the_change_is_relative_to_it(site: Visited) -> None:
    for number in (4, 4, 5):
        for _ in range(number):
            site.visit()
        site.wait(days=1)
    answer = site.read(**{"from": "2026-11-23", "to": "2026-11-23"})
    assert answer["before"] == {
        "from": "2026-11-22",
        "to": "2026-11-22",
        "totals": {"views": 4, "uniques": 1, "daily_uniques": 1, "bots": 0},
    }
    assert answer["change"] == {"views": 0.25, "uniques": 0.0, "bots": None}
    assert site.read(**{"from": "2025-01-01"})["before"] is None, "its days are not kept"
    assert site.read(by="month", **{"from": "2010-01-01"})["before"]["from"] == "1993-02-01"


def test_an_hour_that_has_shards_is_one_hour(site: Visited) -> None:
    for shard in (0, 1, 10, 63):
        item: Item = {**hour_key(HOST, "2026-11-21T11", shard), **attributes(rollup(2, 1, p={"/": 1, f"/{shard}": 1}))}
        site.store.put(TRAFFIC, item)
    site.visit("/now")
    assert points(site.read(by="hour")) == {"2026-11-21T11": 8, "2026-11-21T12": 1}
    assert points(site.read()) == {"2026-11-21": 9}
    assert site.read("/pages")["names"][0] == {"name": "/", "count": 4}


@pytest.mark.parametrize(
    ("zone", "moment", "hour"),
    [
        ("UTC", "2026-11-21T23:30:00+00:00", "2026-11-21T23"),
        ("Europe/Berlin", "2026-11-21T23:30:00+00:00", "2026-11-22T00"),
        ("America/New_York", "2026-11-21T02:30:00+00:00", "2026-11-20T21"),
        ("Pacific/Kiritimati", "2026-11-21T23:30:00+00:00", "2026-11-22T13"),
        ("Europe/Berlin", "2026-03-29T01:30:00+00:00", "2026-03-29T03"),
    ],
)
def test_hours_and_days_are_those_of_the_sites_zone(store: Store, zone: str, moment: str, hour: str) -> None:
    site = Visited(store, zone)
    site.add_account("root", "admin")
    site.now = datetime.fromisoformat(moment)
    site.visit()
    day = {"from": hour[:10], "to": hour[:10]}
    answer = site.read(by="hour", **day)
    assert points(answer) == {hour: 1}
    assert (answer["time_zone"], answer["totals"]["views"]) == (zone, 1)
    assert points(site.read(**day)) == {hour[:10]: 1}


def test_the_hour_that_clocks_repeat_is_one_and_the_day_has_24(store: Store) -> None:
    site = Visited(store, "Europe/Berlin")
    site.add_account("root", "admin")
    site.now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    site.visit()
    site.wait(hours=1)
    site.visit()
    answer = site.read(by="hour", **{"from": "2026-10-25"})
    assert points(answer) == {"2026-10-25T02": 2}
    assert len(answer["series"]) == 24
    spring = Visited(store, "Europe/Berlin")
    spring.now = datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert len(spring.read(by="hour", **{"from": "2026-03-29"})["series"]) == 23


def test_live_is_the_last_hour_by_five_minutes(site: Visited) -> None:
    site.now = datetime(2026, 11, 21, 8, 58, tzinfo=UTC)
    site.visit("/early")
    site.wait(minutes=5)
    site.visit("/menu", r="https://search.example/")
    site.crawl()
    site.wait(minutes=20)
    site.visit("/menu", visitor=2)
    live = site.read("/live")
    assert [step["at"][11:] for step in live["steps"]] == [
        *("08:25", "08:30", "08:35", "08:40", "08:45", "08:50", "08:55"),
        *("09:00", "09:05", "09:10", "09:15", "09:20"),
    ]
    assert {step["at"][11:]: step["views"] for step in live["steps"] if step["views"]} == {
        "08:55": 1,
        "09:00": 1,
        "09:20": 1,
    }
    assert (live["views"], live["bots"], live["since"]) == (3, 1, "2026-11-21T08:00")
    assert live["pages"] == [{"name": "/menu", "count": 2}, {"name": "/early", "count": 1}]
    assert live["sources"][1] == {"name": "search.example", "count": 1}
    site.wait(hours=3)
    assert site.read("/live")["views"] == 0


def test_more_names_than_the_limit_are_counted_as_other(site: Visited) -> None:
    pages = {"": 3, **{f"/{number}": number for number in range(1, 11)}}
    site.store.put(TRAFFIC, day_item(HOST, "2026-11-20", rollup(58, p=pages)))
    answer = site.read("/pages", limit="2")
    assert answer["names"] == [{"name": "/10", "count": 10}, {"name": "/9", "count": 9}]
    assert (answer["other"], answer["total"]) == (39, 58)
    assert site.read("/pages")["other"] == 3
    for query in ({"limit": "0"}, {"limit": "1001"}):
        assert site.refused("/pages", **query).status == 400
    assert site.refused("/minutes").status == 400


def test_twelve_months_are_read_from_their_documents_in_a_few_pages(site: Visited) -> None:
    for month in range(1, 11):
        name = f"2026-{month:02d}"
        site.store.put(TRAFFIC, {**month_key(HOST, name), **attributes(rollup(100, 10, p={"/": 100}))})
        for day in range(1, 29):
            site.store.put(TRAFFIC, day_item(HOST, f"{name}-{day:02d}", rollup(1, 1, p={"/": 1})))
    queries = 0
    query = site.store.query

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal queries
        queries += 1
        return query(*arguments, **named)

    site.store.query = counted  # type: ignore[method-assign]  # what is counted are the calls of a real store
    assert site.read("/pages", by="month")["total"] == 1000
    assert queries <= 10
    queries = 0
    answer = site.read("/pages", **{"from": "2026-01-15", "to": "2026-10-15"})
    assert answer["total"] == 14 + 8 * 100 + 15
    assert queries <= 12


def test_a_month_that_is_not_closed_is_read_from_its_days(site: Visited) -> None:
    site.store.put(TRAFFIC, {**month_key(HOST, "2026-08"), **attributes(rollup(7, 5))})
    for day in ("2026-09-30", "2026-10-01", "2026-10-31"):
        site.store.put(TRAFFIC, day_item(HOST, day, rollup(2, 1)))
    site.visit()
    answer = site.read(by="month")
    assert points(answer) == {"2026-08": 7, "2026-09": 2, "2026-10": 4, "2026-11": 1}
    assert answer["totals"]["daily_uniques"] == 5 + 1 + 2 + 1


MOMENTS = st.lists(
    st.tuples(st.integers(0, 40 * 24), st.integers(0, 3), st.sampled_from(["/", "/a", "/b"])), max_size=30
)


@given(MOMENTS, st.integers(0, 40), st.integers(1, 35), st.integers(0, 45))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_series_sums_up_to_its_totals_and_every_way_of_reading_agrees(
    tmp_path: Path, views: list[tuple[int, int, str]], start: int, days: int, closed_at: int
) -> None:
    store = open_store("sqlite", {}, tmp_path, TABLES)
    site = Visited(store)
    begin = datetime(2026, 10, 20, 0, 10, tzinfo=UTC)
    for hours, visitor, path in sorted(views):
        site.now = begin + timedelta(hours=hours)
        if hours > closed_at * 24:
            site.close()
        site.visit(path, visitor=visitor)
    site.now = begin + timedelta(days=45)
    first = date(2026, 10, 20) + timedelta(days=start)
    last = first + timedelta(days=days - 1)
    inside = [path for hours, _, path in views if first <= (begin + timedelta(hours=hours)).date() <= last]
    for by in ("hour", "day"):
        period = Period(first, last, by)
        parts = [part for _, part in site.reading.series(site.host, period)]
        assert sum(part.views for part in parts) == len(inside)
        assert site.reading.summed(site.host, period, parts).views == len(inside)
    total = site.reading.whole(site.host, Period(first, last, "day"))
    assert total.views == len(inside)
    assert total.of("p") == {path: inside.count(path) for path in set(inside)}
    assert sum(total.of("e").values()) == sum(total.of("s").values())
    store.close()


@pytest.mark.parametrize(
    "backend",
    [pytest.param(backend, marks=[] if backend == "sqlite" else pytest.mark.emulator) for backend in ATOMIC],
)
def test_both_stores_read_the_same(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    endpoints = {} if backend == "sqlite" else {backend: request.getfixturevalue(backend)}
    store = open_store(backend, endpoints, tmp_path, TABLES)
    site = Visited(store)
    site.add_account("root", "admin")
    for number in range(4):
        site.visit(f"/{number}", visitor=number)
        site.wait(days=9)
    site.close()
    site.visit("/now")
    assert points(site.read(**{"from": "2026-11-21"})) == dict.fromkeys(
        ("2026-11-21", "2026-11-30", "2026-12-09", "2026-12-18", "2026-12-27"), 1
    )
    assert points(site.read(by="month")) == {"2026-11": 2, "2026-12": 3}
    assert site.read("/pages", by="month")["total"] == 5
    assert site.read("/live")["views"] == 1
    store.close()


def test_an_outage_is_503_and_nothing_is_made_up(site: Visited) -> None:
    from shopkeeper.storage import StoreUnavailable

    def away(*_: object, **__: object) -> Any:
        raise StoreUnavailable("away")

    site.store.query = away  # type: ignore[method-assign]  # no store of ours is away on demand
    for path in ("", "/pages", "/live", "/export.csv"):
        response = site.ask("GET", f"/api/traffic{path}", by="root")
        if path == "/export.csv":
            with pytest.raises(StoreUnavailable):
                list(response.body)
        else:
            assert response.status == 503
            assert msgspec.json.decode(whole(response))["code"] == "service_unavailable"


def test_a_roll_up_keeps_the_sum_of_its_days_visitors_only_where_it_differs() -> None:
    assert "d" not in attributes(Rollup(5, 3))
    assert attributes(Rollup(5, 3, daily=4))["d"] == 4
    assert Rollup(5, 3).daily_uniques == 3
