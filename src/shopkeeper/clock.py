"""The clock, and the format of times: RFC 3339 in UTC, ending in `Z`."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

Clock = Callable[[], datetime]
"""Returns the current time with its time zone. Tests pass their own clock."""


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Return `moment` as RFC 3339 in UTC with milliseconds, as in `2026-11-21T08:00:00.000Z`.

    The width is fixed, so the texts sort in the order of time.
    """
    # `isoformat` takes three times as long, and a request has several times.
    text: str = msgspec.to_builtins(moment.astimezone(UTC))
    return f"{text[:19]}.{moment.microsecond // 1000:03}Z"
