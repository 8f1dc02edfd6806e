"""The life of orders by a model: whoever does whatever when, the order is what the table of transitions says, and the
orders of each day are numbered 1, 2, 3 …"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from shopkeeper.domains.businesses.hours import WeeklyHours
from shopkeeper.domains.businesses.model import BusinessChange, Closed
from shopkeeper.domains.feed.offers import read_head
from shopkeeper.domains.orders.expiry import ExpirySweep
from shopkeeper.domains.orders.model import ItemUnavailable, KeyReused, NewOrder, NotAccepting, OutOfTurn, TotalDiffers
from shopkeeper.domains.orders.service import KEY_SECONDS
from shopkeeper.http import InvalidInput, NotFound
from shopkeeper.storage import Action, Changes, Store, StoreUnavailable
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import BUSINESSES, TABLES
from tests.support.shops import ACCEPT_SECONDS, Shop
from tests.support.stores import dynamodb_store
from tests.support.wrapping import WrappedStore

EXPECTED = {
    # step: what it makes of which status, for the business and for the customer; written out, not derived
    "accept": ({"received": "accepted"}, {}),
    "reject": ({"received": "rejected"}, {}),
    "prepare": ({"accepted": "preparing"}, {}),
    "ready": ({"preparing": "ready"}, {}),
    "dispatch": ({"ready": "out_for_delivery"}, {}),
    "deliver": ({"out_for_delivery": "delivered"}, {}),
    "complete": ({"ready": "completed", "out_for_delivery": "completed", "delivered": "completed"}, {}),
    "cancel": ({"accepted": "cancelled", "preparing": "cancelled"}, {"received": "cancelled"}),
}
WAY = ("accept", "prepare", "ready", "dispatch", "deliver", "complete")
FOR_DELIVERIES = {"dispatch", "deliver"}
DONE = {"rejected", "delivered", "completed", "cancelled", "expired"}
STATUSES = {"received", *(after for parties in EXPECTED.values() for moves in parties for after in moves.values())}
FULFILMENTS: dict[str, dict[str, Any] | None] = {
    "left out": None,
    "pickup": {"type": "pickup"},
    "delivery": {"type": "delivery", "address": {"street": "7 Side St"}},
    "table": {"type": "table", "table": "7"},
}
DAY = 86400
NIGHTS = (
    # The ends of the day of 25 hours in Berlin, and its hour that is there twice; midnight in New York and in Apia.
    *("2026-10-24T21:59:59+00:00", "2026-10-24T22:00:00+00:00", "2026-10-25T00:30:00+00:00"),
    *("2026-10-25T01:30:00+00:00", "2026-10-25T22:59:59+00:00", "2026-10-25T23:00:00+00:00"),
    *("2026-11-21T04:59:59+00:00", "2026-11-21T05:00:00+00:00", "2026-11-21T10:59:59+00:00"),
)


class Interrupted(WrappedStore):
    """A store before whose next transaction something else happens."""

    before: Callable[[], object] | None = None

    def transact(self, actions: Sequence[Action]) -> list[int]:
        """Let it happen, then apply the actions."""
        before, self.before = self.before, None
        if before is not None:
            before()
        return self._store.transact(actions)


class Expected(msgspec.Struct):
    """What the model knows of an order. `answer` is what its customer was given."""

    answer: Any
    status: str
    placed_at: float


class OrderMachine(RuleBasedStateMachine):
    """A shop, its orders, both parties, failures, and time that passes, in one direction or the other."""

    orders = Bundle("orders")

    def open(self, folder: Path) -> Store:
        """Return an empty store."""
        return SQLiteStore(folder / "s.db", TABLES, now=lambda: 0.0)

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.store = Interrupted(self.open(Path(self.folder.name)))
        self.shop = Shop(self.store)
        self.known: dict[str, Expected] = {}
        self.keys: dict[str, tuple[str, str]] = {}
        self.told: list[tuple[str, str]] = []
        self.day, self.today, self.zone = "", 0, "UTC"
        self.unused = 0

    def seconds(self) -> float:
        return self.shop.now.timestamp()

    def status(self, order_id: str) -> str:
        """Return what the model says of an order now."""
        return "expired" if self.is_late(order_id) else self.known[order_id].status

    def is_late(self, order_id: str) -> bool:
        """Tell whether the model says that an order was not accepted in time, and nobody told of it."""
        order = self.known[order_id]
        return order.status == "received" and self.seconds() - order.placed_at >= ACCEPT_SECONDS

    def key(self) -> str:
        """Return a key that nobody used."""
        self.unused += 1
        return f"unused-key-{self.unused:08}"

    def request(self, key: str, kind: str, **other: Any) -> Any:
        """Place an order as its customer does."""
        given = {"fulfilment": FULFILMENTS[kind]} if FULFILMENTS[kind] else {}
        lines = [{"item_id": self.shop.item, "quantity": 1}]
        body = {"customer": {"name": "Bob", "phone": "+123"}, "lines": lines, **given, **other}
        return self.shop.orders.place(self.shop.business_id, key, msgspec.convert(body, NewOrder))[0]

    def note(self, answer: Any, kind: str) -> str:
        """Take a new order into the model, and compare its number."""
        today = self.shop.now.astimezone(ZoneInfo(self.zone)).date().isoformat()
        self.day, self.today = (today, 1) if today > self.day else (self.day, self.today + 1)
        assert (answer.day, answer.number, answer.status) == (self.day, self.today, "received")
        wanted = FULFILMENTS["pickup" if kind == "left out" else kind]
        assert msgspec.to_builtins(answer.fulfilment) == wanted
        self.known[answer.order_id] = Expected(answer, "received", self.seconds())
        self.told.append(("order.received", answer.order_id))
        return str(answer.order_id)

    @rule(target=orders, name=st.sampled_from(["a", "b", "c", "d"]), kind=st.sampled_from(sorted(FULFILMENTS)))
    def place(self, name: str, kind: str) -> Any:
        """Place an order under one of a few keys, for the first time or again."""
        key = name * 16
        body = "pickup" if kind == "left out" else kind
        former, ordered = self.keys.get(key, ("", ""))
        if not former or self.seconds() >= int(self.known[former].placed_at) + KEY_SECONDS:
            order_id = self.note(self.request(key, kind), kind)
            self.keys[key] = (order_id, body)
            return order_id
        if ordered == body:
            assert self.request(key, kind) == self.known[former].answer
        else:
            with pytest.raises(KeyReused):
                self.request(key, kind)
        return multiple()

    @rule(target=orders, kind=st.sampled_from(sorted(FULFILMENTS)))
    def place_while_another_is_placed(self, kind: str) -> Any:
        """Place an order while another order takes the number that it was to have."""
        others: list[str] = []
        self.store.before = lambda: others.append(self.note(self.request(self.key(), "table"), "table"))
        answer = self.request(self.key(), kind)
        return multiple(*others, self.note(answer, kind))

    @rule(why=st.sampled_from(["address", "item", "total", "notes", "paused", "closed", "paused meanwhile", "outage"]))
    def place_in_vain(self, why: str) -> None:
        """Place an order that is refused, or that the store fails to write."""
        key = self.key()
        nowhere = {"type": "delivery", "address": {}}
        lines = [{"item_id": "no-such-item", "quantity": 1}]
        notes = [{"item_id": f"{number}", "quantity": 1, "note": "x" * 300} for number in range(11)]
        refusals: dict[str, tuple[type[Exception], dict[str, Any]]] = {
            "address": (InvalidInput, {"fulfilment": nowhere}),
            "item": (ItemUnavailable, {"lines": lines}),
            "total": (TotalDiffers, {"expected_total_minor": 1}),
            "notes": (InvalidInput, {"lines": notes}),
            "paused": (NotAccepting, {}),
            "closed": (Closed, {}),
            "paused meanwhile": (NotAccepting, {}),
            "outage": (StoreUnavailable, {}),
        }
        error, other = refusals[why]
        if why == "paused":
            self.pause(True)
        elif why == "closed":
            self.change(opening_hours=WeeklyHours())
        elif why == "paused meanwhile":
            self.store.before = lambda: self.pause(True)
        elif why == "outage":
            self.store.before = fail
        with pytest.raises(error):
            self.request(key, "left out", **other)
        self.store.before = None
        self.pause(False)
        self.change(opening_hours=None)

    def change(self, **fields: Any) -> None:
        """Change the business as its owner does."""
        registry = self.shop.registry
        registry.change(registry.get(self.shop.business_id), BusinessChange(**fields))

    def pause(self, paused: bool) -> None:
        """Let the business take orders or not."""
        changes = Changes(add={"version": 1}, set={"accepting_orders": not paused})
        self.store.update(BUSINESSES, {"business_id": self.shop.business_id}, changes)

    @rule(order_id=orders, step=st.sampled_from(sorted(EXPECTED)), party=st.sampled_from([0, 1]))
    def advance(self, order_id: str, step: str, party: int) -> None:
        """Take a step, in turn or not."""
        answer = self.known[order_id].answer
        caller, token = (self.shop.owner, None) if party == 0 else (None, answer.order_token)
        before = self.status(order_id)
        after = EXPECTED[step][party].get(before)
        if step in FOR_DELIVERIES and msgspec.to_builtins(answer.fulfilment)["type"] != "delivery":
            after = None
        if after is None:
            with pytest.raises(OutOfTurn) as raised:
                self.shop.orders.advance(caller, order_id, token, step)  # type: ignore[arg-type]
            assert raised.value.facts == {"order_status": before}
        else:
            moved = self.shop.orders.advance(caller, order_id, token, step)  # type: ignore[arg-type]
            assert moved.status == after
            self.known[order_id].status = after
            self.told.append((f"order.{after}", order_id))

    @rule(order_id=orders, far=st.integers(2, len(WAY)))
    def lead_on(self, order_id: str, far: int) -> None:
        """Take the steps of an order's usual way, those that are not in turn too."""
        for step in WAY[:far]:
            self.advance(order_id, step, 0)

    @rule(order_id=orders, step=st.sampled_from(sorted(EXPECTED)))
    def meddle(self, order_id: str, step: str) -> None:
        """Try a step as nobody in particular."""
        with pytest.raises(NotFound):
            self.shop.orders.advance(None, order_id, "x" * 43, step)  # type: ignore[arg-type]

    @rule(seconds=st.sampled_from([1, ACCEPT_SECONDS - 1, ACCEPT_SECONDS, DAY / 2, DAY, -5, -DAY / 2, -DAY]))
    def wait(self, seconds: float) -> None:
        """Let time pass, or the clock be set back."""
        self.shop.now += timedelta(seconds=seconds)

    @rule(moment=st.sampled_from(NIGHTS))
    def look_at_another_clock(self, moment: str) -> None:
        """Be at a moment at which days begin or end, or clocks change."""
        self.shop.now = datetime.fromisoformat(moment)

    @rule(zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Pacific/Honolulu"]))
    def move(self, zone: str) -> None:
        """Let the business have another time zone, whose day may be another one."""
        self.zone = zone
        self.change(time_zone=zone)

    @rule()
    def sweep(self) -> None:
        """Tell of the orders that were not accepted in time."""
        late = [order_id for order_id in self.known if self.is_late(order_id)]
        run = ExpirySweep(self.shop.store, self.shop.clock).run
        assert [run(), run()] == [{"OrdersExpired": len(late)} if late else {}, {}]
        news = [(event.type, event.subject) for event in self.events(len(self.told))]
        assert sorted(news) == sorted(("order.expired", order_id) for order_id in late)
        self.told += news
        for order_id in late:
            self.known[order_id].status = "expired"

    @rule(status=st.sampled_from(sorted(STATUSES | {"expired"})))
    def list_orders(self, status: Any) -> None:
        """List the orders in a status."""
        expected = sorted((order_id for order_id in self.known if self.status(order_id) == status), reverse=True)
        found, _ = self.shop.orders.listing(self.shop.owner, self.shop.business_id, status).page(100)
        assert sorted((order.order_id for order in found), reverse=True) == expected

    def events(self, after: int = 0) -> Sequence[Any]:
        return self.shop.feed.after(self.shop.owner, self.shop.business_id, after, 1000)[0]

    @invariant()
    def orders_are_what_they_should_be(self) -> None:
        """Orders and their histories agree with the model, and keep what they were placed with."""
        for order_id, known in self.known.items():
            order = self.shop.orders.get(self.shop.owner, order_id, None)
            assert order.status == self.status(order_id)
            assert order.history[-1].status in (order.status, "received")
            assert order.version == len(order.history)
            given = known.answer
            assert (order.number, order.day, order.fulfilment) == (given.number, given.day, given.fulfilment)

    @invariant()
    def each_day_counts_from_one_without_gap_or_repeat(self) -> None:
        """The numbers of each day are 1, 2, 3 … in the order of the feed."""
        days: dict[str, list[int]] = {}
        for known in self.known.values():
            days.setdefault(known.answer.day, []).append(known.answer.number)
        assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in days.values())

    @invariant()
    def the_feed_tells_every_change_once(self) -> None:
        """The feed has one event for each change, and its head the number of open orders."""
        events = self.events()
        assert [event.seq for event in events] == list(range(1, len(self.told) + 1))
        assert [(event.type, event.subject) for event in events] == self.told
        for event in events:
            order = self.known[event.subject].answer
            assert (event.data["number"], event.data["day"]) == (order.number, order.day)
            assert f"order.{event.data['status']}" == event.type
        head = read_head(self.shop.store, self.shop.business_id)
        assert head.tally("open") == sum(known.status not in DONE for known in self.known.values())

    def teardown(self) -> None:
        """Let go of the store."""
        self.store.close()
        self.folder.cleanup()


def fail() -> None:
    raise StoreUnavailable("the store is away")


TestOrders = OrderMachine.TestCase
TestOrders.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_orders_on_dynamodb_live_as_on_sqlite(dynoxide: str) -> None:
    class OnDynamoDB(OrderMachine):
        def open(self, folder: Path) -> Store:
            return dynamodb_store(dynoxide, TABLES)

    few = settings(max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(OnDynamoDB, settings=few)
