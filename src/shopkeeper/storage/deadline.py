"""When the work at hand must be over: set by a runtime, heeded by a store that waits on a network."""

import time
from contextvars import ContextVar

_ends: ContextVar[float | None] = ContextVar("ends", default=None)

MARGIN_SECONDS = 0.3
"""What is kept back of an invocation's time, to answer and to log."""


def set_remaining(seconds: float | None) -> None:
    """Say that the present invocation ends in `seconds`; None takes that back."""
    _ends.set(None if seconds is None else time.monotonic() + seconds - MARGIN_SECONDS)


def deadline(budget_seconds: float) -> float:
    """Return the moment (of `time.monotonic`) by which an operation with this budget must be over."""
    ends = _ends.get()
    latest = time.monotonic() + budget_seconds
    return latest if ends is None else min(latest, ends)
