"""When a worker may end: no request is at work, and those that wait for their bodies do not count."""

import threading
from collections.abc import Iterable

from shopkeeper.runtime.leaving import AtWork
from shopkeeper.runtime.wsgi import Environ, StartResponse


class Slow:
    """An application, and a body, that go on when they are let."""

    def __init__(self) -> None:
        self.begun, self.let = threading.Event(), threading.Event()

    def read(self, size: int) -> bytes:
        self.begun.set()
        assert self.let.wait(10)
        return b"x" * size

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return [self.read(1)]


def start(work: AtWork, environ: Environ) -> threading.Thread:
    thread = threading.Thread(target=lambda: list(work(environ, lambda status, headers: None)))
    thread.start()
    return thread


def test_the_end_waits_for_a_request_that_is_at_work() -> None:
    slow = Slow()
    work = AtWork(slow)
    request = start(work, {"wsgi.input": None})
    assert slow.begun.wait(10)
    leaving = threading.Thread(target=work.wait)
    leaving.start()
    leaving.join(0.05)
    assert leaving.is_alive()
    slow.let.set()
    leaving.join(10)
    assert not leaving.is_alive()
    request.join()


def test_the_end_does_not_wait_for_a_body_that_does_not_come() -> None:
    body = Slow()
    work = AtWork(lambda environ, _: [environ["wsgi.input"].read(2)])
    request = start(work, {"wsgi.input": body})
    assert body.begun.wait(10)
    work.wait()
    body.let.set()
    request.join()


def test_a_request_that_fails_is_not_at_work_any_more() -> None:
    def fails(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        raise ZeroDivisionError

    work = AtWork(fails)
    try:
        work({"wsgi.input": None}, lambda status, headers: None)
    except ZeroDivisionError:
        work.wait()
