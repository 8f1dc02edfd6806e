"""Requests that wait: woken by their feed, answered in time, and bounded in number."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shopkeeper.http import Request, Response, Wait
from shopkeeper.runtime.machine.exchange import Exchange
from shopkeeper.runtime.machine.waiters import Waiters

AT_ONCE = {"Retry-After": "0"}


class Machine:
    """Waiters, and what became of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int = 10) -> None:
        self.loop = loop
        self.again: list[Exchange] = []
        self.answered: list[Exchange] = []
        self.waiters = Waiters(loop, most, self.again.append, self.answered.append)

    def wait(self, feed: str, seconds: int = 25) -> Exchange:
        def nothing(*_: Any) -> Any:
            return None

        request = Request("GET", "/", (), "id")
        exchange = Exchange(
            nothing,  # type: ignore[arg-type]  # no client is told anything here
            request,
            keeps_alive=True,
            takes_chunks=True,
            record=nothing,
            failed=nothing,
        )
        wait = Wait(feed, seconds, AT_ONCE)
        exchange.response = Response(200, {"Retry-After": "2"}, wait=wait)
        self.waiters.add(exchange, wait)
        return exchange


@pytest.fixture
def machine() -> Iterator[Callable[..., Machine]]:
    loop = asyncio.new_event_loop()
    yield lambda most=10: Machine(loop, most)
    loop.close()


def test_who_waits_for_a_feed_is_handled_again_when_it_grows_and_others_are_not(
    machine: Callable[..., Machine],
) -> None:
    running = machine()
    first, other, second = running.wait("a"), running.wait("b"), running.wait("a")
    running.waiters.wake("a")
    running.waiters.wake("a")
    assert running.again == [first, second]
    running.waiters.wake("b")
    assert running.again == [first, second, other]
    assert (running.answered, len(running.waiters)) == ([], 0)


def test_if_too_many_wait_the_first_is_answered_as_it_is(machine: Callable[..., Machine]) -> None:
    running = machine(2)
    first, _, _ = running.wait("a"), running.wait("a"), running.wait("b")
    assert running.answered == [first]
    assert first.response.headers == {"Retry-After": "2"}
    assert len(running.waiters) == 2


def test_who_has_waited_long_enough_is_answered_and_told_to_ask_again_at_once(
    machine: Callable[..., Machine],
) -> None:
    running = machine()
    one = running.wait("a", seconds=0)
    running.loop.run_until_complete(asyncio.sleep(0.01))
    assert running.answered == [one]
    assert one.response.headers == AT_ONCE


def test_who_is_woken_for_nothing_does_not_wait_longer_than_it_asked_to(machine: Callable[..., Machine]) -> None:
    running = machine()
    one = running.wait("a", seconds=25)
    until = one.waits_until
    running.waiters.wake("a")
    running.waiters.add(one, Wait("a", 25, AT_ONCE))
    assert one.waits_until == until


def test_at_the_end_all_are_answered(machine: Callable[..., Machine]) -> None:
    running = machine()
    waiting = [running.wait("a"), running.wait("b")]
    running.waiters.stop()
    assert running.answered == waiting
    late = running.wait("a")
    assert running.answered == [*waiting, late]
    assert len(running.waiters) == 0
