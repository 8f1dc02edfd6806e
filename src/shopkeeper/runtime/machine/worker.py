"""Answers the requests of one machine: at once in the event loop, or in a pool of threads if they block."""

import asyncio
import os
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from functools import partial

import msgspec

from shopkeeper.functions.all import ON_ONE_MACHINE
from shopkeeper.functions.declaration import Function, application
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.uploads import picture_routes
from shopkeeper.http import ApiError, Load, Request
from shopkeeper.http.addresses import network_of
from shopkeeper.http.errors import ServerBusy
from shopkeeper.http.forwarding import client_address
from shopkeeper.http.limiter import Limiter
from shopkeeper.runtime.machine.additions import Additions, watched
from shopkeeper.runtime.machine.exchange import Client, Exchange
from shopkeeper.runtime.machine.limits import MOST_OF_A_CLIENT
from shopkeeper.runtime.machine.meters import Meters
from shopkeeper.runtime.machine.pictures import after_commit
from shopkeeper.runtime.machine.pool import Pool
from shopkeeper.runtime.machine.relay import relayed
from shopkeeper.runtime.machine.routes import machine_routes
from shopkeeper.runtime.machine.tasks import Tasks
from shopkeeper.runtime.machine.traced_store import traced
from shopkeeper.runtime.machine.tracing import Tracing
from shopkeeper.runtime.machine.turns import Turns
from shopkeeper.runtime.machine.waiters import Waiters
from shopkeeper.runtime.telemetry.log import Telemetry
from shopkeeper.storage.sqlite import SQLiteStore

THREADS = 64
"""Requests at work at once whose store is on a network, or whose keys are."""

MOST_WAITING = 1024
MOST_HASHES_WAITING = 64
"""Password hashes that may wait; each takes about 20 ms."""

SEARCHES = 2
MOST_SEARCHES_WAITING = 32
CALLS = 8
MOST_CALLS_WAITING = 16
"""Requests that wait for other servers, each for up to 15 seconds."""

PAGES_SECONDS = 0.005
"""How long the loop reads pages before it looks for lighter requests."""

WRITE_AGAIN_SECONDS = 0.05
NICENESS = 10
"""Hashes and searches leave the processor to the loop."""


FILES = 4
MOST_FILES_WAITING = 512
UPLOADS = 2
MOST_UPLOADS_WAITING = 12
"""Each holds a picture in memory."""

HEAVY = (Load.HASHES, Load.SEARCHES, Load.CALLS, Load.UPLOADS)
"""Work of which one client may have only a few requests at a time."""

Share = tuple[Load, str]
"""The work of one kind of one client."""


def make_pools(*, is_local: bool) -> dict[Load, Pool]:
    """Return the pools, by what runs in them. Light requests have one only if they may have to wait for a network."""
    pools = {
        Load.HASHES: Pool("hash", max(1, (os.cpu_count() or 1) - 1), MOST_HASHES_WAITING, niceness=NICENESS),
        Load.SEARCHES: Pool("search", SEARCHES, MOST_SEARCHES_WAITING, niceness=NICENESS),
        Load.CALLS: Pool("call", CALLS, MOST_CALLS_WAITING),
        Load.FILES: Pool("file", FILES, MOST_FILES_WAITING),
        Load.UPLOADS: Pool("upload", UPLOADS, MOST_UPLOADS_WAITING, niceness=NICENESS),
    }
    if is_local:
        return pools
    others = Pool("request", THREADS, MOST_WAITING)
    return {**pools, Load.LIGHT: others, Load.PAGES: others}


class Worker:
    """The functions of one machine at work: their requests, schedules and streams."""

    def __init__(
        self,
        resources: Resources,
        loop: asyncio.AbstractEventLoop,
        telemetry: Telemetry,
        clients: Callable[[], int],
        most_waiters: int,
        setup_code: str,
        functions: tuple[Function, ...] = ON_ONE_MACHINE,
        tracing: Tracing | None = None,
    ) -> None:
        """A store in one file is deferred from here on: only the loop uses it, and commits once a turn.

        `clients` returns how many connections are open. At most `most_waiters` requests wait for something to happen.
        `setup_code` is what a first run from elsewhere needs. Without `tracing` nothing is traced.
        """
        settings, store = resources.settings, resources.store
        self._loop = loop
        self._telemetry = telemetry
        self._tracing = tracing
        if tracing is not None:
            tracing.when_it_fails(lambda why: self._tell(partial(telemetry.warn, "traces are lost", reason=why)))
        self.meters = Meters()
        self._pages: deque[Exchange] = deque()
        self._at_work: Counter[Share] = Counter()
        self._most_of_a_client = MOST_OF_A_CLIENT if settings.rate_limits else sys.maxsize
        self._writes_again: asyncio.TimerHandle | None = None
        file = store if isinstance(store, SQLiteStore) else None
        if file is not None:
            file.defer()
        self.turns = Turns(loop, file, clients, self._write_log)
        streams = [(stream, Additions()) for function in functions for stream in function.streams]
        self.waiters = Waiters(loop, most_waiters, self.handle, partial(self.turns.hold, depends=False))
        inner = watched(store, streams, self.turns.when_durable, self.waiters.wake if file else lambda _: None)
        outer = inner if file is None else relayed(inner, self.turns)
        if tracing is not None and file is not None:
            inner, outer = traced(inner), traced(outer)
        threaded = msgspec.structs.replace(resources, store=outer)
        pictures = resources.pictures if file is None else after_commit(resources.pictures, self.turns.when_durable)
        here = msgspec.structs.replace(resources, store=inner, pictures=pictures)
        limiter = Limiter() if settings.rate_limits else None
        self._here, self._threaded = (
            application(functions, one, *machine_routes(one, setup_code), *picture_routes(threaded), limiter=limiter)
            for one in (here, threaded)
        )
        self._trusted = settings.trusted_proxies
        self.pools = make_pools(is_local=file is not None and not settings.needs_network)
        self.tasks = Tasks(functions, threaded, streams, telemetry, self.meters, self._tell, tracing)

    def open(self, connection: Client, request: Request, *, keeps_alive: bool, takes_chunks: bool) -> Exchange:
        """Return the exchange of a request. See `connection.Server`."""
        peer = request.client_address
        if self._trusted:
            address = client_address(peer, request.headers, self._trusted)
            request = msgspec.structs.replace(request, client_address=address)
        exchange = Exchange(
            connection,
            request,
            keeps_alive=keeps_alive,
            takes_chunks=takes_chunks,
            record=self._record,
            failed=self._here.failed,
        )
        if self._tracing is not None:
            exchange.trace = self._tracing.of_request(request, peer)
        return exchange

    def handle(self, exchange: Exchange) -> None:
        """Answer a request at the end of this turn, or of a later one. See `connection.Server`."""
        route = self._here.route_of(exchange.request)
        load = Load.LIGHT if route is None else route.endpoint.load_of(exchange.request.query)
        exchange.route = "" if route is None else route.endpoint.path
        pool = self.pools.get(load)
        if pool is None and load is Load.PAGES:
            self._pages.append(exchange)
            if len(self._pages) == 1:
                self._loop.call_soon(self._handle_pages)
            return
        if pool is None:
            self._handle_here(exchange)
            return
        exchange.goes_on = pool.go_on
        if exchange.trace is not None:
            exchange.trace.waits("queue")
        share = (load, network_of(exchange.request.client_address))
        is_full = load in HEAVY and self._at_work[share] >= self._most_of_a_client
        if is_full or not pool.submit(partial(self._handle_in_thread, exchange, share)):
            self.refuse(exchange, ServerBusy())
            return
        self._at_work[share] += 1

    def most_body(self, request: Request) -> int:
        """Return how many bytes the body of a request may have. See `connection.Server`."""
        return self._here.most_body(request)

    def refuse(self, exchange: Exchange, error: ApiError) -> None:
        """Answer with an error. See `connection.Server`."""
        exchange.fail(error)
        self.turns.hold(exchange, depends=False)

    def _handle_here(self, exchange: Exchange) -> None:
        work = partial(self._here.handle, exchange.request)
        trace = exchange.trace
        if trace is None:
            exchange.response, depends = self.turns.run(work)
        else:
            with trace:
                exchange.response, depends = self.turns.run(work)
            if depends or exchange.response.wait is not None:
                trace.waits("commit" if exchange.response.wait is None else "feed")
        if exchange.response.wait is not None:
            self.waiters.add(exchange, exchange.response.wait)
        else:
            self.turns.hold(exchange, depends=depends)

    def _handle_pages(self) -> None:
        """Answer some requests for pages. The rest waits until the loop has looked for lighter ones."""
        ends = time.perf_counter() + PAGES_SECONDS  # the loop's own clock stands still within a step
        while self._pages:
            self._handle_here(self._pages.popleft())
            if time.perf_counter() >= ends:
                break
        if self._pages:
            self._loop.call_soon(self._handle_pages)

    def _handle_in_thread(self, exchange: Exchange, share: Share) -> None:
        if exchange.trace is None:
            exchange.response = self._threaded.handle(exchange.request)
        else:
            with exchange.trace:
                exchange.response = self._threaded.handle(exchange.request)
        self._loop.call_soon_threadsafe(self._leave_thread, exchange, share)

    def _leave_thread(self, exchange: Exchange, share: Share) -> None:
        self._at_work[share] -= 1
        if not self._at_work[share]:
            del self._at_work[share]
        self.turns.hold(exchange, depends=False)

    def _tell(self, step: Callable[[], None]) -> None:
        """Let the loop do a step that may write to the log. Called from other threads."""
        self._loop.call_soon_threadsafe(step)
        self._loop.call_soon_threadsafe(self.turns.come_due)

    def _record(self, exchange: Exchange, seconds: float) -> None:
        request, response = exchange.request, exchange.response
        trace, trace_id = exchange.trace, ""
        if self._tracing is not None and trace is not None:
            trace_id = trace.trace_id
            self._tracing.answered(trace, request, exchange.route, response)
        self._telemetry.record(request, response, seconds, trace_id)
        self.meters.request(exchange.route, request.method, response.status, seconds, response.metrics)
        self.turns.come_due()

    def _write_log(self) -> None:
        """Write the log lines that were kept. What the output does not take now is tried again a moment later."""
        self._telemetry.flush()
        if self._telemetry.wants_to_write and self._writes_again is None:
            self._writes_again = self._loop.call_later(WRITE_AGAIN_SECONDS, self._write_log_again)

    def _write_log_again(self) -> None:
        self._writes_again = None
        self._write_log()
