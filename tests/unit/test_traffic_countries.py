"""Countries of time zones."""

from importlib.resources import files

import pytest

from shopkeeper.domains.traffic.countries import UNKNOWN, country_of_zone

PLACELESS = ("Etc/", "CST6CDT", "EST5EDT", "MST7MDT", "PST8PDT")
CLOCKS = {
    "CET",
    "EET",
    "EST",
    "Factory",
    "GMT",
    "GMT+0",
    "GMT-0",
    "GMT0",
    "Greenwich",
    "HST",
    "MET",
    "MST",
    "UCT",
    "UTC",
}


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Europe/Berlin", "DE"),
        ("America/Argentina/Buenos_Aires", "AR"),
        ("America/New_York", "US"),
        ("Asia/Kolkata", "IN"),
        ("Asia/Calcutta", "IN"),
        ("Europe/Kyiv", "UA"),
        ("Europe/Kiev", "UA"),
        ("Europe/Oslo", "NO"),
        ("Europe/Luxembourg", "LU"),
        ("Atlantic/Reykjavik", "IS"),
        ("Iceland", "IS"),
        ("America/Virgin", "VI"),
        ("Africa/Asmera", "ER"),
        ("UTC", UNKNOWN),
        ("CET", UNKNOWN),
        ("Etc/GMT+5", UNKNOWN),
        ("europe/berlin", UNKNOWN),
        ("Europe/Atlantis", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_time_zone_has_the_country_that_it_names(zone: str, country: str) -> None:
    assert country_of_zone(zone) == country


def test_every_zone_of_the_database_that_names_a_place_has_a_country() -> None:
    names = files("tzdata").joinpath("zones").read_text().split()
    without = {name for name in names if country_of_zone(name) == UNKNOWN}
    assert {name for name in without if not name.startswith(PLACELESS)} <= CLOCKS | {"Universal", "WET", "Zulu"}


def test_countries_are_those_of_iso_3166() -> None:
    folder = files("tzdata").joinpath("zoneinfo")
    rows = folder.joinpath("iso3166.tab").read_text().splitlines()
    countries = {row.split("\t")[0] for row in rows if not row.startswith("#")}
    names = files("tzdata").joinpath("zones").read_text().split()
    assert {country_of_zone(name) for name in names} <= countries | {UNKNOWN}
