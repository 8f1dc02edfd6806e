"""The sweep of orders that were not accepted in time: each is told once, whoever races and whatever breaks."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from shopkeeper.domains.feed.offers import KEPT_SECONDS, read_head
from shopkeeper.domains.orders.expiry import ExpirySweep, UnreadableOrder, adopt_awaiting
from shopkeeper.domains.orders.model import Order, OutOfTurn, Step
from shopkeeper.operator.backfill import backfill
from shopkeeper.storage import Changes, Store, Value, due
from shopkeeper.storage.tables import ORDERS
from tests.support.lagging import settle
from tests.support.shops import ACCEPT_SECONDS, Shop
from tests.support.wrapping import WrappedStore
from tests.unit.test_orders import CountsQueries

ROUNDS = 20
Metrics = Mapping[str, int]


def sweep(shop: Shop, store: Store | None = None) -> Metrics:
    settle(shop.store)
    return ExpirySweep(store or shop.store, shop.clock).run()


def feed(shop: Shop) -> list[tuple[int, str, str]]:
    """Return number, kind and subject of every event."""
    events, _ = shop.feed.after(shop.owner, shop.business_id, 0, 1000)
    return [(event.seq, event.type, event.subject) for event in events]


def still_open(shop: Shop) -> int:
    return read_head(shop.store, shop.business_id).tally("open")


def stored(shop: Shop, order: Order) -> Mapping[str, Any]:
    return shop.store.get(ORDERS, {"order_id": order.order_id}) or {}


# What a sweep does


def test_an_order_that_was_not_accepted_in_time_is_told_once(shop: Shop) -> None:
    late, accepted = shop.place("a" * 16), shop.place("b" * 16)
    shop.accept(accepted)
    shop.wait(ACCEPT_SECONDS - 0.001)
    fresh = shop.place("c" * 16)
    assert (sweep(shop), still_open(shop)) == ({}, 3)
    shop.wait(0.001)
    assert (sweep(shop), still_open(shop)) == ({"OrdersExpired": 1}, 2)
    assert (sweep(shop), still_open(shop)) == ({}, 2)
    assert feed(shop)[4:] == [(5, "order.expired", late.order_id)]
    order = shop.orders.get(shop.owner, late.order_id, None)
    assert (order.status, order.version, len(order.history)) == ("expired", 2, 2)
    assert msgspec.to_builtins(order.history[1]) == {"status": "expired", "at": late.accept_until, "by": "system"}
    event = shop.feed.after(shop.owner, shop.business_id, 4, 9)[0][0]
    assert (event.at, event.data["status"], event.status) == (late.accept_until, "expired", "expired")
    assert (event.data["number"], event.data["day"]) == (late.number, late.day) == (1, "2026-11-21")
    assert (shop.listed("received"), shop.listed("expired")) == ([fresh.order_id], [late.order_id])


def test_the_event_of_an_order_that_expired_long_ago_is_kept_as_long_as_others(plain: Shop) -> None:
    plain.place()
    plain.wait(KEPT_SECONDS * 2)
    sweep(plain)
    plain.wait(KEPT_SECONDS - 1)
    assert [event.type for event in plain.feed.after(plain.owner, plain.business_id, 1, 9)[0]] == ["order.expired"]


def test_no_step_can_be_taken_before_or_after_the_sweep(shop: Shop) -> None:
    order = shop.place()
    shop.wait(ACCEPT_SECONDS)
    steps: tuple[Step, ...] = ("accept", "reject", "cancel", "prepare")
    for _ in range(2):
        for step in steps:
            with pytest.raises(OutOfTurn) as raised:
                shop.orders.advance(shop.owner, order.order_id, None, step)
            assert raised.value.facts == {"order_status": "expired"}
        sweep(shop)


@pytest.mark.parametrize("step", ["accept", "reject", "cancel"])
def test_an_order_awaits_nothing_after_its_first_step(shop: Shop, step: Step) -> None:
    placed: Any = shop.place()
    caller, token = (None, placed.order_token) if step == "cancel" else (shop.owner, None)
    assert stored(shop, placed)["awaiting"] == "order"
    shop.orders.advance(caller, placed.order_id, token, step)
    assert "awaiting" not in stored(shop, placed)


def test_an_expired_order_awaits_nothing(shop: Shop) -> None:
    order = shop.place()
    shop.wait(ACCEPT_SECONDS)
    sweep(shop)
    assert "awaiting" not in stored(shop, order)


def test_the_repeat_of_a_request_gives_the_order_as_it_was_placed(shop: Shop) -> None:
    order = shop.place()
    shop.wait(ACCEPT_SECONDS)
    sweep(shop)
    assert shop.place() == order


def test_orders_that_are_swept_and_those_that_are_not_yet_are_listed_together(plain: Shop) -> None:
    swept = [plain.place(f"{number:016}").order_id for number in range(7)]
    plain.wait(ACCEPT_SECONDS)
    sweep(plain)
    late = [plain.place(f"{number:017}").order_id for number in range(7)]
    plain.wait(ACCEPT_SECONDS)
    received = [plain.place(f"{number:018}").order_id for number in range(7)]
    for limit in (1, 3, 100):
        for status, expected in (("expired", swept + late), ("received", received)):
            assert listed_in_pages(plain, status, limit) == sorted(expected, reverse=True)
    first, after = plain.orders.listing(plain.owner, plain.business_id, "expired").page(3, None)
    sweep(plain)
    rest, _ = plain.orders.listing(plain.owner, plain.business_id, "expired").page(100, after)
    assert [order.order_id for order in [*first, *rest]] == sorted(swept + late, reverse=True)


def listed_in_pages(shop: Shop, status: Any, limit: int) -> list[str]:
    found, after = [], None
    while True:
        page, after = shop.orders.listing(shop.owner, shop.business_id, status).page(limit, after)
        found += [order.order_id for order in page]
        if after is None:
            return found


# Limits and broken records


def test_a_run_takes_up_so_many_orders_and_the_next_goes_on(plain: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "MOST_ITEMS", 5)
    monkeypatch.setattr(due, "PAGE", 3)
    orders = []
    for number in range(12):
        orders.append(plain.place(f"{number:016}").order_id)
        plain.wait(0.001)
    plain.wait(ACCEPT_SECONDS)
    runs = [sweep(plain).get("OrdersExpired", 0) for _ in range(4)]
    assert runs == [5, 5, 2, 0]
    assert [subject for _, kind, subject in feed(plain) if kind == "order.expired"] == orders, "the first due first"


def test_a_run_that_takes_long_leaves_the_rest_to_the_next(plain: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    plain.place()
    plain.wait(ACCEPT_SECONDS)
    with monkeypatch.context() as patch:
        patch.setattr(due, "MOST_SECONDS", -1)
        assert sweep(plain) == {}
    assert sweep(plain) == {"OrdersExpired": 1}


def test_a_run_reads_no_page_past_the_first_order_that_is_not_due(plain: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "PAGE", 2)
    for number in range(9):
        plain.place(f"{number:016}")
        plain.wait(1)
    counting = CountsQueries(plain.store)
    plain.wait(ACCEPT_SECONDS - 9 + 2)
    assert sweep(plain, counting) == {"OrdersExpired": 3}
    assert counting.queries == 2


def test_an_order_that_cannot_be_read_does_not_hold_up_the_others(plain: Shop) -> None:
    broken, late = plain.place("a" * 16), plain.place("b" * 16)
    plain.store.update(ORDERS, {"order_id": broken.order_id}, Changes(set={"customer": "nobody"}))
    plain.wait(ACCEPT_SECONDS)
    with pytest.raises(UnreadableOrder, match=broken.order_id):
        sweep(plain)
    assert feed(plain)[2:] == [(3, "order.expired", late.order_id)]
    assert sweep(plain) == {}  # it was reported, and is looked at no more


def test_an_order_that_an_older_version_accepted_stays_accepted(shop: Shop) -> None:
    """It does not know the index, and leaves the order there."""
    order = shop.place()
    step: dict[str, Value] = {"status": "accepted", "version": 2, "business_status": f"{shop.business_id}#accepted"}
    shop.store.update(ORDERS, {"order_id": order.order_id}, Changes(set=step))
    settle(shop.store)
    shop.wait(ACCEPT_SECONDS)
    assert sweep(shop) == {}
    assert shop.orders.get(shop.owner, order.order_id, None).status == "accepted"
    assert "awaiting" not in stored(shop, order)
    assert still_open(shop) == 1


def test_an_expired_order_shows_the_same_before_and_after_the_sweep(shop: Shop) -> None:
    order = shop.place()
    shop.wait(ACCEPT_SECONDS)
    before = shop.orders.get(shop.owner, order.order_id, None)
    sweep(shop)
    assert shop.orders.get(shop.owner, order.order_id, None) == before


# Orders that older versions placed


def test_orders_from_before_are_told_after_a_backfill(shop: Shop) -> None:
    late, accepted, done = (shop.place(letter * 16) for letter in "abc")
    shop.accept(accepted)
    shop.orders.advance(shop.owner, done.order_id, None, "reject")
    for order in (late, accepted, done):
        shop.store.update(ORDERS, {"order_id": order.order_id}, Changes(remove=["awaiting"]))
    shop.wait(ACCEPT_SECONDS)
    assert sweep(shop) == {}
    assert [adopt_awaiting(shop.store), adopt_awaiting(shop.store)] == [1, 0]
    assert sweep(shop) == {"OrdersExpired": 1}
    assert feed(shop)[5:] == [(6, "order.expired", late.order_id)]
    assert still_open(shop) == 1


def test_a_backfill_of_the_stage_lists_them_and_says_how_many(plain: Shop) -> None:
    order = plain.place()
    plain.store.update(ORDERS, {"order_id": order.order_id}, Changes(remove=["awaiting"]))
    assert [backfill(plain.store).awaiting for _ in range(2)] == [1, 0]
    assert stored(plain, order)["awaiting"] == "order"


class StepsAfterScan(WrappedStore):
    """A store in which all orders are accepted after every scan."""

    def __init__(self, shop: Shop, *orders: Order) -> None:
        super().__init__(shop.store)
        self._shop = shop
        self._orders = orders

    def scan(self, *arguments: Any, **options: Any) -> Any:
        """Scan, then accept."""
        found = self._store.scan(*arguments, **options)
        for order in self._orders:
            self._shop.accept(order)
        return found


def test_an_order_that_is_accepted_during_a_backfill_awaits_nothing(plain: Shop) -> None:
    order = plain.place()
    plain.store.update(ORDERS, {"order_id": order.order_id}, Changes(remove=["awaiting"]))
    assert adopt_awaiting(StepsAfterScan(plain, order)) == 0
    assert "awaiting" not in stored(plain, order)
