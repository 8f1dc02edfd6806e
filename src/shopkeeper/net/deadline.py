"""The deadline of the present work: a runtime sets it, and whatever waits for a network keeps it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends: ContextVar[float | None] = ContextVar("ends", default=None)

MARGIN_SECONDS = 0.3
"""The part of an invocation's time that is reserved to answer and to log."""


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


def remaining() -> float | None:
    """Return the seconds until the present work must end, None where it may take as long as it likes."""
    ends = _ends.get()
    return None if ends is None else ends - time.monotonic()
