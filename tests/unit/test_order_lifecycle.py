"""The life of orders by a model: whoever does whatever when, the order is what the table of transitions says."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from shopkeeper.domains.orders.expiry import ExpirySweep
from shopkeeper.domains.orders.model import Order, OutOfTurn, PlacedOrder
from shopkeeper.http import NotFound
from shopkeeper.storage import FEED_HEAD
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import EVENTS, TABLES
from tests.support.shops import ACCEPT_SECONDS, Shop

EXPECTED = {
    # step: what it makes of which status, for the business and for the customer; written out, not derived
    "accept": ({"received": "accepted"}, {}),
    "reject": ({"received": "rejected"}, {}),
    "prepare": ({"accepted": "preparing"}, {}),
    "ready": ({"preparing": "ready"}, {}),
    "complete": ({"ready": "completed"}, {}),
    "cancel": ({"accepted": "cancelled", "preparing": "cancelled"}, {"received": "cancelled"}),
}
DONE = {"rejected", "completed", "cancelled", "expired"}


class OrderMachine(RuleBasedStateMachine):
    """A shop, its orders, both parties, and time that passes."""

    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        store = SQLiteStore(Path(self.folder.name) / "s.db", TABLES, now=lambda: 0.0)
        self.shop = Shop(store)
        self.expected: dict[str, str] = {}
        self.placed_at: dict[str, float] = {}
        self.events = 0

    def status(self, order: Order) -> str:
        """Return what the model says of an order now."""
        return "expired" if self.is_late(order.order_id) else self.expected[order.order_id]

    def is_late(self, order_id: str) -> bool:
        """Tell whether the model says that an order was not accepted in time, and nobody told of it."""
        waited = self.shop.now.timestamp() - self.placed_at[order_id]
        return self.expected[order_id] == "received" and waited >= ACCEPT_SECONDS

    @rule(target=orders)
    def place(self) -> Order:
        """Place an order."""
        order = self.shop.place(f"{len(self.expected):016}")
        self.expected[order.order_id] = "received"
        self.placed_at[order.order_id] = self.shop.now.timestamp()
        self.events += 1
        return order

    @rule(order=orders, step=st.sampled_from(sorted(EXPECTED)), party=st.sampled_from([0, 1]))
    def advance(self, order: PlacedOrder, step: str, party: int) -> None:
        """Take a step, in turn or not."""
        caller, token = (self.shop.owner, None) if party == 0 else (None, order.order_token)
        before = self.status(order)
        after = EXPECTED[step][party].get(before)
        if after is None:
            with pytest.raises(OutOfTurn) as raised:
                self.shop.orders.advance(caller, order.order_id, token, step)  # type: ignore[arg-type]
            assert raised.value.facts == {"order_status": before}
        else:
            moved = self.shop.orders.advance(caller, order.order_id, token, step)  # type: ignore[arg-type]
            assert moved.status == after
            self.expected[order.order_id] = after
            self.events += 1

    @rule(order=orders, step=st.sampled_from(sorted(EXPECTED)))
    def meddle(self, order: Order, step: str) -> None:
        """Try a step as nobody in particular."""
        with pytest.raises(NotFound):
            self.shop.orders.advance(None, order.order_id, "x" * 43, step)  # type: ignore[arg-type]

    @rule(seconds=st.sampled_from([1, ACCEPT_SECONDS - 1, ACCEPT_SECONDS]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.shop.wait(seconds)

    @rule()
    def sweep(self) -> None:
        """Tell of the orders that were not accepted in time."""
        late = [order_id for order_id in self.expected if self.is_late(order_id)]
        run = ExpirySweep(self.shop.store, self.shop.clock).run
        assert [run(), run()] == [{"OrdersExpired": len(late)} if late else {}, {}]
        self.expected |= dict.fromkeys(late, "expired")
        self.events += len(late)

    @invariant()
    def orders_are_what_they_should_be(self) -> None:
        """Orders, their histories, the feed and its count of open orders agree with the model."""
        for order_id in self.expected:
            order = self.shop.orders.get(self.shop.owner, order_id, None)
            assert order.status == self.status(order)
            assert order.history[-1].status in (order.status, "received")
            assert order.version == len(order.history)
        events, _ = self.shop.feed.after(self.shop.owner, self.shop.business.business_id, 0, 1000)
        assert [event.seq for event in events] == list(range(1, self.events + 1))
        head = self.shop.store.get(EVENTS, {"business_id": self.shop.business.business_id, "seq": FEED_HEAD}) or {}
        assert head.get("open", 0) == sum(status not in DONE for status in self.expected.values())

    def teardown(self) -> None:
        """Let go of the store."""
        self.shop.store.close()
        self.folder.cleanup()


TestOrders = OrderMachine.TestCase
TestOrders.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
