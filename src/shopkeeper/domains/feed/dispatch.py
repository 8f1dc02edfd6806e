"""Delivers the events of feeds to subscriptions: new events at once, missed and failed ones later.

The feed is the outbox. A subscription's cursor says how far its reader has come. Every subscription is checked again
and again, so no event is lost. See decision 0036.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from shopkeeper.clock import Clock
from shopkeeper.domains.feed.courier import Courier
from shopkeeper.domains.feed.crew import Crew, Job, Key
from shopkeeper.domains.feed.subscription import Deliver, Subscription
from shopkeeper.domains.feed.subscriptions import due_subscriptions, subscribe, subscriptions_of
from shopkeeper.net.deadline import remaining
from shopkeeper.storage import AlreadyExists, Item, Store

THREADS = 24
THREADS_IN_AN_INVOCATION = 8
"""Deliveries at once: on one machine, and in one invocation of a function of Lambda, whose memory they share."""

OF_A_BUSINESS = 3
"""How many of them may be of one business, so that its slow readers do not delay the others."""

GRACE_SECONDS = 0.1
"""How long a run on one machine waits for its deliveries. Slower ones go on while the next run begins."""

MOST_DUE = 200
"""How many subscriptions a run checks. The next run continues."""

Chores = Callable[[], Iterable[tuple[Key, Job]]]
"""Returns further work that is due."""


def is_needed_always(_: str) -> bool:
    """Tell that a business exists."""
    return True


class Dispatcher:
    """Delivers to the subscriptions of one kind.

    Any number of dispatchers may run at once and be killed at any time. Each event is delivered at least once, in the
    order of the feed.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        kind: str,
        deliver: Deliver,
        *,
        lazily: str = "",
        is_needed: Callable[[str], bool] = is_needed_always,
        remove: Callable[[Subscription], None] | None = None,
        missed: Callable[[Subscription, int, int], None] | None = None,
        chores: Chores = tuple,
    ) -> None:
        """`deliver` delivers an event. With `lazily`, every business gets a subscription of this name with its first
        event, which begins with the oldest event.

        `is_needed` tells whether a business exists; the subscriptions of one that does not are removed, by `remove` if
        that is given. `missed` is told of the events, from one number to another, that are no longer kept and were
        never delivered. `chores` returns what else is due.
        """
        self._store = store
        self._clock = clock
        self._kind = kind
        self._lazily = lazily
        self._chores = chores
        self._courier = Courier(store, clock, kind, deliver, is_needed=is_needed, remove=remove, missed=missed)
        is_bounded = remaining() is not None
        self._crew = Crew(THREADS_IN_AN_INVOCATION if is_bounded else THREADS, OF_A_BUSINESS)

    def consume(self, items: Sequence[Item]) -> dict[str, int]:
        """Deliver what is new in the feeds to which these events were appended, and return the counts by metric.

        It is the consumer of a stream. Raises what a delivery raises, such as a StoreError.
        """
        for business_id in dict.fromkeys(str(item["business_id"]) for item in items):
            for name in self._names(business_id):
                self._crew.submit((business_id, name), partial(self._courier.deliver_new, business_id, name))
        return self._outcome()

    def run(self) -> dict[str, int]:
        """Deliver what is due: retries, and what the stream missed. Return the counts by metric.

        It is the job of a schedule. Raises what a delivery raises, such as a StoreError.
        """
        for due in due_subscriptions(self._store, self._kind, self._clock(), MOST_DUE):
            key = due.business_id, due.name
            self._crew.submit(key, partial(self._courier.deliver_due, *key))
        for key, job in self._chores():
            self._crew.submit(key, job)
        return self._outcome()

    def finish(self) -> None:
        """Wait until every delivery that was begun is done. Raises what a delivery raises."""
        self._crew.wait(None)

    def _names(self, business_id: str) -> list[str]:
        """Return the names of the subscriptions of a business. If `lazily` is set, that subscription is made first."""
        found = [one.name for one in subscriptions_of(self._store, business_id) if one.kind == self._kind]
        if self._lazily and self._lazily not in found:
            try:
                new = subscribe(self._store, business_id, self._lazily, self._kind, 0, self._clock())
                self._store.transact([new])
            except AlreadyExists:
                pass  # another dispatcher was first
            found.append(self._lazily)
        return found

    def _outcome(self) -> dict[str, int]:
        self._crew.wait(GRACE_SECONDS if remaining() is None else None)
        return self._courier.take_metrics()
