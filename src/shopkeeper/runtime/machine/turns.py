"""Turns of the event loop: what happens in one becomes durable with one COMMIT, and is told only after that.

Each complete request changes the store's open transaction at once, and its answer is held. When the loop comes round,
the transaction is committed, and the held answers leave. Redis does the same with `appendfsync always`.
"""

import asyncio
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Protocol, TypeVar

from shopkeeper.runtime.telemetry.histogram import Histogram
from shopkeeper.storage import StoreOutage, StoreUnavailable

T = TypeVar("T")

ENOUGH = 256
"""Held outcomes for which a turn goes on no longer. A COMMIT costs little for each of so many."""

COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
COMMIT_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, ENOUGH)


class Deferred(Protocol):
    """A store whose writes wait for `commit`, until which later operations already see them."""

    depends: bool
    """Set by an operation that writes, or that may have seen a write that is not committed."""

    @property
    def has_changes(self) -> bool:
        """Whether there is something to commit."""
        ...

    def commit(self) -> None:
        """Make all changes durable. Raises StoreUnavailable, and then none of them is."""
        ...


class Held(Protocol):
    """Something that is told to somebody at the end of a turn."""

    def leave(self) -> None:
        """Tell the outcome."""
        ...

    def fail(self, error: StoreOutage) -> None:
        """Replace the outcome: what it depends on was not committed."""
        ...


class Turns:
    """The turns of a loop. Only `perform` may be called from other threads."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        store: Deferred | None,
        clients: Callable[[], int],
        ends: Callable[[], None],
    ) -> None:
        """`store` is None if operations are durable when they return. `clients` returns how many may send requests.
        `ends` is called after each turn.
        """
        self._loop = loop
        self._store = store
        self._clients = clients
        self._ends = ends
        self._held: list[tuple[Held, bool]] = []
        self._durable: list[Callable[[], None]] = []
        self._is_due = False
        self._held_before = 0
        self.commits = Histogram(COMMIT_SECONDS)
        """How long each COMMIT took, in seconds."""
        self.committed = Histogram(COMMIT_SIZES)
        """How many outcomes shared each COMMIT."""
        self.failed_commits = 0

    def run(self, work: Callable[[], T]) -> tuple[T, bool]:
        """Do some work, and return its result and whether that depends on the COMMIT at the end of this turn."""
        if self._store is None:
            return work(), False
        self._store.depends = False
        return work(), self._store.depends

    def work(self, chore: Callable[[], bool]) -> bool:
        """Do a part of a chore, and return whether more of it is left. Where it fails, none is for now."""
        self.come_due()
        try:
            return self.run(chore)[0]
        except StoreOutage:
            return False

    def hold(self, outcome: Held, *, depends: bool) -> None:
        """Hold an outcome until the end of this turn."""
        self._held.append((outcome, depends))
        self.come_due()

    def when_durable(self, then: Callable[[], None]) -> None:
        """Call `then` after the next COMMIT, if it succeeds."""
        if self._store is None:
            then()
        else:
            self._durable.append(then)
            self.come_due()

    def perform(self, operation: Callable[[], T]) -> T:
        """Let the loop do an operation, wait until it is durable, and return its result.

        Called from another thread. Raises what the operation raises, or StoreUnavailable.
        """
        outcome: Future[T] = Future()
        try:
            self._loop.call_soon_threadsafe(self._perform, operation, outcome)
        except RuntimeError:
            raise StoreUnavailable("the server has ended") from None
        return outcome.result()

    def come_due(self) -> None:
        """Let this turn have an end, though nothing is held."""
        if not self._is_due:
            self._is_due = True
            self._held_before = 0
            self._loop.call_soon(self._come_round)

    def _come_round(self) -> None:
        """End the turn, unless more came in since the last time: clients that were answered together ask together."""
        held = len(self._held)
        if self._held_before < held < min(ENOUGH, self._clients()):
            self._held_before = held
            self._loop.call_soon(self._come_round)
        else:
            self.end()

    def end(self) -> None:
        """End the turn: commit, and let everything leave that was held."""
        held, self._held = self._held, []
        durable, self._durable = self._durable, []
        error = self._commit(held)
        for outcome, depends in held:
            try:
                if error is not None and depends:
                    outcome.fail(error)
                outcome.leave()
            except Exception:  # noqa: BLE001  # an error in our code; the others leave all the same
                traceback.print_exc()
        for then in durable if error is None else ():
            try:
                then()
            except Exception:  # noqa: BLE001  # the same
                traceback.print_exc()
        self._ends()
        self._is_due = False
        if self._held or self._durable:
            self.come_due()

    def _perform(self, operation: Callable[[], T], outcome: "Future[T]") -> None:
        try:
            result, depends = self.run(operation)
        except Exception as error:  # noqa: BLE001  # raised again in the thread that waits
            self.hold(Told(outcome, partial(outcome.set_exception, error)), depends=self._depends())
        else:
            self.hold(Told(outcome, partial(outcome.set_result, result)), depends=depends)

    def _depends(self) -> bool:
        return self._store is not None and self._store.depends

    def _commit(self, held: list[tuple[Held, bool]]) -> StoreOutage | None:
        if self._store is None or not self._store.has_changes:
            return None
        began = time.perf_counter()
        try:
            self._store.commit()
        except StoreOutage as error:
            self.failed_commits += 1
            return error
        self.commits.observe(time.perf_counter() - began)
        self.committed.observe(sum(depends for _, depends in held))
        return None


class Told:
    """The outcome of an operation, for a thread that waits for it."""

    __slots__ = ("_outcome", "_tell")

    def __init__(self, outcome: "Future[T]", tell: Callable[[], None]) -> None:
        self._outcome = outcome
        self._tell = tell

    def leave(self) -> None:
        """See `Held.leave`."""
        self._tell()

    def fail(self, error: StoreOutage) -> None:
        """See `Held.fail`."""
        self._tell = partial(self._outcome.set_exception, error)
