"""A histogram: how many values were at most as large as each of some bounds."""

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """Counts values. One thread adds to it; another may read it meanwhile."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        """`bounds` rise. Values above the last one are counted too."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        """How many values each range has: up to the first bound, from there to the second, and so on."""
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def merge(self, other: "Histogram") -> None:
        """Count the values of another histogram with the same bounds too."""
        self.counts = [one + more for one, more in zip(self.counts, other.counts, strict=True)]
        self.sum += other.sum
