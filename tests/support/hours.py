"""Hours of businesses for tests, and a slow oracle that walks through local time minute by minute."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from shopkeeper.domains.businesses.hours import DAYS, SpecialDay, WeeklyHours
from shopkeeper.domains.businesses.model import Business

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def spans(text: str) -> list[dict[str, str]]:
    """Return the spans of a text like `11:30-14:00 17:00-22:00`."""
    return [dict(zip(("opens", "closes"), span.split("-"), strict=True)) for span in text.split()]


def business_with(
    zone: str = "UTC", weekly: dict[str, str] | None = None, special: dict[str, str] | None = None, **more: Any
) -> Business:
    """Return a business whose hours are given as texts, by day of the week (`daily` for all) and by date."""
    hours = None
    if weekly is not None:
        by_day = dict.fromkeys(DAYS, weekly["daily"]) if "daily" in weekly else weekly
        hours = msgspec.convert({day: spans(text) for day, text in by_day.items()}, WeeklyHours)
    days = [{"date": day, "hours": spans(text)} for day, text in (special or {}).items()]
    return Business(
        business_id="b",
        business_name="B",
        email="b@example.com",
        phone="+123",
        address="A",
        cognito_user_id="owner",
        created_at="2026-11-21T12:00:00.000Z",
        updated_at="2026-11-21T12:00:00.000Z",
        time_zone=zone,
        opening_hours=hours,
        special_hours=msgspec.convert(days, list[SpecialDay]),
        **more,
    )


class Oracle:
    """Tells for each minute between two moments whether a business is open.

    It looks at what the clocks show in every minute. A span is open from the first minute in which they show its
    opening time or a later one, to the last minute in which they show a time before its closing time.
    """

    def __init__(self, business: Business, start: datetime, days: int) -> None:
        self._business = business
        zone = ZoneInfo(business.time_zone)
        self.start = start
        self._shown = [
            (start + number * MINUTE).astimezone(zone).replace(tzinfo=None) for number in range(days * 24 * 60)
        ]
        self.open = [False] * len(self._shown)
        day = min(self._shown).date() - DAY
        while day <= max(self._shown).date():
            for opens, closes in self._spans(day):
                self._mark(opens, closes)
            day += DAY

    def next_change(self, number: int) -> datetime | None:
        """Return when the next minute begins after one that is not like it, None if there is none until the end."""
        for other in range(number, len(self.open)):
            if self.open[other] != self.open[number]:
                return self.start + other * MINUTE
        return None

    def _spans(self, day: date) -> Sequence[tuple[datetime, datetime]]:
        hours = next((one.hours for one in self._business.special_hours if one.date == str(day)), None)
        if hours is None:
            weekly = self._business.opening_hours
            if weekly is None:
                return [(_at(day, "00:00"), _at(day + DAY, "00:00"))]
            hours = getattr(weekly, day.strftime("%A").lower())
        return [
            (_at(day, span.opens), _at(day if span.closes > span.opens else day + DAY, span.closes)) for span in hours
        ]

    def _mark(self, opens: datetime, closes: datetime) -> None:
        first = next((number for number, shown in enumerate(self._shown) if shown >= opens), None)
        before = [number for number, shown in enumerate(self._shown) if shown < closes]
        if first is not None and before:
            for number in range(first, before[-1] + 1):
                self.open[number] = True


def _at(day: date, text: str) -> datetime:
    return datetime.fromisoformat(f"{day} {text}")


def utc(text: str) -> datetime:
    """Return a moment of UTC, like `2026-03-29 01:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
