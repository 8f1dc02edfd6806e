"""Counts requests against rate limits, in the memory of one process.

A bucket is one number: the time at which it will be full again (the generic cell rate algorithm, ITU-T I.371). A full
bucket is the same as none, so full buckets are forgotten.
"""

import heapq
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from shopkeeper.http.errors import RateLimited
from shopkeeper.http.limits import RateLimit, fields, joined

MOST_BUCKETS = 10_000
"""How many buckets each limit keeps, at about 250 bytes each."""

SECOND = 1_000_000_000
"""Times are in nanoseconds, so that they add up exactly."""


class Limiter:
    """The buckets of every limit. It may be used from any thread."""

    def __init__(self, monotonic_ns: Callable[[], int] = time.monotonic_ns, most_buckets: int = MOST_BUCKETS) -> None:
        self._monotonic_ns = monotonic_ns
        self._most_buckets = most_buckets
        self._buckets: dict[str, Buckets] = {}
        self._lock = threading.Lock()

    def take(self, limits: Iterable[RateLimit], client: str) -> Mapping[str, str]:
        """Take a token from a client's bucket of every limit, and return the header fields of the limits.

        Raises RateLimited if a bucket is empty. Then nothing is taken from the others either.
        """
        now = self._monotonic_ns()
        with self._lock:
            taken = []
            for limit in limits:
                buckets = self._buckets.get(limit.name)
                if buckets is None:
                    buckets = self._buckets[limit.name] = Buckets(limit, self._most_buckets)
                taken.append((buckets, buckets.debt(client, now)))
            for buckets, debt in taken:
                buckets.keep(client, debt, now)
        shown: Mapping[str, str] = {}
        for buckets, debt in taken:
            shown = joined(shown, buckets.fields(debt))
        return shown


class Buckets:
    """The buckets of one limit, by client, in bounded memory.

    When there are too many, the one that is closest to full is forgotten: that gives its client the least. A client
    gets back an empty bucket only if it fills all the others further, which takes as many addresses as there are
    buckets. Whoever has those needs no bucket forgotten.
    """

    def __init__(self, limit: RateLimit, most: int) -> None:
        self._limit = limit
        self._window = limit.seconds * SECOND
        self._interval = self._window // limit.requests
        self._most = most
        self._full_at: dict[str, int] = {}
        self._by_time: list[tuple[int, str]] = []
        """A heap with one entry for each bucket. Its time may be an earlier one of the bucket."""

    def __len__(self) -> int:
        return len(self._full_at)

    def debt(self, client: str, now: int) -> int:
        """Return how long the bucket will take to be full again after one more request.

        Raises RateLimited if it is empty.
        """
        debt = max(self._full_at.get(client, 0) - now, 0) + self._interval
        if debt > self._window:
            seconds = _seconds(debt - self._window)
            raise RateLimited(seconds, fields(self._limit, 0, seconds))
        return debt

    def keep(self, client: str, debt: int, now: int) -> None:
        """Remember when a bucket will be full again."""
        if client not in self._full_at:
            self._make_room(now)
            heapq.heappush(self._by_time, (now + debt, client))
        self._full_at[client] = now + debt

    def fields(self, debt: int) -> dict[str, str]:
        """Return the header fields for a client with this debt."""
        left = (self._window - debt) // self._interval
        wait = debt if left else debt + self._interval - self._window
        return fields(self._limit, left, _seconds(wait))

    def _make_room(self, now: int) -> None:
        """Forget the buckets that are full, and one that is not if there are too many."""
        while self._by_time:
            noted, client = self._by_time[0]
            full_at = self._full_at[client]
            if full_at > noted:
                heapq.heapreplace(self._by_time, (full_at, client))
            elif full_at <= now or len(self._full_at) >= self._most:
                heapq.heappop(self._by_time)
                del self._full_at[client]
            else:
                return


def _seconds(nanoseconds: int) -> int:
    """Return whole seconds, rounded up."""
    return -(-nanoseconds // SECOND)
