"""Time zones by the names of the IANA database. The zone UTC needs no database, and nothing is imported for it."""

from datetime import UTC, tzinfo
from functools import lru_cache

NAME = r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}"
"""The form of a zone's name."""


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name that `is_zone` knows."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # few need it, and cold starts pay for it

    return ZoneInfo(name)


def is_zone(name: str) -> bool:
    """Tell whether the IANA database has a zone of this name."""
    return name in _names()


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Return the names that the package tzdata has.

    The database of an operating system has further files, such as `localtime` and `right/UTC`, which differ from
    machine to machine.
    """
    from importlib.resources import files

    return frozenset(files("tzdata").joinpath("zones").read_text().split())
