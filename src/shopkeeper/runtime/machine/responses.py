"""From a `Response` to the bytes of an HTTP/1.1 message (RFC 9112)."""

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from shopkeeper.runtime.machine.exchange import Exchange

NO_BODY = (204, 304)

_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """Return the field `Date`, which is made once a second."""
    return f"Date: {formatdate(second, usegmt=True)}\r\n"


def to_bytes(exchange: Exchange) -> bytes:
    """Return a response whose body is whole."""
    response = exchange.response
    body = response.body if isinstance(response.body, bytes) else b""
    length = ""
    if response.status not in NO_BODY and "Content-Length" not in response.headers:
        length = f"Content-Length: {len(body)}\r\n"
    return _head(exchange, length) + body


def to_streamed_head(exchange: Exchange) -> bytes:
    """Return the head of a response whose body follows in chunks."""
    return _head(exchange, "Transfer-Encoding: chunked\r\n" if exchange.takes_chunks else "")


def _connection(exchange: Exchange) -> str:
    """Return the option of a connection that is not what its version takes for granted (RFC 9112, section 9.3)."""
    return "keep-alive" if exchange.keeps_alive else "close"


def _head(exchange: Exchange, framing: str) -> bytes:
    response = exchange.response
    fields = "".join([f"{name}: {value}\r\n" for name, value in response.headers.items()])
    end = "\r\n" if exchange.keeps_alive and exchange.takes_chunks else f"Connection: {_connection(exchange)}\r\n\r\n"
    # The gateway adds its own id in front of a function; here there is none but us.
    own = f"x-amzn-RequestId: {exchange.request.request_id}\r\n"
    return f"{_LINES[response.status]}{fields}{own}{_date(int(time.time()))}{framing}{end}".encode("latin-1")
