"""Everything goes wrong at once, and nothing that was answered is lost or done twice.

The choices follow from a seed, which is printed; `CHAOS_SEED=` gives it again. When threads run is not chosen.
"""

import os
import random
import resource
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from shopkeeper.domains.orders.model import OPEN
from shopkeeper.storage import FEED_HEAD
from shopkeeper.storage.records import scan
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import EVENTS, IDEMPOTENCY, ORDERS, TABLES
from tests.support.actors import Actor, Customer, Pest, Shopkeeping, Visitor
from tests.support.http import send
from tests.support.jumping import JUMPING, set_clock
from tests.support.processes import Shopkeeper, free_port
from tests.support.shop import Owner

PRICE = 250
HELD_SECONDS = 0.8
RECOVERS_WITHIN_SECONDS = 30.0
JUMPS_SECONDS = (30, 900, 7200)
"""How far the clock jumps. Orders must be accepted within 600 seconds, and tokens last for 1,800."""
FIRST_PAGE = 4096
"""Where a full disk ends: what is written behind the first page of any file fails."""


class World:
    """A server on one port and one data file, and the disasters that befall it."""

    def __init__(self, folder: Path, choices: random.Random) -> None:
        self.data = folder / "shop.db"
        self.port = free_port()
        self._clock = folder / "clock"
        self._choices = choices
        self._wrong_by = 0
        set_clock(self._clock, 0)
        self.server = self._start()
        self.owner = Owner(self.server.url)
        self.visitors = [Visitor(self.owner) for _ in range(4)]
        item = self.owner.add(price_minor=PRICE)
        self.customers = [Customer(self.owner, item, self._more_choices()) for _ in range(2)]
        self.keeping = Shopkeeping(self.owner, self._more_choices())
        pests = [Pest(self.owner, self.port, self._more_choices()) for _ in range(2)]
        self.actors: list[Actor] = [*self.visitors, *self.customers, self.keeping, *pests]
        self.acting: list[Future[None]] = []

    def kill(self) -> None:
        """Kill the server, and start another on its file."""
        self.server.stop(signal.SIGKILL)
        self.server = self._start()

    def fill_the_disk(self) -> None:
        """Have no space on the disk until a visit was refused, and then again."""
        self._limit_files(FIRST_PAGE)
        self._await(lambda: self.refused, "a visit that is refused")
        time.sleep(HELD_SECONDS)
        self._limit_files(resource.RLIM_INFINITY)

    def fill_the_disk_and_kill(self) -> None:
        """Kill a server that has no space."""
        self._limit_files(FIRST_PAGE)
        time.sleep(HELD_SECONDS)
        self.kill()

    def jump_ahead(self) -> None:
        """Set the clock to a later time, and later still, so that orders expire in any case."""
        for seconds in (self._choices.choice(JUMPS_SECONDS), max(JUMPS_SECONDS)):
            self._jump(seconds)

    def jump_back(self) -> None:
        """Set the clock to an earlier time."""
        self._jump(-self._choices.choice(JUMPS_SECONDS))

    def leave_the_output_unread(self) -> None:
        """Let nobody read the log for a while."""
        self.server.reads.clear()
        time.sleep(HELD_SECONDS)
        self.server.reads.set()

    def kill_with_its_output_unread(self) -> None:
        """Kill a server whose log nobody reads."""
        self.server.reads.clear()
        time.sleep(HELD_SECONDS)
        self.kill()

    def recover(self) -> None:
        """Wait until visits and orders are answered again."""
        self._await(lambda: sum(len(visitor.counts) for visitor in self.visitors), "visits")
        self._await(lambda: sum(len(ids) for person in self.customers for ids in person.answers.values()), "orders")

    @property
    def refused(self) -> int:
        """The number of visits that were answered with 503."""
        return sum(visitor.refused for visitor in self.visitors)

    def _await(self, number: Callable[[], int], what: str) -> None:
        before, ends = number(), time.monotonic() + RECOVERS_WITHIN_SECONDS
        while number() == before:
            for actor in self.acting:
                if actor.done():
                    actor.result()  # raises what went wrong in it
            assert time.monotonic() < ends, f"no more {what}"
            time.sleep(0.02)

    def _jump(self, seconds: int) -> None:
        self._wrong_by += seconds
        set_clock(self._clock, self._wrong_by)
        time.sleep(HELD_SECONDS)

    def _limit_files(self, size: int) -> None:
        _, most = resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE, (size, most))

    def _start(self) -> Shopkeeper:
        return Shopkeeper(self.data, self.port, JUMPING, CLOCK=str(self._clock))

    def _more_choices(self) -> random.Random:
        return random.Random(self._choices.random())


def test_whatever_goes_wrong_nothing_answered_is_lost_or_done_twice(tmp_path: Path) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(1 << 32))
    print(f"CHAOS_SEED={seed}")
    choices = random.Random(seed)
    world = World(tmp_path, choices)
    try:
        befall(world, choices)
        for customer in world.customers:  # what was not answered is asked again, as a good client does
            assert all(customer.ask(key) for key in customer.quantities)
        counted = send(world.server.url, "GET", "/health").json["counter_value"]
    finally:
        world.server.stop()
    assert world.server.process.returncode == 0
    assert_visits_are_right(world, counted)
    store = SQLiteStore(world.data, TABLES)
    try:
        assert_orders_are_right(world, store)
    finally:
        store.close()
    with closing(sqlite3.connect(world.data)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def befall(world: World, choices: random.Random) -> None:
    """Let all disasters happen once, in an order that is chosen, while everybody uses the shop."""
    disasters = [
        world.kill,
        world.fill_the_disk,
        world.fill_the_disk_and_kill,
        world.jump_ahead,
        world.jump_back,
        world.leave_the_output_unread,
        world.kill_with_its_output_unread,
    ]
    choices.shuffle(disasters)
    print(", ".join(disaster.__name__ for disaster in disasters))
    ends = threading.Event()
    with ThreadPoolExecutor(len(world.actors)) as pool:
        world.acting = [pool.submit(actor.run, ends) for actor in world.actors]
        try:
            world.recover()
            for disaster in disasters:
                disaster()
                world.recover()
        finally:
            ends.set()
        for actor in world.acting:
            actor.result()


def assert_visits_are_right(world: World, counted: int) -> None:
    counts = [count for visitor in world.visitors for count in visitor.counts]
    assert len(set(counts)) == len(counts), "no count is given twice"
    assert max(counts) <= counted
    assert len(counts) <= counted <= len(counts) + sum(visitor.lost for visitor in world.visitors)


def assert_orders_are_right(world: World, store: SQLiteStore) -> None:
    answers = [ids for customer in world.customers for ids in customer.answers.values()]
    assert {len(ids) for ids in answers} == {1}, "each key has one order, however often it was sent"
    placed = {order_id for ids in answers for order_id in ids}
    assert len(placed) == len(answers)

    orders = {str(order["order_id"]): order for order in scan(store, ORDERS)}
    assert set(orders) == placed
    assert sum(1 for _ in scan(store, IDEMPOTENCY)) == len(placed)
    meant = sum(quantity for customer in world.customers for quantity in customer.quantities.values())
    assert sum(number(order["total_minor"]) for order in orders.values()) == meant * PRICE

    head, *feed = sorted(scan(store, EVENTS), key=lambda event: number(event["seq"]))
    assert head["seq"] == FEED_HEAD
    assert [event["seq"] for event in feed] == list(range(1, number(head["head"]) + 1))
    told = Counter((str(event["order_id"]), str(event["status"])) for event in feed)
    assert set(told.values()) == {1}, "nothing is told twice"
    assert {order_id for order_id, status in told if status == "received"} == placed
    assert set(world.keeping.steps) <= set(told), "every step that was answered is told"
    assert len(set(world.keeping.steps)) == len(world.keeping.steps), "no step was answered twice"
    for seen, event in zip(world.keeping.events, feed, strict=False):
        assert (seen["order_id"], seen["status"]) == (event["order_id"], event["status"]), "what was read has stayed"
    assert "expired" in {status for _, status in told}
    last = {event["order_id"]: event["status"] for event in feed}
    assert {order_id: order["status"] for order_id, order in orders.items()} == last
    assert number(head["open"]) == sum(status in OPEN for status in last.values())


def number(value: Any) -> int:
    assert isinstance(value, int)
    return value
