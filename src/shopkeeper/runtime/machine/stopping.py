"""Stops a worker: it ends as soon as no request and no run of a task is at work, even if clients hold connections.

The server beneath waits for every connection that has begun a request, also for those whose clients send or
read no more, and is killed in the end. What such a client has is of no use to it: half a request, or an answer
that it does not take.
"""

import os
import signal
import threading
import time
from collections.abc import Callable

COMPLETE_WITHIN_SECONDS = 2.0
"""How long a request whose body is on its way may take to come whole, after the last one was answered."""

SENT_WITHIN_SECONDS = 0.5
"""How long answers may be on their way to clients that take them."""

NONE = -1
"""What `signal.set_wakeup_fd` returns where nobody was told of signals before."""


class AtWork:
    """How many requests and runs are at work, each of which is a `with` block.

    A request is at work from the moment at which it has come whole until it is answered.
    """

    def __init__(self) -> None:
        self._number = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        self._add(1)

    def __exit__(self, *_: object) -> None:
        self._add(-1)

    def wait(self) -> None:
        """Return once nothing is at work."""
        with self._changed:
            self._changed.wait_for(lambda: self._number == 0)

    def _add(self, change: int) -> None:
        with self._changed:
            self._number += change
            if self._number == 0:
                self._changed.notify_all()


def end_when_told(work: AtWork, stop: Callable[[], None], close: Callable[[], None]) -> None:
    """On SIGTERM, call `stop`, wait until nothing is at work, call `close`, and end this process.

    It must be called in the main thread. Signals are passed on to whoever was told of them before, such as an event
    loop.
    """
    told, tells = os.pipe()
    os.set_blocking(tells, False)
    former = signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    threading.Thread(target=_end, args=(told, former, work, stop, close), daemon=True).start()


def _end(told: int, former: int, work: AtWork, stop: Callable[[], None], close: Callable[[], None]) -> None:
    signals = b""
    while signal.SIGTERM not in signals:
        signals = os.read(told, 64)
        if former != NONE:
            os.write(former, signals)
    stop()
    work.wait()
    time.sleep(COMPLETE_WITHIN_SECONDS)
    work.wait()
    time.sleep(SENT_WITHIN_SECONDS)
    close()
    os._exit(0)
