"""How a worker ends that was told to: as soon as no request is at work, whoever still holds a connection.

The server beneath waits for every connection that has begun a request, also for those whose clients send or
read no more, and is killed in the end. What such a client has is of no use to it: half a request, or an answer
that it does not take.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from shopkeeper.runtime.wsgi import Body, Environ, StartResponse, WsgiApplication

SENT_WITHIN_SECONDS = 2.0
"""How long answers may still be on their way, after the last request was done, to clients that take them."""


class AtWork:
    """A WSGI application that knows how many of its requests are at work, and not waiting for their bodies."""

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application
        self._number = 0
        self._changed = threading.Condition()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        with self._counted(1):
            environ["wsgi.input"] = _Waiting(environ["wsgi.input"], self)
            return self._application(environ, start_response)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Leave a request out of the number for a while."""
        with self._counted(-1):
            yield

    def wait(self) -> None:
        """Return once no request is at work."""
        with self._changed:
            self._changed.wait_for(lambda: self._number == 0)

    @contextmanager
    def _counted(self, change: int) -> Iterator[None]:
        self._add(change)
        try:
            yield
        finally:
            self._add(-change)

    def _add(self, change: int) -> None:
        with self._changed:
            self._number += change
            if self._number == 0:
                self._changed.notify_all()


class _Waiting:
    """A body whose reader is not at work while it waits for more of it."""

    def __init__(self, body: Body, work: AtWork) -> None:
        self._body = body
        self._work = work

    def read(self, size: int) -> bytes:
        with self._work.waiting():
            return self._body.read(size)


def end_when_told(work: AtWork, close: Callable[[], None]) -> None:
    """From SIGTERM on, end this process once nothing is at work, after `close`; call this in the main thread."""
    told, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)  # whoever handles the signal
    threading.Thread(target=_end, args=(told, work, close), daemon=True).start()


def _end(told: int, work: AtWork, close: Callable[[], None]) -> None:
    while signal.SIGTERM not in os.read(told, 64):
        pass
    work.wait()
    time.sleep(SENT_WITHIN_SECONDS)
    close()
    os._exit(0)
