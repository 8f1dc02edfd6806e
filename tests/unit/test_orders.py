"""The rules of the catalogue and of orders where time, limits or indexes that lag are what matters."""

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.businesses.model import Business, OrdersOpen, Registration
from shopkeeper.businesses.service import BusinessRegistry
from shopkeeper.catalogue import service as catalogue_service
from shopkeeper.catalogue.model import NewItem, TooManyItems
from shopkeeper.catalogue.service import Catalogue
from shopkeeper.http import Caller
from shopkeeper.identity.keys import Keyring
from shopkeeper.orders.events import KEPT_SECONDS, EventFeed
from shopkeeper.orders.model import EventsGone, KeyReused, NewOrder, Order, OutOfTurn, Status
from shopkeeper.orders.service import KEY_SECONDS, Orders
from shopkeeper.storage import BUSINESSES, TABLES, Changes, Store
from shopkeeper.storage.dynamodb import DynamoDBClient, DynamoDBStore
from shopkeeper.storage.dynamodb.schema import create_tables
from shopkeeper.storage.sqlite import SQLiteStore
from tests.support.faults import Exchange, FaultyServer
from tests.support.lagging import LaggingStore, settle
from tests.support.stores import aws_environment, table_names

ACCEPT_SECONDS = 600


class Shop:
    """A business with one item, and a clock that a test moves."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        keyring = Keyring(lambda: [b"0123456789abcdef0123456789abcdef"])
        self.registry = BusinessRegistry(store, self.clock)
        self.catalogue = Catalogue(store, self.clock)
        self.orders = Orders(store, keyring, self.clock, ACCEPT_SECONDS)
        self.feed = EventFeed(store, self.clock)
        registration = Registration(
            business_name="B", email="b@example.com", phone="+123", address="A", cognito_user_id="owner"
        )
        self.business: Business = self.registry.register(registration)[0]
        self.owner = Caller("owner")
        self.item = self.add("Tea")

    def clock(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def add(self, name: str) -> str:
        new = NewItem(business_id=self.business.business_id, name=name, price_minor=100, currency="EUR")
        return self.catalogue.create(self.owner, new).item_id

    def place(self, key: str = "k" * 16, quantity: int = 1) -> Order:
        body = {"customer": {"name": "Bob", "phone": "+123"}, "lines": [{"item_id": self.item, "quantity": quantity}]}
        return self.orders.place(self.business.business_id, key, msgspec.convert(body, NewOrder))[0]

    def accept(self, order: Order) -> Order:
        return self.orders.advance(self.owner, order.order_id, None, "accept")

    def listed(self, status: Status | None = None) -> list[str]:
        settle(self.store)
        orders, _ = self.orders.list_orders(self.owner, self.business.business_id, status, 100, None)
        return [order.order_id for order in orders]


@pytest.fixture
def shop(shop_store: Store) -> Shop:
    return Shop(shop_store)


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


def test_a_business_has_at_most_5000_items(shop: Shop) -> None:
    shop.store.update(BUSINESSES, {"business_id": shop.business.business_id}, Changes(set={"item_count": 4999}))
    last = shop.add("the last")
    with pytest.raises(TooManyItems):
        shop.add("one more")
    shop.catalogue.delete(shop.catalogue.get(last))
    shop.add("room again")


def test_a_search_looks_at_so_many_items_and_goes_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_service, "MOST_CANDIDATES", 10)
    monkeypatch.setattr(catalogue_service, "STEP", 4)
    for number in range(25):
        shop.add(f"Cake {number}" if number % 12 == 11 else f"Tea {number}")
    settle(shop.store)
    found, pages, after = [], 0, None
    while True:
        items, after = shop.catalogue.list_items(shop.business.business_id, "cake", 0, 5, after)
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


def test_with_replies_lost_every_write_still_happens_once_and_is_answered_truly(dynoxide: str) -> None:
    names = table_names(TABLES)
    direct = DynamoDBClient("us-east-1", aws_environment(dynoxide))
    create_tables(direct, names, lambda name, done: None)
    direct.close()
    proxy = LosesReplies(dynoxide)
    with FaultyServer(proxy) as server:
        client = DynamoDBClient("us-east-1", aws_environment(server.url), seconds=20)
        shop = Shop(DynamoDBStore(client, names))
        orders = [shop.place(f"{number:016}") for number in range(12)]
        assert [shop.place(f"{number:016}") for number in range(12)] == orders
        for order in orders:
            assert shop.accept(order).status == "accepted"
            with pytest.raises(OutOfTurn):
                shop.accept(order)
        events, _ = shop.feed.after(shop.owner, shop.business.business_id, 0, 100)
        assert [event.seq for event in events] == list(range(1, 25))
        assert len(shop.listed()) == 12
        client.close()
    assert proxy.lost >= 8


def test_the_body_of_an_order_is_compared_by_what_it_means() -> None:
    def fingerprint(text: str) -> bytes:
        return msgspec.json.encode(msgspec.convert(json.loads(text), NewOrder), order="deterministic")

    one = '{"customer": {"name": "Bob", "phone": "+123"}, "lines": [{"item_id": "a", "quantity": 1}]}'
    other = '{"lines":[{"quantity":1,"item_id":"a"}],"note":null,"customer":{"phone":"+123","name":"Bob","email":null}}'
    different: Any = '{"customer": {"name": "Bob", "phone": "+123"}, "lines": [{"item_id": "a", "quantity": 2}]}'
    assert fingerprint(one) == fingerprint(other) != fingerprint(different)
