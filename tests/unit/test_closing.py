"""Days and months are closed once they have ended, by the clock of their site, whatever breaks meanwhile."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shopkeeper.domains.traffic import closing
from shopkeeper.domains.traffic.closing import DAY_NAMES, open_periods
from shopkeeper.domains.traffic.records import HOURS_KEPT, day_key, hour_key, open_key
from shopkeeper.domains.traffic.rollup import attributes
from shopkeeper.storage import Store, StoreError, Update, Value
from shopkeeper.storage.port import Changes
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES, TRAFFIC, VISITORS
from tests.support.shops import Shop
from tests.support.traffic import CURL, ORIGIN, SITE, Pages, Steps, check_sums, of_days, of_hours, of_months

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu")
CHANGES = {
    "Europe/Berlin": ("2026-10-25", "2026-03-29"),
    "America/New_York": ("2026-11-01", "2026-03-08"),
    "Africa/Cairo": ("2026-10-29", "2026-04-24"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
}
"""Days of 25 and of 23 hours, or nearly; in Cairo clocks skip midnight itself."""


def begin(store: Store, zone: str, day: str) -> Pages:
    """Return pages at the beginning of a day of their zone."""
    pages = Pages(store, zone)
    pages.now = datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    return pages


def open_now(pages: Pages) -> list[str]:
    return sorted(period.period for period in open_periods(pages.store))


@pytest.mark.parametrize(
    ("zone", "day"),
    [*((zone, "2026-11-21") for zone in ZONES), *((zone, day) for zone, days in CHANGES.items() for day in days)],
)
def test_a_day_holds_what_was_counted_between_two_midnights_of_its_zone(plain: Shop, zone: str, day: str) -> None:
    pages = begin(plain.store, zone, day)
    after = date.fromisoformat(day) + timedelta(days=1)
    midnight = datetime.combine(after, datetime.min.time(), ZoneInfo(zone))
    halves = (midnight.astimezone(UTC) - pages.now) // timedelta(minutes=30)
    for _ in range(halves):
        pages.send(referrer=f"{ORIGIN}/")
        pages.wait(minutes=30)
    pages.now = midnight.astimezone(UTC)
    pages.send("/next", referrer=f"{ORIGIN}/")
    pages.now = midnight.astimezone(UTC) + timedelta(hours=2, seconds=-1)
    assert pages.close() == 0
    pages.wait(seconds=1)
    assert pages.close() >= 1
    whole = of_days(pages.store, day, after.isoformat())
    assert {name: rollup.counts for name, rollup in whole.items()} == {day: {"p": {"/": halves}}}
    assert pages.close() == 0


def test_a_document_of_a_day_is_the_sum_of_its_hours(racing: Shop) -> None:
    pages = Pages(racing.store)
    for number in range(30):
        pages.send(f"/{number % 7}?ref=a", address=f"203.0.113.{number % 9}", w=300 + 100 * number, z="Asia/Tokyo")
        pages.send(e="signed up", agent=CURL if number % 2 else "")
        pages.wait(minutes=17)
    of_day = of_hours(pages.store)
    of_day.counts.pop("m")
    pages.now = datetime(2026, 11, 22, 2, tzinfo=UTC)
    assert pages.close() == 1
    (document,) = of_days(pages.store, "2026-11-21", "2026-11-21").values()
    assert attributes(document) == attributes(of_day)
    check_sums(of_day)
    assert (of_day.views, of_day.uniques, of_day.bots) == (30, 9, 30)


def test_a_month_is_closed_after_its_days_and_its_visitors_are_estimated(racing: Shop) -> None:
    pages = Pages(racing.store)
    pages.now = datetime(2026, 11, 28, 8, tzinfo=UTC)
    for _ in range(3):
        for number in range(20):
            pages.send(address=f"203.0.113.{number}")
        pages.wait(days=1)
    pages.now = datetime(2026, 12, 1, 1, 59, tzinfo=UTC)
    pages.close()
    assert of_months(pages.store, "2026-11", "2026-11") == {}
    pages.wait(minutes=1)
    assert pages.close() == 2
    days = of_days(pages.store, "2026-11-01", "2026-11-30")
    (month,) = of_months(pages.store, "2026-01", "2026-12").values()
    check_sums(month)
    assert ([one.uniques for one in days.values()], month.views) == ([20, 20, 20], 60)
    assert abs(month.uniques - 20) <= 1
    assert open_now(pages) == []


def test_a_month_whose_last_day_had_no_hit_is_closed_too(plain: Shop) -> None:
    pages = Pages(plain.store)
    pages.send()
    pages.now = datetime(2026, 12, 5, tzinfo=UTC)
    assert pages.close() == 2
    assert of_months(pages.store, "2026-11", "2026-11")["2026-11"].views == 1


def test_a_site_whose_only_hits_are_bots_and_events_is_closed(plain: Shop) -> None:
    pages = Pages(plain.store)
    pages.send(agent=CURL)
    pages.wait(days=2)
    pages.close()
    assert of_days(pages.store, "2026-11-21", "2026-11-21")["2026-11-21"].bots == 1


def test_a_run_that_breaks_off_anywhere_is_made_good_by_the_next(racing: Shop) -> None:
    sites = ("a.example", "b.example")
    pages = Pages(racing.store, sites=sites)
    for site in sites:
        for number in range(3):
            pages.send(f"/{number}", origin=f"https://{site}")
    before = {site: of_hours(pages.store, site=site) for site in sites}
    pages.now = datetime(2026, 12, 1, 2, tzinfo=UTC)
    for step in range(1, 100):
        steps = Steps(racing.store)
        steps.fails_at, steps.replies_lost = step, step % 2 == 0
        try:
            pages.close(steps)
        except StoreError:
            continue
        if not open_now(pages):
            break
    assert open_now(pages) == []
    for site in sites:
        (day,) = of_days(pages.store, "2026-11-21", "2026-11-21", site).values()
        (month,) = of_months(pages.store, "2026-11", "2026-11", site).values()
        assert (day.views, month.views, month.of("p")) == (3, 3, before[site].of("p"))
        assert month.uniques == 1


def test_a_site_that_fails_does_not_hold_up_the_others(plain: Shop) -> None:
    sites = ("a.example", "b.example")
    pages = Pages(plain.store, sites=sites)
    for site in sites:
        pages.send(origin=f"https://{site}")
    pages.wait(days=2)
    steps = Steps(plain.store)
    steps.fails_at = 2
    with pytest.raises(StoreError):
        pages.close(steps)
    assert of_days(pages.store, "2026-11-21", "2026-11-21", "a.example") == {}
    assert of_days(pages.store, "2026-11-21", "2026-11-21", "b.example")["2026-11-21"].views == 1


def test_a_day_that_is_closed_again_has_the_same_document(plain: Shop) -> None:
    pages = Pages(plain.store)
    pages.send()
    mark: dict[str, Value] = {
        **open_key(SITE, "2026-11-21"),
        "ends": int(datetime(2026, 11, 22, tzinfo=UTC).timestamp()),
    }
    pages.wait(days=2)
    documents = []
    for _ in range(2):
        pages.store.put(TRAFFIC, mark)
        pages.close()
        documents.append(pages.store.get(TRAFFIC, day_key(SITE, "2026-11-21")))
    assert documents[0] == documents[1] != None  # noqa: E711


def test_a_run_closes_a_bounded_number_and_the_next_goes_on(plain: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "MOST_PER_RUN", 2)
    pages = Pages(plain.store)
    for _ in range(5):
        pages.send()
        pages.wait(days=1)
    pages.wait(days=1)
    assert [pages.close() for _ in range(4)] == [2, 2, 1, 0]


def test_names_of_a_day_beyond_its_bounds_are_other_and_totals_stay(plain: Shop) -> None:
    pages = Pages(plain.store)
    pages.send()
    many = {f"p:/{number:04d}": 1 + (number < 3) for number in range(DAY_NAMES + 100)}
    plain.store.transact([Update(TRAFFIC, hour_key(SITE, "2026-11-21T09", 1), Changes(add={"v": 603, **many}))])
    pages.wait(days=2)
    pages.close()
    (day,) = of_days(pages.store, "2026-11-21", "2026-11-21").values()
    assert (len(day.of("p")), day.of("p")[""], day.of("p")["/0000"]) == (DAY_NAMES + 1, 101, 2)
    check = sum(day.of("p").values())
    assert check == day.views == 604


def test_hours_expire_after_five_weeks_and_days_after_25_months(plain: Shop) -> None:
    pages = Pages(plain.store)
    pages.send()
    hour = plain.store.get(TRAFFIC, hour_key(SITE, "2026-11-21T08"))
    assert hour is not None
    assert hour["ItemExpireTTL"] == int(pages.now.timestamp()) + HOURS_KEPT * 86400
    pages.now = datetime(2026, 12, 2, tzinfo=UTC)
    pages.close()
    day = plain.store.get(TRAFFIC, day_key(SITE, "2026-11-21"))
    assert day is not None
    kept = datetime.fromtimestamp(float(str(day["ItemExpireTTL"])), UTC) - datetime(2026, 11, 21, tzinfo=UTC)
    assert timedelta(days=760) <= kept <= timedelta(days=780)
    month = plain.store.get(TRAFFIC, {"site_period": SITE, "at": "2026-11"})
    assert month is not None
    assert "ItemExpireTTL" not in month


def test_a_sweep_removes_what_has_expired(tmp_path: Path) -> None:
    seconds = [0.0]
    store = SQLiteStore(tmp_path / "shop.db", TABLES, lambda: seconds[0])
    pages = Pages(store)
    pages.send()
    seconds[0] = pages.now.timestamp() + 36 * 86400
    pages.now += timedelta(days=12)
    pages.close()
    while store.sweep():
        pass
    left = {str(item["at"]) for item in store.scan(TRAFFIC).items}
    assert left - {name for name in left if name[:1] == "~"} == {"2026-11-21", "2026-11"}
    assert [str(item["visitor"])[:4] for item in store.scan(VISITORS).items] == ["salt"]
    store.close()
