"""Writes the roll-ups of hours: one update for each hit, in items that stay small whatever is sent.

An hour has up to 64 items, its shards, and what is counted is spread over them. A writer begins with one. It doubles
them when one that it writes to has grown or has no room for a name, or when the store throttles it. The older ones get
no more from it.

On SQLite nothing is gained by spreading. There a page stays in the shard that counted it first, and a shard is added
when the last one has no room.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from shopkeeper.domains.traffic.dimensions import BY_LETTER, FREE_BYTES, ITEM_BYTES, OTHER
from shopkeeper.domains.traffic.records import HOURS_KEPT, MAX_SHARDS, TTL, hour_key
from shopkeeper.storage import Changes, Item, ItemTooLarge, Store, Throttled
from shopkeeper.storage.tables import TRAFFIC

SPREAD_BYTES = {"sqlite": ITEM_BYTES}
"""How large a shard grows before a writer uses more of them, by the kind of store."""
UNIT_BYTES = 1024
"""The same for DynamoDB, where a write costs a unit for each KB of the item."""
MOST_KEPT = 100
"""Sites whose present hour a process remembers."""
TRIES = 4

Name = tuple[str, str]
"""The letter of a dimension, and a name in it."""


class Shard:
    """What a writer knows of an item: the names in it, their number by dimension, and its size in bytes."""

    def __init__(self) -> None:
        self.names: Item = {}
        self._numbers: dict[str, int] = {}
        self.size = 0

    def learn(self, item: Item) -> None:
        """Take over what an update returned. An item has a new name only if it has more of them."""
        if len(item) != len(self.names):
            numbers = dict.fromkeys(BY_LETTER, 0)
            size = 0
            for attribute in item:
                size += len(attribute.encode()) + 4
                if attribute[1:2] == ":" and attribute[0] in numbers:
                    numbers[attribute[0]] += 1
            self._numbers, self.size = numbers, size
        self.names = item

    def counted(self, names: Iterable[Name]) -> tuple[dict[str, int], bool]:
        """Return the attributes that count these names, of their own or of other, and whether all had room."""
        attributes, all_had_room = {}, True
        for letter, name in names:
            attribute = f"{letter}:{name}"
            if not self._has_room(letter, attribute):
                attribute, all_had_room = f"{letter}:{OTHER}", False
            attributes[attribute] = 1
        return attributes, all_had_room

    def _has_room(self, letter: str, attribute: str) -> bool:
        """Tell whether an attribute is in the item, or may be added to it."""
        if attribute in self.names:
            return True
        dimension = BY_LETTER[letter]
        most = FREE_BYTES if dimension.free else ITEM_BYTES
        return self._numbers.get(letter, 0) < dimension.cap and self.size + len(attribute.encode()) <= most


class Hour:
    """What a writer knows of an hour of a site."""

    def __init__(self, *, spreads: bool) -> None:
        """One that `spreads` takes any of the shards that were added last, and adds as many as there are."""
        self.shards: dict[int, Shard] = {}
        self.number = 1
        self._spreads = spreads
        self._places: dict[Name, int] = {}

    def grow(self) -> bool:
        """Use more shards. Returns false if there are no more."""
        can = self.number < MAX_SHARDS
        self.number = min(2 * self.number if self._spreads else self.number + 1, MAX_SHARDS)
        return can

    def choose(self, names: Sequence[Name], pick: Callable[[int, int], int]) -> int:
        """Return the shard that shall count these names, of which the first one is the page."""
        if self._spreads:
            return pick(self.number // 2, self.number) if self.number > 1 else 0
        place = self._places.get(names[0]) if names else None
        has_room = place is not None and self.shards[place].counted(names)[1]
        return place if place is not None and has_room else self.number - 1

    def learn(self, number: int, names: Sequence[Name], *, is_full: bool) -> None:
        """Note what a shard counted. One that `is_full` has too many bytes, or had no room for a name."""
        is_last = number == self.number - 1
        if not self._spreads and names and not is_full:
            self._places[names[0]] = number
        if is_full and (self._spreads or is_last):
            self.grow()


def _pick(first: int, end: int) -> int:
    """Return a random number from `first` on that is below `end`."""
    return first + os.urandom(1)[0] % (end - first)  # the module random would cost cold starts half a millisecond


class HourWriter:
    """Adds to the hours of sites, and remembers the items that it wrote last."""

    def __init__(self, store: Store, pick: Callable[[int, int], int] = _pick) -> None:
        """`pick` returns a number from its first argument on that is below its second."""
        self._store = store
        self._pick = pick
        self._spreads = store.kind not in SPREAD_BYTES
        self._most = SPREAD_BYTES.get(store.kind, UNIT_BYTES)
        self._hours: dict[str, tuple[str, Hour]] = {}

    def add(self, site: str, hour: str, totals: Mapping[str, int], names: Sequence[Name], seconds: int) -> None:
        """Add to totals, and 1 to each name; a name without room is counted as other. Raises StoreError.

        `seconds` is the time, from which the item is kept. After a StoreError the hit may have been counted, once.
        """
        known = self._known(site, hour)
        expiry = {TTL: seconds + HOURS_KEPT * 86400}
        for tries_left in reversed(range(TRIES)):
            number = known.choose(names, self._pick)
            shard = known.shards.setdefault(number, Shard())
            counted, all_had_room = shard.counted(names)
            changes = Changes(add={**totals, **counted}, set_if_absent=expiry)
            try:
                shard.learn(self._store.update(TRAFFIC, hour_key(site, hour, number), changes))
            except (ItemTooLarge, Throttled):  # nothing was counted
                if not tries_left or not known.grow():
                    raise
                continue
            known.learn(number, names, is_full=shard.size > self._most or not all_had_room)
            return

    def _known(self, site: str, hour: str) -> Hour:
        of, known = self._hours.get(site, ("", None))
        if known is None or of != hour:
            self._hours.pop(site, None)
            if len(self._hours) >= MOST_KEPT:
                del self._hours[next(iter(self._hours))]
            known = Hour(spreads=self._spreads)
            self._hours[site] = hour, known
        return known
