"""The salts of a site's visitors: one for each day and one for each month, random, and overwritten when they end.

A salt derives from nothing, and no former one is kept. So when its day is over, nobody can tell from the table
`visitors` whether somebody was here, even if they know that visitor's address and browser.
"""

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo

import msgspec

from shopkeeper.domains.traffic.records import TTL, open_key
from shopkeeper.storage import ABSENT, Changes, Expectation, ExpectationFailed, Store, StoreUnavailable
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import TRAFFIC, VISITORS
from shopkeeper.zones import zone_of

SALT_BYTES = 32
SECONDS_KEPT = 62 * 86400
"""How long the item of a site without hits is kept. Its salts are emptied when they end."""
MOST_KEPT = 1000
TRIES = 10
NEVER = 2**62


class Salts(msgspec.Struct, frozen=True):
    """The salts of a site's day and of its month, and when the two end, in seconds of the Unix epoch.

    An empty salt was forgotten, and the next hit makes a new one.
    """

    visitor: str
    day: str
    salt: str
    day_ends: int
    month: str
    month_salt: str
    month_ends: int


class SaltKeeper:
    """Makes and forgets salts. The process keeps them as well, until the first hit of any site after their end."""

    def __init__(self, store: Store, random: Callable[[int], bytes] = os.urandom) -> None:
        self._store = store
        self._records = Records(store, VISITORS, Salts)
        self._random = random
        self._kept: dict[str, Salts] = {}
        self._next_end = NEVER

    def of(self, site: str, zone: str, now: datetime, day: str) -> Salts:
        """Return the salts of a site. `day` is the day there.

        The first hit of a day makes the day's salt, and marks the day as one that is to be closed. Raises StoreError.
        """
        seconds = int(now.timestamp())
        if seconds >= self._next_end:
            self._kept = {name: salts for name, salts in self._kept.items() if salts.day_ends > seconds}
            self._next_end = min((salts.day_ends for salts in self._kept.values()), default=NEVER)
        kept = self._kept.get(site)
        if kept is None or kept.day < day:
            kept = self._current(site, zone, day, seconds)
            if len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[site] = kept
            self._next_end = min(self._next_end, kept.day_ends)
        return kept

    def forget(self, site: str, seconds: int) -> None:
        """Empty the salts of a site that have ended. It may be repeated. Raises StoreError."""
        for _ in range(TRIES):
            stored = self._records.get(salt_key(site))
            ended: dict[str, str] = {}
            if stored is not None and stored.salt and stored.day_ends <= seconds:
                ended["salt"] = ""
            if stored is not None and stored.month_salt and stored.month_ends <= seconds:
                ended["month_salt"] = ""
            if stored is None or not ended or self._wrote(stored, Changes(set=ended), _as_read(stored)):
                return
        raise StoreUnavailable("others keep changing the salts")

    def _current(self, site: str, zone: str, day: str, seconds: int) -> Salts:
        """Return the salts that are stored, after overwriting those of a former day."""
        for _ in range(TRIES):
            stored = self._records.get(salt_key(site))
            # Where clocks or zones differ, the stored day may be a later one. It never goes back.
            if stored is not None and stored.salt and stored.day >= day:
                return stored
            new = self._new(stored, site, zone, day)
            self._mark(site, new)
            values = msgspec.structs.asdict(new)
            del values["visitor"]
            changes = Changes(set={**values, TTL: seconds + SECONDS_KEPT})
            if self._wrote(new, changes, {"day": ABSENT} if stored is None else _as_read(stored)):
                return new
        raise StoreUnavailable("others keep changing the salts")

    def _new(self, stored: Salts | None, site: str, zone: str, day: str) -> Salts:
        own = zone_of(zone)
        month = day[:7]
        goes_on = stored is not None and stored.month == month and stored.month_salt
        return Salts(
            visitor=salt_key(site),
            day=day,
            salt=self._random(SALT_BYTES).hex(),
            day_ends=_midnight(date.fromisoformat(day) + timedelta(days=1), own),
            month=month,
            month_salt=stored.month_salt if stored is not None and goes_on else self._random(SALT_BYTES).hex(),
            month_ends=_midnight(_next_month(month), own),
        )

    def _mark(self, site: str, new: Salts) -> None:
        """Mark the day and the month as open, before anything is counted in them."""
        for period, ends in ((new.day, new.day_ends), (new.month, new.month_ends)):
            self._store.put(TRAFFIC, {**open_key(site, period), "ends": ends})

    def _wrote(self, salts: Salts, changes: Changes, expect: Expectation) -> bool:
        try:
            self._store.update(VISITORS, {"visitor": salts.visitor}, changes, expect=expect)
        except ExpectationFailed:
            return False
        return True


def salt_key(site: str) -> str:
    """Return the key of a site's salts in `visitors`."""
    return f"salt|{site}"


def _as_read(salts: Salts) -> Expectation:
    return {"day": salts.day, "salt": salts.salt, "month_salt": salts.month_salt}


def _next_month(month: str) -> date:
    return (date.fromisoformat(f"{month}-28") + timedelta(days=4)).replace(day=1)


def _midnight(day: date, zone: tzinfo) -> int:
    """Return when a day begins, in seconds of the Unix epoch. Where clocks skip midnight, it is when they do."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
