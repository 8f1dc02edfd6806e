"""Deleting a business: a refusal changes nothing, nothing is left behind, and what was cut off is finished later."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.domains.businesses.model import BusinessChange, BusinessChanged, BusinessClosing, EmailTaken, OrdersOpen
from shopkeeper.domains.catalogue.model import TooManyItems
from shopkeeper.domains.orders.expiry import ExpirySweep
from shopkeeper.domains.orders.model import ItemUnavailable, NotAccepting
from shopkeeper.domains.registration.model import Registration
from shopkeeper.http import NotFound
from shopkeeper.storage import Action, Changes, Conflict, Page, Store, StoreUnavailable
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import BUSINESSES, MARKERS, ORDERS, TABLES
from tests.support.lagging import LaggingStore, settle
from tests.support.shops import ACCEPT_SECONDS, Shop, open_registry
from tests.support.stores import ATOMIC
from tests.support.wrapping import WrappedStore

ROUNDS = 20


def race(*runners: Callable[[], object]) -> list[object]:
    """Run all at once, and return what each returned or raised."""
    start = threading.Barrier(len(runners))

    def run(runner: Callable[[], object]) -> object:
        start.wait()
        try:
            return runner()
        except Exception as error:  # noqa: BLE001  # it is what the test looks at
            return error

    with ThreadPoolExecutor(len(runners)) as pool:
        return list(pool.map(run, runners))


def is_gone(shop: Shop) -> bool:
    return shop.store.get(BUSINESSES, {"business_id": shop.business_id}) is None


def test_a_deleted_business_takes_its_catalogue_and_its_markers_with_it(shop: Shop) -> None:
    shop.fill(110)
    shop.delete()
    assert is_gone(shop)
    assert shop.item_ids() == set()
    assert shop.store.scan(MARKERS, limit=1000).items == []


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_a_delete_that_an_order_refuses_leaves_the_catalogue_whole(shop_store: Store) -> None:
    """Orders arrive while the business is deleted; whichever is first, the other changes nothing."""
    outcomes = set()
    for round_ in range(ROUNDS):
        shop = fresh_shop(shop_store, round_)
        items = {shop.item, *(shop.add(f"Tea {number}") for number in range(20))}
        deleted, placed = race(shop.delete, lambda: shop.place())  # noqa: B023  # it runs within the round
        left = shop.item_ids() & items
        if deleted is None:
            assert is_gone(shop)
            assert not left
            assert isinstance(placed, NotAccepting | NotFound | ItemUnavailable | Conflict), placed
            outcomes.add("deleted")
        else:
            assert isinstance(deleted, OrdersOpen | Conflict), deleted
            assert left == items
            assert shop.registry.get(shop.business_id).accepting_orders
            outcomes.add("refused")
    assert outcomes


def fresh_shop(store: Store, number: int) -> Shop:
    """Return a shop of its own on a store that has others, which their owners cannot tell apart by name."""
    for marker in store.scan(MARKERS, limit=1000).items:
        store.delete(MARKERS, {"marker": str(marker["marker"])})
    return Shop(store)


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_no_item_outlives_a_business_that_is_deleted_while_it_is_added(shop_store: Store) -> None:
    for round_ in range(ROUNDS):
        shop = fresh_shop(shop_store, round_)
        results = race(*[lambda: shop.add("New")] * 4, shop.delete, *[lambda: shop.add("New")] * 4)  # noqa: B023
        for result in [*results[:4], *results[5:]]:
            assert isinstance(result, str | BusinessClosing | NotFound), result
        # An index or a conflict may have held the deletion up; asking again ends it.
        if results[4] is not None:
            assert isinstance(results[4], StoreUnavailable | Conflict), results[4]
            shop.delete()
        assert is_gone(shop)
        assert shop.item_ids() == set()


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_items_that_are_added_at_the_same_time_are_all_added(shop_store: Store) -> None:
    shop = Shop(shop_store)
    for round_ in range(1, ROUNDS + 1):
        results = race(*[lambda: shop.add("New")] * 24)
        assert [result for result in results if not isinstance(result, str)] == []
        assert shop.registry.get(shop.business_id).item_count == 1 + 24 * round_


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_the_limit_of_items_holds_though_many_are_added_at_once(shop_store: Store) -> None:
    shop = Shop(shop_store)
    shop.store.update(BUSINESSES, {"business_id": shop.business_id}, Changes(set={"item_count": 4996}))
    results = race(*[lambda: shop.add("New")] * 12)
    assert sum(isinstance(result, str) for result in results) == 4
    assert sum(isinstance(result, TooManyItems) for result in results) == 8
    assert shop.registry.get(shop.business_id).item_count == 5000


class FailsAt(WrappedStore):
    """A store that is cut off after so many transactions."""

    def __init__(self, store: Store, transactions: int) -> None:
        super().__init__(store)
        self._left = transactions

    def transact(self, actions: Sequence[Action]) -> list[int]:
        """Do the actions, as long as the store is there."""
        if not self._left:
            raise StoreUnavailable("cut off")
        self._left -= 1
        return self._store.transact(actions)


@pytest.mark.parametrize("transactions", [1, 2, 3])
def test_a_deletion_that_was_cut_off_is_finished_by_the_next_attempt(shop: Shop, transactions: int) -> None:
    shop.fill(110)
    registry = open_registry(FailsAt(shop.store, transactions), shop.clock)
    with pytest.raises(StoreUnavailable):
        registry.delete(registry.get(shop.business_id))
    closing = shop.registry.get(shop.business_id)
    assert closing.closing_since is not None
    with pytest.raises(BusinessClosing):
        shop.add("Too late")
    with pytest.raises(NotAccepting):
        shop.place()
    with pytest.raises(BusinessClosing):
        shop.registry.change(closing, BusinessChange(accepting_orders=True))
    again = Registration(business_name="B", email="b@example.com", phone="+123", address="A", cognito_user_id="owner")
    with pytest.raises(EmailTaken):
        shop.registrations.register(again)
    shop.delete()
    assert is_gone(shop)
    assert shop.item_ids() == set()
    assert shop.registrations.register(again)[1]


def test_closing_keeps_the_version_so_that_the_same_request_goes_on(shop: Shop) -> None:
    registry = open_registry(FailsAt(shop.store, 1), shop.clock)
    before = registry.get(shop.business_id).version
    with pytest.raises(StoreUnavailable):
        registry.delete(registry.get(shop.business_id))
    assert shop.registry.get(shop.business_id).version == before


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_of_deletions_at_the_same_time_none_fails_and_nothing_is_left(shop_store: Store) -> None:
    for round_ in range(5):
        shop = fresh_shop(shop_store, round_)
        for number in range(30):
            shop.add(f"Tea {number}")
        results = race(*[shop.delete] * 4)
        assert all(result is None or isinstance(result, NotFound | Conflict) for result in results), results
        assert None in results
        assert is_gone(shop)
        assert shop.item_ids() == set()


def test_a_business_that_was_changed_meanwhile_is_not_deleted(shop: Shop) -> None:
    seen = shop.registry.get(shop.business_id)
    shop.registry.change(seen, BusinessChange(owner_name="Zoë"))
    with pytest.raises(BusinessChanged):
        shop.registry.delete(seen)
    assert shop.item_ids() == {shop.item}
    assert shop.registry.get(shop.business_id).closing_since is None


class ShowsOldStatus(WrappedStore):
    """A store whose index still lists an order as it was, as it may for a while."""

    def __init__(self, store: Store, order: dict[str, Any]) -> None:
        super().__init__(store)
        self._order = order

    def query(self, table: Any, partition: str, **options: Any) -> Page:
        """Show the order as it was."""
        if table is ORDERS:
            return Page([self._order], None)
        return self._store.query(table, partition, **options)


def test_an_open_order_keeps_its_business_though_the_index_still_calls_it_received(shop: Shop) -> None:
    order = shop.place()
    stale = shop.store.get(ORDERS, {"order_id": order.order_id})
    assert stale is not None
    shop.accept(order)
    shop.wait(ACCEPT_SECONDS)
    registry = open_registry(ShowsOldStatus(shop.store, stale), shop.clock)
    with pytest.raises(OrdersOpen):
        registry.delete(registry.get(shop.business_id))
    assert shop.item_ids() == {shop.item}


def test_orders_that_expired_do_not_keep_a_business_and_are_listed_as_such(shop: Shop) -> None:
    done, late = shop.place("a" * 16), [shop.place(f"{number:016}") for number in range(3)]
    shop.orders.advance(shop.owner, done.order_id, None, "reject")
    shop.wait(ACCEPT_SECONDS)
    assert shop.listed("received") == []
    assert sorted(shop.listed("expired")) == sorted(order.order_id for order in late)
    last = shop.place("z" * 16)
    with pytest.raises(OrdersOpen):
        shop.delete()
    shop.orders.advance(shop.owner, last.order_id, None, "reject")
    shop.delete()
    assert is_gone(shop)


def test_orders_that_were_swept_do_not_keep_a_business_and_hide_no_open_one(shop: Shop) -> None:
    shop.place("a" * 16)
    shop.wait(ACCEPT_SECONDS)
    settle(shop.store)
    assert ExpirySweep(shop.store, shop.clock).run() == {"OrdersExpired": 1}
    last = shop.place("b" * 16)
    with pytest.raises(OrdersOpen):
        shop.delete()
    shop.orders.advance(shop.owner, last.order_id, None, "reject")
    shop.delete()
    assert is_gone(shop)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_left_though_the_index_lags_behind(tmp_path: Path, seed: int) -> None:
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    shop = Shop(LaggingStore(store, seed))
    for number in range(30):
        shop.add(f"Tea {number}")
    shop.delete()
    assert shop.item_ids() == set()
    assert is_gone(shop)
    store.close()


def test_an_index_that_never_shows_an_item_is_an_outage_and_leaves_no_orphan(shop: Shop) -> None:
    shop.store.update(BUSINESSES, {"business_id": shop.business_id}, Changes(add={"item_count": 1}))
    with pytest.raises(StoreUnavailable, match="backfill"):
        shop.delete()
    assert not is_gone(shop)
    shop.store.update(BUSINESSES, {"business_id": shop.business_id}, Changes(add={"item_count": -1}))
    shop.delete()
    assert is_gone(shop)
