"""Clients that misbehave: connections that are silent, slow or never read, and many at once."""

import select
import socket
import time
from collections.abc import Mapping
from http.client import HTTPResponse

from tests.support.http import SECONDS, Answer

GONE = select.POLLERR | select.POLLHUP | getattr(select, "POLLRDHUP", 0)
MOST_SENT = 1 << 20
HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def request(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a request with a JSON body, or with none."""
    fields = {"Host": "shop", **(headers or {})}
    if body:
        fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **fields}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def connect(port: int, data: bytes = b"", source: str = "127.0.0.1") -> socket.socket:
    """Return a connection to loopback that has sent `data`, from any address of loopback."""
    peer = socket.create_connection(("127.0.0.1", port), timeout=SECONDS, source_address=(source, 0))
    peer.sendall(data)
    return peer


def read_answer(peer: socket.socket, method: str = "GET") -> Answer:
    """Read one answer from a connection. Bytes that follow it may be lost."""
    response = HTTPResponse(peer, method=method)
    response.begin()
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


def read_to_the_end(peer: socket.socket) -> bytes:
    """Return what a connection still brings until the peer closes it. Raises TimeoutError if it does not."""
    received = b""
    try:
        while part := peer.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received


def answers_in(data: bytes) -> list[Answer]:
    """Return the answers that follow each other in what a connection brought, each with its Content-Length."""
    answers = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", 0))
        answers.append(Answer(int(start.split()[1]), headers, rest[:length]))
        data = rest[length:]
    return answers


def is_closed(peer: socket.socket) -> bool:
    """Return whether the peer has closed a connection, which may still have something to read."""
    return _closed(peer) == 1


def _closed(*peers: socket.socket) -> int:
    poll = select.poll()
    for peer in peers:
        poll.register(peer, GONE)
    return len(poll.poll(0))


class Strangers:
    """A number of connections that sent the same bytes, and read nothing."""

    def __init__(self, port: int, number: int, sends: bytes = b"") -> None:
        """Connect so often. Of `sends`, at most as much is sent as the server takes, and never more than 1 MB."""
        self._peers: list[socket.socket] = []
        try:
            for _ in range(number):
                self._peers.append(_come(port, sends))
        except OSError:
            self._close()
            raise

    def __enter__(self) -> "Strangers":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @property
    def held(self) -> int:
        """Return how many of the connections the server has not closed."""
        return len(self._peers) - _closed(*self._peers)

    def wait_until_closed(self, seconds: float) -> int:
        """Wait until the server has closed all of them, at most for so long. Return how many it has not."""
        ends = time.monotonic() + seconds
        while (held := self.held) and time.monotonic() < ends:
            time.sleep(0.1)
        return held

    def received(self) -> list[bytes]:
        """Return what each of them got, once all are closed."""
        return [read_to_the_end(peer) for peer in self._peers]

    def _close(self) -> None:
        for peer in self._peers:
            peer.close()


def _come(port: int, sends: bytes) -> socket.socket:
    peer = socket.socket()
    # Small buffers, so that what is not read soon waits in the server.
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    peer.settimeout(SECONDS)
    try:
        peer.connect(("127.0.0.1", port))
    except OSError:
        peer.close()
        raise
    peer.setblocking(False)
    sent = 0
    try:
        while sent < min(len(sends), MOST_SENT):
            sent += peer.send(sends[sent:MOST_SENT])
    except OSError:  # the server takes no more, or has closed
        pass
    peer.settimeout(SECONDS)
    return peer


def http2_streams(path: str, streams: int) -> bytes:
    """Return what an HTTP/2 client sends without TLS to read `path` on so many streams at once (RFC 9113, RFC 7541)."""
    # From HPACK's static table: GET, http, and the names :path and :authority with values of ours.
    fields = b"\x82\x86" + _literal(4, path.encode()) + _literal(1, b"shop")
    ends = 0x4 | 0x1  # END_HEADERS and END_STREAM
    frames = [_frame(4, 0, 0, b"")]  # SETTINGS
    frames += [_frame(1, ends, 2 * number + 1, fields) for number in range(streams)]
    return HTTP2_PREFACE + b"".join(frames)


def _literal(name: int, value: bytes) -> bytes:
    return bytes([name, len(value)]) + value


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return len(content).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + content
