"""An answer that is sent piece by piece, in chunks (RFC 9112, section 7.1).

Each piece is made where the request was handled, and only when the client has read the one before it, as far as the
buffers go. A slow client holds a connection, and no thread.
"""

import asyncio
from collections.abc import Callable, Iterator

import msgspec

from shopkeeper.http.content import close
from shopkeeper.runtime.machine.exchange import Exchange
from shopkeeper.runtime.machine.responses import to_bytes, to_streamed_head

LAST_CHUNK = b"0\r\n\r\n"


class Stream:
    """The pieces of one answer on their way.

    The head leaves with the first piece: an error before that is an answer of its own. A later one cuts the
    connection, which is how a client can tell that a body in chunks is not whole.
    """

    def __init__(
        self,
        exchange: Exchange,
        pieces: Iterator[bytes],
        transport: asyncio.Transport,
        answered: Callable[[Exchange], None],
        *,
        is_paused: bool,
    ) -> None:
        """`answered` is called when the whole answer was handed to the transport."""
        self._loop = asyncio.get_running_loop()
        self._exchange = exchange
        self._pieces = pieces
        self._transport = transport
        self._answered = answered
        self._is_paused = is_paused
        self._is_stopped = False
        self._is_making = False
        self._has_begun = False
        self._is_over = False

    def begin(self) -> None:
        """Make the first piece."""
        self._make()

    def pause(self) -> None:
        """Make no further piece."""
        self._is_paused = True

    def resume(self) -> None:
        """Go on."""
        self._is_paused = False
        if not self._is_making:
            self._make()

    def stop(self) -> None:
        """Give up: the client has gone."""
        self._is_stopped = True
        if not self._is_making and not self._is_over:
            self._run(self._close)

    def _make(self) -> None:
        self._is_making = True
        self._run(self._next)

    def _run(self, step: Callable[[], None]) -> None:
        if self._exchange.goes_on is not None:
            self._exchange.goes_on(step)
        else:
            self._loop.call_soon(self._fail, TypeError("only an endpoint that declares a load answers in pieces"))

    # In a thread of the pool

    def _next(self) -> None:
        try:
            piece = next(self._pieces, None)
            while piece == b"":
                piece = next(self._pieces, None)
        except Exception as error:  # noqa: BLE001  # an iterator may raise anything
            close(self._pieces)
            self._tell(self._fail, error)
        else:
            self._tell(self._send, piece)

    def _close(self) -> None:
        self._is_over = True
        close(self._pieces)
        self._tell(self._exchange.done)

    def _tell(self, step: Callable[..., None], *arguments: object) -> None:
        self._loop.call_soon_threadsafe(step, *arguments)

    # In the loop

    def _send(self, piece: bytes | None) -> None:
        self._is_making = False
        if self._is_stopped:
            self._run(self._close)
            return
        head = b"" if self._has_begun else to_streamed_head(self._exchange)
        self._has_begun = True
        self._transport.write(head + self._framed(piece))
        if piece is None:
            self._is_over = True
            self._answered(self._exchange)
        elif not self._is_paused:
            self._make()

    def _framed(self, piece: bytes | None) -> bytes:
        """Return a piece, None for the end, as it is sent. To a client of HTTP/1.0 the end of the connection is it."""
        if not self._exchange.takes_chunks:
            return piece or b""
        return LAST_CHUNK if piece is None else b"%x\r\n%s\r\n" % (len(piece), piece)

    def _fail(self, error: Exception) -> None:
        self._is_making = False
        self._is_over = True
        exchange = self._exchange
        if self._has_begun or self._is_stopped:
            exchange.response = msgspec.structs.replace(exchange.response, error=error)
            self._transport.abort()
            exchange.done()
            return
        exchange.fail(error)
        self._transport.write(to_bytes(exchange))
        self._answered(exchange)
