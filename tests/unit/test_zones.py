"""Time zones: which names there are, and that nothing is loaded for a business in UTC."""

import json
import os
import site
import subprocess
import sys
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from shopkeeper.domains.businesses.zones import UnknownTimeZone, check_time_zone
from shopkeeper.zones import zone_of
from tests.support.processes import clean_environment
from tests.support.tools import ROOT

PLACES = os.pathsep.join((str(ROOT / "src"), *site.getsitepackages()))

LOADED = """
import json, sys
from shopkeeper.clock import utc_now
import shopkeeper.functions.orders
from shopkeeper.domains.businesses.offers import check_open, local_day
from shopkeeper.domains.businesses.views import public_view
from tests.support.hours import business_with

found = []
sys.modules.pop("zoneinfo")  # the support of tests has it
for zone in ("UTC", "Asia/Tokyo"):
    business = business_with(zone, {"daily": "00:00-00:00"})
    check_open(business, utc_now())
    local_day(business, utc_now())
    public_view(business, utc_now())
    found.append("zoneinfo" in sys.modules)
print(json.dumps(found))
"""


def test_only_a_business_in_another_zone_than_utc_loads_a_database() -> None:
    command = [sys.executable, "-c", LOADED]
    environment = clean_environment(PYTHONPATH=str(ROOT))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [False, True]


def test_every_zone_of_the_list_can_be_used() -> None:
    names = files("tzdata").joinpath("zones").read_text().split()
    assert len(names) > 500
    moment = datetime(2026, 11, 28, tzinfo=UTC)
    for name in names:
        check_time_zone(name)
        assert moment.astimezone(zone_of(name)) == moment


def test_utc_is_a_zone_without_a_database() -> None:
    check_time_zone("UTC")
    assert zone_of("UTC") is UTC


@pytest.mark.parametrize("name", ["", "Berlin", "europe/berlin", "Europe", "localtime", "posix/UTC", "right/UTC"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UnknownTimeZone):
        check_time_zone(name)


def test_a_zone_has_one_object_and_an_unknown_one_none() -> None:
    assert zone_of("Asia/Tokyo") is zone_of("Asia/Tokyo")
    for name in ("Nowhere", "../zones", "Europe"):
        with pytest.raises(KeyError):
            zone_of(name)


def test_the_first_use_of_a_zone_imports_no_reader_of_packages() -> None:
    code = """
import sys
from shopkeeper.zones import zone_of
before = set(sys.modules)
zone_of("Asia/Tokyo")
print(sorted({"importlib.resources", "pathlib", "inspect"} & (set(sys.modules) - before)))
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env=clean_environment(PYTHONPATH=PLACES, PYTHONTZPATH=""),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"
