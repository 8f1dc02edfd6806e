"""HTTP/1.1 on one connection (RFC 9112): which answers leave in which order, and how slow a client may be."""

import asyncio
import socket
import struct
from collections import deque
from functools import partial
from math import inf
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from shopkeeper.http import ApiError, BadRequest, Request
from shopkeeper.http.binding import MAX_BODY_BYTES
from shopkeeper.http.content import close
from shopkeeper.http.errors import RequestTimeout
from shopkeeper.runtime.machine import limits
from shopkeeper.runtime.machine.exchange import Exchange
from shopkeeper.runtime.machine.reader import RequestReader
from shopkeeper.runtime.machine.requests import Head, no_request, to_request
from shopkeeper.runtime.machine.responses import to_bytes
from shopkeeper.runtime.machine.streaming import Stream

if TYPE_CHECKING:
    from shopkeeper.runtime.machine.connections import Connections

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
AT_ONCE = struct.pack("ii", 1, 0)
"""`struct linger` (socket(7)): what is not sent is dropped."""


class Taken(NamedTuple):
    """A request that waits for its turn, or a placeholder for something that is answered with an error."""

    request: Request
    keeps_alive: bool
    takes_chunks: bool
    error: ApiError | None


class Server(Protocol):
    """What answers requests."""

    def open(self, connection: "Connection", request: Request, *, keeps_alive: bool, takes_chunks: bool) -> Exchange:
        """Return the exchange of a request."""
        ...

    def handle(self, exchange: Exchange) -> None:
        """Answer a request, now or later, by `Connection.answer`."""
        ...

    def refuse(self, exchange: Exchange, error: ApiError) -> None:
        """Answer with an error, without handling the request."""
        ...

    def most_body(self, request: Request) -> int:
        """Return how many bytes the body of a request may have. It is called before the body is read."""
        ...


class Connection(asyncio.Protocol):
    """A client's connection. One request of it is at work at a time; others wait in their order.

    `deadline` is the time of the loop at which the client is too slow. It is infinite while the server is at work.
    """

    def __init__(self, connections: "Connections", server: Server, loop: asyncio.AbstractEventLoop) -> None:
        self._connections = connections
        self._server = server
        self._loop = loop
        self._reader = RequestReader(self)
        self._waiting: deque[Taken] = deque()
        self._unfed = b""
        self._discarded = 0
        self._at_work: Exchange | None = None
        self._stream: Stream | None = None
        self._is_full = False
        self._is_ending = False
        self._is_lingering = False
        self._transport: asyncio.Transport | None = None
        self.peer = ""
        self.deadline = inf

    # What the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if peer else ""
        self.deadline = self._loop.time() + limits.HEAD_SECONDS
        self._connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Give up what is left. A request that is at work is finished, without a client."""
        self._transport = None
        self._reader.close()
        self._connections.remove(self)
        self._waiting.clear()
        if self._stream is not None:
            self._stream.stop()

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        if self._reader.is_done:
            self._discard(len(data))
            return
        self._feed(self._unfed + data)
        self._connections.bodies.note(self, self._reader.held)

    def _feed(self, data: bytes) -> None:
        """Let the parser look at some bytes, unless requests wait already: then it looks at them later."""
        for start in range(0, len(data), limits.SLICE_BYTES):
            if self._waiting:
                self._unfed = data[start:]
                return
            if self._reader.is_done:
                break
            self._reader.feed(data[start : start + limits.SLICE_BYTES])
        self._unfed = b""

    def eof_received(self) -> bool:
        """The client sends no more. It may still read: return True to keep the connection for that."""
        if self._reader.is_in_body:
            self._reader.refuse(BadRequest("The body ended before its announced length."))
        self._reader.stop()
        self._is_ending = True
        return self._at_work is not None or bool(self._waiting)

    def pause_writing(self) -> None:
        """The client reads more slowly than it is answered."""
        self._is_full = True
        self.deadline = self._loop.time() + limits.UNREAD_SECONDS
        if self._transport is not None:
            self._connections.unread.note(self, self._transport.get_write_buffer_size())
        if self._stream is not None:
            self._stream.pause()

    def resume_writing(self) -> None:
        """The client has read on."""
        self._is_full = False
        self._connections.unread.note(self, 0)
        if self._stream is not None:
            self.deadline = inf
            self._stream.resume()
        elif self._at_work is None:
            self._go_on()

    # What the reader tells

    def begins(self) -> None:
        """See `Listener.begins`."""
        if self._at_work is None and not self._is_full:
            self.deadline = self._loop.time() + limits.HEAD_SECONDS

    def expects_body(self) -> None:
        """See `Listener.expects_body`."""
        if self._at_work is None and not self._is_full:
            self.deadline = self._loop.time() + self._patience()
            self._ask_for_body()

    def most_body(self, head: Head) -> int:
        """See `Listener.most_body`. A large body must be the first request that waits: others are held as they are."""
        if self._at_work is not None or self._waiting or self._is_full:
            return MAX_BODY_BYTES
        return self._server.most_body(to_request(head, b"", None, self.peer))

    def takes(self, head: Head, body: bytes, fault: ApiError | None, *, keeps_alive: bool) -> None:
        """Let a request be answered, or wait for its turn. See `Listener.takes`."""
        request = to_request(head, body, fault, self.peer)
        self._enqueue(Taken(request, keeps_alive and not self._is_ending, head.takes_chunks, None))

    def refuses(self, head: Head, error: ApiError) -> None:
        """Let an error be answered, after the answers that are owed. See `Listener.refuses`."""
        self._enqueue(Taken(no_request(head, self.peer), False, False, error))

    # What the server tells

    def answer(self, exchange: Exchange) -> None:
        """Send the response of an exchange."""
        try:
            self._send(exchange)
        except BaseException:
            self.cut()  # an error in our code: the client must not wait for ever
            raise

    def _send(self, exchange: Exchange) -> None:
        pieces = exchange.pieces
        if self._transport is None:
            if pieces is not None and exchange.goes_on is not None:
                exchange.goes_on(partial(close, pieces))
            exchange.done()
        elif pieces is not None:
            exchange.keeps_alive = exchange.keeps_alive and exchange.takes_chunks
            self._stream = Stream(exchange, pieces, self._transport, self._answered, is_paused=self._is_full)
            self._stream.begin()
        else:
            self._transport.write(to_bytes(exchange))
            self._answered(exchange)

    @property
    def is_at_work(self) -> bool:
        """Whether the server owes this client an answer, and the client reads its answers."""
        return self._at_work is not None or (bool(self._waiting) and not self._is_full)

    @property
    def is_sending(self) -> bool:
        """Whether the client has begun a request and not ended it."""
        return self._reader.is_in_request

    @property
    def is_unread(self) -> bool:
        """Whether a part of an answer has not left yet."""
        return self._transport is not None and self._transport.get_write_buffer_size() > 0

    def end(self) -> None:
        """Take no further request, and close after the answers to those that were taken."""
        self._is_ending = True
        if not self.is_sending and not self.is_at_work:
            self.close()

    def too_slow(self) -> None:
        """The deadline has passed."""
        if self.is_sending and not self._is_full:
            self._reader.refuse(RequestTimeout())
        elif self._is_lingering and not self.is_unread:
            self.close()
        else:
            self.cut()

    def close(self) -> None:
        """Close as soon as the answers have left."""
        if self._transport is not None:
            self.deadline = self._loop.time() + limits.UNREAD_SECONDS
            self._transport.close()

    def cut(self) -> None:
        """Reset the connection. A client that does not read would keep an answer in the system's memory otherwise."""
        if self._transport is not None:
            accepted = self._transport.get_extra_info("socket")
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            self._transport.abort()

    # Steps

    def _ask_for_body(self) -> None:
        if self._transport is not None and self._reader.awaits_continue:
            self._transport.write(CONTINUE)

    def _enqueue(self, taken: Taken) -> None:
        if self._at_work is None and not self._waiting and not self._is_full:
            self._begin(taken)
            return
        self._waiting.append(taken)
        if self._transport is not None:
            self._transport.pause_reading()

    def _begin_next(self) -> None:
        if self._waiting and self._at_work is None and not self._is_full:
            self._begin(self._waiting.popleft())

    def _begin(self, taken: Taken) -> None:
        self.deadline = inf
        self._at_work = exchange = self._server.open(
            self, taken.request, keeps_alive=taken.keeps_alive, takes_chunks=taken.takes_chunks
        )
        if taken.error is None:
            self._server.handle(exchange)
        else:
            self._server.refuse(exchange, taken.error)

    def _answered(self, exchange: Exchange) -> None:
        """An answer was handed to the system."""
        exchange.done()
        self._stream = None
        self._at_work = None
        if not exchange.keeps_alive or (self._is_ending and not self._waiting and not self.is_sending):
            self._linger()
        else:
            self._go_on()

    def _go_on(self) -> None:
        """Begin with the next request that waits, or wait for one."""
        if self._transport is None or self._transport.is_closing() or self._is_lingering:
            return
        if self._is_full:
            self.deadline = self._loop.time() + limits.UNREAD_SECONDS
            return
        if self._unfed and not self._waiting:
            unfed, self._unfed = self._unfed, b""
            self._feed(unfed)
        if self._at_work is not None:
            return
        if self._waiting:
            self._loop.call_soon(self._begin_next)
            return
        self._transport.resume_reading()
        self._ask_for_body()
        self.deadline = self._loop.time() + self._patience()
        self._connections.waits(self)

    def _patience(self) -> float:
        """Return how long the client may take to go on, in seconds."""
        if self._reader.is_in_body:
            return limits.LARGE_BODY_SECONDS if self._reader.is_in_large_body else limits.BODY_SECONDS
        return limits.HEAD_SECONDS if self._reader.is_in_request else limits.IDLE_SECONDS

    def _linger(self) -> None:
        """Close for writing, and take in for a while what the client still sends."""
        if self._transport is None:
            return
        self._reader.stop()
        self._is_lingering = True
        self._transport.resume_reading()
        self._transport.write_eof()
        self.deadline = self._loop.time() + (limits.UNREAD_SECONDS if self.is_unread else limits.LINGER_SECONDS)

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > limits.MOST_DISCARDED and self._at_work is None:
            self.cut()
