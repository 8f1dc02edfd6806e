"""Threads for deliveries, which may take long: a bounded number, shared fairly, and only a few for each business."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from contextvars import copy_context
from functools import partial

Job = Callable[[], object]
Key = tuple[str, str]
"""The business that a job is for, and a name of the job within it."""

MOST_FAILURES = 100
"""How many exceptions of jobs are kept until `wait` is called."""


class Crew:
    """Runs jobs in threads. Jobs of the same key never run at the same time, and only one of them waits.

    A thread ends when no job is left for it, so an idle crew has none.
    """

    def __init__(self, threads: int, of_a_business: int) -> None:
        """At most so many jobs run at once, and at most `of_a_business` of one business."""
        self._most = threads
        self._most_of_a_business = of_a_business
        self._changed = threading.Condition()
        self._waiting: dict[Key, Job] = {}
        self._running: set[Key] = set()
        self._of_business: Counter[str] = Counter()
        self._threads = 0
        self._failures: deque[BaseException] = deque(maxlen=MOST_FAILURES)

    def submit(self, key: Key, job: Job) -> None:
        """Run a job as soon as possible. It replaces a waiting job with the same key."""
        with self._changed:
            self._waiting[key] = partial(copy_context().run, job)
            if self._threads >= self._most or not self._may_run(key):
                return  # a thread that ends a job looks for the next
            threading.Thread(target=self._work, name="delivery", daemon=True).start()
            self._threads += 1

    def wait(self, seconds: float | None) -> None:
        """Wait until no job is left, at most for so long. Raises the first error of a job since the last call."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._running, seconds)
            failures, self._failures = self._failures, deque(maxlen=MOST_FAILURES)
        if failures:
            raise failures[0]

    def _may_run(self, key: Key) -> bool:
        return key not in self._running and self._of_business[key[0]] < self._most_of_a_business

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            key, job = taken
            failure: BaseException | None = None
            try:
                job()
            except BaseException as error:  # noqa: BLE001  # raised again by `wait`
                failure = error
            self._end(key, failure)

    def _take(self) -> tuple[Key, Job] | None:
        """Take the job that has waited longest, among the businesses with the fewest running jobs."""
        with self._changed:
            ready = filter(self._may_run, self._waiting)
            key = min(ready, key=lambda key: self._of_business[key[0]], default=None)
            if key is None:
                self._threads -= 1
                return None
            self._running.add(key)
            self._of_business[key[0]] += 1
            return key, self._waiting.pop(key)

    def _end(self, key: Key, failure: BaseException | None) -> None:
        with self._changed:
            self._running.remove(key)
            self._of_business[key[0]] -= 1
            if not self._of_business[key[0]]:
                del self._of_business[key[0]]
            if failure is not None:
                self._failures.append(failure)
            self._changed.notify_all()
