"""The feed takes events of any kind, and reads those that older versions wrote."""

from typing import Any

import msgspec
import pytest

from shopkeeper.domains.feed.offers import append, read_head
from shopkeeper.storage import Append, ConditionFailed, Value
from shopkeeper.storage.tables import EVENTS
from tests.support.shops import Shop

AT = "2026-11-20T08:00:00.000Z"


def read(shop: Shop) -> list[dict[str, Any]]:
    """Return the events as they are sent."""
    events, _ = shop.feed.after(shop.owner, shop.business_id, 0, 100)
    sent: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(events))
    return sent


def test_an_event_of_any_kind_is_read_as_it_was_appended(shop: Shop) -> None:
    data: dict[str, str | int] = {"stock": 3, "name": "Tea"}
    shop.store.transact([append(shop.business_id, "item.low", shop.item, data, AT, shop.now)])
    assert read(shop) == [{"seq": 1, "type": "item.low", "at": AT, "subject": shop.item, "data": data}]


def test_an_event_of_an_order_says_its_data_under_their_former_names_too(shop: Shop) -> None:
    order = shop.place()
    shop.orders.advance(shop.owner, order.order_id, None, "reject")
    first, second = read(shop)
    assert first == {
        "seq": 1,
        "type": "order.received",
        "at": order.created_at,
        "subject": order.order_id,
        "data": {
            "number": 1,
            "day": "2026-11-21",
            "total_minor": 100,
            "currency": "EUR",
            "customer": "Bob",
            "fulfilment": "pickup",
            "status": "received",
        },
        "order_id": order.order_id,
        "status": "received",
        "reason": None,
        "ready_at": None,
    }
    assert (second["type"], second["status"]) == ("order.rejected", "rejected")
    assert second["data"] == {**first["data"], "status": "rejected"}


def test_a_cancellation_says_whose_it_is(shop: Shop) -> None:
    first, second = shop.place("a" * 16), shop.place("b" * 16)
    shop.orders.advance(None, first.order_id, first.order_token, "cancel")
    shop.orders.advance(shop.owner, second.order_id, None, "accept")
    shop.orders.advance(shop.owner, second.order_id, None, "cancel")
    told = [event["data"]["by"] for event in read(shop) if event["type"] == "order.cancelled"]
    assert told == ["customer", "business"]


def test_events_that_older_versions_stored_are_read_like_new_ones(shop: Shop) -> None:
    expires = int(shop.now.timestamp()) + 1000
    former: dict[str, Value] = {"order_id": "o", "status": "cancelled", "reason": "Sold out"}
    old = {"type": "order.cancelled", "at": AT, "ItemExpireTTL": expires, **former}
    shop.store.transact([Append(EVENTS, shop.business_id, old, tally={"open": -1})])
    data = {"status": "cancelled", "reason": "Sold out"}
    today = append(shop.business_id, "order.cancelled", "o", data, AT, shop.now)
    shop.store.transact([msgspec.structs.replace(today, item={**today.item, **former})])
    first, second = read(shop)
    assert {**first, "seq": 2} == second
    assert (second["reason"], second["ready_at"], second["data"]) == ("Sold out", None, data)
    shop.wait(1000)
    with pytest.raises(Exception, match="no longer kept"):
        read(shop)


def test_the_head_of_a_log_counts_and_says_whether_it_moved(shop: Shop) -> None:
    before = read_head(shop.store, shop.business_id)
    assert (before.newest, before.tally("open")) == (0, 0)
    event = append(shop.business_id, "sample.happened", "s", {}, AT, shop.now, {"open": 2})
    other = append("another business", "sample.happened", "s", {}, AT, shop.now)
    assert shop.store.transact([other, before.unmoved]) == [1]
    assert shop.store.transact([event]) == [1]
    after = read_head(shop.store, shop.business_id)
    assert (after.newest, after.tally("open"), after.tally("closed")) == (1, 2, 0)
    with pytest.raises(ConditionFailed):
        shop.store.transact([other, before.unmoved])
    assert shop.store.transact([other, after.unmoved]) == [2]
