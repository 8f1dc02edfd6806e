"""Ends pauses whose time has passed, without a request. The feed gets one event for each.

`paused_until` alone decides whether a business is paused. The sweep appends the event later.
"""

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.pauses import ENDING, end, pauses
from shopkeeper.storage import Changes, ConditionFailed, Conflict, Item, Store
from shopkeeper.storage.due import due_items, sweep
from shopkeeper.storage.tables import PAUSES


class UnreadablePause(Exception):
    """A stored pause or its business does not have the form of one."""

    def __init__(self, record: Item, reason: Exception) -> None:
        super().__init__(f"The pause of the business {record['business_id']} cannot be ended: {reason}")


class PauseSweep:
    """Ends pauses. Several sweeps may run at the same time, and any of them may be interrupted."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._pauses = pauses(store)

    def run(self) -> dict[str, int]:
        """End the pauses whose time has passed, the longest overdue first, and return their number as `PausesEnded`.

        A pause that cannot be read is taken out of the index, so that it delays no others and is reported once.
        Raises UnreadablePause for it at the end, or StoreOutage at once if the store is unavailable. Pauses that were
        ended before the error stay ended.
        """
        overdue = due_items(self._store, PAUSES, "ending", ENDING, rfc3339(self._clock()))
        ended = sweep(overdue, self._end, self._unlist, UnreadablePause)
        return {"PausesEnded": ended} if ended else {}

    def _end(self, record: Item) -> bool:
        """End a pause as the index shows it, and return whether this run did.

        The index may lag behind the table; the conditions of the write hold for the table.
        """
        try:
            return end(self._store, self._pauses.from_item(record), self._clock())
        except Conflict:
            return False  # other requests keep changing the business; the next run tries again

    def _unlist(self, record: Item) -> None:
        """Take a pause out of the index as it was listed."""
        key = {"business_id": str(record["business_id"])}
        try:
            self._store.update(PAUSES, key, Changes(remove=["ending"]), expect={"until": str(record["until"])})
        except ConditionFailed:
            pass  # another request changed or ended it first
