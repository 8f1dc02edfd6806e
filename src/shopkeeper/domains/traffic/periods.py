"""The time that a reading covers: whole dates of a site, within bounds, and the time of the same length before it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

import msgspec

from shopkeeper.domains.traffic.records import DAYS_KEPT, HOURS_KEPT, months_of
from shopkeeper.http import FieldError, InvalidInput

By = Literal["hour", "day", "month"]

USUAL_DAYS = 30
USUAL_MONTHS = 12
"""What is read where a request does not say."""

MOST_MONTHS = 1200
FIRST_YEAR = 2000
DAY = timedelta(days=1)


class Period(msgspec.Struct, frozen=True):
    """The dates from `first` to `last`, both included. By month they are whole months."""

    first: date
    last: date
    by: By

    @property
    def days(self) -> int:
        """How many dates it has."""
        return (self.last - self.first).days + 1

    @property
    def months(self) -> list[str]:
        """The months that it touches."""
        return months_of(self.first.isoformat()[:7], self.last.isoformat()[:7])

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins: as many months, or as many days."""
        last = self.first - DAY
        if self.by == "month":
            return Period(first_of(_months_before(self.first, len(self.months))), last, self.by)
        return Period(last - timedelta(days=self.days - 1), last, self.by)

    def labels(self, zone: tzinfo) -> Iterator[str]:
        """Yield the hours, days or months that it has, in order. An hour that the clocks leave out is not one."""
        if self.by == "month":
            yield from self.months
            return
        for number in range(self.days):
            day = self.first + timedelta(days=number)
            if self.by == "day":
                yield day.isoformat()
            else:
                yield from (f"{day.isoformat()}T{hour:02d}" for hour in range(24) if _exists(day, hour, zone))


def period_of(first: str | None, last: str | None, by: By, today: date) -> Period:
    """Return the period of a request. Raises InvalidInput.

    Without `last` it ends today. Without `first` it has 30 days, or 12 months.
    """
    end = today if last is None else _date("to", last)
    if by == "month":
        begin = (
            first_of(_months_before(end, USUAL_MONTHS - 1)) if first is None else _date("from", first).replace(day=1)
        )
        period = Period(begin, last_of(end.isoformat()[:7]), by)
    else:
        begin = end - timedelta(days=USUAL_DAYS - 1) if first is None else _date("from", first)
        period = Period(begin, end, by)
    _check(period, today)
    return period


def oldest_day(today: date) -> date:
    """Return the first date whose document is still kept."""
    return today - timedelta(days=DAYS_KEPT - 1)


def first_of(month: str) -> date:
    """Return the first date of a month."""
    return date.fromisoformat(f"{month}-01")


def last_of(month: str) -> date:
    """Return the last date of a month."""
    begin = first_of(month)
    return (begin + timedelta(days=31)).replace(day=1) - DAY


def _check(period: Period, today: date) -> None:
    """Raise InvalidInput for a period that is reversed, or of which nothing would be kept."""
    if period.last < period.first:
        raise InvalidInput([FieldError("from", "must not be after to")])
    if period.by == "month":
        if len(period.months) > MOST_MONTHS:
            raise InvalidInput([FieldError("from", f"must not be more than {MOST_MONTHS} months before to")])
        return
    most, advice = (HOURS_KEPT, "day") if period.by == "hour" else (DAYS_KEPT, "month")
    kept = f"must not be more than {most} days"
    if period.days > most:
        raise InvalidInput([FieldError("from", f"{kept} before to; read by {advice}")])
    if period.first <= today - timedelta(days=most):
        raise InvalidInput([FieldError("from", f"{kept} ago, for which {period.by}s are kept; read by {advice}")])


def _date(name: str, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput([FieldError(name, "must be a date, like 2026-11-21")]) from None
    if not FIRST_YEAR <= found.year < 9999:
        raise InvalidInput([FieldError(name, f"must not be before the year {FIRST_YEAR} or after 9998")])
    return found


def _months_before(day: date, number: int) -> str:
    """Return the month that lies so many months before that of a day."""
    index = day.year * 12 + day.month - 1 - number
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def _exists(day: date, hour: int, zone: tzinfo) -> bool:
    """Tell whether the clocks of a zone show an hour on a date, wholly or in part."""
    for minute in (0, 59):
        shown = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
        if shown.astimezone(UTC).astimezone(zone).hour == hour:
            return True
    return False
