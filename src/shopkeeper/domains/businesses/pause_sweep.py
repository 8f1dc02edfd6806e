"""Ends pauses whose time has passed: the feed is told once for each, without a request.

`paused_until` alone decides whether a business is paused. The sweep tells the end afterwards.
"""

import time
from collections.abc import Iterator

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.pauses import ENDING, end, pauses
from shopkeeper.storage import Changes, ConditionFailed, Conflict, Item, Store
from shopkeeper.storage.tables import PAUSES

PAGE = 100
MOST_PAUSES = 500
MOST_SECONDS = 5.0
"""The limits of one run. The next run continues."""


class UnreadablePause(Exception):
    """A stored pause or its business does not have the form of one."""

    def __init__(self, business_id: object, reason: Exception) -> None:
        super().__init__(f"The end of the pause of the business {business_id} cannot be told: {reason}")


class PauseSweep:
    """Ends pauses. Several sweeps may run at the same time, and any of them may be interrupted."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._pauses = pauses(store)

    def run(self) -> dict[str, int]:
        """End the pauses whose time has passed, the longest overdue first, and return their number as `PausesEnded`.

        A pause that cannot be read is taken out of the index, so that it holds up no others and is reported once.
        Raises UnreadablePause for it at the end, or StoreOutage at once if the store is unavailable. Pauses that were
        ended before the error stay ended.
        """
        ended, failure = 0, None
        for record in self._overdue():
            if ended >= MOST_PAUSES:
                break
            try:
                ended += self._end(record)
            except msgspec.ValidationError as error:
                failure = failure or UnreadablePause(record["business_id"], error)
                self._unlist(record)
        if failure is not None:
            raise failure
        return {"PausesEnded": ended} if ended else {}

    def _overdue(self) -> Iterator[Item]:
        """Yield the pauses that the index lists as over, in the order of their end."""
        now, ends = rfc3339(self._clock()), time.monotonic() + MOST_SECONDS
        after = None
        while True:
            page = self._store.query(PAUSES, ENDING, index="ending", limit=PAGE, after=after)
            for record in page.items:
                if str(record["until"]) > now or time.monotonic() > ends:
                    return
                yield record
            after = page.next
            if after is None:
                return

    def _end(self, record: Item) -> bool:
        """End a pause as the index shows it, and return whether this run did.

        The index may lag behind the table; the conditions of the write hold for the table.
        """
        try:
            return end(self._store, self._pauses.from_item(record), self._clock())
        except Conflict:
            return False  # others keep the business busy until the next run

    def _unlist(self, record: Item) -> None:
        """Take a pause out of the index as it was listed."""
        key = {"business_id": str(record["business_id"])}
        try:
            self._store.update(PAUSES, key, Changes(remove=["ending"]), expect={"until": str(record["until"])})
        except ConditionFailed:
            pass  # another request changed or ended it first
