"""Pauses of a business: orders are refused until they end, and the feed tells beginning and end, once each."""

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.domains.businesses.model import BusinessChanged, Closed, Paused
from shopkeeper.domains.businesses.pause_sweep import PauseSweep, UnreadablePause
from shopkeeper.domains.orders.model import NotAccepting, Order, Timing
from shopkeeper.domains.orders.service import Orders
from shopkeeper.storage import Changes, Key, Page, Table, due
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import BUSINESSES, PAUSES, TABLES
from tests.support.pausing import ahead, change, pause, sweep, told
from tests.support.shops import Shop
from tests.support.wrapping import WrappedStore
from tests.unit.test_deletion import race

HOUR = 3600
PAUSED, RESUMED = "business.paused", "business.resumed"


def refusal(shop: Shop, key: str = "n" * 16) -> Mapping[str, object]:
    """Return what stands beside the refusal of an order."""
    with pytest.raises((Paused, Closed, NotAccepting)) as raised:
        shop.place(key)
    return {"code": raised.value.code, **raised.value.facts}


# Beginning and end


def test_a_pause_refuses_orders_and_ends_by_itself(shop: Shop) -> None:
    until = pause(shop, HOUR)
    assert refusal(shop) == {"code": "paused", "paused_until": until, "opens_at": until}
    shop.wait(HOUR - 0.001)
    assert refusal(shop)["code"] == "paused"
    shop.wait(0.001)
    shop.place()
    assert told(shop) == [(PAUSED, until)]
    assert [sweep(shop), sweep(shop)] == [{"PausesEnded": 1}, {}]
    assert told(shop) == [(PAUSED, until), (RESUMED, None)]


def test_the_end_is_told_at_the_time_when_it_was(shop: Shop) -> None:
    until = pause(shop, HOUR)
    shop.wait(2 * HOUR)
    sweep(shop)
    event = shop.feed.after(shop.owner, shop.business_id, 1, 9)[0][0]
    assert (event.type, event.at, event.subject, event.data) == (RESUMED, until, shop.business_id, {})


def test_a_pause_that_the_owner_ends_is_told_once(shop: Shop) -> None:
    until = pause(shop, HOUR)
    change(shop, paused_until=None)
    shop.place()
    shop.wait(2 * HOUR)
    assert sweep(shop) == {}
    assert told(shop) == [(PAUSED, until), (RESUMED, None)]


def test_a_pause_that_is_moved_is_told_again_and_ends_at_its_last_time(shop: Shop) -> None:
    first, second = pause(shop, HOUR), pause(shop, 3 * HOUR)
    shop.wait(2 * HOUR)
    assert sweep(shop) == {}
    assert refusal(shop)["paused_until"] == second
    third = pause(shop, 60)
    shop.wait(60)
    assert sweep(shop) == {"PausesEnded": 1}
    assert told(shop) == [(PAUSED, first), (PAUSED, second), (PAUSED, third), (RESUMED, None)]


def test_a_new_pause_after_one_whose_end_is_not_told_yet_tells_both(shop: Shop) -> None:
    first = pause(shop, HOUR)
    shop.wait(2 * HOUR)
    second = pause(shop, HOUR)
    assert told(shop) == [(PAUSED, first), (RESUMED, None), (PAUSED, second)]
    assert sweep(shop) == {}


def test_a_change_that_changes_nothing_is_not_told(shop: Shop) -> None:
    change(shop, accepting_orders=True, paused_until=None)
    until = pause(shop, HOUR)
    change(shop, paused_until=until)
    change(shop, business_name="New", opening_hours={})
    assert told(shop) == [(PAUSED, until)]


def test_the_owners_word_is_told_like_a_pause_without_an_end(shop: Shop) -> None:
    change(shop, accepting_orders=False)
    assert refusal(shop) == {"code": "not_accepting_orders"}
    change(shop, accepting_orders=False)
    change(shop, accepting_orders=True)
    shop.place()
    assert told(shop) == [(PAUSED, None), (RESUMED, None)]


def test_the_end_of_a_pause_is_no_end_where_the_owner_takes_no_orders_all_the_same(shop: Shop) -> None:
    until = pause(shop, HOUR)
    change(shop, accepting_orders=False)
    shop.wait(HOUR)
    assert sweep(shop) == {"PausesEnded": 1}
    assert told(shop) == [(PAUSED, until), (PAUSED, None)]
    change(shop, accepting_orders=True)
    assert told(shop)[2:] == [(RESUMED, None)]
    shop.place()


def test_a_pause_goes_on_when_the_owner_takes_orders_again(shop: Shop) -> None:
    change(shop, accepting_orders=False)
    until = pause(shop, HOUR)
    change(shop, accepting_orders=True)
    assert refusal(shop)["code"] == "paused"
    shop.wait(HOUR)
    sweep(shop)
    assert told(shop) == [(PAUSED, None), (PAUSED, until), (RESUMED, None)]


def test_a_pause_that_has_ended_is_not_shown(shop: Shop) -> None:
    until = pause(shop, HOUR)
    own = shop.registry.own_view(shop.registry.get(shop.business_id))
    assert (own.paused_until, own.open_now, own.opens_at, own.closes_at) == (until, False, until, None)
    shop.wait(HOUR)
    public = shop.registry.public_view(shop.registry.get(shop.business_id))
    assert (public.paused_until, public.open_now, public.opens_at) == (None, True, None)


def test_the_longest_pause_is_seven_days(plain: Shop) -> None:
    pause(plain, 7 * 24 * HOUR)
    with pytest.raises(Exception, match="must lie within the next 7 days"):
        pause(plain, 7 * 24 * HOUR + 1)


# With opening hours


def test_an_order_outside_the_hours_is_told_when_they_begin(shop: Shop) -> None:
    """It is Saturday, 21 November 2026, 13:00 in Berlin."""
    change(shop, time_zone="Europe/Berlin", opening_hours={"saturday": [{"opens": "17:30", "closes": "22:00"}]})
    assert refusal(shop) == {"code": "closed", "opens_at": "2026-11-21T16:30:00.000Z"}
    own = shop.registry.own_view(shop.registry.get(shop.business_id))
    assert (own.open_now, own.opens_at, own.closes_at) == (False, "2026-11-21T16:30:00.000Z", None)
    shop.wait(4.5 * HOUR)
    placed = shop.place("a" * 16)
    own = shop.registry.own_view(shop.registry.get(shop.business_id))
    assert (own.open_now, own.opens_at, own.closes_at) == (True, None, "2026-11-21T21:00:00.000Z")
    shop.wait(4.5 * HOUR)
    assert refusal(shop) == {"code": "closed", "opens_at": "2026-11-28T16:30:00.000Z"}
    assert shop.place("a" * 16) == placed, "a repeat gets its first answer"
    assert told(shop) == []


def test_a_business_that_never_opens_says_only_that(plain: Shop) -> None:
    change(plain, opening_hours={})
    assert refusal(plain) == {"code": "closed"}


def test_after_a_pause_a_business_opens_by_its_hours(plain: Shop) -> None:
    change(plain, opening_hours={"saturday": [{"opens": "10:00", "closes": "14:00"}]})
    until = pause(plain, HOUR)
    assert refusal(plain) == {"code": "paused", "paused_until": until, "opens_at": until}
    until = pause(plain, 3 * HOUR)
    assert refusal(plain) == {"code": "paused", "paused_until": until, "opens_at": "2026-11-28T10:00:00.000Z"}


def test_an_order_is_ready_after_the_usual_time_unless_its_owner_says_another(shop: Shop) -> None:
    orders = [shop.place(letter * 16) for letter in "abc"]
    assert shop.accept(orders[0]).ready_at is None
    change(shop, prepare_minutes=20)
    assert shop.accept(orders[1]).ready_at == ahead(shop, 20 * 60)
    said = shop.orders.advance(shop.owner, orders[2].order_id, None, "accept", Timing(prepare_minutes=5))
    assert said.ready_at == ahead(shop, 5 * 60)
    assert shop.orders.advance(shop.owner, orders[1].order_id, None, "prepare").ready_at == ahead(shop, 20 * 60)


# Limits, broken records, lagging indexes


def test_a_run_takes_up_so_many_pauses_and_the_next_goes_on(plain: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "MOST_ITEMS", 3)
    monkeypatch.setattr(due, "PAGE", 2)
    for number in range(7):
        plain.store.put(PAUSES, {"business_id": f"gone-{number}", "until": ahead(plain, 1), "ending": "pause"})
    plain.wait(1)
    assert [sweep(plain).get("PausesEnded", 0) for _ in range(4)] == [3, 3, 1, 0]


def test_a_run_that_takes_long_leaves_the_rest_to_the_next(plain: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    pause(plain, 1)
    plain.wait(1)
    with monkeypatch.context() as patch:
        patch.setattr(due, "MOST_SECONDS", -1)
        assert sweep(plain) == {}
    assert sweep(plain) == {"PausesEnded": 1}


def test_a_business_that_cannot_be_read_does_not_hold_up_others_and_is_told_once(plain: Shop) -> None:
    plain.store.put(PAUSES, {"business_id": "broken", "until": ahead(plain, 1), "ending": "pause"})
    plain.store.put(BUSINESSES, {"business_id": "broken", "version": "one"})
    until = pause(plain, 2)
    plain.wait(2)
    with pytest.raises(UnreadablePause, match="broken"):
        sweep(plain)
    assert told(plain) == [(PAUSED, until), (RESUMED, None)]
    assert sweep(plain) == {}


class OldIndex(WrappedStore):
    """A store whose index of pauses shows what it showed first."""

    shown: Page | None = None

    def query(self, table: Table, partition: str, **options: Any) -> Page:
        """Query once; from then on, show the same."""
        if table is not PAUSES:
            return self._store.query(table, partition, **options)
        self.shown = self.shown or self._store.query(table, partition, **options)
        return self.shown


def test_an_index_that_lags_ends_no_pause_twice_and_none_too_early(plain: Shop) -> None:
    old = OldIndex(plain.store)
    first = pause(plain, HOUR)
    assert sweep(plain, old) == {}
    second = pause(plain, 3 * HOUR)
    plain.wait(2 * HOUR)
    assert sweep(plain, old) == {}
    plain.wait(2 * HOUR)
    assert [sweep(plain), sweep(plain, old)] == [{"PausesEnded": 1}, {}]
    assert told(plain) == [(PAUSED, first), (PAUSED, second), (RESUMED, None)]


def test_a_deleted_business_takes_its_pause_with_it(shop: Shop) -> None:
    pause(shop, HOUR)
    shop.delete()
    assert shop.store.scan(PAUSES, limit=10).items == []


def test_a_pause_of_a_business_that_is_being_deleted_ends_without_a_word(plain: Shop) -> None:
    until = pause(plain, HOUR)
    closing: dict[str, Any] = {"closing_since": ahead(plain, 0), "accepting_orders": False}
    plain.store.update(BUSINESSES, {"business_id": plain.business_id}, Changes(set=closing))
    plain.wait(HOUR)
    assert sweep(plain) == {"PausesEnded": 1}
    assert told(plain) == [(PAUSED, until)]


def test_a_data_file_of_the_version_before_has_pauses_from_now_on(tmp_path: Path) -> None:
    before = SQLiteStore(tmp_path / "shop.db", [table for table in TABLES if table is not PAUSES])
    Shop(before)
    before.close()
    with_pauses = SQLiteStore(tmp_path / "shop.db", TABLES)
    with_pauses.put(PAUSES, {"business_id": "b", "until": "2026", "ending": "pause"})
    assert with_pauses.query(PAUSES, "pause", index="ending").items
    with_pauses.close()


# Races


def test_sweeps_that_race_with_the_owner_tell_each_end_once(racing: Shop) -> None:
    shop = racing
    for number in range(10):
        pause(shop, HOUR)
        shop.wait(HOUR)
        run = PauseSweep(shop.store, shop.clock).run
        word: dict[str, Any] = {"accepting_orders": False} if number % 2 else {"paused_until": ahead(shop, HOUR)}
        outcomes = race(run, run, run, partial(change, shop, **word), partial(change, shop, paused_until=None))
        assert all(isinstance(outcome, dict) for outcome in outcomes[:3]), outcomes
        assert not [one for one in outcomes[3:] if isinstance(one, Exception) and not isinstance(one, BusinessChanged)]
        change(shop, accepting_orders=True, paused_until=None)
    kinds = [kind for kind, _ in told(shop)]
    assert kinds[-1] == RESUMED
    assert not [pair for pair in pairwise(kinds) if pair == (RESUMED, RESUMED)]
    assert shop.store.scan(PAUSES, limit=10).items == []


def test_no_order_is_placed_after_a_pause_was_made(racing: Shop) -> None:
    shop = racing
    for number in range(10):
        keys = [f"{number:015}{letter}" for letter in "abcd"]
        outcomes = race(*(partial(shop.place, key) for key in keys), partial(pause, shop, HOUR))
        assert all(isinstance(one, Order | Paused) for one in outcomes[:4]), outcomes
        events, _ = shop.feed.after(shop.owner, shop.business_id, 0, 1000)
        kinds = [event.type for event in events]
        assert kinds[-1] == PAUSED, "whatever came in was there before the pause"
        change(shop, paused_until=None)


class Overtaken(WrappedStore):
    """A store in which the owner says something right after the business was read for the first time."""

    def __init__(self, shop: Shop, **word: Any) -> None:
        super().__init__(shop.store)
        self._shop = shop
        self._word = word

    def get(self, table: Table, key: Key) -> Any:
        """Read, then have the owner say it."""
        found = self._store.get(table, key)
        if table is BUSINESSES and self._word:
            word, self._word = self._word, {}
            change(self._shop, **word)
        return found


def test_an_order_that_is_overtaken_by_a_pause_is_refused_as_paused(plain: Shop) -> None:
    plain.orders = Orders(Overtaken(plain, paused_until=ahead(plain, HOUR)), plain.keyring, plain.clock, 600)
    assert refusal(plain)["code"] == "paused"


def test_an_order_that_is_overtaken_by_another_change_is_placed(plain: Shop) -> None:
    plain.orders = Orders(Overtaken(plain, business_name="New"), plain.keyring, plain.clock, 600)
    assert plain.place().status == "received"


def test_a_sweep_that_is_overtaken_by_the_owner_does_not_tell_an_end(plain: Shop) -> None:
    until = pause(plain, HOUR)
    plain.wait(HOUR)
    store = Overtaken(plain, business_name="New")
    assert sweep(plain, store) == {}
    assert told(plain) == [(PAUSED, until)]
    assert [sweep(plain, store), sweep(plain, store)] == [{"PausesEnded": 1}, {}]
    assert told(plain) == [(PAUSED, until), (RESUMED, None)]
