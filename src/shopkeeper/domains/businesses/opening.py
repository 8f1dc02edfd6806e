"""When a business is open, by its hours and its time zone.

A span begins when the clocks first show its opening time or a later one, and ends when they have last shown a time
before its closing time. So of a time that the clocks show twice, because they are set back, the first opens and the
second closes; and a time that they never show, because they are set forward, is the moment of that change. A span
belongs to the date on which it opens: if it ends on the next day, it does so whatever that day's hours are.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import msgspec

from shopkeeper.domains.businesses.hours import DAYS, Span, minute_of
from shopkeeper.domains.businesses.model import Business
from shopkeeper.zones import zone_of

OPENS_AHEAD, CLOSES_AHEAD = timedelta(days=60), timedelta(days=7)
"""How far ahead the next opening and the next closing are looked for. A business that is open has more to look at."""

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
ALL_DAY = [Span("00:00", "00:00")]

Period = tuple[datetime, datetime]


class Opening(msgspec.Struct, frozen=True):
    """Whether a business is open at a moment, and its next change: when it opens or, if it is open, when it closes.

    An opening is None if it is more than 60 days ahead, a closing if it is more than 7 days ahead.
    """

    is_open: bool
    opens_at: datetime | None = None
    closes_at: datetime | None = None


def is_open(business: Business, moment: datetime) -> bool:
    """Tell whether a business is open at a moment, by its hours."""
    if not business.has_hours:
        return True
    for opens, closes in _periods(business, moment, DAY):
        if opens > moment:
            return False
        if closes > moment:
            return True
    return False


def opening_of(business: Business, moment: datetime) -> Opening:
    """Return whether a business is open at a moment, by its hours, and its next change. Periods that touch are one."""
    if not business.has_hours:
        return Opening(True)
    latest, open_until = moment + CLOSES_AHEAD, moment
    for opens, closes in _periods(business, moment, OPENS_AHEAD):
        if opens > open_until and open_until > moment:
            break
        if opens > moment and open_until == moment:
            return Opening(False, opens_at=opens if opens <= moment + OPENS_AHEAD else None)
        open_until = max(open_until, closes)
        if open_until > latest:
            break
    if open_until == moment:
        return Opening(False)
    return Opening(True, closes_at=open_until if open_until <= latest else None)


def _periods(business: Business, moment: datetime, ahead: timedelta) -> Iterator[Period]:
    """Yield when a business opens and closes, in the order of its openings, from a moment to a time ahead of it.

    Some of the periods may have ended, or begin later.
    """
    zone = zone_of(business.time_zone)
    special = {day.date: day.hours for day in business.special_hours}
    day = moment.astimezone(zone).date() - DAY
    for _ in range(ahead.days + 3):
        spans = special.get(day.isoformat())
        if spans is None:
            spans = _weekly(business, day)
        for span in sorted(spans, key=lambda span: span.opens):
            opens, _ = _moments(_wall(day, span.opens), zone)
            _, closes = _moments(_wall(day if span.closes > span.opens else day + DAY, span.closes), zone)
            if opens < closes:
                yield opens, closes
        day += DAY


def _weekly(business: Business, day: date) -> list[Span]:
    if business.opening_hours is None:
        return ALL_DAY
    spans: list[Span] = getattr(business.opening_hours, DAYS[day.weekday()])
    return spans


def _wall(day: date, at: str) -> datetime:
    """Return what the clocks of the zone show, as a time without a zone."""
    hour, minute = divmod(minute_of(at), 60)
    return datetime.combine(day, time(hour, minute))


def _moments(wall: datetime, zone: tzinfo) -> Period:
    """Return the first and the last moment at which the clocks of a zone show a time (see PEP 495, `fold`).

    Both are the moment of the change if the clocks are set forward past that time.
    """
    first, last = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= last:
        return first, last
    before, after = 0, int((first - last).total_seconds())
    while after - before > 1:
        middle = (before + after) // 2
        if (last + middle * SECOND).astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return last + after * SECOND, last + after * SECOND
