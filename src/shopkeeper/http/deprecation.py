"""Operations that are on their way out: when that was said, and when they end."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import msgspec


class Deprecation(msgspec.Struct, frozen=True):
    """An operation is deprecated since a day and ends on the day `sunset`, if that is known, at 0:00 UTC."""

    since: date
    sunset: date | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """`Deprecation` (RFC 9745) and `Sunset` (RFC 8594), which each success carries."""
        since = int(_midnight(self.since).timestamp())
        ends = {} if self.sunset is None else {"Sunset": _midnight(self.sunset).strftime("%a, %d %b %Y %H:%M:%S GMT")}
        return {"Deprecation": f"@{since}", **ends}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
