"""Stops a worker as soon as no request is being processed, even if clients still hold connections.

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
    """Counts the requests that are complete and not yet answered. Each request is processed in a `with` block."""

    def __init__(self) -> None:
        self._number = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        self._add(1)

    def __exit__(self, *_: object) -> None:
        self._add(-1)

    def wait(self) -> None:
        """Return once no request is being processed."""
        with self._changed:
            self._changed.wait_for(lambda: self._number == 0)

    def _add(self, change: int) -> None:
        with self._changed:
            self._number += change
            if self._number == 0:
                self._changed.notify_all()


def end_when_told(work: AtWork, close: Callable[[], None]) -> None:
    """On SIGTERM, wait until no request is being processed, call `close`, and end this process.

    Call this in the main thread. Signals are also written to the previous wake-up descriptor, such as an event
    loop's.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_end, args=(reader, previous, work, close), daemon=True).start()


def _end(reader: int, previous: int, work: AtWork, close: Callable[[], None]) -> None:
    signals = b""
    while signal.SIGTERM not in signals:
        signals = os.read(reader, 64)
        if previous != NONE:
            os.write(previous, signals)
    work.wait()
    time.sleep(COMPLETE_WITHIN_SECONDS)
    work.wait()
    time.sleep(SENT_WITHIN_SECONDS)
    close()
    os._exit(0)
