"""The rules of the catalogue and of orders where time, limits or indexes that lag are what matters."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.domains.businesses.model import OrdersOpen
from shopkeeper.domains.businesses.offers import own_business
from shopkeeper.domains.catalogue.folding import MAX_FOLDED
from shopkeeper.domains.catalogue.model import ItemChange, TooManyItems
from shopkeeper.domains.feed.model import EventsGone
from shopkeeper.domains.feed.offers import KEPT_SECONDS
from shopkeeper.domains.feed.service import EventFeed
from shopkeeper.domains.orders.model import KeyReused, NewOrder, OutOfTurn, Status
from shopkeeper.domains.orders.service import KEY_SECONDS, Orders
from shopkeeper.storage import Changes, Key, Page, Table, listing
from shopkeeper.storage.dynamodb import DynamoDBStore
from shopkeeper.storage.dynamodb.schema import create_tables
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import BUSINESSES, EVENTS, ITEMS, TABLES
from tests.support.faults import Exchange, FaultyServer
from tests.support.lagging import LaggingStore, settle
from tests.support.shops import ACCEPT_SECONDS, Shop
from tests.support.stores import aws_environment, dynamodb_client, table_names
from tests.support.wrapping import WrappedStore


def test_an_order_that_is_not_accepted_in_time_has_expired_everywhere(shop: Shop) -> None:
    late, other = shop.place("a" * 16), shop.place("b" * 16)
    shop.accept(other)
    shop.wait(ACCEPT_SECONDS - 0.001)
    assert shop.orders.get(shop.owner, late.order_id, None).status == "received"
    assert shop.listed("received") == [late.order_id]
    shop.wait(0.001)
    assert shop.orders.get(shop.owner, late.order_id, None).status == "expired"
    assert (shop.listed("received"), shop.listed("expired")) == ([], [late.order_id])
    assert shop.orders.get(shop.owner, other.order_id, None).status == "accepted"
    for step in ("accept", "reject", "cancel"):
        with pytest.raises(OutOfTurn) as raised:
            shop.orders.advance(shop.owner, late.order_id, None, step)
        assert raised.value.facts == {"order_status": "expired"}


def test_an_expired_order_does_not_keep_its_business(shop: Shop) -> None:
    shop.place()
    with pytest.raises(OrdersOpen):
        shop.registry.delete(shop.registry.get(shop.business.business_id))
    shop.wait(ACCEPT_SECONDS)
    shop.registry.delete(shop.registry.get(shop.business.business_id))


def test_a_key_is_remembered_for_48_hours_by_its_own_time(shop: Shop) -> None:
    first = shop.place()
    shop.wait(KEY_SECONDS - 1)
    assert shop.place() == first
    with pytest.raises(KeyReused):
        shop.place(quantity=2)
    shop.wait(1)
    second = shop.place(quantity=2)
    assert second.order_id != first.order_id
    assert shop.place(quantity=2) == second


def test_events_are_kept_for_thirty_days(shop: Shop) -> None:
    shop.place("a" * 16)
    shop.wait(1000)
    shop.place("b" * 16)
    business_id = shop.business.business_id
    assert [event.seq for event in shop.feed.after(shop.owner, business_id, 0, 100)[0]] == [1, 2]
    shop.wait(KEPT_SECONDS - 1000)
    with pytest.raises(EventsGone):
        shop.feed.after(shop.owner, business_id, 0, 100)
    assert [event.seq for event in shop.feed.after(shop.owner, business_id, 1, 100)[0]] == [2]
    shop.wait(1000)
    for number in (0, 1):
        with pytest.raises(EventsGone):
            shop.feed.after(shop.owner, business_id, number, 100)
    assert shop.feed.after(shop.owner, business_id, 2, 100) == ([], None)
    shop.place("c" * 16)
    assert [event.seq for event in shop.feed.after(shop.owner, business_id, 2, 100)[0]] == [3]


@pytest.mark.parametrize(("kept", "oldest"), [(0, 8), (1, 7), (3, 5), (6, 2)])
def test_a_feed_that_begins_later_says_where_it_can_be_joined(shop: Shop, kept: int, oldest: int) -> None:
    for number in range(7):
        if number == 7 - kept:
            shop.wait(1000)
        shop.place(f"{number:016}")
    shop.wait(KEPT_SECONDS - 1000 if kept else KEPT_SECONDS)
    business_id = shop.business.business_id
    with pytest.raises(EventsGone) as raised:
        shop.feed.after(shop.owner, business_id, 0, 2)
    assert raised.value.facts == {"oldest": oldest, "newest": 7}
    joined: list[int] = []
    last: int | None = oldest - 1
    while last is not None:
        events, last = shop.feed.after(shop.owner, business_id, last, 2)
        joined += [event.seq for event in events]
    assert joined == list(range(oldest, 8))


class AppendsBetweenReads(WrappedStore):
    """A store in which an order is placed behind every read of a feed's head."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.store)
        self._shop = shop
        self._number = 0

    def get(self, table: Table, key: Key) -> Any:
        """Read, then place an order."""
        found = self._store.get(table, key)
        if table is EVENTS:
            self._number += 1
            self._shop.place(f"{self._number:016}")
        return found


def test_an_event_that_comes_while_the_feed_is_read_is_no_gap(shop: Shop) -> None:
    feed = EventFeed(AppendsBetweenReads(shop), shop.clock, partial(own_business, shop.store))
    last = 0
    for _ in range(5):
        events, _ = feed.after(shop.owner, shop.business.business_id, last, 100)
        assert [event.seq for event in events] == list(range(last + 1, last + 1 + len(events)))
        last += len(events)


def test_a_history_does_not_run_backwards_though_clocks_do(shop: Shop) -> None:
    order = shop.place()
    shop.accept(order)
    shop.wait(-5)
    prepared = shop.orders.advance(shop.owner, order.order_id, None, "prepare")
    shop.wait(30)
    ready = shop.orders.advance(shop.owner, order.order_id, None, "ready")
    times = [change.at for change in ready.history]
    assert prepared.history == ready.history[:3]
    assert times == sorted(times)
    assert times[1] == times[2]
    assert [event.at for event in shop.feed.after(shop.owner, shop.business.business_id, 0, 9)[0]] == times


class CountsQueries(WrappedStore):
    """A store that counts its queries."""

    queries = 0

    def query(self, *arguments: Any, **options: Any) -> Page:
        """Count, and query as the store does."""
        self.queries += 1
        return self._store.query(*arguments, **options)


def test_orders_told_apart_by_the_time_are_looked_for_in_large_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "SEARCH_SECONDS", 60.0)
    shop = Shop(SQLiteStore(tmp_path / "shop.db", TABLES))
    late = sorted(shop.place(f"{number:016}").order_id for number in range(150))
    shop.wait(ACCEPT_SECONDS)
    fresh = sorted(shop.place(f"{number:017}").order_id for number in range(150))
    counting = CountsQueries(shop.store)
    orders = Orders(counting, shop.keyring, shop.clock, ACCEPT_SECONDS)

    def pages(status: Status, limit: int) -> list[list[str]]:
        found, after = [], None
        while True:
            page, after = orders.listing(shop.owner, shop.business.business_id, status).page(limit, after)
            found.append([order.order_id for order in page])
            if after is None:
                return found

    assert pages("expired", 100) == [late[:-101:-1], late[-101::-1]]
    assert counting.queries <= 4
    counting.queries = 0
    one, after = orders.listing(shop.owner, shop.business.business_id, "expired").page(1)
    assert ([order.order_id for order in one], counting.queries) == ([late[-1]], 2)
    assert after is not None
    assert [order_id for page in pages("received", 7) for order_id in page] == fresh[::-1]
    shop.store.close()


def test_a_search_compares_with_the_text_that_is_stored(shop: Shop) -> None:
    key = {"item_id": shop.item}
    assert (shop.store.get(ITEMS, key) or {})["folded"] == "tea\n"
    shop.store.update(ITEMS, key, Changes(set={"folded": "what is stored"}))
    settle(shop.store)
    assert [item.name for item in shop.catalogue.listing(None, "STÖRED").page(10)[0]] == ["Tea"]
    change = ItemChange(name="Crème brûlée", description="ŒUFS \ufdfa")
    shop.catalogue.change(shop.catalogue.own(shop.owner, shop.item), change)
    settle(shop.store)
    for search in ("creme BRULEE", "œufs", "صلى"):
        assert [item.name for item in shop.catalogue.listing(None, search).page(10)[0]] == ["Crème brûlée"]
    assert shop.catalogue.listing(None, "stored").page(10) == ([], None)


def test_what_is_stored_for_a_search_is_bounded(shop: Shop) -> None:
    shop.catalogue.change(shop.catalogue.own(shop.owner, shop.item), ItemChange(description="\ufdfa" * 2000))
    assert len(str((shop.store.get(ITEMS, {"item_id": shop.item}) or {})["folded"])) == MAX_FOLDED


def test_an_item_from_before_is_found_by_its_name(shop: Shop) -> None:
    shop.store.update(ITEMS, {"item_id": shop.item}, Changes(remove=["folded"]))
    settle(shop.store)
    assert [item.name for item in shop.catalogue.listing(None, "TEA").page(10)[0]] == ["Tea"]


def test_a_business_has_at_most_5000_items(shop: Shop) -> None:
    shop.store.update(BUSINESSES, {"business_id": shop.business.business_id}, Changes(set={"item_count": 4999}))
    last = shop.add("the last")
    with pytest.raises(TooManyItems):
        shop.add("one more")
    shop.catalogue.delete(shop.catalogue.own(shop.owner, last))
    shop.add("room again")


def test_a_search_looks_at_so_many_items_and_goes_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_CANDIDATES", 10)
    monkeypatch.setattr(listing, "STEP", 4)
    monkeypatch.setattr(listing, "SEARCH_SECONDS", 60.0)
    for number in range(25):
        shop.add(f"Cake {number}" if number % 12 == 11 else f"Tea {number}")
    settle(shop.store)
    found, pages, after = [], 0, None
    while True:
        items, after = shop.catalogue.listing(shop.business.business_id, "cake").page(5, after)
        found += [item.name for item in items]
        pages += 1
        if after is None:
            break
    assert found == ["Cake 11", "Cake 23"]
    assert pages == 3


@pytest.fixture(params=range(5))
def lagging(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """A shop whose indexes lag behind."""
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield Shop(LaggingStore(store, request.param))
    store.close()


def test_nothing_but_listings_rests_on_an_index(lagging: Shop) -> None:
    shop = lagging
    orders = [shop.place(f"{number:016}") for number in range(6)]
    assert shop.place(f"{0:016}") == orders[0]
    assert shop.registry.mine(shop.owner).business_id == shop.business.business_id
    business_id = shop.business.business_id
    assert [event.seq for event in shop.feed.after(shop.owner, business_id, 0, 100)[0]] == [1, 2, 3, 4, 5, 6]
    with pytest.raises(OrdersOpen):
        shop.registry.delete(shop.registry.get(business_id))
    for order in orders:
        shop.orders.advance(shop.owner, order.order_id, None, "reject")
    listed = shop.listed("rejected")
    assert sorted(listed) == sorted(order.order_id for order in orders)
    shop.registry.delete(shop.registry.get(business_id))


class LosesReplies:
    """A proxy before DynamoDB that loses every third reply to a write, after it was done."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self._writes = 0
        self.lost = 0

    def __call__(self, exchange: Exchange) -> None:
        """Pass a request on, and its answer back or not."""
        connection = http.client.HTTPConnection(*self._address, timeout=20)
        lines = exchange.header.decode("latin-1").split("\r\n")[1:]
        headers = dict(line.split(": ", 1) for line in lines)
        connection.request("POST", "/", exchange.body, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if "TransactWriteItems" in headers["x-amz-target"]:
            self._writes += 1
            if self._writes % 3 == 0:
                self.lost += 1
                exchange.keep = False
                return
        exchange.answer(answer.status, body)


@contextmanager
def losing_replies(endpoint: str) -> Iterator[tuple[Shop, LosesReplies]]:
    """A shop on DynamoDB with a server before it that loses replies, and that server."""
    names = table_names(TABLES)
    direct = dynamodb_client(aws_environment(endpoint))
    create_tables(direct, names, lambda name, done: None)
    direct.close()
    proxy = LosesReplies(endpoint)
    with FaultyServer(proxy) as server:
        client = dynamodb_client(aws_environment(server.url), seconds=20)
        yield Shop(DynamoDBStore(client, names)), proxy
        client.close()


def test_with_replies_lost_every_write_still_happens_once_and_is_answered_truly(dynoxide: str) -> None:
    with losing_replies(dynoxide) as (shop, proxy):
        orders = [shop.place(f"{number:016}") for number in range(12)]
        assert [shop.place(f"{number:016}") for number in range(12)] == orders
        for order in orders:
            assert shop.accept(order).status == "accepted"
            with pytest.raises(OutOfTurn):
                shop.accept(order)
        events, _ = shop.feed.after(shop.owner, shop.business.business_id, 0, 100)
        assert [event.seq for event in events] == list(range(1, 25))
        assert len(shop.listed()) == 12
    assert proxy.lost >= 8


def test_the_body_of_an_order_is_compared_by_what_it_means() -> None:
    def fingerprint(text: str) -> bytes:
        return msgspec.json.encode(msgspec.convert(json.loads(text), NewOrder), order="deterministic")

    one = '{"customer": {"name": "Bob", "phone": "+123"}, "lines": [{"item_id": "a", "quantity": 1}]}'
    other = '{"lines":[{"quantity":1,"item_id":"a"}],"note":null,"customer":{"phone":"+123","name":"Bob","email":null}}'
    different: Any = '{"customer": {"name": "Bob", "phone": "+123"}, "lines": [{"item_id": "a", "quantity": 2}]}'
    assert fingerprint(one) == fingerprint(other) != fingerprint(different)
