"""Kept-alive connections: each request gets its own answer, and bytes that nobody asked for are dropped."""

import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from shopkeeper.net.connection import MAX_INTERIM, Broken, Reply
from shopkeeper.net.pool import ConnectionPool
from shopkeeper.net.tls import TrustStore
from tests.support.faults import Behaviour, Exchange, FaultyServer

SECONDS = 20.0


def ask(pool: ConnectionPool) -> Reply:
    return pool.request("POST", "/", {"Host": "a"}, b"", time.monotonic() + SECONDS)


def pool_of(server: FaultyServer) -> ConnectionPool:
    return ConnectionPool("127.0.0.1", int(server.url.rpartition(":")[2]))


def numbered(server: FaultyServer) -> bytes:
    """An answer that tells which request it is for."""
    body = str(len(server.requests)).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def well(exchange: Exchange) -> None:
    exchange.send(numbered(exchange.server))


def twice_at_once(exchange: Exchange) -> None:
    exchange.send(numbered(exchange.server) * 2)


def stray_bytes(exchange: Exchange) -> None:
    exchange.send(numbered(exchange.server) + b"\r\n")


class Late:
    """Answers once, and once more when a test says so."""

    def __init__(self) -> None:
        self.again = threading.Event()
        self.sent = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        answer = numbered(exchange.server)
        exchange.send(answer)
        self.again.wait(SECONDS)
        exchange.send(answer)
        self.sent.set()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(params=["plain", "tls"])
def encrypted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "tls")


class Wire:
    """A faulty server and a pool of connections to it, over TLS or not."""

    def __init__(self, behaviours: tuple[Behaviour, ...], authority: trustme.CA, folder: Path, encrypted: bool) -> None:
        self.server = TlsServer(authority, behaviours) if encrypted else FaultyServer(*behaviours)
        trust = None
        if encrypted:
            bundle = folder / "bundle.pem"
            authority.cert_pem.write_to_path(str(bundle))
            trust = TrustStore(str(bundle))
        port = int(self.server.url.rpartition(":")[2])
        self._pool = ConnectionPool("127.0.0.1", port, trust)

    def __enter__(self) -> "Wire":
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()
        self.server.__exit__()

    def ask(self) -> Reply:
        return ask(self._pool)


class TlsServer(FaultyServer):
    def __init__(self, authority: trustme.CA, behaviours: tuple[Behaviour, ...]) -> None:
        super().__init__(*behaviours)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._context)

    def _serve(self, connection):  # type: ignore[no-untyped-def]
        wrapped = self._context.wrap_socket(connection, server_side=True)
        self._connections.append(wrapped)
        super()._serve(wrapped)


@pytest.fixture
def wire(request: pytest.FixtureRequest, authority: trustme.CA, tmp_path: Path, encrypted: bool) -> Iterator[Wire]:
    """A server that behaves as a test's `behaviours` say."""
    with Wire(request.param, authority, tmp_path, encrypted) as made:
        yield made


@pytest.mark.parametrize(
    "wire", [(twice_at_once, well), (stray_bytes, well)], ids=["an answer twice", "stray bytes"], indirect=True
)
def test_bytes_that_nobody_asked_for_close_the_connection(wire: Wire) -> None:
    assert [wire.ask().body for _ in range(4)] == [b"1", b"2", b"3", b"4"]
    assert wire.server.accepted == 2


def test_an_answer_that_comes_once_more_later_is_nobodys(
    authority: trustme.CA, tmp_path: Path, encrypted: bool
) -> None:
    late = Late()
    with Wire((late, well), authority, tmp_path, encrypted) as wire:
        assert wire.ask().body == b"1"
        late.again.set()
        assert late.sent.wait(SECONDS)
        assert [wire.ask().body for _ in range(3)] == [b"2", b"3", b"4"]
        assert wire.server.accepted == 2


@pytest.mark.parametrize("wire", [(well,)], indirect=True)
def test_a_connection_that_is_quiet_is_kept(wire: Wire) -> None:
    assert [wire.ask().body for _ in range(5)] == [b"1", b"2", b"3", b"4", b"5"]
    assert wire.server.accepted == 1


def raw(data: bytes) -> Behaviour:
    return lambda exchange: exchange.send(data)


HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
FINAL = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
UNDERSTOOD: dict[str, tuple[bytes, int, bytes]] = {
    "100 before the answer": (b"HTTP/1.1 100 Continue\r\n\r\n" + FINAL, 200, b"x"),
    "several interim answers": (HINTS * MAX_INTERIM + FINAL, 200, b"x"),
    "204 without a length": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    "204 with a length": (b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 204, b""),
    "304 with the length of what it is not": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, b""),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", 200, b"x"),
}


@pytest.mark.parametrize("answer", UNDERSTOOD)
def test_answers_without_a_body_and_interim_ones_are_understood(answer: str) -> None:
    data, status, body = UNDERSTOOD[answer]
    with FaultyServer(raw(data), well) as server:
        pool = pool_of(server)
        reply = ask(pool)
        assert (reply.status, reply.body) == (status, body)
        assert ask(pool).body == b"2"
        assert server.accepted == 1
        pool.close()


REFUSED: dict[str, bytes] = {
    "interim answers without an end": HINTS * (MAX_INTERIM + 1) + FINAL,
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + FINAL,
    "another version": b"HTTP/2 200 OK\r\nContent-Length: 1\r\n\r\nx",
    "a status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 1\r\n\r\nx",
    "a status that is none": b"HTTP/1.1 2_0 OK\r\nContent-Length: 1\r\n\r\nx",
    "a status of one digit": b"HTTP/1.1 2 OK\r\nContent-Length: 1\r\n\r\nx",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    "no length": b"HTTP/1.1 200 OK\r\n\r\nx",
}


@pytest.mark.parametrize("answer", REFUSED)
def test_answers_that_are_not_sound_http_are_refused(answer: str) -> None:
    with FaultyServer(raw(REFUSED[answer])) as server:
        pool = pool_of(server)
        with pytest.raises(Broken):
            ask(pool)
        pool.close()


CLOSED: dict[str, bytes] = {
    "that says so": b"HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 1\r\n\r\nx",
    "of HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
    "with two ways to tell its length": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    ),
}


@pytest.mark.parametrize("answer", CLOSED)
def test_the_connection_is_not_kept_after_an_answer(answer: str) -> None:
    with FaultyServer(raw(CLOSED[answer]), well) as server:
        pool = pool_of(server)
        assert ask(pool).body == b"x"
        assert ask(pool).body == b"2"
        assert server.accepted == 2
        pool.close()
