"""Items: where a site shows them, and until when they cannot be ordered."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.domains.catalogue.model import Item, ItemChange, ItemChanged
from shopkeeper.domains.orders.model import ItemUnavailable
from shopkeeper.storage import Changes
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import ITEMS, TABLES
from tests.support.application import Shop as Served
from tests.support.application import whole
from tests.support.pausing import ahead
from tests.support.shops import Shop

HOUR = 3600


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A shop behind its endpoints, on SQLite."""
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield Served(store)
    store.close()


def change(shop: Shop, **fields: Any) -> Item:
    item = shop.catalogue.own(shop.owner, shop.item)
    return shop.catalogue.change(item, msgspec.convert(fields, ItemChange))


def told(shop: Shop) -> list[dict[str, Any]]:
    """Return the data of what the feed tells of items."""
    events, _ = shop.feed.after(shop.owner, shop.business_id, 0, 1000)
    found = [event for event in events if event.type.startswith("item.")]
    assert {(event.type, event.subject) for event in found} <= {("item.unavailable", shop.item)}
    return [dict(event.data) for event in found]


def test_an_item_is_unavailable_until_a_time_and_then_can_be_ordered_by_itself(shop: Shop) -> None:
    until = ahead(shop, HOUR)
    assert change(shop, unavailable_until=until).unavailable_until == until
    with pytest.raises(ItemUnavailable) as raised:
        shop.place()
    assert raised.value.facts == {"item_id": shop.item}
    shop.wait(HOUR - 0.001)
    assert shop.catalogue.get(shop.item).unavailable_until == until
    with pytest.raises(ItemUnavailable):
        shop.place()
    shop.wait(0.001)
    shop.place()
    seen = shop.catalogue.get(shop.item)
    assert (seen.unavailable_until, seen.available, seen.version) == (None, True, 2)
    assert told(shop) == [{"name": "Tea", "until": until}]


Step = tuple[dict[str, Any], list[dict[str, Any]]]
ONE, TWO = "2026-11-21T13:00:00.000Z", "2026-11-22T13:00:00.000Z"
TOLD, TOLD_ONE, TOLD_TWO = {"name": "Tea"}, {"name": "Tea", "until": ONE}, {"name": "Tea", "until": TWO}
STEPS: list[list[Step]] = [
    [({"available": False}, [TOLD]), ({"available": False}, []), ({"available": True}, [])],
    [({"unavailable_until": ONE}, [TOLD_ONE]), ({"unavailable_until": ONE}, [])],
    [({"unavailable_until": ONE}, [TOLD_ONE]), ({"unavailable_until": None}, [])],
    [({"unavailable_until": ONE}, [TOLD_ONE]), ({"unavailable_until": TWO}, [TOLD_TWO])],
    [({"unavailable_until": ONE}, [TOLD_ONE]), ({"available": False}, [TOLD])],
    [({"available": False}, [TOLD]), ({"unavailable_until": ONE}, [])],
    [({"available": False, "unavailable_until": ONE}, [TOLD])],
    [({"available": False, "name": "Mate"}, [{"name": "Mate"}])],
    [
        ({"available": True, "unavailable_until": None}, []),
        ({"price_minor": 5, "category": "Drinks", "position": 0}, []),
    ],
]


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_the_feed_tells_that_an_item_becomes_unavailable_and_nothing_else_of_it(shop: Shop, number: int) -> None:
    expected: list[dict[str, Any]] = []
    for fields, events in STEPS[number]:
        change(shop, **fields)
        expected += events
        assert told(shop) == expected


def test_a_change_that_is_refused_tells_nothing(shop: Shop) -> None:
    item = shop.catalogue.own(shop.owner, shop.item)
    change(shop, name="Mate")
    with pytest.raises(ItemChanged):
        shop.catalogue.change(item, ItemChange(available=False))
    assert told(shop) == []
    assert shop.catalogue.get(shop.item).available


def test_an_item_from_before_these_fields_has_none_of_them(shop: Shop) -> None:
    shop.store.update(ITEMS, {"item_id": shop.item}, Changes(remove=["category", "position", "unavailable_until"]))
    seen = shop.catalogue.get(shop.item)
    assert (seen.category, seen.position, seen.unavailable_until) == (None, None, None)
    shop.place()
    assert change(shop, category="Drinks", position=3).position == 3


def test_category_and_position_are_kept_and_listed(served: Served) -> None:
    business_id = served.add_business("ann")
    new = {"business_id": business_id, "name": "Tea", "price_minor": 1, "currency": "EUR"}
    made = served.give("POST", "/api/items", {**new, "category": "Drinks", "position": 1_000_000}, by="ann")
    plain = served.give("POST", "/api/items", new, by="ann")
    assert (made["category"], made["position"]) == ("Drinks", 1_000_000)
    assert (plain["category"], plain["position"], plain["unavailable_until"]) == (None, None, None)
    path = f"/api/items/{made['item_id']}"
    until = rfc3339(utc_now() + timedelta(hours=1))
    moved = {"category": None, "position": 0, "unavailable_until": until}
    changed = served.give("PATCH", path, moved, by="ann", headers={"if-match": '"1"'})
    assert changed == {**made, **moved, "updated_at": changed["updated_at"], "version": 2}
    assert served.give("GET", path) == changed
    assert served.give("GET", "/api/items", query={"business_id": business_id})["items"] == [changed, plain]


WRONG = [
    ({"category": ""}, "category"),
    ({"category": "x" * 101}, "category"),
    ({"category": "two\nlines"}, "category"),
    ({"position": -1}, "position"),
    ({"position": 1_000_001}, "position"),
    ({"position": 1.5}, "position"),
    ({"unavailable_until": "tomorrow"}, "unavailable_until"),
    ({"unavailable_until": "2026-11-21T13:00:00"}, "unavailable_until"),
    ({"unavailable_until": "2020-01-01T00:00:00Z"}, "unavailable_until"),
    ({"unavailable_until": rfc3339(utc_now() + timedelta(days=31))}, "unavailable_until"),
]


@pytest.mark.parametrize(("fields", "name"), WRONG)
def test_a_wrong_field_is_named_and_nothing_changes(served: Served, fields: dict[str, Any], name: str) -> None:
    item_id = served.add_item("ann", served.add_business("ann"))
    path = f"/api/items/{item_id}"
    answer = served.ask("PATCH", path, {**fields, "name": "New"}, by="ann", headers={"if-match": '"1"'})
    errors = msgspec.json.decode(whole(answer))["errors"]
    assert (answer.status, [error["field"] for error in errors]) == (400, [name])
    assert served.give("GET", path)["version"] == 1


def test_a_new_item_cannot_be_unavailable_until_a_time(served: Served) -> None:
    new = {"business_id": served.add_business("ann"), "name": "Tea", "price_minor": 1, "currency": "EUR"}
    answer = served.ask("POST", "/api/items", {**new, "unavailable_until": ONE}, by="ann")
    assert answer.status == 400
