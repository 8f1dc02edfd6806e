"""The sweep of orders that were not accepted in time: each is told once, whoever races and whatever breaks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.domains.feed.offers import KEPT_SECONDS, read_head
from shopkeeper.domains.orders import expiry
from shopkeeper.domains.orders.expiry import ExpirySweep, adopt_awaiting
from shopkeeper.domains.orders.model import Order, OutOfTurn, Step
from shopkeeper.domains.orders.service import Orders
from shopkeeper.http import NotFound
from shopkeeper.operator.backfill import backfill
from shopkeeper.storage import EVENTS, ORDERS, TABLES, Action, Changes, Key, Page, Store, StoreUnavailable, Table
from shopkeeper.storage.dynamodb import DynamoDBStore
from shopkeeper.storage.dynamodb.schema import create_tables
from shopkeeper.storage.sqlite import SQLiteStore
from tests.support.faults import FaultyServer
from tests.support.lagging import LaggingStore, settle
from tests.support.shops import ACCEPT_SECONDS, Shop, open_registry
from tests.support.stores import ATOMIC, aws_environment, dynamodb_client, open_store, table_names
from tests.support.wrapping import WrappedStore
from tests.unit.test_deletion import race
from tests.unit.test_orders import CountsQueries, LosesReplies

ROUNDS = 20
Metrics = Mapping[str, int]


@pytest.fixture
def shop(shop_store: Store) -> Shop:
    return Shop(shop_store)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Shop]:
    """A shop on SQLite."""
    shop = Shop(SQLiteStore(tmp_path / "shop.db", TABLES))
    yield shop
    shop.store.close()


@pytest.fixture(params=ATOMIC)
def racing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """A shop on each store on which threads may race."""
    kind = request.param
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    shop = Shop(open_store(kind, endpoints, tmp_path, TABLES))
    yield shop
    shop.store.close()


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
    assert (event.at, event.data, event.status) == (late.accept_until, {"status": "expired"}, "expired")
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
    first, after = plain.orders.listing(plain.owner, plain.business_id, "expired").page(3)
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


# Limits, outages, broken records


def test_a_run_takes_up_so_many_orders_and_the_next_goes_on(plain: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "MOST_ORDERS", 5)
    monkeypatch.setattr(expiry, "PAGE", 3)
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
        patch.setattr(expiry, "MOST_SECONDS", -1)
        assert sweep(plain) == {}
    assert sweep(plain) == {"OrdersExpired": 1}


def test_a_run_reads_no_page_past_the_first_order_that_is_not_due(plain: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "PAGE", 2)
    for number in range(9):
        plain.place(f"{number:016}")
        plain.wait(1)
    counting = CountsQueries(plain.store)
    plain.wait(ACCEPT_SECONDS - 9 + 2)
    assert sweep(plain, counting) == {"OrdersExpired": 3}
    assert counting.queries == 2


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


def test_an_order_that_cannot_be_read_does_not_hold_up_the_others(plain: Shop) -> None:
    broken, late = plain.place("a" * 16), plain.place("b" * 16)
    plain.store.update(ORDERS, {"order_id": broken.order_id}, Changes(set={"customer": "nobody"}))
    plain.wait(ACCEPT_SECONDS)
    with pytest.raises(msgspec.ValidationError):
        sweep(plain)
    assert feed(plain)[2:] == [(3, "order.expired", late.order_id)]


def test_with_replies_lost_each_order_is_told_once(dynoxide: str) -> None:
    names = table_names(TABLES)
    direct = dynamodb_client(aws_environment(dynoxide))
    create_tables(direct, names, lambda name, done: None)
    direct.close()
    proxy = LosesReplies(dynoxide)
    with FaultyServer(proxy) as server:
        client = dynamodb_client(aws_environment(server.url), seconds=20)
        shop = Shop(DynamoDBStore(client, names))
        orders = [shop.place(f"{number:016}").order_id for number in range(9)]
        shop.wait(ACCEPT_SECONDS)
        sweep(shop)
        assert sweep(shop) == {}
        assert sorted(subject for _, kind, subject in feed(shop) if kind == "order.expired") == sorted(orders)
        assert still_open(shop) == 0
        client.close()
    assert proxy.lost >= 5


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
