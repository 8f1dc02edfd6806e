"""Retries of an operation that failed because another one was faster."""

from shopkeeper.net.deadline import deadline, pause


class Retries:
    """Counts the attempts that failed, and waits before the next one: for a random time, longer after each failure."""

    def __init__(self, seconds: float) -> None:
        """Allow attempts for so many seconds from now, or until the deadline of the present work if that is sooner."""
        self._ends = deadline(seconds)
        self._failures = 0

    def wait(self) -> bool:
        """Wait before the next attempt. Returns False, at once, if there is no time for one."""
        self._failures += 1
        return pause(self._failures, self._ends)
