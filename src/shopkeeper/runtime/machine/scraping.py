"""`/metrics` on a port of its own, as Prometheus reads it. Nobody may do anything else there."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, closing, nullcontext
from functools import partial

from shopkeeper.functions.declaration import translate
from shopkeeper.http import (
    PROBLEM_JSON,
    ApiError,
    Application,
    Call,
    Content,
    CorsPolicy,
    Nothing,
    Reply,
    Request,
    Route,
    ServerBusy,
    endpoint,
)
from shopkeeper.http.binding import MAX_BODY_BYTES
from shopkeeper.runtime.datafile import data_path
from shopkeeper.runtime.machine.backlog_reader import BacklogReader
from shopkeeper.runtime.machine.connection import Connection
from shopkeeper.runtime.machine.connections import Connections
from shopkeeper.runtime.machine.exchange import Client, Exchange
from shopkeeper.runtime.machine.listening import bind
from shopkeeper.runtime.machine.pool import Pool
from shopkeeper.runtime.machine.process import Process
from shopkeeper.runtime.resources import open_store
from shopkeeper.runtime.telemetry.prometheus import MEDIA_TYPE
from shopkeeper.settings import Settings

Lines = Callable[[], list[str]]

MOST_CONNECTIONS = 16
MOST_WAITING = 4


@endpoint("GET /metrics", media_types=(MEDIA_TYPE,))
def read_metrics(lines: Lines, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Return the metrics of this server."""
    return Reply(Content(MEDIA_TYPE, "\n".join([*lines(), ""]).encode()))


class Scraping:
    """A server of `/metrics`. A thread makes the answers, so that the loop does not wait for them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lines: Lines) -> None:
        """`lines` returns all metrics. It is called in a thread, one call at a time."""
        self._loop = loop
        route = Route(read_metrics, lines, PROBLEM_JSON)
        self._application = Application([route], CorsPolicy(()), translate, None, plain_refusals=True)
        self._pool = Pool("metrics", 1, MOST_WAITING)
        self._connections = Connections(loop, MOST_CONNECTIONS)
        self._server: asyncio.Server | None = None

    async def start(self, listening: socket.socket) -> None:
        """Serve on a bound socket."""
        connect = partial(Connection, self._connections, self, self._loop)
        self._server = await self._loop.create_server(connect, sock=listening)
        self._connections.start()

    def stop(self) -> None:
        """Close everything at once: a scrape can be repeated."""
        if self._server is not None:
            self._server.close()
        self._connections.stop()
        for connection in self._connections:
            connection.cut()

    def open(self, connection: Client, request: Request, *, keeps_alive: bool, takes_chunks: bool) -> Exchange:
        """See `connection.Server`."""
        return Exchange(
            connection,
            request,
            keeps_alive=keeps_alive,
            takes_chunks=takes_chunks,
            record=lambda *_: None,
            failed=self._application.failed,
        )

    def handle(self, exchange: Exchange) -> None:
        """See `connection.Server`."""
        if not self._pool.submit(partial(self._handle, exchange)):
            self.refuse(exchange, ServerBusy())

    def refuse(self, exchange: Exchange, error: ApiError) -> None:
        """See `connection.Server`."""
        exchange.fail(error)
        self._loop.call_soon(exchange.leave)

    def most_body(self, _: Request) -> int:
        """See `connection.Server`."""
        return MAX_BODY_BYTES

    def _handle(self, exchange: Exchange) -> None:
        exchange.response = self._application.handle(exchange.request)
        self._loop.call_soon_threadsafe(exchange.leave)


def metrics_at(settings: Settings) -> list[str]:
    """Return where Prometheus reads the metrics, nothing if there is no such port."""
    host, port = settings.metrics_host, settings.metrics_port
    return [f"Metrics are on http://{f'[{host}]' if ':' in host else host}:{port}/metrics."] if port else []


def bind_metrics(settings: Settings) -> AbstractContextManager[socket.socket | None]:
    """Return the bound socket for the metrics, None if they have no port. Raises ConfigurationError."""
    port = settings.metrics_port
    return nullcontext() if port is None else bind(settings.metrics_host, port)


@asynccontextmanager
async def scraping(settings: Settings, listening: socket.socket, lines: Lines) -> AsyncIterator[None]:
    """Serve metrics on a bound socket until the block is left: those that `lines` returns, and those of the process
    and its data.
    """
    data = data_path(settings)
    process = Process(settings.stage, data)
    with ExitStack() as stack:
        sources = [process.lines, lines]
        if data is not None:
            sources.append(BacklogReader(stack.enter_context(closing(open_store(settings)))).lines)
        server = Scraping(asyncio.get_running_loop(), lambda: [line for source in sources for line in source()])
        await server.start(listening)
        try:
            yield
        finally:
            server.stop()
