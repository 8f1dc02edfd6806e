"""Counts what waits."""

from collections.abc import Callable, Mapping

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.operations.model import Backlogs


class Counting:
    """Counts several backlogs, each up to the same number."""

    def __init__(self, counts: Mapping[str, Callable[[], int]], most: int, clock: Clock) -> None:
        """`counts` has what counts each backlog, by its name. They raise StoreError."""
        self._counts = counts
        self._most = most
        self._clock = clock

    def count(self) -> Backlogs:
        """Return how much waits now. Raises StoreError."""
        found = {name: count() for name, count in self._counts.items()}
        return Backlogs(timestamp=rfc3339(self._clock()), most=self._most, backlogs=found)
