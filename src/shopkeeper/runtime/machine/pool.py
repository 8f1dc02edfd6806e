"""A few threads for work that blocks, and a bounded queue before them."""

import os
import queue
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress

Job = Callable[[], None]


class Pool:
    """Runs jobs in a fixed number of threads, in their order."""

    def __init__(self, name: str, threads: int, most_waiting: int, *, niceness: int = 0) -> None:
        """At most `most_waiting` jobs wait. `niceness` lowers the threads' priority, where the system lets it."""
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self.name = name
        self.most_waiting = most_waiting
        self._niceness = niceness
        for number in range(threads):
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True).start()

    @property
    def waiting(self) -> int:
        """How many jobs wait for a thread."""
        return self._jobs.qsize()

    def submit(self, job: Job) -> bool:
        """Queue a job, and return whether there was room for it. A job must not raise."""
        if self._jobs.qsize() >= self.most_waiting:
            return False
        self._jobs.put(job)
        return True

    def go_on(self, job: Job) -> None:
        """Queue a further step of something that was submitted, for which there is always room."""
        self._jobs.put(job)

    def _run(self) -> None:
        if self._niceness:
            with suppress(OSError):  # on Linux a thread has a priority of its own
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)
        while True:
            try:
                self._jobs.get()()
            except Exception:  # noqa: BLE001  # an error in our code must not end the thread
                traceback.print_exc()
