"""For operators: the orders of a business or of all, for accounts, without holding them all in memory."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from shopkeeper.domains.businesses.model import StoredBusiness
from shopkeeper.domains.businesses.offers import find_business, local_day
from shopkeeper.domains.orders.model import Order
from shopkeeper.domains.orders.records import orders, stored_orders
from shopkeeper.http import NotFound
from shopkeeper.storage import Item, Key, Store
from shopkeeper.storage.tables import ORDERS

DATE = 10
"""The length of a date at the beginning of a time of RFC 3339."""


class Past:
    """The orders of the past, by the calendar of each business."""

    def __init__(self, store: Store, now: str) -> None:
        """`now` is the time (RFC 3339) at which orders show."""
        self._store = store
        self._orders = orders(store, at=now)
        self._businesses: dict[str, StoredBusiness | None] = {}

    def knows(self, business_id: str) -> bool:
        """Tell whether there is a business, or an order of one that was deleted. Raises StoreError."""
        return self._find(business_id) is not None or bool(next(self.of(business_id), None))

    def of(self, business_id: str) -> Iterator[Order | str]:
        """Yield the orders of a business, the oldest first. See `of_all`."""
        after: Key | None = None
        while True:
            page = self._store.query(ORDERS, business_id, index="by-business", after=after)
            keys = [{"order_id": str(item["order_id"])} for item in page.items]
            for record in self._store.get_many(ORDERS, keys) if keys else []:
                if record is not None:
                    yield self._read(record)
            after = page.next
            if after is None:
                return

    def of_all(self) -> Iterator[Order | str]:
        """Yield the orders of all businesses, deleted ones among them, in no certain order. It scans the table.

        Of an order that cannot be read, the id is yielded. Raises StoreError.
        """
        return (self._read(record) for record in stored_orders(self._store))

    def day(self, order: Order) -> str:
        """Return the day of an order in the zone of its business; in UTC for an old order of a deleted business."""
        if order.day is not None:
            return order.day
        id_ = order.business_id
        if id_ not in self._businesses:
            self._businesses[id_] = self._find(id_)
        business = self._businesses[id_]
        if business is None:
            return order.created_at[:DATE]
        return local_day(business, datetime.fromisoformat(order.created_at))

    def _read(self, record: Item) -> Order | str:
        try:
            return self._orders.from_item(record)
        except msgspec.ValidationError:
            return str(record["order_id"])

    def _find(self, business_id: str) -> StoredBusiness | None:
        try:
            return find_business(self._store, business_id)
        except NotFound:
            return None
