"""The daily numbers of orders where threads race, versions meet and the store is slow, and what events tell of them."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from shopkeeper.domains.businesses.model import BusinessChange
from shopkeeper.domains.feed import offers
from shopkeeper.domains.feed.offers import append, read_head
from shopkeeper.domains.orders.events import first_name
from shopkeeper.domains.orders.model import NewOrder, Order, PlacedOrder
from shopkeeper.domains.orders.service import Orders, _fingerprint
from shopkeeper.storage import Action, Append, Changes, Conflict, Update, Value
from shopkeeper.storage.records import scan
from shopkeeper.storage.tables import EVENTS, IDEMPOTENCY, ORDERS
from tests.support.shops import ACCEPT_SECONDS, Shop
from tests.support.wrapping import WrappedStore

THREADS = 20


def test_threads_that_place_orders_at_once_get_each_number_once(racing: Shop) -> None:
    start = threading.Barrier(THREADS)

    def place(number: int) -> Order:
        start.wait()
        return racing.place(f"{number:016}")

    with ThreadPoolExecutor(THREADS) as pool:
        orders = list(pool.map(place, range(THREADS)))
    assert sorted(order.number or 0 for order in orders) == list(range(1, THREADS + 1))
    events, _ = racing.feed.after(racing.owner, racing.business_id, 0, 100)
    assert [event.data["number"] for event in events] == list(range(1, THREADS + 1))
    assert read_head(racing.store, racing.business_id).tally("open") == THREADS


def test_threads_that_repeat_an_order_get_the_same_number(racing: Shop) -> None:
    start = threading.Barrier(8)

    def place(_: int) -> Order | Conflict:
        start.wait()
        try:
            return racing.place()
        except Conflict as busy:
            return busy

    with ThreadPoolExecutor(8) as pool:
        found = [order for order in pool.map(place, range(8)) if isinstance(order, Order)]
    assert {(order.order_id, order.number) for order in found} == {(racing.place().order_id, 1)}
    assert racing.place("another" * 3).number == 2


class NeverStill(WrappedStore):
    """A store in which another event comes before every event that must be the next one."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.store)
        self._shop = shop

    def transact(self, actions: Sequence[Action]) -> list[int]:
        """Append something, then apply the actions."""
        if any(isinstance(action, Append) for action in actions):
            self._store.transact([append(self._shop.business_id, "sample", "s", {}, "now", self._shop.now)])
        return self._store.transact(actions)


def test_an_order_that_others_keep_behind_is_an_outage_and_loses_nothing(
    plain: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offers, "APPEND_SECONDS", 0.2)
    outrun = Orders(NeverStill(plain), plain.keyring, plain.clock, ACCEPT_SECONDS)
    body = {"customer": {"name": "Bob", "phone": "+123"}, "lines": [{"item_id": plain.item, "quantity": 1}]}
    with pytest.raises(Conflict):
        outrun.place(plain.business_id, "k" * 16, msgspec.convert(body, NewOrder))
    assert [*scan(plain.store, ORDERS), *scan(plain.store, IDEMPOTENCY)] == []
    assert plain.place().number == 1


def test_each_day_begins_with_one_and_the_past_takes_no_numbers(shop: Shop) -> None:
    placed = []
    for number, hours in enumerate((0, 11, 1, 24, -24, 25)):
        shop.now += timedelta(hours=hours)
        order = shop.place(f"{number:016}")
        placed.append((order.day, order.number))
    assert placed == [
        ("2026-11-21", 1),
        ("2026-11-21", 2),
        ("2026-11-22", 1),
        ("2026-11-23", 1),
        ("2026-11-23", 2),
        ("2026-11-23", 3),
    ]


@pytest.mark.parametrize(
    ("zone", "moments"),
    [
        ("Europe/Berlin", [("2026-10-24T21:59:59", "2026-10-24", 1), ("2026-10-24T22:00:00", "2026-10-25", 1)]),
        ("Europe/Berlin", [("2026-10-25T00:30:00", "2026-10-25", 1), ("2026-10-25T01:30:00", "2026-10-25", 2)]),
        ("Europe/Berlin", [("2026-10-25T22:59:59", "2026-10-25", 1), ("2026-10-25T23:00:00", "2026-10-26", 1)]),
        ("Europe/Berlin", [("2027-03-28T21:59:59", "2027-03-28", 1), ("2027-03-28T22:00:00", "2027-03-29", 1)]),
        ("America/New_York", [("2026-11-21T04:59:59", "2026-11-20", 1), ("2026-11-21T05:00:00", "2026-11-21", 1)]),
        ("Asia/Kathmandu", [("2026-11-21T18:14:59", "2026-11-21", 1), ("2026-11-21T18:15:00", "2026-11-22", 1)]),
        ("UTC", [("2026-11-21T23:59:59", "2026-11-21", 1), ("2026-11-22T00:00:00", "2026-11-22", 1)]),
    ],
)
def test_a_day_is_that_of_the_business(zone: str, moments: list[tuple[str, str, int]], plain: Shop) -> None:
    plain.registry.change(plain.registry.get(plain.business_id), BusinessChange(time_zone=zone))
    placed = []
    for number, (moment, _, _) in enumerate(moments):
        plain.now = datetime.fromisoformat(f"{moment}+00:00")
        order = plain.place(f"{number:016}")
        placed.append((moment, order.day, order.number))
    assert placed == moments


# Earlier versions


def as_before(shop: Shop, order: Order) -> None:
    """Store an order as versions did that knew no numbers."""
    key = {"order_id": order.order_id}
    lines: Any = [
        {name: value for name, value in msgspec.to_builtins(line).items() if name != "note"} for line in order.lines
    ]
    changes = Changes(set={"lines": lines}, remove=["number", "day", "fulfilment"])
    shop.store.transact([Update(ORDERS, key, changes, expect={})])


def test_an_order_of_an_earlier_version_has_no_number_and_is_picked_up(shop: Shop) -> None:
    old = shop.place()
    as_before(shop, old)
    found = shop.orders.get(shop.owner, old.order_id, None)
    assert (found.number, found.day, found.fulfilment, found.lines) == (None, None, old.fulfilment, old.lines)
    assert isinstance(old, PlacedOrder)
    assert shop.place() == msgspec.structs.replace(old, number=None, day=None)
    shop.accept(old)
    event = shop.feed.after(shop.owner, shop.business_id, 1, 9)[0][0]
    assert (event.data["fulfilment"], event.data["status"]) == ("pickup", "accepted")
    assert not {"number", "day"} & set(event.data)


def test_events_of_an_earlier_version_disturb_no_numbers(shop: Shop) -> None:
    shop.place("a" * 16)
    former: dict[str, Value] = {
        "type": "order.received",
        "order_id": "o",
        "status": "received",
        "at": "now",
        "ItemExpireTTL": 2**33,
    }
    shop.store.transact([Append(EVENTS, shop.business_id, former, tally={"open": 1})])
    assert shop.place("b" * 16).number == 2


FINGERPRINT = "6e5a6fc21618a24aceee3bd4085f762f5a97391a27d6df7ca74eee9cb8580357"
"""That of the body below in the versions before `fulfilment`."""


def test_a_request_that_an_earlier_version_took_may_be_repeated() -> None:
    def fingerprint(**other: Any) -> str:
        lines = [{"item_id": "a", "quantity": 1}]
        body = {"customer": {"name": "Bob", "phone": "+123"}, "lines": lines, "note": "Soon", **other}
        return _fingerprint(msgspec.convert(body, NewOrder))

    assert fingerprint() == FINGERPRINT
    assert fingerprint(fulfilment={"type": "pickup"}) == FINGERPRINT, "it means the same"
    assert fingerprint(lines=[{"item_id": "a", "quantity": 1, "note": None}]) == FINGERPRINT
    others: list[dict[str, Any]] = [
        {"fulfilment": {"type": "table", "table": "7"}},
        {"fulfilment": {"type": "delivery", "address": "x"}},
        {"fulfilment": {"type": "delivery", "address": {"street": "x"}}},
        {"lines": [{"item_id": "a", "quantity": 1, "note": "x"}]},
    ]
    assert len({FINGERPRINT, *(fingerprint(**other) for other in others)}) == len(others) + 1


# What events tell


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bob", "Bob"),
        ("Ann-Kathrin Müller", "Ann-Kathrin"),
        ("Ann\u00a0Example", "Ann"),
        ("山田太郎", "山田太郎"),
        ("  Bob  Miller", "Bob"),
        ("x" * 200, "x" * 40),
    ],
)
def test_an_event_tells_the_first_name_alone(name: str, shown: str) -> None:
    assert first_name(name) == shown
