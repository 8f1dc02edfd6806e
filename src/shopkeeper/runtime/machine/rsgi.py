"""RSGI on one machine: a scope to a Request, a Response to what the server sends.

The server's event loop reads each request whole, its body too, and only then hands it to one of a pool of threads: a
client that sends slowly holds a connection, and no thread. The thread itself hands the answer to the server, which
spares a way back through the loop. Source: granian's RSGI specification, version 1.6.
"""

import asyncio
import multiprocessing.util
import queue
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple, NoReturn, Protocol
from urllib.parse import parse_qsl

import msgspec
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # it is documented there

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Function, application
from shopkeeper.functions.resources import Resources
from shopkeeper.http import ApiError, BadRequest, ContentTooLarge, Request, Response, split_path
from shopkeeper.http.binding import MAX_BODY_BYTES
from shopkeeper.http.content import close
from shopkeeper.identifiers import uuid4
from shopkeeper.runtime.machine.openapi import openapi_route
from shopkeeper.runtime.machine.output import NonBlockingOutput
from shopkeeper.runtime.machine.stopping import AtWork, end_when_told
from shopkeeper.runtime.machine.streaming import Transport, cut_off, send_pieces
from shopkeeper.runtime.machine.tasks import Tasks
from shopkeeper.runtime.telemetry.log import Telemetry

SERVICE = "shopkeeper"
THREADS = 64
"""Requests at work at once; each waits for the disk or the network far longer than it computes."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What the server decodes bytes of a path to that are not UTF-8."""

MOST_DISCARDED = 4 * 1024 * 1024
"""How much of a body that is too large is taken in. A connection that is closed over unread bytes is reset, and the
answer may be lost with it (RFC 9112, section 9.6)."""


class Fields(Protocol):
    """The header fields of a request, as they were sent: their names are in lower case, repeats are apart."""

    def items(self) -> list[tuple[str, str]]:
        """Return every field."""
        ...

    def keys(self) -> list[str]:
        """Return every name."""
        ...


class Scope(Protocol):
    """What RSGI tells of a request; the path is percent-decoded, the query is not."""

    method: str
    path: str
    query_string: str
    client: str

    @property
    def headers(self) -> Fields:
        """The header fields."""
        ...


class HttpProtocol(Protocol):
    """What RSGI gives to read a body from and to answer by."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return what gives the body piece by piece."""
        ...

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Answer without a body."""
        ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer with a body."""
        ...

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Transport:
        """Answer with a body that follows piece by piece."""
        ...


class Job(NamedTuple):
    """A request, its client (`ADDRESS:PORT`), the protocol to answer with, and the future to resolve after that."""

    request: Request
    client: str
    protocol: HttpProtocol
    answered: "asyncio.Future[None]"


class LockedOutput(NonBlockingOutput):
    """Writes at once, one thread at a time."""

    def __init__(self, dropped: Callable[[int], bytes]) -> None:
        super().__init__(dropped)
        self._lock = threading.Lock()

    def write(self, lines: bytes) -> None:
        """Write the lines of a request."""
        with self._lock:
            super().write(lines)
            self.flush()


class RsgiApplication:
    """Serves functions, and the OpenAPI document beside them."""

    def __init__(self, resources: Resources, functions: tuple[Function, ...] = FUNCTIONS) -> None:
        if resources.identity is not None:
            resources.identity.prepare()  # many first callers may come at once
        self._resources = resources
        self._telemetry = Telemetry(SERVICE, resources.settings, LockedOutput)
        self._work = AtWork()
        self._tasks = Tasks(functions, resources, self._telemetry, self._work)
        self._application = application(functions, self._tasks.resources, openapi_route())
        multiprocessing.util.Finalize(None, self._close, exitpriority=1)
        self._queue: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for number in range(THREADS):
            threading.Thread(target=self._serve, name=f"request-{number}", daemon=True).start()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Be told, in the main thread, that the loop is about to run."""
        end_when_told(self._work, self._tasks.stop, self._close)
        self._tasks.start()

    async def __rsgi__(self, scope: Scope, protocol: HttpProtocol) -> None:
        """Answer a request."""
        headers = to_headers(scope.headers)
        request = to_request(scope, headers, await read_body(headers, protocol))
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._work:
            self._queue.put(Job(request, scope.client, protocol, answered))
            await answered

    def _close(self) -> None:
        self._resources.store.close()
        self._telemetry.close()

    def _serve(self) -> None:
        """Answer requests, one after the other, in a thread of the pool."""
        while True:
            job = self._queue.get()
            try:
                self._answer(job)
            except ProtocolClosed:
                pass  # the client has gone
            except Exception:  # noqa: BLE001  # the server answers 500, and this thread goes on
                traceback.print_exc()
            job.answered.get_loop().call_soon_threadsafe(job.answered.set_result, None)

    def _answer(self, job: Job) -> None:
        began = time.monotonic()
        response = self._application.handle(job.request)
        if isinstance(response.body, bytes):
            _send(job, response)
        else:
            response = self._stream(job, response, response.body)
        self._telemetry.record(job.request, response, time.monotonic() - began)

    def _stream(self, job: Job, response: Response, pieces: Iterator[bytes]) -> Response:
        """Send a response piece by piece, and return what became of it.

        The head leaves with the first piece: an error before that is an answer of its own, a later one ends the
        connection.
        """
        began = False
        try:
            first = next(pieces, b"")
            transport = job.protocol.response_stream(response.status, _fields(job.request, response))
            began = True
            send_pieces(transport, chain([first], pieces), job.answered.get_loop())
        except ProtocolClosed:
            pass  # the client has gone
        except Exception as error:  # noqa: BLE001  # an iterator may raise anything
            if began:
                cut_off(job.client)
                return msgspec.structs.replace(response, error=error)
            response = msgspec.structs.replace(self._application.failed(job.request, error), metrics=response.metrics)
            _send(job, response)
        finally:
            close(pieces)
        return response


def _send(job: Job, response: Response) -> None:
    """Send a response whole."""
    if response.body and isinstance(response.body, bytes):
        job.protocol.response_bytes(response.status, _fields(job.request, response), response.body)
    else:
        job.protocol.response_empty(response.status, _fields(job.request, response))


def _fields(request: Request, response: Response) -> list[tuple[str, str]]:
    # The gateway adds its own id in front of a function; here there is none but us.
    return [*response.headers.items(), ("x-amzn-RequestId", request.request_id)]


def to_headers(fields: Fields) -> dict[str, str]:
    """Return the fields, those of one name joined to a list (RFC 9110, section 5.3).

    The server leaves out a value with bytes beyond ASCII. Such a field is there all the same, with a value that fits
    nothing: a precondition that cannot be read must not be none.
    """
    headers: dict[str, str] = {}
    for name, value in fields.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    for name in fields.keys():  # noqa: SIM118  # it is no mapping
        headers.setdefault(name, REPLACEMENT)
    return headers


async def read_body(headers: Mapping[str, str], protocol: HttpProtocol) -> bytes | ApiError:
    """Return a body, or what is wrong with it, after taking in what is left of it if that is not much."""
    announced = _announced(headers)
    if not announced and "transfer-encoding" not in headers:
        return b""
    too_large = ContentTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    if announced is not None and announced > MAX_BODY_BYTES and (announced > MOST_DISCARDED or "expect" in headers):
        return too_large
    body, size = bytearray(), 0
    async for part in protocol:
        size += len(part)
        if size <= MAX_BODY_BYTES:
            body += part
        elif size > MOST_DISCARDED:
            break
    if size > MAX_BODY_BYTES:
        return too_large
    if size < (announced or 1):
        # A body in chunks that ends too early cannot be told from one that is whole, but by what it holds: of JSON,
        # nothing that is cut off is whole.
        return BadRequest("The body ended before its announced length.")
    return bytes(body)


def to_request(scope: Scope, headers: Mapping[str, str], body: bytes | ApiError) -> Request:
    """Return the request of a scope. What is wrong with the body is told to the endpoint that takes it."""

    def refuse() -> NoReturn:
        raise body  # type: ignore[misc]  # it is an error then

    return Request(
        method=scope.method,
        path=scope.path,
        segments=None if REPLACEMENT in scope.path else split_path(scope.path),
        request_id=uuid4(),
        headers=headers,
        query=_query(scope.query_string),
        body=b"" if isinstance(body, ApiError) else body,
        read=refuse if isinstance(body, ApiError) else None,
        client_address=scope.client.rpartition(":")[0].strip("[]"),
    )


def _query(text: str) -> dict[str, str]:
    """Return the first value of each name; bytes that are not UTF-8 stay told apart, as lone surrogates."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        query.setdefault(name, value)
    return query


def _announced(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None
