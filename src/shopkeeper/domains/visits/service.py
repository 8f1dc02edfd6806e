"""Counts visits, each by one atomic update. There is no race at the first visit either."""

from collections.abc import Collection
from datetime import datetime, timedelta

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.visits.model import SITE_COUNTER, UnknownCounter, Visit
from shopkeeper.storage import Changes, Item, Store, StoreError
from shopkeeper.storage.tables import VISITOR_COUNTER

DAYS_KEPT = 30
OLDEST_KEPT = timedelta(days=DAYS_KEPT - 1)
DAY = "day_"
"""The prefix of attributes that count one day's visits, as in `day_2026-11-21`."""

ANY_COUNTER = "*"

NUMBER, SVG_BADGE, JSON_BADGE = ".txt", ".svg", ".json"
BADGES = (SVG_BADGE, JSON_BADGE)
"""What a name may end with, to ask for another form of the counter that is called so without it."""


class VisitCounter:
    """Counts visits of the site and of named pages."""

    def __init__(self, store: Store, clock: Clock, counter_ids: Collection[str], retention_days: int | None) -> None:
        """`counter_ids` are the allowed names; `*` allows any.

        A record expires `retention_days` after its last visit, or never if that is None.
        """
        self._store = store
        self._clock = clock
        self._counter_ids = counter_ids
        self._retention_days = retention_days

    def count(self, counter_id: str = SITE_COUNTER) -> Visit:
        """Count one visit and return the new count.

        Raises UnknownCounter for a name that is not allowed, StoreError if the store fails. After a StoreError the
        visit may have been counted once, never twice.
        """
        self._require(counter_id)
        now = self._clock()
        key = {"counter_id": counter_id}
        moment = rfc3339(now)
        record = self._store.update(VISITOR_COUNTER, key, self._changes(now, moment))
        self._forget_old_days(key, record, now)
        return Visit(count=_count(record), timestamp=moment)

    def read(self, counter_id: str = SITE_COUNTER) -> int:
        """Return the count without counting a visit, 0 if there was none.

        Raises UnknownCounter for a name that is not allowed, StoreError if the store fails.
        """
        self._require(counter_id)
        return _count(self._store.get(VISITOR_COUNTER, {"counter_id": counter_id}) or {})

    def read_name(self, asked: str) -> tuple[str, str]:
        """Return the counter that a name means, and the form in which it is asked for, which is empty for JSON.

        Counters may have dots in their names. An ending counts as a form only if no counter has the whole name:
        `COUNTER_IDS` does not list it, and where any name is allowed, none was counted under it before such endings had
        a meaning. Only there and only for such names the store is read. Raises StoreError.
        """
        name, dot, ending = asked.rpartition(".")
        form = dot + ending
        if form not in (NUMBER, *BADGES) or name in ("", ".", "..") or self._has(asked):
            return asked, ""
        return name, form

    def _has(self, counter_id: str) -> bool:
        """Tell whether a name is listed, or has been counted if any may be."""
        if counter_id in self._counter_ids or ANY_COUNTER not in self._counter_ids:
            return counter_id in self._counter_ids
        return self._store.get(VISITOR_COUNTER, {"counter_id": counter_id}) is not None

    def _require(self, counter_id: str) -> None:
        """Raise UnknownCounter for a name that is not allowed."""
        kept = self._counter_ids
        if counter_id != SITE_COUNTER and counter_id not in kept and ANY_COUNTER not in kept:
            raise UnknownCounter("There is no counter of that name.")

    def _changes(self, now: datetime, moment: str) -> Changes:
        expiry: dict[str, int] = {}
        if self._retention_days is not None:
            expiry["ItemExpireTTL"] = int(now.timestamp()) + self._retention_days * 86400
        return Changes(
            add={"visit_count": 1, day_attribute(moment): 1},
            set={"last_updated": moment, **expiry},
            set_if_absent={"created_date": moment},
            # Records of the original counter may still carry an expiry.
            remove=() if expiry else ("ItemExpireTTL",),
        )

    def _forget_old_days(self, key: dict[str, str], record: Item, now: datetime) -> None:
        """Remove the counts of old days, to keep the record small. If this fails, the visit is still counted."""
        oldest = day_attribute(rfc3339(now - OLDEST_KEPT))
        old = [name for name in record if name.startswith(DAY) and name < oldest]
        if old:
            try:
                self._store.update(VISITOR_COUNTER, key, Changes(remove=old))
            except StoreError:
                pass  # the next visit tries again


def day_attribute(moment: str) -> str:
    """Return the name of the attribute that counts the visits on the day of `moment`, which is RFC 3339 in UTC."""
    return DAY + moment[:10]


def _count(record: Item) -> int:
    count = record.get("visit_count", 0)
    return count if isinstance(count, int) else 0
