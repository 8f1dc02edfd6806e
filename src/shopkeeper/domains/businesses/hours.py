"""The opening hours of a business: for each day of the week, and for special days by their date."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated

import msgspec

from shopkeeper.http import FieldError, InvalidInput
from shopkeeper.http.constraints import pattern, text

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
MAX_SPANS = 5
MAX_SPECIAL_DAYS = 100

TimeOfDay = Annotated[
    str,
    pattern(
        "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$",
        must="must be a time from 00:00 to 23:59",
        description="Hours and minutes as the clocks of the time zone show them",
        examples=["11:30"],
    ),
]


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a business opens and closes. If it does not close later than it opens, it closes on the next day."""

    opens: TimeOfDay
    closes: TimeOfDay


Spans = Annotated[list[Span], msgspec.Meta(max_length=MAX_SPANS)]


class WeeklyHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a business is open in each week. A day without a span is closed."""

    monday: Spans = []
    tuesday: Spans = []
    wednesday: Spans = []
    thursday: Spans = []
    friday: Spans = []
    saturday: Spans = []
    sunday: Spans = []


class SpecialDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hours of one date, instead of those of its day of the week. Without a span the business is closed."""

    date: Annotated[
        str, pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", must="must be a date, like 2026-12-24", examples=["2026-12-24"])
    ]
    hours: Spans
    note: Annotated[str, text(100, examples=["Christmas Eve"])] | None = None


SpecialDays = Annotated[list[SpecialDay], msgspec.Meta(max_length=MAX_SPECIAL_DAYS)]


def minute_of(time: str) -> int:
    """Return the minute of the day of a TimeOfDay."""
    return int(time[:2]) * 60 + int(time[3:])


def length_of(span: Span) -> int:
    """Return how many minutes a span has, 1 to 1440, on a day without a change of the clocks."""
    return (minute_of(span.closes) - minute_of(span.opens) - 1) % DAY_MINUTES + 1


def check_weekly_hours(hours: WeeklyHours) -> None:
    """Raise InvalidInput if two spans of a week overlap. The week after Sunday begins with the same Monday."""
    spans = {
        f"opening_hours.{day}[{index}]": (number * DAY_MINUTES + minute_of(span.opens), length_of(span))
        for number, day in enumerate(DAYS)
        for index, span in enumerate(getattr(hours, day))
    }
    _refuse(_overlaps(spans, WEEK_MINUTES))


def check_special_days(days: Sequence[SpecialDay]) -> None:
    """Raise InvalidInput for a date that does not exist or is there twice, and for spans of a day that overlap."""
    _refuse(_faults(days))


def _faults(days: Sequence[SpecialDay]) -> Iterator[FieldError]:
    seen: set[str] = set()
    for number, day in enumerate(days):
        name = f"special_hours[{number}]"
        if not _is_date(day.date):
            yield FieldError(f"{name}.date", "must be a date, like 2026-12-24")
        if day.date in seen:
            yield FieldError(f"{name}.date", "is there twice")
        seen.add(day.date)
        spans = {
            f"{name}.hours[{index}]": (minute_of(span.opens), length_of(span)) for index, span in enumerate(day.hours)
        }
        yield from _overlaps(spans, 2 * DAY_MINUTES)


def _overlaps(spans: Mapping[str, tuple[int, int]], period: int) -> Iterator[FieldError]:
    """Name the spans that begin before another one ends, by field: each begins at a minute of the period."""
    in_order = sorted(spans.items(), key=lambda span: span[1])
    for (_, (start, length)), (name, (next_start, _)) in pairwise(in_order):
        if next_start < start + length:
            yield FieldError(name, "overlaps another span")
    if len(in_order) > 1:
        name, (start, length) = in_order[-1]
        if start + length > period + in_order[0][1][0]:
            yield FieldError(name, "overlaps another span")


def _refuse(faults: Iterator[FieldError]) -> None:
    errors = list(faults)
    if errors:
        raise InvalidInput(errors)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
