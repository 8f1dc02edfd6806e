"""Counting visits: one atomic update each, race-free for the very first too."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.visits.model import SITE_COUNTER, UnknownCounter, Visit
from shopkeeper.storage import VISITOR_COUNTER, Changes, Item, Store, StoreError

DAYS_KEPT = 30
DAY = "day_"
"""A day's own count stands in the counter's record as `day_2026-11-21`."""

ANY_COUNTER = "*"


class VisitCounter:
    """Counts visits of the site and of named pages."""

    def __init__(self, store: Store, clock: Clock, counter_ids: Collection[str], retention_days: int | None) -> None:
        """`counter_ids` are the names that may be counted, `*` for any.

        A record expires `retention_days` after its last visit; None keeps it for ever.
        """
        self._store = store
        self._clock = clock
        self._counter_ids = counter_ids
        self._retention_days = retention_days

    def count(self, counter_id: str = SITE_COUNTER) -> Visit:
        """Count one visit and return the new count.

        Raises UnknownCounter for a name that is not kept, StoreError if the store is away; then the visit
        may have been counted once, never twice.
        """
        if counter_id != SITE_COUNTER and not self._is_kept(counter_id):
            raise UnknownCounter("There is no counter of that name.")
        now = self._clock()
        key = {"counter_id": counter_id}
        moment = rfc3339(now)
        record = self._store.update(VISITOR_COUNTER, key, self._changes(now, moment))
        self._forget_old_days(key, record, now)
        return Visit(count=_count(record), timestamp=moment)

    def read(self, counter_id: str = SITE_COUNTER) -> int:
        """Return the count without counting, 0 if nobody has visited. Raises StoreError."""
        return _count(self._store.get(VISITOR_COUNTER, {"counter_id": counter_id}) or {})

    def _is_kept(self, counter_id: str) -> bool:
        return ANY_COUNTER in self._counter_ids or counter_id in self._counter_ids

    def _changes(self, now: datetime, moment: str) -> Changes:
        expiry: dict[str, int] = {}
        if self._retention_days is not None:
            expiry["ItemExpireTTL"] = int(now.timestamp()) + self._retention_days * 86400
        return Changes(
            add={"visit_count": 1, day_attribute(now): 1},
            set={"last_updated": moment, **expiry},
            set_if_absent={"created_date": moment},
            # Records of the founding system carry a purge that nobody asked for here.
            remove=() if expiry else ("ItemExpireTTL",),
        )

    def _forget_old_days(self, key: dict[str, str], record: Item, now: datetime) -> None:
        """Keep the record small for ever, as well as can be: a visit is counted whatever becomes of this."""
        oldest = day_attribute(now - timedelta(days=DAYS_KEPT - 1))
        old = [name for name in record if name.startswith(DAY) and name < oldest]
        if old:
            try:
                self._store.update(VISITOR_COUNTER, key, Changes(remove=old))
            except StoreError:
                pass  # the next visit sees the same old days and tries again


def day_attribute(moment: datetime) -> str:
    """Return the name of the attribute that counts the visits of `moment`'s day (UTC)."""
    return DAY + moment.astimezone(UTC).date().isoformat()


def _count(record: Item) -> int:
    count = record.get("visit_count", 0)
    return count if isinstance(count, int) else 0
