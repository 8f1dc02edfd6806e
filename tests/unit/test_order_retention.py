"""Orders keep the data of their customers for a while: then it is removed, whoever races and whatever breaks."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from shopkeeper.clock import rfc3339
from shopkeeper.domains.orders import retention
from shopkeeper.domains.orders.erasure import Erasure
from shopkeeper.domains.orders.expiry import ExpirySweep
from shopkeeper.domains.orders.model import NewOrder, Order, PlacedOrder, Refusal
from shopkeeper.domains.orders.records import INDEX_SECONDS
from shopkeeper.domains.orders.retention import RetentionSweep, UnreadableOrder, adopt_finished
from shopkeeper.http import NotFound
from shopkeeper.storage import Changes, Store, StoreUnavailable, due
from shopkeeper.storage.tables import ORDERS
from tests.support.lagging import settle
from tests.support.shops import ACCEPT_SECONDS, Shop
from tests.support.wrapping import WrappedStore

ROUNDS = 10
DAYS = 30
DAY = 86400
PERSONAL = ("Ann", "Secret", "+4930123456", "ann@example.com", "Hidden", "Onion", "Ring", "Ill")


def place(shop: Shop, key: str = "k") -> PlacedOrder:
    body = {
        "customer": {"name": "Ann Secret", "phone": "+4930123456", "email": "ann@example.com", "notify": True},
        "lines": [{"item_id": shop.item, "quantity": 2, "note": "Onion"}],
        "fulfilment": {"type": "delivery", "address": "Hidden Lane 1", "instructions": "Ring twice"},
        "note": "Secret note",
    }
    return shop.orders.place(shop.business_id, f"{key:_>16}", msgspec.convert(body, NewOrder))[0]


def finish(shop: Shop, order: Order) -> None:
    shop.orders.advance(shop.owner, order.order_id, None, "reject", Refusal(reason="Ill"))


def sweep(shop: Shop, days: int | None = DAYS, store: Store | None = None) -> Mapping[str, int]:
    settle(shop.store)
    return RetentionSweep(store or shop.store, shop.clock, days).run()


def stored(shop: Shop, order: Order) -> Mapping[str, Any]:
    return shop.store.get(ORDERS, {"order_id": order.order_id}) or {}


def holds_data(shop: Shop, order: Order) -> bool:
    return any(word in str(stored(shop, order)) for word in PERSONAL)


# By their age


def test_an_old_order_loses_its_customer_and_keeps_what_accounts_need(shop: Shop) -> None:
    order = place(shop)
    finish(shop, order)
    before = shop.orders.get(shop.owner, order.order_id, None)
    shop.wait(DAYS * DAY - 1)
    assert sweep(shop) == {}
    shop.wait(1)
    assert sweep(shop) == {"OrdersErased": 1}
    after = shop.orders.get(shop.owner, order.order_id, order.order_token)
    assert not holds_data(shop, order)
    assert (after.customer.name, after.customer.phone, after.customer.email) == ("—", None, None)
    assert (after.erased_at, after.version) == (rfc3339(shop.now), before.version + 1)
    kept = ("number", "day", "status", "total_minor", "currency", "created_at", "history", "business_id")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert [(line.name, line.quantity, line.total_minor) for line in after.lines] == [("Tea", 2, 200)]
    assert shop.listed("rejected") == [order.order_id]


def test_a_second_run_changes_nothing(shop: Shop) -> None:
    order = place(shop)
    finish(shop, order)
    shop.wait(DAYS * DAY)
    assert sweep(shop) == {"OrdersErased": 1}
    version = stored(shop, order)["version"]
    assert sweep(shop) == {}
    assert stored(shop, order)["version"] == version


def test_without_the_setting_orders_keep_everything(shop: Shop) -> None:
    order = place(shop)
    finish(shop, order)
    shop.wait(36500 * DAY)
    assert sweep(shop, None) == {}
    assert holds_data(shop, order)


def test_an_order_that_is_open_keeps_everything_however_old(shop: Shop) -> None:
    order = place(shop)
    shop.accept(order)
    shop.wait(2 * DAYS * DAY)
    assert sweep(shop) == {}
    assert holds_data(shop, order)


def test_an_order_that_expired_counts_from_the_end_of_its_time(shop: Shop) -> None:
    order = place(shop)
    shop.wait(ACCEPT_SECONDS)
    settle(shop.store)
    ExpirySweep(shop.store, shop.clock).run()
    shop.wait(DAYS * DAY - 1)
    assert sweep(shop) == {}
    shop.wait(1)
    assert sweep(shop) == {"OrdersErased": 1}
    shown = shop.orders.get(shop.owner, order.order_id, None)
    assert (shown.status, len(shown.history), shown.version) == ("expired", 2, 3)


def test_a_delivered_order_counts_from_its_last_step_and_can_still_be_completed(plain: Shop) -> None:
    order = place(plain)
    plain.accept(order)
    for step in ("prepare", "ready", "dispatch", "deliver"):
        plain.orders.advance(plain.owner, order.order_id, None, step)
    plain.wait(DAYS * DAY)
    assert sweep(plain) == {"OrdersErased": 1}
    done = plain.orders.advance(plain.owner, order.order_id, None, "complete")
    assert (done.status, done.customer.name) == ("completed", "—")
    assert sweep(plain, 1) == {}


def test_a_repeat_of_the_request_gives_the_same_order_without_its_customer(plain: Shop) -> None:
    order = place(plain)
    finish(plain, order)
    plain.wait(DAY)
    sweep(plain, 1)
    again = place(plain)
    assert (again.order_id, again.order_token, again.customer.name) == (order.order_id, order.order_token, "—")


def test_a_run_is_bounded_and_the_next_one_goes_on(plain: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "MOST_ITEMS", 2)
    for number in range(3):
        finish(plain, place(plain, str(number)))
    plain.wait(DAYS * DAY)
    assert [sweep(plain) for _ in range(3)] == [{"OrdersErased": 2}, {"OrdersErased": 1}, {}]


def test_an_order_that_cannot_be_read_is_reported_once_and_delays_no_other(plain: Shop) -> None:
    broken, other = place(plain, "a"), place(plain, "b")
    finish(plain, broken)
    finish(plain, other)
    plain.store.update(ORDERS, {"order_id": broken.order_id}, Changes(set={"lines": "none"}))
    plain.wait(DAYS * DAY)
    with pytest.raises(UnreadableOrder, match=broken.order_id):
        sweep(plain)
    assert not holds_data(plain, other)
    assert sweep(plain) == {}


# Races and crashes


class ChangesFirst(WrappedStore):
    """A store on which another request changes an order just before the first conditional update of it."""

    def __init__(self, store: Store, change: Any) -> None:
        super().__init__(store)
        self._change = change

    def update(self, table: Any, key: Any, *arguments: Any, **options: Any) -> Any:
        """Let the other request be first, once."""
        change, self._change = self._change, lambda: None
        change()
        return super().update(table, key, *arguments, **options)


def test_an_order_that_changes_while_it_is_erased_is_read_again_and_loses_nothing_of_the_change(shop: Shop) -> None:
    order = place(shop)
    shop.accept(order)
    for step in ("prepare", "ready", "dispatch", "deliver"):
        shop.orders.advance(shop.owner, order.order_id, None, step)
    seen = shop.orders.get(shop.owner, order.order_id, None)
    store = ChangesFirst(shop.store, lambda: shop.orders.advance(shop.owner, order.order_id, None, "complete"))
    assert Erasure(store, shop.clock).erase(seen)
    after = shop.orders.get(shop.owner, order.order_id, None)
    assert (after.status, after.customer.name) == ("completed", "—")
    assert not holds_data(shop, order)


def test_a_step_that_an_erasure_overtakes_is_taken_all_the_same(shop: Shop) -> None:
    order = place(shop)
    shop.accept(order)
    for step in ("prepare", "ready", "dispatch", "deliver"):
        shop.orders.advance(shop.owner, order.order_id, None, step)

    class ErasesFirst(WrappedStore):
        def transact(self, actions: Any) -> list[int]:
            Erasure(shop.store, shop.clock).erase(shop.orders.get(shop.owner, order.order_id, None))
            return super().transact(actions)

    shop.orders._store = ErasesFirst(shop.store)  # between its read and its write
    done = shop.orders.advance(shop.owner, order.order_id, None, "complete")
    assert (done.status, done.customer.name) == ("completed", "—")


def test_of_a_step_and_erasures_at_the_same_time_none_is_lost(racing: Shop) -> None:
    for round_ in range(ROUNDS):
        order = place(racing, str(round_))
        racing.accept(order)
        for step in ("prepare", "ready", "dispatch", "deliver"):
            racing.orders.advance(racing.owner, order.order_id, None, step)
        seen = racing.orders.get(racing.owner, order.order_id, None)
        start = threading.Barrier(3)

        def complete(id_: str = order.order_id, start: threading.Barrier = start) -> None:
            start.wait()
            racing.orders.advance(racing.owner, id_, None, "complete")

        def erase(seen: Order = seen, start: threading.Barrier = start) -> bool:
            start.wait()
            return Erasure(racing.store, racing.clock).erase(seen)

        with ThreadPoolExecutor(3) as pool:
            erased = [pool.submit(erase) for _ in range(2)]
            pool.submit(complete).result()
            assert sorted(one.result() for one in erased) == [False, True]
        after = racing.orders.get(racing.owner, order.order_id, None)
        assert (after.status, after.version) == ("completed", 8)
        assert not holds_data(racing, order)


class FailsAt(WrappedStore):
    """A store that is cut off after so many updates."""

    def __init__(self, store: Store, updates: int) -> None:
        super().__init__(store)
        self._left = updates

    def update(self, table: Any, key: Any, *arguments: Any, **options: Any) -> Any:
        """Do the update, as long as the store is there."""
        if not self._left:
            raise StoreUnavailable("cut off")
        self._left -= 1
        return super().update(table, key, *arguments, **options)


@pytest.mark.parametrize("updates", [0, 1, 2])
def test_a_run_that_was_cut_off_is_finished_by_the_next_one(plain: Shop, updates: int) -> None:
    placed = [place(plain, str(number)) for number in range(3)]
    for order in placed:
        finish(plain, order)
    plain.wait(DAYS * DAY)
    with pytest.raises(StoreUnavailable):
        sweep(plain, store=FailsAt(plain.store, updates))
    assert sum(holds_data(plain, order) for order in placed) == 3 - updates
    assert sweep(plain) == {"OrdersErased": 3 - updates}
    assert not any(holds_data(plain, order) for order in placed)


# Deleted businesses


def test_the_orders_of_a_deleted_business_lose_their_customers_whatever_the_setting(shop: Shop) -> None:
    done, late = place(shop, "a"), place(shop, "b")
    finish(shop, done)
    shop.wait(ACCEPT_SECONDS)
    settle(shop.store)
    shop.delete()
    shop.wait(INDEX_SECONDS)
    assert sweep(shop, None) == {"OrdersErased": 2}
    assert not holds_data(shop, done)
    assert not holds_data(shop, late)
    assert sweep(shop, None) == {}
    settle(shop.store)
    assert ExpirySweep(shop.store, shop.clock).run() == {"OrdersExpired": 1}
    assert not holds_data(shop, late)


def test_a_business_that_could_not_be_deleted_keeps_its_orders(shop: Shop) -> None:
    order = place(shop)
    with pytest.raises(Exception, match="not done with"):
        shop.delete()
    shop.wait(INDEX_SECONDS)
    assert sweep(shop, None) == {}
    assert holds_data(shop, order)


@pytest.mark.parametrize("updates", [0, 1, 2, 3, 4, 5])
def test_the_orders_of_a_deleted_business_are_gone_through_page_by_page_and_from_where_it_was_cut_off(
    plain: Shop, updates: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PAGE", 2)
    placed = [place(plain, str(number)) for number in range(3)]
    for order in placed:
        finish(plain, order)
    plain.delete()
    plain.wait(INDEX_SECONDS)
    if updates < 5:
        with pytest.raises(StoreUnavailable):
            sweep(plain, None, FailsAt(plain.store, updates))
    sweep(plain, None)
    assert not any(holds_data(plain, order) for order in placed)
    assert sweep(plain, None) == {}


def test_nobody_reaches_the_record_of_a_deleted_business_as_an_order(shop: Shop) -> None:
    shop.delete()
    with pytest.raises(NotFound):
        shop.orders.get(shop.owner, f"deleted-business#{shop.business_id}", None)


# Orders of older versions


def test_a_backfill_lists_the_finished_orders_of_older_versions(shop: Shop) -> None:
    old, new, open_ = place(shop, "a"), place(shop, "b"), place(shop, "c")
    for order in (old, new):
        finish(shop, order)
    forgotten = Changes(remove=["finished", "finished_at"])
    shop.store.update(ORDERS, {"order_id": old.order_id}, forgotten)
    assert [adopt_finished(shop.store, shop.clock) for _ in range(2)] == [1, 0]
    shop.accept(open_)
    shop.wait(DAYS * DAY)
    assert sweep(shop) == {"OrdersErased": 2}
    assert holds_data(shop, open_)


def test_a_backfill_has_the_orders_of_businesses_erased_that_an_older_version_deleted(shop: Shop) -> None:
    order = place(shop)
    finish(shop, order)
    shop.delete()
    shop.store.delete(ORDERS, {"order_id": f"deleted-business#{shop.business_id}"})
    for _ in range(2):
        adopt_finished(shop.store, shop.clock)
    shop.wait(INDEX_SECONDS)
    assert sweep(shop, None) == {"OrdersErased": 1}
    assert not holds_data(shop, order)
    adopt_finished(shop.store, shop.clock)
    shop.wait(INDEX_SECONDS)
    assert sweep(shop, None) == {}
