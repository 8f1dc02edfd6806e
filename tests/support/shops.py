"""A shop on a store, without a server: a business with items and orders, and a clock that a test moves."""

from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.domains.businesses.deletion import Deletion
from shopkeeper.domains.businesses.model import Business
from shopkeeper.domains.businesses.offers import own_business
from shopkeeper.domains.businesses.service import BusinessRegistry
from shopkeeper.domains.catalogue.model import NewItem
from shopkeeper.domains.catalogue.pictures import Pictures
from shopkeeper.domains.catalogue.removal import Removal
from shopkeeper.domains.catalogue.service import Catalogue
from shopkeeper.domains.feed.service import EventFeed
from shopkeeper.domains.orders.model import NewOrder, Order, PlacedOrder, Status
from shopkeeper.domains.orders.offers import deletion_record
from shopkeeper.domains.orders.open_orders import OpenOrders
from shopkeeper.domains.orders.service import Orders
from shopkeeper.domains.registration.model import Registration
from shopkeeper.domains.registration.service import Registrations
from shopkeeper.http import Caller
from shopkeeper.identifiers import uuid7
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Changes, Put, Store
from shopkeeper.storage.tables import BUSINESSES, ITEMS
from tests.support.lagging import settle

ACCEPT_SECONDS = 600


def no_pictures_of(store: Store, clock: Clock) -> Pictures:
    """Return the pictures of a stage that keeps none."""
    return Pictures(store, clock, Keyring(lambda: [b"0123456789abcdef0123456789abcdef"]), lambda: None, "")


def open_registry(store: Store, clock: Clock) -> BusinessRegistry:
    """Return the service of businesses as the function `orders` builds it."""
    removal = Removal(store, no_pictures_of(store, clock))
    return BusinessRegistry(store, clock, Deletion(store, clock, OpenOrders(store, clock), removal, deletion_record))


class Shop:
    """A business with one item, and a clock that a test moves."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        self.keyring = Keyring(lambda: [b"0123456789abcdef0123456789abcdef"])
        self.registrations = Registrations(store, self.clock)
        self.registry = open_registry(store, self.clock)
        self.catalogue = Catalogue(store, self.clock, no_pictures_of(store, self.clock))
        self.orders = Orders(store, self.keyring, self.clock, ACCEPT_SECONDS)
        self.feed = EventFeed(store, self.clock, partial(own_business, store))
        registration = Registration(
            business_name="B", email="b@example.com", phone="+123", address="A", cognito_user_id="owner"
        )
        self.business: Business = self.registrations.register(registration)[0]
        self.business_id = self.business.business_id
        self.owner = Caller("owner")
        self.item = self.add("Tea")

    def clock(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def add(self, name: str) -> str:
        new = NewItem(business_id=self.business_id, name=name, price_minor=100, currency="EUR")
        return self.catalogue.create(self.owner, new).item_id

    def fill(self, number: int) -> None:
        """Add so many copies of the first item, as the service stored that, in few steps."""
        first = self.store.get(ITEMS, {"item_id": self.item})
        assert first is not None
        for begin in range(0, number, 100):
            copies = [Put(ITEMS, {**first, "item_id": uuid7()}) for _ in range(min(100, number - begin))]
            self.store.transact(copies)
        self.store.update(BUSINESSES, {"business_id": self.business_id}, Changes(add={"item_count": number}))

    def place(self, key: str = "k" * 16, quantity: int = 1) -> PlacedOrder:
        body = {"customer": {"name": "Bob", "phone": "+123"}, "lines": [{"item_id": self.item, "quantity": quantity}]}
        return self.orders.place(self.business_id, key, msgspec.convert(body, NewOrder))[0]

    def accept(self, order: Order) -> Order:
        return self.orders.advance(self.owner, order.order_id, None, "accept")

    def delete(self) -> None:
        self.registry.delete(self.registry.get(self.business_id))

    def listed(self, status: Status | None = None) -> list[str]:
        settle(self.store)
        orders, _ = self.orders.listing(self.owner, self.business_id, status).page(100)
        return [order.order_id for order in orders]

    def item_ids(self) -> set[str]:
        """Return the ids of all items that the table has, whoever lists them."""
        return {str(item["item_id"]) for item in self.store.scan(ITEMS, limit=1000).items}
