"""Which dates a reading covers, and what it refuses."""

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.domains.traffic.periods import By, Period, last_of, period_of
from shopkeeper.http import InvalidInput

TODAY = date(2026, 11, 21)
DATES = st.dates(date(2001, 1, 1), date(2090, 12, 31))


def shown(period: Period) -> tuple[str, str]:
    return period.first.isoformat(), period.last.isoformat()


@pytest.mark.parametrize(
    ("first", "last", "by", "dates"),
    [
        (None, None, "day", ("2026-10-23", "2026-11-21")),
        (None, None, "hour", ("2026-10-23", "2026-11-21")),
        (None, None, "month", ("2025-12-01", "2026-11-30")),
        ("2026-11-20", None, "day", ("2026-11-20", "2026-11-21")),
        (None, "2026-11-10", "day", ("2026-10-12", "2026-11-10")),
        ("2026-11-01", "2026-11-01", "hour", ("2026-11-01", "2026-11-01")),
        ("2024-02-29", "2026-11-03", "month", ("2024-02-01", "2026-11-30")),
        ("2000-01-01", None, "month", ("2000-01-01", "2026-11-30")),
        (None, "2024-02-03", "month", ("2023-03-01", "2024-02-29")),
        ("2026-11-20", "2026-11-25", "day", ("2026-11-20", "2026-11-25")),
    ],
)
def test_a_period_is_what_was_asked_for_and_30_days_or_12_months_by_default(
    first: str | None, last: str | None, by: By, dates: tuple[str, str]
) -> None:
    assert shown(period_of(first, last, by, TODAY)) == dates


@pytest.mark.parametrize(
    ("first", "last", "by", "why"),
    [
        ("2026-02-30", None, "day", "from must be a date"),
        (None, "2026-13-01", "day", "to must be a date"),
        ("2026-11-22", "2026-11-21", "day", "from must not be after to"),
        ("2026-12-01", None, "day", "from must not be after to"),
        ("1999-12-31", None, "month", "from must not be before the year 2000"),
        (None, "9999-01-01", "month", "to must not be before the year 2000 or after 9998"),
        ("2026-10-01", None, "hour", "from must not be more than 35 days before to; read by day"),
        ("2026-10-01", "2026-10-02", "hour", "from must not be more than 35 days ago, for which hours are kept"),
        ("2024-09-01", None, "day", "from must not be more than 775 days before to; read by month"),
        ("2020-01-01", "2020-01-02", "day", "from must not be more than 775 days ago, for which days are kept"),
        ("2000-01-01", "2200-01-01", "month", "from must not be more than 1200 months before to"),
    ],
)
def test_a_period_that_cannot_be_read_is_refused_with_the_reason(
    first: str | None, last: str | None, by: By, why: str
) -> None:
    with pytest.raises(InvalidInput, match=why):
        period_of(first, last, by, TODAY)


@given(DATES, st.integers(1, 800), st.sampled_from(["day", "month"]))
def test_the_period_before_ends_where_a_period_begins_and_is_as_long(first: date, days: int, by: By) -> None:
    last = first + timedelta(days=days - 1)
    if by == "month":
        first, last = first.replace(day=1), last_of(last.isoformat()[:7])
    period = Period(first, last, by)
    before = period.before
    assert before.last + timedelta(days=1) == period.first
    if by == "day":
        assert before.days == period.days
    else:
        assert len(before.months) == len(period.months)
        assert before.first.day == 1


@given(DATES, st.integers(1, 400))
def test_a_period_has_each_of_its_days_and_months_once(first: date, days: int) -> None:
    period = Period(first, first + timedelta(days=days - 1), "day")
    labels = list(period.labels(UTC))
    assert labels == sorted(set(labels))
    assert (len(labels), labels[0], labels[-1]) == (days, *shown(period))
    assert period.months == sorted({label[:7] for label in labels})


@pytest.mark.parametrize(
    ("zone", "day", "missing"),
    [
        ("UTC", "2026-03-29", set()),
        ("Europe/Berlin", "2026-03-29", {"02"}),
        ("Europe/Berlin", "2026-10-25", set()),
        ("America/Sao_Paulo", "2018-11-04", {"00"}),
        ("Australia/Lord_Howe", "2026-10-04", set()),
    ],
)
def test_an_hour_that_the_clocks_leave_out_is_no_hour(zone: str, day: str, missing: set[str]) -> None:
    one = date.fromisoformat(day)
    labels = list(Period(one, one, "hour").labels(ZoneInfo(zone)))
    assert labels == [f"{day}T{hour:02d}" for hour in range(24) if f"{hour:02d}" not in missing]
