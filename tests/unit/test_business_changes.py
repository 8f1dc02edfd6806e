"""What an owner may say of a business beside its registration: hours, contact, location and usual times."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.http import Response
from shopkeeper.storage import Store
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import BUSINESSES, TABLES
from tests.support.application import Shop, whole

LUNCH = [{"opens": "11:30", "closes": "14:00"}]
NO_DAYS: dict[str, Any] = {
    day: [] for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"time_zone": "Europe/Berlin"}, {"time_zone": "Europe/Berlin"}),
    ({"time_zone": "America/Argentina/Buenos_Aires"}, {"time_zone": "America/Argentina/Buenos_Aires"}),
    ({"opening_hours": {"monday": LUNCH}}, {"opening_hours": {**NO_DAYS, "monday": LUNCH}}),
    ({"opening_hours": {}}, {"opening_hours": NO_DAYS}),
    ({"opening_hours": None}, {"opening_hours": None}),
    ({"special_hours": [{"date": "2026-12-24", "hours": [], "note": "Christmas Eve"}]},) * 2,
    ({"prepare_minutes": 1440}, {"prepare_minutes": 1440}),
    ({"prepare_minutes": None}, {"prepare_minutes": None}),
    ({"public_contact": ["phone", "email", "phone"]}, {"public_contact": ["email", "phone"]}),
    ({"location": {"latitude": 52.520008, "longitude": -13.404954}},) * 2,
    ({"location": {"latitude": -90, "longitude": 180}}, {"location": {"latitude": -90.0, "longitude": 180.0}}),
    ({"location": {"latitude": 0.1234564, "longitude": 0}}, {"location": {"latitude": 0.123456, "longitude": 0.0}}),
    ({"location": None}, {"location": None}),
]


@pytest.fixture
def shop(shop_store: Store) -> Shop:
    return Shop(shop_store)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Shop]:
    """A shop on SQLite."""
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield Shop(store)
    store.close()


def test_what_is_changed_is_shown_and_kept(shop: Shop) -> None:
    business_id = shop.add_business("ann")
    path = f"/api/businesses/{business_id}"
    for number, (change, expected) in enumerate(CHANGES):
        changed = shop.give("PATCH", path, change, by="ann")
        assert {name: changed[name] for name in expected} == expected
        assert changed["version"] == 2 + number
        assert shop.give("GET", path, by="ann") == shop.give("GET", "/api/businesses/mine", by="ann") == changed


def test_a_business_from_before_these_fields_has_their_defaults(shop: Shop) -> None:
    business_id = shop.add_business("ann")
    record = shop.store.get(BUSINESSES, {"business_id": business_id}) or {}
    fields = {"time_zone", "opening_hours", "special_hours", "paused_until", "prepare_minutes", "public_contact"}
    before = {name: value for name, value in record.items() if name not in {*fields, "location"}}
    for form in (before, {name: value for name, value in before.items() if name != "version"}):
        shop.store.put(BUSINESSES, form)
        seen = shop.give("GET", f"/api/businesses/{business_id}", by="ann")
        assert (seen["time_zone"], seen["opening_hours"], seen["special_hours"]) == ("UTC", None, [])
        assert (seen["paused_until"], seen["prepare_minutes"], seen["location"]) == (None, None, None)
        assert (seen["public_contact"], seen["open_now"]) == ([], True)
        changed = shop.give("PATCH", f"/api/businesses/{business_id}", {"prepare_minutes": 20}, by="ann")
        assert changed["prepare_minutes"] == 20


def test_anyone_sees_the_contact_data_that_the_owner_shows(shop: Shop) -> None:
    path = f"/api/businesses/{shop.add_business('ann')}"
    contact = {"phone": "+14155550123", "email": "ann@shop.example", "address": "1 Main St"}
    assert not shop.give("GET", path).keys() & contact.keys()
    for shown in (["phone"], ["email", "address"], ["phone", "email", "address"], []):
        shop.give("PATCH", path, {"public_contact": shown}, by="ann")
        seen = shop.give("GET", path)
        assert {name: seen[name] for name in contact if name in seen} == {name: contact[name] for name in shown}
        assert not seen.keys() & {"cognito_user_id", "owner_name", "prepare_minutes", "public_contact"}


def test_what_the_owner_sees_is_never_cached(shop: Shop) -> None:
    path = f"/api/businesses/{shop.add_business('ann')}"
    answer = shop.ask("GET", path, by="ann")
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["ETag"] == '"1"'


def span(opens: str, closes: str) -> dict[str, str]:
    return {"opens": opens, "closes": closes}


OVERLAPS = [
    ({"monday": [span("10:00", "12:00"), span("11:59", "13:00")]}, "opening_hours.monday[1]"),
    ({"monday": [span("11:59", "13:00"), span("10:00", "12:00")]}, "opening_hours.monday[0]"),
    ({"monday": [span("10:00", "12:00"), span("10:00", "12:00")]}, "opening_hours.monday[1]"),
    ({"monday": [span("20:00", "02:00")], "tuesday": [span("01:59", "05:00")]}, "opening_hours.tuesday[0]"),
    ({"sunday": [span("20:00", "02:00")], "monday": [span("01:59", "05:00")]}, "opening_hours.sunday[0]"),
    ({"sunday": [span("12:00", "12:00")], "monday": [span("11:00", "13:00")]}, "opening_hours.sunday[0]"),
]
WRONG: list[tuple[dict[str, Any], str]] = [
    *(({"opening_hours": hours}, field) for hours, field in OVERLAPS),
    ({"opening_hours": {"monday": [span("24:00", "12:00")]}}, "opening_hours.monday[0].opens"),
    ({"opening_hours": {"monday": [span("9:00", "12:60")]}}, "opening_hours.monday[0].closes"),
    ({"opening_hours": {"monday": [span("09:00", "12:00\n")]}}, "opening_hours.monday[0].closes"),
    ({"opening_hours": {"monday": [{"opens": "09:00"}]}}, "opening_hours.monday[0].closes"),
    ({"opening_hours": {"monday": [{**span("09:00", "10:00"), "note": "x"}]}}, "opening_hours.monday[0].note"),
    ({"opening_hours": {"monday": [span("09:00", "09:01")] * 6}}, "opening_hours.monday"),
    ({"opening_hours": {"holiday": []}}, "opening_hours.holiday"),
    ({"opening_hours": []}, "opening_hours"),
    ({"special_hours": None}, "special_hours"),
    ({"special_hours": [{"date": "2026-02-29", "hours": []}]}, "special_hours[0].date"),
    ({"special_hours": [{"date": "24.12.2026", "hours": []}]}, "special_hours[0].date"),
    ({"special_hours": [{"date": "2026-12-24"}]}, "special_hours[0].hours"),
    ({"special_hours": [{"date": "2026-12-24", "hours": []}] * 2}, "special_hours[1].date"),
    ({"special_hours": [{"date": "2026-12-24", "hours": [span("10:00", "12:00")] * 2}]}, "special_hours[0].hours[1]"),
    ({"special_hours": [{"date": "2026-12-24", "hours": [], "note": "x" * 101}]}, "special_hours[0].note"),
    ({"special_hours": [{"date": f"2026-12-{n % 28 + 1:02}", "hours": []} for n in range(101)]}, "special_hours"),
    ({"time_zone": ""}, "time_zone"),
    ({"time_zone": None}, "time_zone"),
    ({"time_zone": "../etc/passwd"}, "time_zone"),
    ({"time_zone": "Europe/" + "B" * 64}, "time_zone"),
    ({"paused_until": "2026-11-28"}, "paused_until"),
    ({"paused_until": "2026-11-28T12:00:00"}, "paused_until"),
    ({"paused_until": "2020-01-01T00:00:00Z"}, "paused_until"),
    ({"paused_until": "9999-12-31T23:59:59Z"}, "paused_until"),
    ({"prepare_minutes": 0}, "prepare_minutes"),
    ({"prepare_minutes": 1441}, "prepare_minutes"),
    ({"prepare_minutes": 1.5}, "prepare_minutes"),
    ({"public_contact": ["owner_name"]}, "public_contact[0]"),
    ({"public_contact": ["phone"] * 4}, "public_contact"),
    ({"location": {"latitude": 90.1, "longitude": 0}}, "location.latitude"),
    ({"location": {"latitude": 0, "longitude": -180.000001}}, "location.longitude"),
    ({"location": {"latitude": "52", "longitude": 0}}, "location.latitude"),
    ({"location": {"latitude": 52}}, "location.longitude"),
    ({"open_now": True}, "open_now"),
]


def problem(answer: Response) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(whole(answer))
    return found


def test_a_wrong_field_is_named_and_nothing_changes(plain: Shop) -> None:
    shop = plain
    path = f"/api/businesses/{shop.add_business('ann')}"
    before = shop.give("GET", path, by="ann")
    for change, field in WRONG:
        answer = shop.ask("PATCH", path, {**change, "business_name": "New"}, by="ann")
        found = problem(answer)
        assert (answer.status, found["code"]) == (400, "invalid_input"), change
        assert field in [error["field"] for error in found["errors"]], (change, found)
    assert shop.give("GET", path, by="ann") == before


@pytest.mark.parametrize("name", ["Europe/Berlinn", "Nowhere", "localtime", "posixrules", "right/UTC", "europe/berlin"])
def test_an_unknown_time_zone_is_refused_in_a_sentence(plain: Shop, name: str) -> None:
    path = f"/api/businesses/{plain.add_business('ann')}"
    answer = plain.ask("PATCH", path, {"time_zone": name, "business_name": "New"}, by="ann")
    found = problem(answer)
    assert (answer.status, found["code"]) == (422, "unknown_time_zone")
    assert found["detail"] == f"There is no time zone {name} in the IANA database."
    assert plain.give("GET", path, by="ann")["version"] == 1


def test_only_the_owner_changes_and_nobody_else_learns_what_is_wrong(plain: Shop) -> None:
    path = f"/api/businesses/{plain.add_business('ann')}"
    for change in ({"time_zone": "Nowhere"}, {"paused_until": "2020-01-01T00:00:00Z"}):
        assert plain.ask("PATCH", path, change, by="bob").status == 404
