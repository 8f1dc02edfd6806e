"""The deadline of the present work: a runtime sets it, and whatever waits or tries again keeps it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends: ContextVar[float | None] = ContextVar("ends", default=None)

MARGIN_SECONDS = 0.3
"""The part of an invocation's time that is reserved to answer and to log."""

FIRST_PAUSE_SECONDS = 0.025
LONGEST_PAUSE_SECONDS = 0.5


@contextmanager
def ending_in(seconds: float | None) -> Iterator[None]:
    """Within the block, work must end in `seconds`; None sets no deadline."""
    token = _ends.set(None if seconds is None else time.monotonic() + seconds - MARGIN_SECONDS)
    try:
        yield
    finally:
        _ends.reset(token)


def deadline(budget_seconds: float) -> float:
    """Return the moment (of `time.monotonic`) by which an operation with this budget must end."""
    ends = _ends.get()
    latest = time.monotonic() + budget_seconds
    return latest if ends is None else min(latest, ends)


def pause(failures: int, ends: float, random: Callable[[int], bytes] = os.urandom) -> bool:
    """Sleep before the next attempt, for a random part of a doubling bound (full jitter).

    Returns False, without sleeping, where the pause would not end before `ends`.
    """
    bound = min(FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 16), LONGEST_PAUSE_SECONDS)
    seconds = bound * int.from_bytes(random(2)) / 65535
    if time.monotonic() + seconds >= ends:
        return False
    time.sleep(seconds)
    return True


def remaining() -> float | None:
    """Return the seconds until the present work must end, None where it may take as long as it likes."""
    ends = _ends.get()
    return None if ends is None else ends - time.monotonic()
