"""Old records: those of the founding order receiver, and those that Shopkeeper wrote before, read and brought up."""

from decimal import Decimal
from typing import Any

import pytest

from shopkeeper.domains.businesses.model import BusinessChange, EmailTaken
from shopkeeper.domains.businesses.records import UNKNOWN_TIME
from shopkeeper.domains.registration.model import Registration
from shopkeeper.http import Caller, NotFound
from shopkeeper.operator.backfill import backfill
from shopkeeper.storage import Changes
from shopkeeper.storage.tables import BUSINESSES, ITEMS, MARKERS
from tests.support.shops import Shop

FOUNDING: dict[str, Any] = {
    "business_id": "6f0c1d1e-0000-4000-8000-000000000001",
    "business_name": "Old Bakery",
    "email": "Old@Example.com",
    "phone_number": "+14155550100",
    "address": {"street": "1 Main St", "zip": 94103},
    "cognito_user_id": "old-owner",
    "business_type": "pizzeria",
    "status": "active",
    "created_at": "2024-05-01T10:00:00",
}
"""A record as the founding order receiver wrote it."""

OLD_ID = str(FOUNDING["business_id"])
OLD_OWNER = Caller("old-owner")


def test_a_founding_record_is_read_as_it_is(shop: Shop) -> None:
    shop.store.put(BUSINESSES, FOUNDING)
    business = shop.registry.get(OLD_ID)
    assert (business.version, business.email, business.phone) == (0, "old@example.com", "+14155550100")
    assert business.address == {"street": "1 Main St", "zip": "94103"}
    assert (business.business_type, business.accepting_orders) == ("other", True)
    assert (business.created_at, business.updated_at) == ("2024-05-01T10:00:00.000Z", "2024-05-01T10:00:00.000Z")


ODD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"phone": "+1", "phone_number": None}, {"phone": "+1"}),
    ({"address": "1 Main St"}, {"address": "1 Main St"}),
    ({"address": None}, {"address": ""}),
    ({"created_at": 1714557600}, {"created_at": "2024-05-01T10:00:00.000Z"}),
    ({"created_at": "last year"}, {"created_at": UNKNOWN_TIME}),
    ({"created_at": "9999-12-31T23:59:59-12:00"}, {"created_at": UNKNOWN_TIME}),
    ({"business_type": "cafe"}, {"business_type": "cafe"}),
    ({"cognito_user_id": None}, {"cognito_user_id": ""}),
    ({"email": None}, {"email": ""}),
    ({"accepting_orders": False}, {"accepting_orders": False}),
]


@pytest.mark.parametrize(("other", "read"), ODD, ids=lambda value: str(value)[:40])
def test_odd_founding_records_are_read_too(shop: Shop, other: dict[str, Any], read: dict[str, Any]) -> None:
    record = {**FOUNDING, **other}
    shop.store.put(BUSINESSES, {name: value for name, value in record.items() if value is not None})
    business = shop.registry.get(OLD_ID)
    assert {name: getattr(business, name) for name in read} == read
    backfill(shop.store)
    assert shop.registry.get(OLD_ID).version == 1
    assert {name: getattr(shop.registry.get(OLD_ID), name) for name in read} == read


def test_a_backfill_gives_a_founding_business_its_markers_and_a_second_one_changes_nothing(shop: Shop) -> None:
    shop.store.put(BUSINESSES, FOUNDING)
    first = backfill(shop.store)
    assert (first.businesses, first.adopted, first.problems) == (2, 1, [])
    before = [shop.store.scan(table, limit=100).items for table in (BUSINESSES, MARKERS, ITEMS)]
    again = backfill(shop.store)
    assert (again.businesses, again.adopted, again.recounted, again.folded, again.orphans) == (2, 0, 0, 0, 0)
    assert [shop.store.scan(table, limit=100).items for table in (BUSINESSES, MARKERS, ITEMS)] == before
    assert shop.registry.mine(OLD_OWNER).business_id == OLD_ID
    rival = Registration(
        business_name="B", email="old@example.com", phone="+123", address="A", cognito_user_id="somebody"
    )
    with pytest.raises(EmailTaken):
        shop.registrations.register(rival)


def test_a_founding_business_takes_orders_and_changes_before_and_after_a_backfill(shop: Shop) -> None:
    for brought_up in (False, True):
        shop.store.put(BUSINESSES, FOUNDING)
        if brought_up:
            backfill(shop.store)
        shop.business_id, shop.owner = OLD_ID, OLD_OWNER
        shop.item = shop.add("Bread")
        order = shop.place(f"{brought_up}".ljust(16, "x"))
        shop.orders.advance(shop.owner, order.order_id, None, "reject")
        changed = shop.registry.change(shop.registry.get(OLD_ID), BusinessChange(email="new@example.com"))
        assert (changed.email, changed.version, changed.phone) == ("new@example.com", 2, "+14155550100")
        assert "phone_number" not in (shop.store.get(BUSINESSES, {"business_id": OLD_ID}) or {})
        shop.delete()
        with pytest.raises(NotFound):
            shop.registry.get(OLD_ID)


def test_two_founding_businesses_with_one_email_are_named_and_left_as_they_are(shop: Shop) -> None:
    other = {**FOUNDING, "business_id": "6f0c1d1e-0000-4000-8000-000000000002", "cognito_user_id": "other"}
    shop.store.put(BUSINESSES, FOUNDING)
    shop.store.put(BUSINESSES, other)
    report = backfill(shop.store)
    assert report.adopted == 1
    (problem,) = report.problems
    left = next(record for record in (FOUNDING, other) if record["business_id"] in problem)
    assert shop.store.get(BUSINESSES, {"business_id": left["business_id"]}) == left


def test_a_backfill_makes_old_items_ready_for_searches_counts_them_and_removes_orphans(shop: Shop) -> None:
    plain = shop.add("Crème")
    shop.store.update(ITEMS, {"item_id": plain}, Changes(remove=["folded"]))
    record = shop.store.get(ITEMS, {"item_id": plain}) or {}
    shop.store.put(ITEMS, {**record, "item_id": "orphan", "business_id": "gone"})
    shop.store.update(BUSINESSES, {"business_id": shop.business_id}, Changes(set={"item_count": 60}))
    report = backfill(shop.store)
    assert (report.items, report.folded, report.orphans, report.recounted) == (3, 1, 1, 1)
    assert (shop.store.get(ITEMS, {"item_id": plain}) or {})["folded"] == "creme\n"
    assert shop.item_ids() == {shop.item, plain}
    assert shop.registry.get(shop.business_id).item_count == 2


def test_a_backfill_gives_a_business_the_markers_that_it_lacks(shop: Shop) -> None:
    for marker in shop.store.scan(MARKERS, limit=100).items:
        shop.store.delete(MARKERS, {"marker": str(marker["marker"])})
    assert backfill(shop.store).adopted == 1
    assert shop.registry.mine(shop.owner).business_id == shop.business_id
    assert backfill(shop.store).adopted == 0


def test_a_business_without_markers_can_be_deleted(shop: Shop) -> None:
    for marker in shop.store.scan(MARKERS, limit=100).items:
        shop.store.delete(MARKERS, {"marker": str(marker["marker"])})
    rival = Registration(business_name="B", email="b@example.com", phone="+1", address="A", cognito_user_id="rival")
    other = shop.registrations.register(rival)[0]
    shop.delete()
    with pytest.raises(NotFound):
        shop.registry.get(shop.business_id)
    assert shop.registry.mine(Caller("rival")).business_id == other.business_id


UNREADABLE: list[dict[str, Any]] = [
    {"version": "1.0"},
    {"item_count": "many"},
    {"item_count": Decimal("2.5")},
    {"closing_since": 5},
]


@pytest.mark.parametrize("other", UNREADABLE, ids=str)
def test_a_record_that_cannot_be_read_is_named_and_stops_no_other(shop: Shop, other: dict[str, Any]) -> None:
    shop.store.put(BUSINESSES, {**FOUNDING, **other})
    second = {**FOUNDING, "business_id": "zz", "email": "second@example.com", "cognito_user_id": "second"}
    shop.store.put(BUSINESSES, second)
    report = backfill(shop.store)
    assert (report.businesses, report.adopted) == (3, 1)
    (problem,) = report.problems
    assert OLD_ID in problem
    assert shop.store.get(BUSINESSES, {"business_id": OLD_ID}) == {**FOUNDING, **other}
