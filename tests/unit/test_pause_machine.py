"""Whatever an owner says, time does and jobs do: orders are refused exactly while a business is paused or closed, and
the feed tells each pause and each end of one exactly once."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from shopkeeper.clock import rfc3339
from shopkeeper.domains.businesses.model import Closed, Paused
from shopkeeper.domains.orders.model import NotAccepting
from shopkeeper.storage import Store
from shopkeeper.storage.tables import PAUSES, TABLES
from tests.support.pausing import Told, ahead, change, sweep, told
from tests.support.shops import Shop
from tests.support.stores import ATOMIC, open_store
from tests.unit.test_deletion import fresh_shop

PAUSED, RESUMED = "business.paused", "business.resumed"
OPENS, CLOSES = 10, 14
LUNCH = [{"opens": f"{OPENS}:00", "closes": f"{CLOSES}:00"}]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SECONDS = st.sampled_from([1, 60, 3600, 7200, 86_400])


class Owning(RuleBasedStateMachine):
    """A shop on a store, and a model of it: its owner's word, its pause as far as it is told, and what is told."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.shop: Shop = fresh_shop(self.store, 0)
        self.accepts = True
        self.has_hours = False
        self.until: str | None = None
        self.told: list[Told] = []
        self.orders = 0

    def teardown(self) -> None:
        """Leave no pause to the next shop."""
        self.store.delete(PAUSES, {"business_id": self.shop.business_id})

    @property
    def now(self) -> str:
        return rfc3339(self.shop.now)

    def stop(self) -> Told | None:
        """Return the event of how the business stands, None if it takes orders."""
        if not self.accepts:
            return PAUSED, None
        return None if self.until is None else (PAUSED, self.until)

    def end(self) -> int:
        """End the pause if its time has passed, and return how many that were."""
        if self.until is None or self.until > self.now:
            return 0
        self.until = None
        if self.accepts:
            self.told.append((RESUMED, None))
        return 1

    def say(self, **word: Any) -> None:
        """Have the owner say something, and the model know it."""
        self.end()
        before = self.stop()
        self.accepts = word.get("accepting_orders", self.accepts)
        self.until = word.get("paused_until", self.until)
        after = self.stop()
        if before != after:
            self.told.append(after or (RESUMED, None))
        change(self.shop, **word)

    @rule(seconds=SECONDS)
    def pauses(self, seconds: int) -> None:
        self.say(paused_until=ahead(self.shop, seconds))

    @rule()
    def resumes(self) -> None:
        self.say(paused_until=None)

    @rule(accepts=st.booleans())
    def takes_orders(self, accepts: bool) -> None:
        self.say(accepting_orders=accepts)

    @rule(accepts=st.booleans(), seconds=SECONDS)
    def says_both(self, accepts: bool, seconds: int) -> None:
        self.say(accepting_orders=accepts, paused_until=ahead(self.shop, seconds))

    @rule(has_hours=st.booleans())
    def sets_hours(self, has_hours: bool) -> None:
        self.has_hours = has_hours
        change(self.shop, opening_hours=dict.fromkeys(DAYS, LUNCH) if has_hours else None)

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: int) -> None:
        self.shop.now += timedelta(seconds=seconds)

    @rule()
    def a_job_runs(self) -> None:
        ended = self.end()
        assert sweep(self.shop) == ({"PausesEnded": ended} if ended else {})

    @rule()
    def somebody_orders(self) -> None:
        self.orders += 1
        expected = self.refusal()
        if expected is None:
            self.shop.place(f"{self.orders:016}")
        else:
            with pytest.raises(expected):
                self.shop.place(f"{self.orders:016}")

    def refusal(self) -> type[Exception] | None:
        """Return how an order is refused now."""
        if not self.accepts:
            return NotAccepting
        if self.until is not None and self.until > self.now:
            return Paused
        return Closed if self.has_hours and not OPENS <= self.shop.now.hour < CLOSES else None

    @invariant()
    def it_is_told_as_it_was(self) -> None:
        assert told(self.shop) == self.told
        for before, after in pairwise([(RESUMED, None), *self.told]):
            assert before != after, "nothing is told twice"

    @invariant()
    def it_is_shown_as_orders_are_taken(self) -> None:
        business = self.shop.registry.get(self.shop.business_id)
        for seen in (self.shop.registry.own_view(business), self.shop.registry.public_view(business)):
            assert seen.open_now == (self.refusal() is None)
            assert seen.paused_until == (self.until if self.until and self.until > self.now else None)
            assert seen.opens_at is None or seen.opens_at > self.now
            assert seen.closes_at is None or seen.closes_at > self.now


@pytest.fixture(params=ATOMIC)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each kind of store, with Shopkeeper's tables."""
    kind = request.param
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    opened = open_store(kind, endpoints, tmp_path, TABLES)
    yield opened
    opened.close()


def test_orders_are_refused_exactly_while_a_business_is_paused_or_closed_and_all_is_told_once(store: Store) -> None:
    class OnStore(Owning):
        pass

    OnStore.store = store
    examples = 30 if store.kind == "sqlite" else 8
    run_state_machine_as_test(OnStore, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None))
