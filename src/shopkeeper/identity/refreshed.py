"""A cached value from elsewhere: only the caller that reads it again waits."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from shopkeeper.http import ServiceUnavailable

T = TypeVar("T")

READ_AGAIN_SECONDS = 60.0
"""The least time from one reading to the next, whether it succeeded or not."""

FIRST_AGAIN_SECONDS = 5.0
"""The same while there is no value yet, since nothing works without one."""


class Refreshed(Generic[T]):
    """Reads a value when it is first needed, and again on request, at a bounded rate; safe for threads.

    A source that hangs delays one caller at a time. The others get the value that was read last, or
    ServiceUnavailable if none was.
    """

    def __init__(self, read: Callable[[], T], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`read` may be slow. It raises ServiceUnavailable, or what the caller should see."""
        self._read = read
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._value: T | None = None
        self._due_at = float("-inf")

    def get(self) -> T:
        """Return the value, read now if it never was. Raises ServiceUnavailable, and what `read` raises."""
        return self.renewed() if self._value is None else self._value

    def renewed(self) -> T:
        """Return the value, read now if that is due and no other thread reads it.

        Raises what `read` raises, and ServiceUnavailable if there is no value yet.
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
