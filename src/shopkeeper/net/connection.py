"""A connection to a host, and HTTP/1.1 on it, under a deadline that no peer can stretch.

The timeout of Python's `http.client` is for each read, so that a peer that sends a byte at a time holds it for ever,
and to import it takes longer than a request. Source: RFC 9112.

HTTP/1.1 matches answers to requests by their order alone. So a connection on which there are bytes that nobody asked
for, such as an answer that came twice, is closed. `is_quiet` looks for them after an answer and before the next
request; bytes that arrive between that check and the answer cannot be told from the answer.
"""

import _socket  # `socket` wraps it, see `tls`
import select
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from shopkeeper.net.tls import EncryptedSocket

CONNECT_SECONDS = 1.0
MAX_HEADER_BYTES = 64 * 1024
MAX_BODY_BYTES = 24 * 1024 * 1024
MAX_INTERIM = 8
"""Interim answers (RFC 9110, section 15.2) that may come before the final one."""

OK = 200
SWITCHING_PROTOCOLS = 101
WITHOUT_BODY = (204, 304)
"""Statuses of answers that never have a body."""

WITH_BODY = ("POST", "PUT", "PATCH")
"""Methods that tell the length of their body, even if it is empty (RFC 9110, section 8.6)."""

FRAMING = ("content-length", "transfer-encoding")

_CHUNK = 64 * 1024
_MOST_DIGITS = 15
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


class NotSent(Exception):
    """The request cannot have reached the peer, so nothing was applied."""


class NoAddress(NotSent):
    """The host has no address, or the resolver did not tell it in time."""


class Broken(Exception):
    """The request may have reached the peer, but no whole answer came back."""


class Reply(msgspec.Struct, frozen=True):
    """An HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Trust(Protocol):
    """Verifies a peer over TLS; see `tls.TrustStore`."""

    def wrap(self, connection: "Socket", host: str) -> "EncryptedSocket":
        """Shake hands with `host` and return the encrypted socket. Raises OSError."""
        ...


class Socket(_socket.socket):
    """A socket of the system. Only a class of Python's own can be referred to weakly, as an encrypted session does."""


class Connection:
    """A socket, and what has been read from it but not yet taken."""

    def __init__(self, peer: "Socket | EncryptedSocket") -> None:
        self._peer = peer
        self._decrypted: Callable[[], int] | None = getattr(peer, "pending", None)
        self._buffer = bytearray()
        self.reusable = True

    def close(self) -> None:
        """Close the socket."""
        self._peer.close()

    def is_quiet(self) -> bool:
        """Return whether the connection may take another request: there is nothing to read, not even its end."""
        if self._buffer or (self._decrypted is not None and self._decrypted()):  # a TLS socket's
            return False
        poll = select.poll()
        poll.register(self._peer, select.POLLIN | select.POLLHUP | select.POLLERR)
        return not poll.poll(0)

    def exchange(
        self, message: bytes, deadline: float, max_body: int, *, is_head: bool = False, until_closed: bool = False
    ) -> Reply:
        """Send a whole request and return its answer, whose body may have `max_body` bytes.

        `is_head` tells that the method is HEAD, whose answers have no body. With `until_closed` an answer that does
        not tell its length ends where the peer closes the connection; otherwise it is refused. Raises Broken.
        """
        try:
            self._peer.settimeout(_remaining(deadline))
            self._peer.sendall(message)
            return self._receive(deadline, max_body, is_head, until_closed)
        except (OSError, ValueError) as error:
            raise Broken(f"{type(error).__name__}: {error}") from error

    def ask(self, message: bytes, deadline: float, max_body: int, body_seconds: float) -> Reply:
        """Send a whole request and return its answer once its head is there, whatever becomes of its body.

        A body that is longer than `max_body`, takes more than `body_seconds` or breaks off is returned empty. The
        connection cannot be used again. Raises Broken.
        """
        try:
            self._peer.settimeout(_remaining(deadline))
            self._peer.sendall(message)
            _, status, headers = self._final_head(deadline)
        except (OSError, ValueError) as error:
            raise Broken(f"{type(error).__name__}: {error}") from error
        ends = min(deadline, time.monotonic() + body_seconds)
        try:
            body = self._body(status, headers, ends, max_body, is_head=False, until_closed=True)
        except (OSError, ValueError, Broken):
            body = b""
        return Reply(status, headers, body)

    def _receive(self, deadline: float, max_body: int, is_head: bool, until_closed: bool) -> Reply:
        """Read one answer. Raises OSError, ValueError for what is not HTTP, Broken for what is too large."""
        version, status, headers = self._final_head(deadline)
        body = self._body(status, headers, deadline, max_body, is_head=is_head, until_closed=until_closed)
        options = [option.strip() for option in headers.get("connection", "").lower().split(",")]
        is_framed_twice = "transfer-encoding" in headers and "content-length" in headers
        self.reusable = version == "HTTP/1.1 " and "close" not in options and not is_framed_twice and self.is_quiet()
        return Reply(status, headers, body)

    def _final_head(self, deadline: float) -> tuple[str, int, dict[str, str]]:
        """Read heads up to that of the final answer. Raises OSError, ValueError or Broken."""
        for _ in range(MAX_INTERIM + 1):
            version, status, headers = self._head(deadline)
            if status >= OK or status == SWITCHING_PROTOCOLS:
                break
        if not OK <= status < 600:
            raise ValueError("an answer that is not a final one")
        return version, status, headers

    def _body(
        self,
        status: int,
        headers: Mapping[str, str],
        deadline: float,
        max_body: int,
        *,
        is_head: bool,
        until_closed: bool,
    ) -> bytes:
        """Read the body that belongs to a head. Raises OSError, ValueError or Broken."""
        coding = headers.get("transfer-encoding", "").lower()
        length = headers.get("content-length", "")
        if is_head or status in WITHOUT_BODY:
            return b""
        if coding == "chunked":
            return self._chunked(deadline, max_body)
        if not coding and _is_decimal(length):
            return self._exactly(int(length), deadline, max_body)
        if until_closed and not {"transfer-encoding", "content-length"} & headers.keys():
            return self._all(deadline, max_body)
        raise ValueError("an answer without a length")

    def _head(self, deadline: float) -> tuple[str, int, dict[str, str]]:
        """Read one head: the version, the status, and the fields, those of one name joined. Raises ValueError."""
        first, *lines = self._until(b"\r\n\r\n", deadline).decode("latin-1").split("\r\n")
        version, status, after = first[:9], first[9:12], first[12:13]
        if version not in ("HTTP/1.0 ", "HTTP/1.1 ") or not _is_decimal(status) or after not in ("", " "):
            raise ValueError("an answer that is not HTTP/1.1")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return version, int(status), headers

    def _chunked(self, deadline: float, max_body: int) -> bytes:
        body = bytearray()
        while True:
            digits = self._until(b"\r\n", deadline).partition(b";")[0].strip().decode("latin-1")
            if not 0 < len(digits) <= _MOST_DIGITS or not _HEXADECIMAL.issuperset(digits):
                raise ValueError("a chunk without a size")
            size = int(digits, 16)
            if size == 0:
                while self._until(b"\r\n", deadline):
                    pass
                return bytes(body)
            body += self._exactly(size, deadline, max_body - len(body))
            if self._until(b"\r\n", deadline):
                raise ValueError("a chunk that is longer than its size")

    def _until(self, end: bytes, deadline: float) -> bytes:
        while (position := self._buffer.find(end)) < 0:
            if len(self._buffer) > MAX_HEADER_BYTES:
                raise Broken("the answer's header is too large")
            self._fill(deadline)
        taken = bytes(self._buffer[:position])
        del self._buffer[: position + len(end)]
        return taken

    def _exactly(self, size: int, deadline: float, max_body: int) -> bytes:
        if not 0 <= size <= max_body:
            raise Broken("the answer's body is too large")
        while len(self._buffer) < size:
            self._fill(deadline)
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _all(self, deadline: float, max_body: int) -> bytes:
        """Read until the peer closes the connection. Over TLS it must say so first; a cut connection is an OSError."""
        while self._read(deadline):
            if len(self._buffer) > max_body:
                raise Broken("the answer's body is too large")
        return self._exactly(len(self._buffer), deadline, max_body)

    def _fill(self, deadline: float) -> None:
        if not self._read(deadline):
            raise ConnectionError("the peer closed the connection")

    def _read(self, deadline: float) -> bool:
        """Read what there is, and return False at the end."""
        self._peer.settimeout(_remaining(deadline))
        data = self._peer.recv(_CHUNK)
        self._buffer += data
        return bool(data)


def encode_request(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a whole request as it is sent.

    Raises ValueError for a method, a target or a header field that is not printable ASCII, such as a value with a
    line break, which would begin another field, and for a field that frames the body: that is done here.
    """
    if not _is_word(method) or method == "CONNECT" or not _is_printable(target) or " " in target:
        raise ValueError("a method or target that no request can have")
    head = f"{method} {target} HTTP/1.1\r\n"
    for name, value in headers.items():
        if not _is_word(name) or not _is_printable(value) or name.lower() in FRAMING:
            raise ValueError(f"a header field {name!r} that no request can have")
        head += f"{name}: {value}\r\n"
    if body or method in WITH_BODY:
        head += f"Content-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode("ascii") + body


def connect(host: str, port: int, trust: Trust | None, deadline: float) -> Connection:
    """Return a connection to a host, over TLS if `trust` is given. Raises NotSent."""
    deadline = min(deadline, time.monotonic() + CONNECT_SECONDS)
    return connect_to(resolve(host, port, deadline), host, trust, deadline)


def connect_to(addresses: Iterable[Any], host: str, trust: Trust | None, deadline: float) -> Connection:
    """Return a connection to the first of these addresses that takes one. They have the form that `resolve` returns.

    With `trust` it is encrypted, and the peer must have a certificate for `host`. Raises NotSent.
    """
    failure: Exception | None = None
    place = host
    for family, kind, protocol, _, address in addresses:
        place = f"{host}:{address[1]}"
        peer: Socket | None = None
        try:
            peer = Socket(family, kind, protocol)
            peer.settimeout(_remaining(deadline))
            peer.connect(address)
            peer.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
            if trust is not None:
                peer.settimeout(_remaining(deadline))
                return Connection(trust.wrap(peer, host))
            return Connection(peer)
        except OSError as error:
            if peer is not None:
                peer.close()
            failure = error
    raise NotSent(f"{place}: {failure}") from failure


def resolve(host: str, port: int, deadline: float) -> list[Any]:
    """Return a host's addresses as `socket.getaddrinfo` does; `connect` uses these and no others. Raises NoAddress.

    The system's resolver takes no deadline, so it runs in a thread of its own.
    """
    found: list[Any] = []
    failed: list[Exception] = []

    def look_up() -> None:
        try:
            # A text would be encoded by Python's codec for IDNA, whose import takes a millisecond.
            name = host.encode() if host.isascii() else host
            found.extend(_socket.getaddrinfo(name, port, type=_socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    resolver = threading.Thread(target=look_up, daemon=True)
    resolver.start()
    resolver.join(max(0.0, deadline - time.monotonic()))
    if not found:
        raise NoAddress(f"{host} has no address: {failed[0] if failed else 'the resolver is slow'}")
    return list(found)


def _remaining(deadline: float) -> float:
    """Return the seconds until `deadline`. Raises TimeoutError when it has passed."""
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("the deadline has passed")
    return remaining


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _is_word(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum()


def _is_printable(text: str) -> bool:
    return text.isascii() and text.isprintable()
