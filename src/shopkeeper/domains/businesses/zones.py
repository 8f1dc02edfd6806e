"""The time zone of a business, by its name in the IANA database."""

from typing import Annotated

from shopkeeper.http import Unprocessable
from shopkeeper.http.constraints import pattern
from shopkeeper.zones import NAME, is_zone

TimeZoneName = Annotated[
    str,
    pattern(
        f"^{NAME}$",
        must="must be a time zone of the IANA database, like Europe/Berlin",
        max_length=64,
        examples=["Europe/Berlin"],
    ),
]


class UnknownTimeZone(Unprocessable):
    """There is no time zone of this name."""

    code = "unknown_time_zone"


def check_time_zone(name: str) -> None:
    """Raise UnknownTimeZone unless the IANA database has a zone of this name."""
    if not is_zone(name):
        raise UnknownTimeZone(f"There is no time zone {name} in the IANA database.")
