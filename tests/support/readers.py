"""Readers of a feed, without a network: what each answers is told, and what each was given is kept."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shopkeeper.clock import rfc3339
from shopkeeper.domains.feed.dispatching import (
    Deliver,
    Delivered,
    Dispatcher,
    Outcome,
    Subscription,
    subscribe,
    subscriptions,
)
from shopkeeper.domains.feed.model import Event
from shopkeeper.domains.feed.offers import append
from shopkeeper.storage import Action, Store
from tests.support.wrapping import WrappedStore

SHOP = "shop"
NAME = "sample#1"


class Killed(BaseException):
    """The process ends here: nothing that follows in it happens."""


class KilledStore(WrappedStore):
    """A store whose process is killed at some calls, before or after the store did what it was asked."""

    def __init__(self, store: Store, chance: random.Random, share: float) -> None:
        super().__init__(store)
        self._chance = chance
        self._share = share
        self.kills = 0

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in ("get", "put", "update", "delete", "query", "transact"):
            return found

        def killed(*arguments: Any, **options: Any) -> Any:
            if self._chance.random() < self._share:
                self.kills += 1
                if self._chance.random() < 0.5:
                    found(*arguments, **options)
                raise Killed
            return found(*arguments, **options)

        return killed


class Feed:
    """A business's feed with one subscription, a reader that answers as told, and a clock that a test moves."""

    def __init__(self, store: Store, answer: Callable[[Event], Outcome] = lambda _: Delivered()) -> None:
        self.store = store
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        self.answer = answer
        self.given: list[int] = []
        self.missed: list[tuple[int, int]] = []
        self.exists = True
        self.do(subscribe(store, SHOP, NAME, "sample", 0, self.now))

    def do(self, *actions: Action) -> list[int]:
        return self.store.transact(actions)

    def clock(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def append(self, number: int = 1, business_id: str = SHOP) -> None:
        for _ in range(number):
            self.do(append(business_id, "sample.happened", "s", {}, rfc3339(self.now), self.now))

    def deliver(self, _: Subscription, event: Event) -> Outcome:
        self.given.append(event.seq)
        return self.answer(event)

    def dispatcher(self, store: Store | None = None, deliver: Deliver | None = None, **options: Any) -> Dispatcher:
        options = {"is_needed": lambda _: self.exists, **options}
        return Dispatcher(
            store or self.store,
            self.clock,
            "sample",
            deliver or self.deliver,
            missed=lambda _, first, last: self.missed.append((first, last)),
            **options,
        )

    def hint(self, dispatcher: Dispatcher | None = None, business_ids: Sequence[str] = (SHOP,)) -> dict[str, int]:
        """Pass on that something was added, and wait until all of it is delivered."""
        return finish(
            dispatcher or self.dispatcher(), lambda one: one.consume([{"business_id": b} for b in business_ids])
        )

    def run(self, dispatcher: Dispatcher | None = None) -> dict[str, int]:
        """Do a run of the schedule, and wait until its deliveries are done."""
        return finish(dispatcher or self.dispatcher(), Dispatcher.run)

    @property
    def subscription(self) -> Subscription:
        return subscriptions(self.store).require(SHOP, NAME)


def finish(dispatcher: Dispatcher, begin: Callable[[Dispatcher], dict[str, int]]) -> dict[str, int]:
    """Begin a run and return all that came of it."""
    metrics = begin(dispatcher)
    dispatcher.finish()
    for name, number in dispatcher.consume([]).items():
        metrics[name] = metrics.get(name, 0) + number
    return metrics
