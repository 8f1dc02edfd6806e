"""HTTP/1.1 on one connection (RFC 9112), around the parser of httptools.

The parser is llhttp, which Node.js uses, in its strict mode. This file decides what to do with what it finds: where a
request begins and ends, which answers leave in which order, and how much and how slowly a client may send and read.
"""

import asyncio
import socket
import struct
import traceback
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Protocol, cast

import httptools

from shopkeeper.http import ApiError, BadRequest, ContentTooLarge, Request
from shopkeeper.http.binding import MAX_BODY_BYTES
from shopkeeper.http.content import close
from shopkeeper.http.errors import HeaderTooLarge, MethodNotKnown, RequestTimeout
from shopkeeper.runtime.machine import limits
from shopkeeper.runtime.machine.exchange import Exchange
from shopkeeper.runtime.machine.requests import Head, no_request, to_request
from shopkeeper.runtime.machine.responses import to_bytes
from shopkeeper.runtime.machine.streaming import Stream

if TYPE_CHECKING:
    from shopkeeper.runtime.machine.connections import Connections

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
VERSIONS = ("1.1", "1.0")
AT_ONCE = struct.pack("ii", 1, 0)
"""`struct linger` (socket(7)): what is not sent is dropped."""


class Phase(Enum):
    """Where in a request a connection is."""

    BETWEEN = auto()
    HEAD = auto()
    BODY = auto()
    DEAF = auto()
    """Nothing that the client sends is heard any more."""


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


class Connection(asyncio.Protocol):
    """A client's connection. One request of it is at work at a time; others wait in their order.

    `deadline` is the time of the loop at which the client is too slow. It is infinite while the server is at work.
    """

    def __init__(self, connections: "Connections", server: Server, now: Callable[[], float]) -> None:
        self._connections = connections
        self._server = server
        self._now = now
        self._parser = httptools.HttpRequestParser(self)
        self._phase = Phase.BETWEEN
        self._head = Head()
        self._taken = 0
        self._body = bytearray()
        self._body_bytes = 0
        self._fault: ApiError | None = None
        self._waiting: deque[tuple[Request, bool, bool]] = deque()
        self._at_work: Exchange | None = None
        self._stream: Stream | None = None
        self._is_full = False
        self._is_ending = False
        self._is_cut_short = False
        self._transport: asyncio.Transport | None = None
        self.peer = ""
        self.deadline = inf

    # What the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if peer else ""
        self.deadline = self._now() + limits.HEAD_SECONDS
        self._connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Give up what is left. A request that is at work is finished, without a client."""
        self._transport = None
        self._phase = Phase.DEAF
        self._connections.remove(self)
        self._drop_body()
        self._waiting.clear()
        self._parser = None  # it refers to this connection
        if self._stream is not None:
            self._stream.stop()

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        if self._phase is Phase.DEAF:
            self._discard(len(data))
            return
        head = self._head
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # the request was taken as it is (RFC 9110, section 7.8), and nothing after it can be read
        except httptools.HttpParserInvalidMethodError:
            self._refuse(MethodNotKnown())
        except httptools.HttpParserInvalidURLError:
            self._refuse(BadRequest("The path and the query must be percent-encoded (RFC 3986)."))
        except httptools.HttpParserCallbackError:
            traceback.print_exc()  # an error in our code
            self.cut()
        except httptools.HttpParserError:
            # After `Connection: close` or the last request that is taken, the rest means nothing.
            if not self._is_deaf:
                self._refuse(BadRequest("The request is not valid HTTP/1.1."))
        # The parser keeps a line until it is complete, also in a trailer. What came in one piece with the request
        # before does not count.
        self._taken = self._taken + len(data) if self._head is head else 0
        if self._phase is Phase.HEAD and self._taken > limits.MOST_HEAD_BYTES:
            self._refuse(HeaderTooLarge())
        elif self._phase is Phase.BODY and self._taken - self._body_bytes > limits.MOST_FRAMING_BYTES:
            self._refuse(_too_large())

    def eof_received(self) -> bool:
        """The client sends no more. It may still read: return True to keep the connection for that."""
        if self._phase is Phase.BODY:
            self._refuse(BadRequest("The body ended before its announced length."))
        self._phase = Phase.DEAF
        self._is_ending = True
        return self._at_work is not None or bool(self._waiting)

    def pause_writing(self) -> None:
        """The client reads more slowly than it is answered."""
        self._is_full = True
        self.deadline = self._now() + limits.UNREAD_SECONDS
        if self._stream is not None:
            self._stream.pause()

    def resume_writing(self) -> None:
        """The client has read on."""
        self._is_full = False
        if self._stream is not None:
            self.deadline = inf
            self._stream.resume()
        elif self._at_work is None:
            self._go_on()

    # What the parser tells

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._is_deaf:
            return
        if self._at_work is None:
            self.deadline = self._now() + limits.HEAD_SECONDS
        self._phase = Phase.HEAD
        self._head = Head()
        self._fault = None

    def on_url(self, url: bytes) -> None:
        """Take the request's target, or a part of it."""
        if self._phase is Phase.HEAD:
            self._head.target += url
            if len(self._head.target) > limits.MOST_HEAD_BYTES:
                self._refuse(HeaderTooLarge())

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the header. Fields behind a body in chunks mean nothing to any endpoint."""
        if self._phase is Phase.HEAD:
            self._head.add(name, value)
            if self._head.fields > limits.MOST_HEADER_FIELDS or self._head.size > limits.MOST_HEAD_BYTES:
                self._refuse(HeaderTooLarge())

    def on_headers_complete(self) -> None:
        """Look at what the header says of the body."""
        if self._phase is not Phase.HEAD:
            return
        head = self._head
        head.method = self._parser.get_method().decode("ascii")
        if self._parser.get_http_version() not in VERSIONS or not head.names_its_host(self._parser.get_http_version()):
            self._refuse(BadRequest("The request is not valid HTTP/1.1, or names no host."))
        elif head.announces_body:
            self._expect_body(head)

    def on_body(self, part: bytes) -> None:
        """Take a part of a body, as far as an endpoint may want it."""
        if self._phase is not Phase.BODY:
            return
        self._body_bytes += len(part)
        if self._fault is not None or self._body_bytes > MAX_BODY_BYTES:
            self._fault = self._fault or _too_large()
            self._drop_body()
            if self._body_bytes > limits.MOST_DISCARDED:
                self._cut_short()
        else:
            self._body += part
            self._connections.hold_body(self, len(part))

    def on_message_complete(self) -> None:
        """A request is complete."""
        if self._phase is not Phase.DEAF:
            self._take(keeps_alive=self._parser.should_keep_alive() and not self._parser.should_upgrade())

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
            self._stream = Stream(exchange, pieces, self._transport, self._answered, is_paused=self._is_full)
            self._stream.begin()
        else:
            self._transport.write(to_bytes(exchange))
            self._answered(exchange)

    @property
    def _is_deaf(self) -> bool:
        return self._phase is Phase.DEAF

    @property
    def is_at_work(self) -> bool:
        """Whether the server owes this client an answer, and the client reads its answers."""
        return self._at_work is not None or (bool(self._waiting) and not self._is_full)

    @property
    def is_sending(self) -> bool:
        """Whether the client has begun a request and not ended it."""
        return self._phase in (Phase.HEAD, Phase.BODY)

    @property
    def is_unread(self) -> bool:
        """Whether a part of an answer has not left yet."""
        return self._transport is not None and self._transport.get_write_buffer_size() > 0

    def end(self) -> None:
        """Take no further request, and close after the answers to those that were taken."""
        self._is_ending = True
        if not self.is_sending and not self.is_at_work and self._transport is not None:
            self._transport.close()

    def too_slow(self) -> None:
        """The deadline has passed."""
        if self.is_sending and not self._is_full:
            self._refuse(RequestTimeout())
        else:
            self.cut()

    def cut(self) -> None:
        """Reset the connection. A client that does not read would keep an answer in the system's memory otherwise."""
        if self._transport is not None:
            accepted = self._transport.get_extra_info("socket")
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            self._transport.abort()

    # Steps

    def _expect_body(self, head: Head) -> None:
        self._phase = Phase.BODY
        self._body_bytes = 0
        if self._at_work is None:
            self.deadline = self._now() + limits.BODY_SECONDS
        if head.length > MAX_BODY_BYTES:
            self._fault = _too_large()
            if head.length > limits.MOST_DISCARDED or head.expects_continue:
                self._cut_short()
        elif head.expects_continue and self._at_work is None and self._transport is not None:
            self._transport.write(CONTINUE)

    def _cut_short(self) -> None:
        """Take a request without the rest of its body."""
        self._is_cut_short = True
        self._take(keeps_alive=False)

    def _take(self, *, keeps_alive: bool) -> None:
        """Let a request be answered, or wait for its turn."""
        keeps_alive = keeps_alive and not self._is_ending and len(self._waiting) < limits.MOST_PIPELINED
        takes_chunks = self._parser.get_http_version() != "1.0"
        request = to_request(self._head, bytes(self._body), self._fault, self.peer)
        self._phase = Phase.BETWEEN if keeps_alive else Phase.DEAF
        self._drop_body()
        if self._at_work is not None or self._waiting or self._is_full:
            self._waiting.append((request, keeps_alive, takes_chunks))
            if self._transport is not None:
                self._transport.pause_reading()
        else:
            self._begin(request, keeps_alive, takes_chunks)

    def _begin_next(self) -> None:
        if self._waiting and self._at_work is None:
            self._begin(*self._waiting.popleft())

    def _begin(self, request: Request, keeps_alive: bool, takes_chunks: bool) -> None:
        self.deadline = inf
        self._at_work = exchange = self._server.open(self, request, keeps_alive=keeps_alive, takes_chunks=takes_chunks)
        self._server.handle(exchange)

    def _refuse(self, error: ApiError) -> None:
        """Answer to something that is no request, after the answers that are owed, and hear no more."""
        self._phase = Phase.DEAF
        self._drop_body()
        self._is_ending = True
        if self._at_work is None and not self._waiting:
            self._is_cut_short = True
            self._at_work = exchange = self._server.open(
                self, no_request(self._head, self.peer), keeps_alive=False, takes_chunks=False
            )
            self._server.refuse(exchange, error)

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
        if self._transport is None or self._transport.is_closing() or self._is_full or self._is_cut_short:
            return
        if self._waiting:
            self._connections.soon(self._begin_next)
            return
        self._transport.resume_reading()
        seconds = {Phase.BETWEEN: limits.IDLE_SECONDS, Phase.BODY: limits.BODY_SECONDS}
        self.deadline = self._now() + seconds.get(self._phase, limits.HEAD_SECONDS)
        self._connections.waits(self)

    def _linger(self) -> None:
        """Close; before that, take in for a while what a client still sends whose request was not read whole."""
        if self._transport is None:
            return
        if not self._is_cut_short:
            self.deadline = self._now() + limits.UNREAD_SECONDS
            self._transport.close()
            return
        self._body_bytes = 0
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self.deadline = self._now() + limits.LINGER_SECONDS

    def _discard(self, size: int) -> None:
        self._body_bytes += size
        if self._body_bytes > limits.MOST_DISCARDED and self._at_work is None:
            self.cut()

    def _drop_body(self) -> None:
        if self._body:
            self._connections.hold_body(self, -len(self._body))
            self._body = bytearray()


def _too_large() -> ContentTooLarge:
    return ContentTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
