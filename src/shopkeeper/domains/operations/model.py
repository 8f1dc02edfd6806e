"""The types of what operators ask."""

import msgspec


class Backlogs(msgspec.Struct, frozen=True, kw_only=True):
    """How much waits, by the name of what does. A number of `most` means that many or more."""

    timestamp: str
    most: int
    backlogs: dict[str, int]
