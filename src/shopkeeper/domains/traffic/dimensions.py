"""What a roll-up counts beside its totals, as data."""

from collections.abc import Mapping

import msgspec

OTHER = ""
"""The name that counts what a dimension has no room for."""


class Dimension(msgspec.Struct, frozen=True):
    """A dimension: its letter in stored attributes, its name, and how many names one item of an hour may hold.

    Names of a dimension that is `free` are what visitors send. Those leave room in the item for the others.
    """

    letter: str
    name: str
    cap: int
    free: bool = False


DIMENSIONS: Mapping[str, Dimension] = {
    dimension.name: dimension
    for dimension in (
        Dimension("p", "pages", 100, free=True),
        Dimension("e", "entries", 60, free=True),
        Dimension("s", "sources", 60, free=True),
        Dimension("c", "campaigns", 30, free=True),
        Dimension("l", "countries", 60),
        Dimension("b", "browsers", 20),
        Dimension("o", "systems", 20),
        Dimension("w", "widths", 4),
        Dimension("n", "events", 40, free=True),
        Dimension("r", "bots", 20),
        Dimension("f", "families", 40),
        Dimension("m", "minutes", 12),
    )
}
"""Every dimension by its name. `bots` are the reasons why a view is a bot's. `minutes` are kept in hours alone: views
by the minute at which five minutes begin, from `00` to `55`."""

ITEM_BYTES = 3072
"""Up to this size, an item of an hour takes new names."""
FREE_BYTES = 2048
"""Up to this size, it takes new names that visitors send."""

BY_LETTER: Mapping[str, Dimension] = {dimension.letter: dimension for dimension in DIMENSIONS.values()}
"""Every dimension by its letter."""
