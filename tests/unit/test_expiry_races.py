"""The sweep of expired orders under races, lagging indexes and outages: each order is told once all the same."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from shopkeeper.domains.orders.expiry import ExpirySweep
from shopkeeper.domains.orders.model import Order, OutOfTurn
from shopkeeper.domains.orders.service import Orders
from shopkeeper.http import NotFound
from shopkeeper.storage import Action, Key, Page, Store, StoreUnavailable, Table
from shopkeeper.storage.tables import EVENTS, ORDERS
from tests.support.lagging import LaggingStore
from tests.support.shops import ACCEPT_SECONDS, Shop, open_registry
from tests.support.wrapping import WrappedStore
from tests.unit.test_deletion import race
from tests.unit.test_expiry import feed, still_open, sweep
from tests.unit.test_orders import losing_replies

ROUNDS = 20
Metrics = Mapping[str, int]


# Races


def later(shop: Shop) -> Callable[[], datetime]:
    """Return a clock that is past the end of what is placed now."""
    moment = shop.now + timedelta(seconds=ACCEPT_SECONDS)
    return lambda: moment


def test_sweeps_that_race_with_the_steps_of_orders_change_each_order_once(racing: Shop) -> None:
    shop, swept = racing, 0
    for number in range(ROUNDS):
        first, second, third = (shop.place(f"{number:016}{letter}") for letter in "abc")
        run = ExpirySweep(shop.store, later(shop)).run
        outcomes = race(
            *(run, run, run),
            *(partial(cancel, shop, first), partial(cancel, shop, second)),
            *(partial(shop.accept, first), partial(shop.accept, third)),
        )
        assert all(isinstance(outcome, dict) for outcome in outcomes[:3]), outcomes
        assert all(isinstance(outcome, Order | OutOfTurn) for outcome in outcomes[3:]), outcomes
        outcomes.append(run())
        swept += sum(outcome.get("OrdersExpired", 0) for outcome in outcomes if isinstance(outcome, dict))
    told = feed(shop)
    assert [seq for seq, _, _ in told] == list(range(1, 2 * 3 * ROUNDS + 1))
    records = shop.store.scan(ORDERS, limit=1000).items
    assert len(records) == 3 * ROUNDS
    assert all(record["version"] == 2 for record in records)
    assert sorted((kind, subject) for _, kind, subject in told if kind != "order.received") == sorted(
        (f"order.{record['status']}", str(record["order_id"])) for record in records
    )
    assert swept == sum(record["status"] == "expired" for record in records)
    assert still_open(shop) == sum(record["status"] == "accepted" for record in records)


def cancel(shop: Shop, order: Any) -> Order:
    return shop.orders.advance(None, order.order_id, order.order_token, "cancel")


def test_a_sweep_in_the_middle_of_a_deletion_does_not_refuse_it(plain: Shop) -> None:
    plain.place()
    plain.wait(ACCEPT_SECONDS)
    registry = open_registry(SweepsAfterHead(plain), plain.clock)
    registry.delete(registry.get(plain.business_id))
    with pytest.raises(NotFound):
        plain.registry.get(plain.business_id)


class SweepsAfterHead(WrappedStore):
    """A store in which a sweep runs after every read of a feed's head."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.store)
        self._sweep = ExpirySweep(shop.store, shop.clock)

    def get(self, table: Table, key: Key) -> Any:
        """Read, then sweep."""
        found = self._store.get(table, key)
        if table is EVENTS:
            self._sweep.run()
        return found


# An index that lags


class OldIndex(WrappedStore):
    """A store whose index `awaiting` shows what it showed first."""

    shown: Page | None = None

    def query(self, table: Table, partition: str, **options: Any) -> Page:
        """Query once; from then on, show the same."""
        if options.get("index") != "awaiting":
            return self._store.query(table, partition, **options)
        self.shown = self.shown or self._store.query(table, partition, **options)
        return self.shown


def test_an_order_that_the_index_still_lists_is_told_no_second_time(plain: Shop) -> None:
    accepted, late = plain.place("a" * 16), plain.place("b" * 16)
    old = OldIndex(plain.store)
    assert sweep(plain, old) == {}
    plain.accept(accepted)
    plain.wait(ACCEPT_SECONDS)
    assert [sweep(plain, old) for _ in range(3)] == [{"OrdersExpired": 1}, {}, {}]
    assert feed(plain)[3:] == [(4, "order.expired", late.order_id)]
    assert still_open(plain) == 1


@pytest.mark.parametrize("seed", range(5))
def test_what_the_index_does_not_show_yet_is_told_by_a_later_run(plain: Shop, seed: int) -> None:
    plain.store = LaggingStore(plain.store, seed)
    plain.orders = Orders(plain.store, plain.keyring, plain.clock, ACCEPT_SECONDS)
    orders = [plain.place(f"{number:016}").order_id for number in range(6)]
    plain.wait(ACCEPT_SECONDS)
    run = ExpirySweep(plain.store, plain.clock).run
    assert sum(run().get("OrdersExpired", 0) for _ in range(6)) == 6
    assert sorted(subject for _, kind, subject in feed(plain) if kind == "order.expired") == sorted(orders)


# Outages


class Breaks(WrappedStore):
    """A store that breaks down at the third transaction, before or after it is done."""

    def __init__(self, store: Store, *, after: bool) -> None:
        super().__init__(store)
        self._after = after
        self._transactions = 0

    def transact(self, actions: Sequence[Action]) -> list[int]:
        """Do it, or break down."""
        self._transactions += 1
        if self._transactions != 3:
            return self._store.transact(actions)
        if self._after:
            self._store.transact(actions)
        raise StoreUnavailable("told to")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after the commit"])
def test_an_outage_in_the_middle_loses_nothing_and_repeats_nothing(plain: Shop, after: bool) -> None:
    orders = [plain.place(f"{number:016}").order_id for number in range(6)]
    plain.wait(ACCEPT_SECONDS)
    with pytest.raises(StoreUnavailable):
        sweep(plain, Breaks(plain.store, after=after))
    assert sweep(plain) == {"OrdersExpired": 3 if after else 4}
    assert sorted(subject for _, kind, subject in feed(plain) if kind == "order.expired") == sorted(orders)
    assert still_open(plain) == 0


def test_with_replies_lost_each_order_is_told_once(dynoxide: str) -> None:
    with losing_replies(dynoxide) as (shop, proxy):
        orders = [shop.place(f"{number:016}").order_id for number in range(9)]
        shop.wait(ACCEPT_SECONDS)
        sweep(shop)
        assert sweep(shop) == {}
        assert sorted(subject for _, kind, subject in feed(shop) if kind == "order.expired") == sorted(orders)
        assert still_open(shop) == 0
    assert proxy.lost >= 5
