"""What a roll-up counts beside its totals, as data."""

from collections.abc import Mapping

import msgspec

OTHER = ""
"""The name that counts what a dimension has no room for."""


class Dimension(msgspec.Struct, frozen=True):
    """A dimension: its letter in stored attributes, its name, and how many names one item of an hour may hold.

    `total` is what the counts of a dimension sum up to: the views, the entry views, the events or the views of bots.
    Those of `campaigns` sum up to the entry views that named one.
    """

    letter: str
    name: str
    cap: int


DIMENSIONS: Mapping[str, Dimension] = {
    dimension.name: dimension
    for dimension in (
        Dimension("p", "pages", 100),
        Dimension("e", "entries", 60),
        Dimension("s", "sources", 60),
        Dimension("c", "campaigns", 30),
        Dimension("l", "countries", 60),
        Dimension("b", "browsers", 20),
        Dimension("o", "systems", 20),
        Dimension("w", "widths", 4),
        Dimension("n", "events", 40),
        Dimension("r", "bots", 20),
        Dimension("f", "families", 40),
        Dimension("m", "minutes", 12),
    )
}
"""Every dimension by its name. `bots` are the reasons why a view is a bot's. `minutes` are kept in hours alone: views
by the minute at which five minutes begin, from `00` to `55`."""

BY_LETTER: Mapping[str, Dimension] = {dimension.letter: dimension for dimension in DIMENSIONS.values()}
"""Every dimension by its letter."""
