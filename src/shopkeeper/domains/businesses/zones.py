"""Time zones by the names of the IANA database. The zone UTC needs no database, and nothing is imported for it."""

from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Annotated

from shopkeeper.http import Unprocessable
from shopkeeper.http.fields import pattern

TimeZoneName = Annotated[
    str,
    pattern(
        r"^[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}$",
        must="must be a time zone of the IANA database, like Europe/Berlin",
        max_length=64,
        examples=["Europe/Berlin"],
    ),
]


class UnknownTimeZone(Unprocessable):
    """There is no time zone of this name."""

    code = "unknown_time_zone"


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name that `check_time_zone` accepted."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # few businesses need it, and cold starts pay for it

    return ZoneInfo(name)


def check_time_zone(name: str) -> None:
    """Raise UnknownTimeZone unless the IANA database has a zone of this name."""
    if name not in _names():
        raise UnknownTimeZone(f"There is no time zone {name} in the IANA database.")


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Return the names that the package tzdata has.

    The database of an operating system has further files, such as `localtime` and `right/UTC`, which differ from
    machine to machine.
    """
    from importlib.resources import files

    return frozenset(files("tzdata").joinpath("zones").read_text().split())
