"""The country of a time zone. Addresses are never looked up."""

from collections.abc import Mapping
from functools import cache

from shopkeeper.domains.traffic.countries_data import ZONES

UNKNOWN = "??"
"""The country of a zone that names no place, such as `UTC`, or that is not known."""


def country_of_zone(zone: str) -> str:
    """Return the country (ISO 3166) of an IANA time zone, UNKNOWN if it has none. Former names are known too."""
    return _countries().get(zone, UNKNOWN)


@cache
def _countries() -> Mapping[str, str]:
    rows = (line.split() for line in ZONES.split("\n") if line)
    return {zone: country for country, *zones in rows for zone in zones}
