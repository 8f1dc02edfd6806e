"""Requests that wait for something to be appended to a feed. Each costs a timer, and no thread."""

import asyncio
from collections.abc import Callable

import msgspec

from shopkeeper.http import Wait
from shopkeeper.runtime.machine.exchange import Exchange

Step = Callable[[Exchange], None]


class Waiters:
    """The requests that wait, by their feeds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int, again: Step, answer: Step) -> None:
        """`again` handles a request once more. `answer` sends its response as it is.

        At most `most` requests wait. Beyond that, the one that has waited the longest is answered.
        """
        self._loop = loop
        self._most = most
        self._again = again
        self._answer = answer
        self._timers: dict[Exchange, tuple[str, asyncio.TimerHandle]] = {}
        self._by_feed: dict[str, dict[Exchange, None]] = {}
        self._is_stopped = False

    def __len__(self) -> int:
        return len(self._timers)

    def add(self, exchange: Exchange, wait: Wait) -> None:
        """Let a request wait. One that waited before goes on until its first time is up."""
        if self._is_stopped:
            self._answer(exchange)
            return
        now = self._loop.time()
        exchange.waits_until = exchange.waits_until or now + wait.seconds
        if len(self._timers) >= self._most:
            self._give_up(next(iter(self._timers)))
        timer = self._loop.call_at(exchange.waits_until, self._time_out, exchange, wait)
        self._timers[exchange] = wait.feed, timer
        self._by_feed.setdefault(wait.feed, {})[exchange] = None

    def wake(self, feed: str) -> None:
        """Handle the requests again that wait for a feed."""
        for exchange in list(self._by_feed.get(feed, ())):
            self._remove(exchange)
            self._again(exchange)

    def stop(self) -> None:
        """Answer every request as it is, now and from now on."""
        self._is_stopped = True
        for exchange in list(self._timers):
            self._give_up(exchange)

    def _time_out(self, exchange: Exchange, wait: Wait) -> None:
        headers = {**exchange.response.headers, **wait.headers}
        exchange.response = msgspec.structs.replace(exchange.response, headers=headers)
        self._give_up(exchange)

    def _give_up(self, exchange: Exchange) -> None:
        self._remove(exchange)
        self._answer(exchange)

    def _remove(self, exchange: Exchange) -> None:
        feed, timer = self._timers.pop(exchange)
        timer.cancel()
        exchange.waited()
        of_feed = self._by_feed[feed]
        del of_feed[exchange]
        if not of_feed:
            del self._by_feed[feed]
