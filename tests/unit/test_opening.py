"""Opening hours: when a business is open, and when that changes, in the time zones of the world."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.domains.businesses.model import Business
from shopkeeper.domains.businesses.offers import local_day
from shopkeeper.domains.businesses.opening import is_open, opening_of
from tests.support.hours import Oracle, business_with, utc

BERLIN, NEW_YORK, KATHMANDU = "Europe/Berlin", "America/New_York", "Asia/Kathmandu"
LORD_HOWE, CASABLANCA, APIA = "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"
SAO_PAULO = "America/Sao_Paulo"

LUNCH = {"daily": "11:30-14:00 17:00-22:00"}
NIGHT = {"friday": "20:00-02:00", "saturday": "20:00-03:00"}
AROUND_MIDNIGHT = {"friday": "20:00-00:00", "saturday": "00:00-04:00"}
SMALL_HOURS = {"daily": "02:15-02:45"}

# Name, zone, weekly hours, special days, moment in UTC, whether it is open, its next change: UTC, and days later.
ROWS: list[tuple[str, str, dict[str, str] | None, dict[str, str], str, bool, str | None]] = [
    ("no hours are always open", BERLIN, None, {}, "2026-11-28 03:00", True, None),
    ("empty weeks never open", BERLIN, {}, {}, "2026-11-28 03:00", False, None),
    ("before lunch", BERLIN, LUNCH, {}, "2026-11-28 10:29", False, "10:30"),
    ("the minute it opens", BERLIN, LUNCH, {}, "2026-11-28 10:30", True, "13:00"),
    ("the last second of lunch", BERLIN, LUNCH, {}, "2026-11-28 12:59:59", True, "13:00"),
    ("the minute it closes", BERLIN, LUNCH, {}, "2026-11-28 13:00", False, "16:00"),
    ("after the day", BERLIN, LUNCH, {}, "2026-11-28 21:00", False, "10:30 +1"),
    ("in summer an hour earlier", BERLIN, LUNCH, {}, "2026-07-01 09:30", True, "12:00"),
    ("quarters of an hour", KATHMANDU, LUNCH, {}, "2026-11-28 05:44", False, "05:45"),
    ("quarters of an hour, open", KATHMANDU, LUNCH, {}, "2026-11-28 05:45", True, "08:15"),
    ("another date than that of UTC", NEW_YORK, {"friday": "20:00-23:00"}, {}, "2026-11-28 02:00", True, "04:00"),
    ("Friday night goes on into Saturday", BERLIN, NIGHT, {}, "2026-11-28 00:30", True, "01:00"),
    ("Saturday evening", BERLIN, NIGHT, {}, "2026-11-28 19:00", True, "02:00 +1"),
    ("Sunday is closed until Friday", BERLIN, NIGHT, {}, "2026-11-29 02:00", False, "19:00 +5"),
    ("the whole day", BERLIN, {"sunday": "00:00-00:00"}, {}, "2026-11-29 12:00", True, "23:00"),
    ("every day is whole", BERLIN, {"daily": "00:00-00:00"}, {}, "2026-11-29 12:00", True, None),
    ("days that begin at noon are whole too", BERLIN, {"daily": "12:00-12:00"}, {}, "2026-11-29 12:00", True, None),
    ("spans that touch are one", BERLIN, {"daily": "08:00-12:00 12:00-16:00"}, {}, "2026-11-28 08:00", True, "15:00"),
    ("touching at midnight", BERLIN, AROUND_MIDNIGHT, {}, "2026-11-27 20:00", True, "03:00 +1"),
    ("a special day is closed", BERLIN, LUNCH, {"2026-12-24": ""}, "2026-12-24 12:00", False, "10:30 +1"),
    ("own hours of a special day", BERLIN, LUNCH, {"2026-12-24": "08:00-12:00"}, "2026-12-24 07:00", True, "11:00"),
    ("a night into a closed day", BERLIN, NIGHT, {"2026-11-28": ""}, "2026-11-28 00:30", True, "01:00"),
    ("the night of a special day", BERLIN, {}, {"2026-12-31": "18:00-04:00"}, "2027-01-01 02:00", True, "03:00"),
    ("only a special day is closed", BERLIN, None, {"2026-12-24": ""}, "2026-12-23 12:00", True, "23:00"),
    ("and the next day is open again", BERLIN, None, {"2026-12-24": ""}, "2026-12-24 12:00", False, "23:00"),
    ("an opening in 60 days", BERLIN, {}, {"2027-01-27": "08:00-09:00"}, "2026-11-28 07:00", False, "07:00 +60"),
    ("a later opening is not", BERLIN, {}, {"2027-01-27": "08:00-09:00"}, "2026-11-28 06:59", False, None),
    ("a closing in 7 days", BERLIN, None, {"2026-12-24": ""}, "2026-12-16 23:00", True, "23:00 +7"),
    ("a later closing is not", BERLIN, None, {"2026-12-24": ""}, "2026-12-16 22:59", True, None),
    ("a special day that has passed", BERLIN, {}, {"2026-11-20": "08:00-09:00"}, "2026-11-28 07:00", False, None),
    # Clocks that are set forward
    ("spring: a day of 23 hours", BERLIN, {"sunday": "00:00-00:00"}, {}, "2026-03-28 23:00", True, "22:00 +1"),
    ("spring: before the change", BERLIN, {"daily": "02:30-05:00"}, {}, "2026-03-29 00:59", False, "01:00"),
    ("spring: it opens with the change", BERLIN, {"daily": "02:30-05:00"}, {}, "2026-03-29 01:00", True, "03:00"),
    ("spring: it closes with the change", BERLIN, {"daily": "01:00-02:30"}, {}, "2026-03-29 00:59", True, "01:00"),
    ("spring: neither is ever shown", BERLIN, SMALL_HOURS, {}, "2026-03-29 00:00", False, "00:15 +1"),
    ("spring: half an hour is missing", LORD_HOWE, {"daily": "02:15-04:00"}, {}, "2026-10-03 15:30", True, "17:00"),
    ("spring: a night over the change", NEW_YORK, {"saturday": "20:00-04:00"}, {}, "2026-03-08 07:59", True, "08:00"),
    ("spring: midnight is never shown", SAO_PAULO, {"sunday": "00:00-02:00"}, {}, "2018-11-04 02:59", False, "03:00"),
    ("a whole day is never shown", APIA, {"daily": "09:00-17:00"}, {}, "2011-12-30 03:00", False, "19:00"),
    ("a special day that is never shown", APIA, {}, {"2011-12-30": "00:00-00:00"}, "2011-12-30 09:59", False, None),
    # Clocks that are set back
    ("autumn: a day of 25 hours", BERLIN, {"sunday": "00:00-00:00"}, {}, "2026-10-24 22:00", True, "23:00 +1"),
    ("autumn: it opens with the first", BERLIN, {"daily": "02:30-05:00"}, {}, "2026-10-25 00:30", True, "04:00"),
    ("autumn: it closes with the second", BERLIN, {"daily": "01:00-02:30"}, {}, "2026-10-25 01:29", True, "01:30"),
    ("autumn: all of it is shown twice", BERLIN, SMALL_HOURS, {}, "2026-10-25 00:15", True, "01:45"),
    ("autumn: half an hour is repeated", LORD_HOWE, {"daily": "01:00-01:45"}, {}, "2026-04-04 15:14", True, "15:15"),
    ("autumn: a night over the change", NEW_YORK, {"saturday": "20:00-04:00"}, {}, "2026-11-01 08:59", True, "09:00"),
    ("autumn: before midnight", SAO_PAULO, {"saturday": "22:00-23:30"}, {}, "2018-02-18 02:29", True, "02:30"),
    # Clocks that are set back for a month, in Ramadan
    ("before Ramadan", CASABLANCA, LUNCH, {}, "2026-02-14 10:30", True, "13:00"),
    ("in Ramadan", CASABLANCA, LUNCH, {}, "2026-03-01 10:30", False, "11:30"),
    ("into Ramadan", CASABLANCA, {"daily": "02:30-04:00"}, {}, "2026-02-15 01:30", True, "04:00"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_business_is_open_as_its_clocks_show(row: Any) -> None:
    _, zone, weekly, special, at, expected, changes = row
    business, moment = business_with(zone, weekly, special), utc(at)
    found = opening_of(business, moment)
    assert is_open(business, moment) == found.is_open == expected
    told, other = (found.closes_at, found.opens_at) if expected else (found.opens_at, found.closes_at)
    assert told == (None if changes is None else later(moment, changes))
    assert other is None


def later(moment: datetime, text: str) -> datetime:
    """Return the moment of a text like `10:30 +1`: a time of UTC, and how many days later."""
    at, _, days = text.partition(" +")
    return utc(f"{moment.date() + timedelta(days=int(days or 0))} {at}")


ZONES = {
    BERLIN: ("2026-03-29", "2026-10-25", "2026-12-24"),
    NEW_YORK: ("2026-03-08", "2026-11-01"),
    KATHMANDU: ("2026-05-01",),
    LORD_HOWE: ("2026-04-05", "2026-10-04"),
    CASABLANCA: ("2026-02-15", "2026-03-22"),
    APIA: ("2011-12-30", "2026-05-01"),
    SAO_PAULO: ("2018-02-18", "2018-11-04"),
    "America/St_Johns": ("2010-11-07", "2010-03-14"),
    "UTC": ("2026-05-01",),
}
"""Zones, and dates around which their clocks are set."""

WEEK, DAY_MINUTES = 7 * 24 * 60, 24 * 60
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


SMALL_HOURS_OF_A_DAY = st.tuples(st.integers(0, 6), st.integers(-90, 240)).map(
    lambda at: (at[0] * DAY_MINUTES + at[1]) % WEEK
)


def clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, str] | None:
    """Hours of a week without overlaps, as `check_weekly_hours` takes them; many change in the small hours."""
    if draw(st.integers(0, 9)) == 0:
        return None
    minutes = sorted(draw(st.sets(st.one_of(SMALL_HOURS_OF_A_DAY, st.integers(0, WEEK - 1)), max_size=16)))
    found: dict[str, str] = {}
    for opens, closes in zip(minutes[::2], minutes[1::2], strict=False):
        if closes - opens <= DAY_MINUTES:
            day = DAYS[opens // DAY_MINUTES]
            found[day] = f"{found.get(day, '')} {clock(opens)}-{clock(closes)}"
    return found


@st.composite
def businesses(draw: st.DrawFn) -> tuple[Business, datetime]:
    """A business, and the first moment of a week in which its clocks may be set."""
    zone = draw(st.sampled_from(sorted(ZONES)))
    start = utc(draw(st.sampled_from(ZONES[zone]))) - timedelta(days=3)
    special = {}
    for day in draw(st.sets(st.integers(0, 6), max_size=2)):
        minutes = sorted(draw(st.sets(st.integers(0, DAY_MINUTES - 1), max_size=4)))
        pairs = zip(minutes[::2], minutes[1::2], strict=False)
        date = (start + timedelta(days=day)).date().isoformat()
        special[date] = " ".join(f"{clock(opens)}-{clock(closes)}" for opens, closes in pairs)
        if len(minutes) > 0 and draw(st.booleans()):
            special[date] += f" {clock(minutes[-1])}-{clock(minutes[0])}"
    return business_with(zone, draw(weeks()), special), start


@given(made=businesses(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_it_is_open_as_a_walk_through_all_minutes_says(made: tuple[Business, datetime], data: st.DataObject) -> None:
    business, start = made
    oracle = Oracle(business, start - timedelta(days=1), 8)
    changes = [n for n in range(1, len(oracle.open)) if oracle.open[n] != oracle.open[n - 1]]
    near = [n + offset for n in changes for offset in (-1, 0)]
    inner = [n for n in near if DAY_MINUTES <= n < 6 * DAY_MINUTES] + [DAY_MINUTES, 4 * DAY_MINUTES + 77]
    for number in data.draw(st.lists(st.sampled_from(inner), min_size=1, max_size=12, unique=True)):
        moment = oracle.start + timedelta(minutes=number, seconds=data.draw(st.integers(0, 59)))
        found = opening_of(business, moment)
        assert found.is_open == is_open(business, moment) == oracle.open[number], (business, moment)
        told = found.closes_at if found.is_open else found.opens_at
        expected = oracle.next_change(number)
        if expected is None:  # it is beyond the walk
            assert told is None or told >= oracle.start + timedelta(days=7), (business, moment)
        else:
            assert told == expected, (business, moment)


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("UTC", "2026-11-28 23:59:59", "2026-11-28"),
        (BERLIN, "2026-11-28 22:59:59", "2026-11-28"),
        (BERLIN, "2026-11-28 23:00", "2026-11-29"),
        (NEW_YORK, "2026-11-28 04:59", "2026-11-27"),
        (APIA, "2011-12-30 09:59", "2011-12-29"),
        (APIA, "2011-12-30 10:00", "2011-12-31"),
    ],
)
def test_the_day_of_a_business_is_that_of_its_clocks(zone: str, moment: str, day: str) -> None:
    assert local_day(business_with(zone), utc(moment)) == day


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    business = business_with(BERLIN, LUNCH)
    moment = datetime(2026, 11, 28, 5, 30, tzinfo=ZoneInfo(NEW_YORK))
    assert opening_of(business, moment) == opening_of(business, moment.astimezone(UTC))
