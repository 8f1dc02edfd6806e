"""What an import may write: it never lessens what was counted here, and the same again changes nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from shopkeeper.domains.traffic.importing.collecting import Collection
from shopkeeper.domains.traffic.importing.writing import COUNTED_HERE, MONTH_COUNTED_HERE, NOT_OVER, Report, Writer
from shopkeeper.domains.traffic.records import IMPORTED, day_item, day_key, month_key
from shopkeeper.domains.traffic.rollup import Rollup, attributes, of_item
from shopkeeper.storage import Item, Store, StoreUnavailable
from shopkeeper.storage.tables import TRAFFIC
from tests.support.visited import HOST, Visited, rollup


@pytest.fixture
def site(store: Store) -> Visited:
    site = Visited(store)
    site.add_account("root", "admin")
    return site


def imported(
    site: Visited, days: Mapping[str, Rollup], months: Mapping[str, Rollup] | None = None, kind: str = "plausible"
) -> Report:
    collection = Collection()
    collection.days = dict(days)
    collection.months = dict(months or {})
    return Writer(site.store, HOST, kind, site.reading.today(site.host)).write(collection)


def day(site: Visited, name: str) -> Item | None:
    return site.store.get(TRAFFIC, day_key(HOST, name))


def month(site: Visited, name: str) -> Item:
    return site.store.get(TRAFFIC, month_key(HOST, name)) or {}


def test_imported_days_are_read_like_others_and_their_months_too(site: Visited) -> None:
    report = imported(site, {"2026-09-30": rollup(5, 3, p={"/": 5}), "2026-10-02": rollup(7, 4, p={"/": 7})})
    assert (report.days_written, report.months_written, report.refused) == (2, 2, {})
    answer = site.read(by="month", **{"from": "2026-09-01"})
    views = [(point["at"], point["views"], point["uniques"], point["daily_uniques"]) for point in answer["series"]]
    assert views == [("2026-09", 5, None, 3), ("2026-10", 7, None, 4), ("2026-11", 0, 0, 0)]
    assert site.read("/pages", by="month")["total"] == 12
    assert site.read(**{"from": "2026-09-30", "to": "2026-09-30"})["totals"]["uniques"] == 3


def test_the_same_import_again_gives_the_same_documents(site: Visited) -> None:
    days = {f"2026-{month:02d}-{day:02d}": rollup(day, 1, p={"/": day}) for month in (9, 10, 11) for day in (1, 9, 20)}
    imported(site, days)
    before = site.documents()
    report = imported(site, days)
    assert (report.days_written, report.days_unchanged, report.months_written) == (0, 9, 0)
    assert site.documents() == before


def test_a_later_import_of_a_day_replaces_the_one_before(site: Visited) -> None:
    imported(site, {"2026-10-02": rollup(7, 4), "2026-10-03": rollup(1, 1)})
    report = imported(site, {"2026-10-02": rollup(8, 4)}, kind="umami")
    assert (report.days_written, report.months_written) == (1, 1)
    assert (day(site, "2026-10-02") or {})[IMPORTED] == "umami"
    assert of_item(month(site, "2026-10")).views == 9


def test_a_day_that_was_counted_here_stays_as_it_is(site: Visited) -> None:
    site.visit("/own")
    site.wait(days=1)
    site.visit("/own")
    site.wait(hours=5)
    site.close()
    before = site.documents()
    for days in ({"2026-11-21": rollup(99, 9)}, {"2026-11-22": rollup(99, 9)}, {"2026-11-23": rollup(99, 9)}):
        (name,) = days
        report = imported(site, days)
        why = {"2026-11-21": COUNTED_HERE, "2026-11-22": NOT_OVER, "2026-11-23": NOT_OVER}[name]
        assert (report.days_written, report.refused) == (0, {why: [name]})
    assert site.documents() == before
    site.wait(hours=8)
    assert imported(site, {"2026-11-22": rollup(99, 9)}).refused == {COUNTED_HERE: ["2026-11-22"]}, (
        "it is not closed yet"
    )


def test_what_was_counted_here_may_come_back_from_an_export(site: Visited) -> None:
    site.visit("/own")
    site.wait(days=2)
    site.close()
    own = day(site, "2026-11-21") or {}
    report = imported(site, {"2026-11-21": of_item(own)}, kind="shopkeeper")
    assert (report.days_unchanged, report.refused) == (1, {})
    assert day(site, "2026-11-21") == own


def test_a_month_of_both_has_all_views_and_keeps_the_uniques_that_were_counted_here(site: Visited) -> None:
    for visitor in range(5):
        site.visit("/own", visitor=visitor)
    site.wait(days=12)
    site.close()
    counted = of_item(month(site, "2026-11"))
    assert (counted.views, counted.uniques) == (5, 5)
    report = imported(site, {"2026-11-02": rollup(100, 50, p={"/old": 100})})
    assert (report.days_written, report.months_written) == (1, 1)
    both = of_item(month(site, "2026-11"))
    assert (both.views, both.uniques, both.daily_uniques) == (105, 5, 55)
    assert both.of("p") == {"/old": 100, "/own": 5}
    assert IMPORTED not in month(site, "2026-11")


def test_a_month_that_is_going_on_is_summed_up_when_it_closes(site: Visited) -> None:
    report = imported(site, {"2026-11-02": rollup(100, 50)})
    assert report.months_written == 0
    site.visit()
    assert [point["views"] for point in site.read(by="month")["series"]][-1] == 101
    site.wait(days=12)
    site.close()
    assert of_item(month(site, "2026-11")).views == 101


def test_days_older_than_days_are_kept_count_in_their_months(site: Visited) -> None:
    days = {"2019-03-01": rollup(3, 2, p={"/": 3}), "2019-03-31": rollup(4, 2, p={"/": 4})}
    for _ in range(2):
        report = imported(site, days)
        assert (report.days_written, report.days_only_in_months) == (0, 2)
        assert day(site, "2019-03-01") is None
        assert of_item(month(site, "2019-03")) == Rollup(7, 0, 0, {"p": {"/": 7}}, daily=4)
    assert report.months_written == 0
    answer = site.read(by="month", **{"from": "2019-03-01", "to": "2019-03-31"})
    assert answer["totals"] == {"views": 7, "uniques": None, "daily_uniques": 4, "bots": 0}


def test_an_old_month_that_was_counted_here_stays_as_it_is(site: Visited) -> None:
    own: Item = {**month_key(HOST, "2019-03"), **attributes(rollup(5, 5))}
    site.store.put(TRAFFIC, own)
    report = imported(site, {"2019-03-02": rollup(1, 1)}, {"2019-03": rollup(900, 1)}, kind="shopkeeper")
    assert report.refused == {MONTH_COUNTED_HERE: ["2019-03-02"], COUNTED_HERE: ["2019-03"]}
    assert month(site, "2019-03") == own


def test_days_without_counts_are_not_written(site: Visited) -> None:
    report = imported(site, {"2026-10-02": Rollup()})
    assert (report.days_written, site.documents()) == (0, [])


def test_a_document_is_trimmed_and_its_totals_stay(site: Visited) -> None:
    imported(site, {"2026-10-02": rollup(2000, 1, p={f"/{number}": 1 for number in range(2000)})})
    kept = of_item(day(site, "2026-10-02") or {})
    assert (kept.views, len(kept.of("p")), kept.of("p")[""]) == (2000, 501, 1500)


@pytest.mark.parametrize("writes", range(5))
def test_an_import_that_breaks_off_leaves_whole_days_and_is_mended_by_the_next(site: Visited, writes: int) -> None:
    days = {f"2026-10-0{number}": rollup(number, 1, p={"/": number}) for number in (1, 2, 3)}
    days["2026-09-09"] = rollup(9, 1, p={"/": 9})
    put, left = site.store.put, [writes]

    def failing(*arguments: Any, **named: Any) -> None:
        if left[0] == 0:
            raise StoreUnavailable("away")
        left[0] -= 1
        put(*arguments, **named)

    site.store.put = failing  # type: ignore[method-assign]  # no store of ours fails at a certain write
    with pytest.raises(StoreUnavailable):
        imported(site, days)
    for item in site.documents():
        assert of_item(item) in [*days.values(), rollup(6, 0)], item
    site.store.put = put  # type: ignore[method-assign]
    imported(site, days)
    after = site.documents()
    whole = {name: of_item(item).views for item in after for name in [str(item["at"])]}
    assert whole == {"2026-09-09": 9, "2026-10-01": 1, "2026-10-02": 2, "2026-10-03": 3, "2026-09": 9, "2026-10": 6}
    for item in after:
        site.store.delete(TRAFFIC, {"site_period": str(item["site_period"]), "at": str(item["at"])})
    imported(site, days)
    assert site.documents() == after


def test_an_imported_day_expires_like_others(site: Visited) -> None:
    imported(site, {"2026-10-02": rollup(1, 1)})
    expires = datetime.fromtimestamp(int(str((day(site, "2026-10-02") or {})["ItemExpireTTL"])), UTC)
    assert expires.date().isoformat() == "2028-11-15"
    assert day_item(HOST, "2026-10-02", rollup(1, 1))["ItemExpireTTL"] == int(expires.timestamp())
