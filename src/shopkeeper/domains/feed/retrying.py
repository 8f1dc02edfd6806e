"""When a failed delivery is tried again. Source: Standard Webhooks 1.0.0, "Deliverability and reliability"."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta

from shopkeeper.net.deadline import remaining

PAUSES_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The pause after the first failure, the second, and so on. After the last of them it is always a day."""

JITTER = 0.1
"""The part of a pause by which it may be longer (jitter), so that what failed together is not retried together."""

LONGEST_PAUSE_SECONDS = 86_400
"""The longest pause that a reader may ask for."""

FAILING_SECONDS = 120 * 3600
"""How long deliveries may fail without any success, before they are given up."""

NEEDED_SECONDS = 20.0
"""If work has a deadline, no attempt begins with less time left than this."""

LEAST_ATTEMPTS = 5
"""How many attempts must have failed by then, since the sender itself may have been down most of the time."""

Random = Callable[[int], bytes]


def is_time_left() -> bool:
    """Return whether a further attempt may begin in the present work."""
    left = remaining()
    return left is None or left >= NEEDED_SECONDS


def next_attempt(now: datetime, failures: int, retry_after: int = 0, random: Random = os.urandom) -> datetime:
    """Return when to try again after so many failures in a row, at least one.

    `retry_after` is for how many seconds the reader asks not to be called. At most a day of them is respected.
    """
    pause = PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS)) - 1]
    asked = min(retry_after, LONGEST_PAUSE_SECONDS)
    share = int.from_bytes(random(2)) / 65535
    return now + timedelta(seconds=max(pause, asked) * (1 + JITTER * share))


def is_given_up(since: str, now: datetime, attempts: int = LEAST_ATTEMPTS) -> bool:
    """Return whether deliveries are given up that have failed since a time of RFC 3339, in so many attempts."""
    return attempts >= LEAST_ATTEMPTS and now - datetime.fromisoformat(since) >= timedelta(seconds=FAILING_SECONDS)
