"""A DynamoDB that misbehaves as told: one behaviour for each request it gets, the last for all the rest."""

import json
import socket
import threading
import zlib
from collections.abc import Callable
from types import TracebackType
from typing import Self

Behaviour = Callable[["Exchange"], None]
DRIP_SECONDS = 0.05
DRIPS = 400


class Exchange:
    """One request as it came in, and the connection to answer it on."""

    def __init__(self, server: "FaultyServer", connection: socket.socket, header: bytes, body: bytes) -> None:
        self.server = server
        self.connection = connection
        self.header = header
        self.body = body
        self.keep = True

    def linger(self, drip: bytes = b"") -> None:
        """Keep the caller waiting, dripping bytes; if it outwaits us, that is noted."""
        for _ in range(DRIPS):
            if self.server.closing.wait(DRIP_SECONDS):
                return
            self.send(drip)
        self.server.outwaited = True

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.connection.sendall(data)

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        """Send a whole answer."""
        fields = {"Content-Type": "application/x-amz-json-1.0", "Content-Length": str(len(body))}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.send(f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body)


class FaultyServer:
    """Listens on loopback while its block is entered, and keeps every request that it read whole."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self._behaviours = list(behaviours)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.requests: list[Exchange] = []
        self.closing = threading.Event()
        self.outwaited = False
        self.accepted = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.closing.set()
        self._listener.close()
        for connection in self._connections:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while (exchange := self._read(connection)) is not None:
                with self._lock:
                    self.requests.append(exchange)
                    behave = self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]
                behave(exchange)
                if not exchange.keep:
                    break
        except OSError:
            pass
        finally:
            connection.close()

    def _read(self, connection: socket.socket) -> Exchange | None:
        """Read one request whole, None at the connection's end."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return None
            data += part
        header, _, body = data.partition(b"\r\n\r\n")
        length = int(header.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while len(body) < length:
            body += connection.recv(65536)
        return Exchange(self, connection, header, body)


def well(**content: object) -> Behaviour:
    """Answer 200 with a JSON body and its checksum."""

    def behave(exchange: Exchange) -> None:
        body = json.dumps(content).encode()
        exchange.answer(200, body, x_amz_crc32=str(zlib.crc32(body)))

    return behave


def fails(status: int, code: str, message: str = "told to", **content: object) -> Behaviour:
    """Answer as DynamoDB does when it refuses."""

    def behave(exchange: Exchange) -> None:
        kind = f"com.amazonaws.dynamodb.v20120810#{code}"
        exchange.answer(status, json.dumps({"__type": kind, "message": message, **content}).encode())

    return behave


def answers(status: int, body: bytes, **headers: str) -> Behaviour:
    """Answer with exactly this."""
    return lambda exchange: exchange.answer(status, body, **headers)


def stalls_in_the_body(exchange: Exchange) -> None:
    """Announce a hundred bytes and send three."""
    exchange.send(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a')
    exchange.linger()


def never_answers(exchange: Exchange) -> None:
    """Read the request and say nothing."""
    exchange.linger()


def drips(exchange: Exchange) -> None:
    """Send an endless header, a byte every twentieth of a second."""
    exchange.send(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    exchange.linger(drip=b"x")


def drips_the_body(exchange: Exchange) -> None:
    """Send a good header and then a body, a byte every twentieth of a second."""
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    exchange.linger(drip=b" ")


def hangs_up(exchange: Exchange) -> None:
    """Close the connection without an answer: the reply is lost, whatever was done."""
    exchange.keep = False


def answers_and_hangs_up(exchange: Exchange) -> None:
    """Answer well, then close without having said so, as a server does to idle connections."""
    well()(exchange)
    exchange.keep = False


def until_closed(body: bytes, status: int = 200) -> Behaviour:
    """Answer without a length: the body ends where the connection is closed."""

    def behave(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 %d Whatever\r\nContent-Type: application/json\r\n\r\n" % status + body)
        exchange.keep = False

    return behave


def chunked(*parts: bytes) -> Behaviour:
    """Answer 200 in chunks."""

    def behave(exchange: Exchange) -> None:
        body = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nTrailer: x\r\n\r\n"
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)

    return behave
