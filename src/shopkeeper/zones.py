"""Time zones by the names of the IANA database. The zone UTC needs no database, and nothing is imported for it.

The database is that of the package tzdata everywhere. Those of operating systems have further files, such as
`localtime` and `right/UTC`, which differ from machine to machine. Its files are opened here and not by `ZoneInfo` and
`importlib.resources`, whose imports take 15 ms of a cold start.
"""

from datetime import UTC, tzinfo
from functools import lru_cache
from importlib import import_module

NAME = r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}"
"""The form of a zone's name."""
_MOST_KEPT = 600
"""All that there are."""


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name that `is_zone` knows. A name has one object, so that its times may be compared."""
    return UTC if name == "UTC" else _read(name)


def is_zone(name: str) -> bool:
    """Tell whether the IANA database has a zone of this name."""
    return name in _names()


@lru_cache(maxsize=_MOST_KEPT)
def _read(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # few need it, and cold starts pay for it

    if not is_zone(name):
        raise KeyError(f"there is no time zone {name}")
    with open(_path("zoneinfo", *name.split("/")), "rb") as file:  # noqa: PTH123  # pathlib costs a cold start, too
        return ZoneInfo.from_file(file, key=name)


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Return the names that the package tzdata has."""
    with open(_path("zones"), encoding="utf-8") as file:  # noqa: PTH123
        return frozenset(file.read().split())


def _path(*parts: str) -> str:
    return "/".join((import_module("tzdata").__path__[0], *parts))
