"""A request on a connection, and its answer."""

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from shopkeeper.http import Request, Response
from shopkeeper.runtime.machine.trace import NoTrace, Trace


class Client(Protocol):
    """The connection that an answer leaves on."""

    def answer(self, exchange: "Exchange") -> None:
        """Send the response of an exchange."""
        ...


class Exchange:
    """One request and its response.

    `goes_on` makes the pieces of an answer where the request was handled, None for the loop's own thread.
    """

    __slots__ = (
        "_began",
        "_client",
        "_failed",
        "_record",
        "goes_on",
        "keeps_alive",
        "request",
        "response",
        "route",
        "takes_chunks",
        "trace",
        "waits_until",
    )

    def __init__(
        self,
        client: Client,
        request: Request,
        *,
        keeps_alive: bool,
        takes_chunks: bool,
        record: Callable[["Exchange", float], None],
        failed: Callable[[Request, Exception], Response],
    ) -> None:
        """`record` is told the duration in seconds, and writes the log line.

        `failed` makes the answer to a request whose own one cannot be sent.
        """
        self._client = client
        self.request = request
        self.keeps_alive = keeps_alive
        self.takes_chunks = takes_chunks
        self.response = Response(500, {})
        self.route = ""
        """The template of the path, like `/counter/{counter_id}`; empty if the path or the method is not declared."""
        self.goes_on: Callable[[Callable[[], None]], None] | None = None
        self.waits_until = 0.0
        """The time of the loop until which the request waits for something to happen, 0 if it does not."""
        self.trace: Trace | NoTrace | None = None
        """None if this machine is not traced."""
        self._record = record
        self._failed = failed
        self._began = time.perf_counter()

    def leave(self) -> None:
        """Send the response. See `turns.Held`."""
        if self.trace is not None:
            self.trace.goes_on()
        self._client.answer(self)

    def fail(self, error: Exception) -> None:
        """Answer with an error instead. See `turns.Held`."""
        if self.trace is not None:
            self.trace.goes_on(type(error).__name__)
        self.response = self._failed(self.request, error)

    def waited(self) -> None:
        """Do not count the time until now: the client asked to wait, and the server had nothing to do."""
        self._began = time.perf_counter()

    def done(self) -> None:
        """Write the log line, after the response was sent, or its client had gone."""
        self._record(self, time.perf_counter() - self._began)

    @property
    def pieces(self) -> Iterator[bytes] | None:
        """The pieces of the body, None for a body that is whole."""
        return None if isinstance(self.response.body, bytes) else self.response.body
