"""Stops a worker as soon as no request and no task is running, even if clients still hold connections.

granian waits for every connection that has begun a request, also if its client no longer sends or reads, until
granian is killed. Such a client loses nothing: it has sent half a request, or does not read its response.
"""

import os
import signal
import threading
import time
from collections.abc import Callable

COMPLETE_WITHIN_SECONDS = 2.0
"""How long the worker waits for incomplete requests after it has answered the last complete one."""

SENT_WITHIN_SECONDS = 0.5
"""How long the worker waits for responses to be sent."""

NONE = -1
"""What `signal.set_wakeup_fd` returns if no descriptor was set before."""


class AtWork:
    """Counts requests and task runs in progress. Each is processed in a `with` block.

    A request is in progress from the moment it is complete until it is answered.
    """

    def __init__(self) -> None:
        self._number = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        self._add(1)

    def __exit__(self, *_: object) -> None:
        self._add(-1)

    def wait(self) -> None:
        """Return once no request and no task is running."""
        with self._changed:
            self._changed.wait_for(lambda: self._number == 0)

    def _add(self, change: int) -> None:
        with self._changed:
            self._number += change
            if self._number == 0:
                self._changed.notify_all()


def end_when_told(work: AtWork, stop: Callable[[], None], close: Callable[[], None]) -> None:
    """On SIGTERM, call `stop`, wait until no request and no task is running, call `close`, and end this process.

    Call this in the main thread. Signals are also written to the previous wake-up descriptor, such as an event
    loop's.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_end, args=(reader, previous, work, stop, close), daemon=True).start()


def _end(reader: int, previous: int, work: AtWork, stop: Callable[[], None], close: Callable[[], None]) -> None:
    signals = b""
    while signal.SIGTERM not in signals:
        signals = os.read(reader, 64)
        if previous != NONE:
            os.write(previous, signals)
    stop()
    work.wait()
    time.sleep(COMPLETE_WITHIN_SECONDS)
    work.wait()
    time.sleep(SENT_WITHIN_SECONDS)
    close()
    os._exit(0)
