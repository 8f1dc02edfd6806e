"""A cached value from elsewhere: only the caller that reads it anew waits."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from shopkeeper.http import ServiceUnavailable

T = TypeVar("T")

READ_AGAIN_SECONDS = 60.0
"""The least time from one reading to the next, whether it succeeded or not."""

FIRST_AGAIN_SECONDS = 5.0
"""The same while there is no value yet: until there is one nothing works."""


class Refreshed(Generic[T]):
    """Reads a value at its first need, and again when asked to, at a bounded rate; safe under threads.

    A source that hangs holds up one caller at a time. To the others the value is as it was last read; while
    it was never read, it is away.
    """

    def __init__(self, read: Callable[[], T], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`read` may take its time. It raises ServiceUnavailable, or whatever its caller is to see."""
        self._read = read
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._value: T | None = None
        self._due_at = float("-inf")

    def get(self) -> T:
        """Return the value, read now if it never was. Raises ServiceUnavailable, and what `read` raises."""
        return self.renewed() if self._value is None else self._value

    def renewed(self) -> T:
        """Return the value, read now if that is due and nobody else is at it.

        Raises what `read` raises, and ServiceUnavailable where there is no value yet.
        """
        if self._turn.acquire(blocking=False):
            try:
                if self._monotonic() >= self._due_at:
                    self._renew()
            finally:
                self._turn.release()
        if self._value is None:
            raise ServiceUnavailable
        return self._value

    def _renew(self) -> None:
        began = self._monotonic()
        self._due_at = began + (FIRST_AGAIN_SECONDS if self._value is None else READ_AGAIN_SECONDS)
        self._value = self._read()
        self._due_at = began + READ_AGAIN_SECONDS
