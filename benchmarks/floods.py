"""What strangers send to flood a server. A process of its own sends it, and ends by itself."""

import asyncio
import json
import multiprocessing
import resource
import select
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.synchronize import Event

import msgspec

FILES = 4096
OPENING_SECONDS = 10.0
LONGEST_SECONDS = 60.0
CONNECTS_WITHIN_SECONDS = 0.5
RENEWAL_SECONDS = 0.1


class Flood(msgspec.Struct, frozen=True):
    """Some connections, and what is sent on them: connection n sends the text number n, counted round.

    Without `again_seconds` each connection sends once, is held, and reads nothing. If the server closes or refuses it,
    it is opened again. With `again_seconds` each client reads the answer and sends again on a new connection, at most
    that often. `buffer` limits the bytes that are received and not read. `limited` is whether the server has its rate
    limits.
    """

    name: str
    connections: int
    sends: tuple[bytes, ...]
    again_seconds: float | None = None
    buffer: int | None = None
    limited: bool = True


def get(path: str, **headers: str) -> bytes:
    """Return the text of a GET."""
    return _head("GET", path, headers)


def post(path: str, content: object, **headers: str) -> bytes:
    """Return the text of a POST of JSON."""
    body = json.dumps(content).encode()
    return _head("POST", path, {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers) + body


def _head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {text}" for name, text in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000 04 00 00000000")
"""The beginning of HTTP/2 without TLS: the preface and an empty frame of settings (RFC 9113, 3.4 and 6.5)."""

STREAMS = b"".join(
    # A frame of headers that does not end its stream: POST / over http (RFC 9113, 6.2, and RFC 7541, appendix A).
    bytes.fromhex("000003 01 04") + stream.to_bytes(4, "big") + bytes.fromhex("838684")
    for stream in range(1, 200, 2)
)
UPGRADE = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": ""}
SOMEBODY = {"email": "nobody@example.com", "password": "correct horse battery"}
LOGINS = "400 logins"

FLOODS = (
    Flood("no flood", 0, ()),
    Flood("2,000 silent connections", 2_000, (b"",)),
    Flood("1,100 half-sent headers", 1_100, (get("/counter")[:-4],)),
    Flood("300 answers never read", 300, (get("/openapi.json") * 10,), buffer=4096),
    Flood("64 bodies that stop midway", 64, (post("/api/auth/login", SOMEBODY)[:-10],)),
    Flood("HTTP/2 without TLS, 100 streams", 2, (PREFACE + STREAMS, get("/counter", **UPGRADE))),
    Flood("4 slow searches", 4, (get("/api/items?search=nothing+has+this"),), again_seconds=0.0),
    Flood(LOGINS, 400, (post("/api/auth/login", SOMEBODY),), again_seconds=1.0, limited=False),
)


@contextmanager
def sent(flood: Flood, port: int) -> Iterator[None]:
    """Flood a port of loopback while the block runs. The block begins when the flood has reached its full size."""
    context = multiprocessing.get_context("spawn")
    opened, ended = context.Event(), context.Event()
    process = context.Process(target=_send, args=(flood, port, opened, ended))
    process.start()
    try:
        if not opened.wait(OPENING_SECONDS * 2):
            raise RuntimeError(f"the flood did not begin: {flood.name}")
        yield
    finally:
        ended.set()
        process.join(OPENING_SECONDS)
        process.kill()


def _send(flood: Flood, port: int, opened: Event, ended: Event) -> None:
    raise_file_limit()
    if flood.again_seconds is None:
        _hold(flood, port, opened, ended)
    else:
        opened.set()
        asyncio.run(_repeat(flood, port, flood.again_seconds, ended))


def raise_file_limit() -> None:
    """Let this process have as many connections as a flood. Raises RuntimeError if the system does not permit it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < FILES:
        raise RuntimeError(f"a flood needs {FILES} open files; the hard limit is {most}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, most))


def _hold(flood: Flood, port: int, opened: Event, ended: Event) -> None:
    held = Held(flood, port)
    began = time.monotonic()
    for number in range(flood.connections):
        held.open(flood.sends[number % len(flood.sends)])
        if time.monotonic() > began + OPENING_SECONDS:
            break
    opened.set()
    while not ended.wait(RENEWAL_SECONDS) and time.monotonic() < began + LONGEST_SECONDS:
        held.renew()
    held.close()


class Held:
    """Connections that are held, with what was sent on each."""

    def __init__(self, flood: Flood, port: int) -> None:
        self._flood = flood
        self._port = port
        self._held: dict[int, tuple[socket.socket, bytes]] = {}
        self._refused: list[bytes] = []
        self._ends = select.poll()

    def open(self, text: bytes) -> None:
        """Open a connection and send a text."""
        connection = socket.socket()
        if self._flood.buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._flood.buffer)
        connection.settimeout(CONNECTS_WITHIN_SECONDS)
        try:
            connection.connect(("127.0.0.1", self._port))
            connection.sendall(text)
        except OSError:
            connection.close()
            self._refused.append(text)
        else:
            self._held[connection.fileno()] = connection, text
            self._ends.register(connection, select.POLLRDHUP)

    def renew(self) -> None:
        """Open a new connection for each that the server has closed or refused."""
        again, self._refused = self._refused, []
        for file, _ in self._ends.poll(0):
            self._ends.unregister(file)
            connection, text = self._held.pop(file)
            connection.close()
            again.append(text)
        for text in again:
            self.open(text)

    def close(self) -> None:
        """Close all connections."""
        for connection, _ in self._held.values():
            connection.close()


async def _repeat(flood: Flood, port: int, pause: float, ended: Event) -> None:
    """Send from each client again and again, and read the answers."""
    ends = time.monotonic() + LONGEST_SECONDS

    async def client(text: bytes) -> None:
        while not ended.is_set() and time.monotonic() < ends:
            again = asyncio.create_task(asyncio.sleep(pause))
            with suppress(OSError, EOFError, asyncio.TimeoutError):
                await asyncio.wait_for(ask(port, text), OPENING_SECONDS)
            await again

    await asyncio.gather(*(client(flood.sends[number % len(flood.sends)]) for number in range(flood.connections)))


async def ask(port: int, request: bytes) -> int:
    """Send a request on a connection of its own. Returns the status of the answer. Raises OSError or EOFError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await status(reader)
    finally:
        writer.close()


async def status(reader: asyncio.StreamReader) -> int:
    """Read an answer, and return its status. Raises OSError or EOFError if the connection ends before."""
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0))
    return int(head.split()[1])
