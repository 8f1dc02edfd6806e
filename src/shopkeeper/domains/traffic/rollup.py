"""A roll-up: what was counted in an hour, a day or a month, and its form as an item."""

from collections.abc import Iterable

import msgspec

from shopkeeper.domains.traffic.dimensions import BY_LETTER, OTHER
from shopkeeper.storage import Item

VIEWS, UNIQUES, BOTS, DAILY = "v", "u", "x", "d"
"""The attributes of the totals."""


class Rollup(msgspec.Struct):
    """Views of people, different visitors of the day (of the month in a month's document) and views of bots.

    `counts` has, by the letter of a dimension, what was counted by name. `daily` is the sum of the days' visitors.
    Where nothing else is known it is 0, and the uniques are those of one day or a sum of days.
    """

    views: int = 0
    uniques: int = 0
    bots: int = 0
    counts: dict[str, dict[str, int]] = {}
    daily: int = 0

    @property
    def daily_uniques(self) -> int:
        """The sum of the different visitors of each day."""
        return self.daily or self.uniques

    def of(self, letter: str) -> dict[str, int]:
        """Return the counts of a dimension by name, an empty one if nothing was counted."""
        return self.counts.get(letter, {})


def of_item(item: Item) -> Rollup:
    """Return the roll-up of an item. Attributes that count nothing, as the key, are left out."""
    rollup = Rollup(_count(item, VIEWS), _count(item, UNIQUES), _count(item, BOTS), daily=_count(item, DAILY))
    for attribute, value in item.items():
        letter, colon, name = attribute.partition(":")
        if colon and letter in BY_LETTER and type(value) is int:
            rollup.counts.setdefault(letter, {})[name] = value
    return rollup


def attributes(rollup: Rollup) -> dict[str, int]:
    """Return the attributes that store a roll-up."""
    named = {f"{letter}:{name}": n for letter, counts in rollup.counts.items() for name, n in counts.items()}
    daily = {} if rollup.daily_uniques == rollup.uniques else {DAILY: rollup.daily}
    return {VIEWS: rollup.views, UNIQUES: rollup.uniques, BOTS: rollup.bots, **daily, **named}


def merged(rollups: Iterable[Rollup]) -> Rollup:
    """Return the sum of roll-ups. The uniques are summed too, which a month's are not: set those from its sketch."""
    whole = Rollup()
    for part in rollups:
        whole.views += part.views
        whole.uniques += part.uniques
        whole.bots += part.bots
        whole.daily += part.daily_uniques
        for letter, counts in part.counts.items():
            sums = whole.counts.setdefault(letter, {})
            for name, count in counts.items():
                sums[name] = sums.get(name, 0) + count
    return whole


def trimmed(rollup: Rollup, names: int, size: int) -> Rollup:
    """Return a roll-up of at most `names` names a dimension and about `size` bytes.

    The least counted names are counted as other. Where `size` decides, the dimension that takes most bytes gives first.
    Totals and the sums of dimensions stay.
    """
    ranked = {letter: _ranked(counts) for letter, counts in rollup.counts.items()}
    kept = {letter: pairs[:names] for letter, pairs in ranked.items()}
    sizes = {letter: sum(_bytes(pair) for pair in pairs) for letter, pairs in kept.items()}
    whole = sum(sizes.values())
    while whole > size:
        largest = max(sizes, key=sizes.__getitem__)
        freed = _bytes(kept[largest].pop())
        sizes[largest] -= freed
        whole -= freed
    counts = {letter: _with_other(dict(pairs), rollup.counts[letter]) for letter, pairs in kept.items()}
    return Rollup(rollup.views, rollup.uniques, rollup.bots, counts, rollup.daily)


def _ranked(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return names with their counts, the most counted first, without other."""
    pairs = [(name, count) for name, count in counts.items() if name != OTHER]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _with_other(kept: dict[str, int], counts: dict[str, int]) -> dict[str, int]:
    rest = sum(counts.values()) - sum(kept.values())
    return {**kept, OTHER: rest} if rest else kept


def _bytes(pair: tuple[str, int]) -> int:
    """Return the bytes of an attribute as DynamoDB counts them, rounded up."""
    name, count = pair
    return len(name.encode()) + len(str(count)) // 2 + 4


def _count(item: Item, attribute: str) -> int:
    value = item.get(attribute, 0)
    return value if type(value) is int else 0
