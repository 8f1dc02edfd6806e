"""`shopkeeper serve`: one process, one event loop, one data file that no other server has."""

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import NoReturn

import uvloop

from shopkeeper.errors import ConfigurationError
from shopkeeper.functions.all import ON_ONE_MACHINE
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.setup import may_need_setup, new_code
from shopkeeper.runtime.datafile import claim
from shopkeeper.runtime.machine.connection import Connection
from shopkeeper.runtime.machine.connections import Connections
from shopkeeper.runtime.machine.limits import raise_file_limit
from shopkeeper.runtime.machine.listening import BACKLOG, bind, taken, url_of
from shopkeeper.runtime.machine.output import NonBlockingOutput
from shopkeeper.runtime.machine.scraping import bind_metrics, scraping
from shopkeeper.runtime.machine.tracing import Tracing, open_tracing, require_extra
from shopkeeper.runtime.machine.worker import Worker
from shopkeeper.runtime.machine.worker_metrics import worker_lines
from shopkeeper.runtime.resources import open_resources
from shopkeeper.runtime.telemetry.log import Telemetry
from shopkeeper.settings import Settings
from shopkeeper.storage.dynamodb import DynamoDBClient
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.sqlite.connection import settle
from shopkeeper.storage.sqlite.lock import DataLock
from shopkeeper.trace_settings import read_traces

SERVICE = "shopkeeper"
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What ends a server: a service manager, Ctrl-C, a closed terminal."""

ANNOUNCED_WITHIN_SECONDS = 1.0
WORK_ENDS_WITHIN_SECONDS = 10.0
"""How long requests at work may take after a signal."""

COMPLETE_WITHIN_SECONDS = 2.0
"""How long requests that have begun to arrive may take to be complete after a signal."""

READ_WITHIN_SECONDS = 2.0
"""How long clients may take to read their last answers."""

SWEEP_SECONDS = 3600.0
SWEEP_ON_SECONDS = 0.05
"""How long the loop does other things between two parts of a sweep of expired items."""

SWITCH_SECONDS = 0.001
"""How long a thread keeps Python's lock while the loop wants it; the default is five times as long."""


def serve(
    settings: Settings, host: str, port: int, announce: Callable[[str, str], None], warn: Callable[[str], None]
) -> None:
    """Serve until a signal stops it; requests at work are then finished, and all data is in the data file.

    Port 0 takes a free one. `announce` is called with the URL once it answers, and with the code of the first run, an
    empty text if that is over. `warn` is called with what the operator should know.

    Traces are sent where this process's variables say so.

    Raises ConfigurationError at the start, if the port or the data file is in use or cannot be used, or if traces
    cannot be sent, and at the end, if data is left outside of the file.
    """
    traces = read_traces(os.environ)
    require_extra(traces)
    with bind(host, port) as listening, bind_metrics(settings) as scraped:
        data_lock = claim(settings, warn)
        try:
            resources = open_resources(settings, authenticates=True)
            if data_lock is None:
                DynamoDBClient(settings.region, settings.aws).check_credentials()
            try:
                code = new_code()
                told = (url_of(host, listening), code if may_need_setup(resources) else "")
                announcer = threading.Thread(target=announce, args=told, daemon=True)
                tracing = open_tracing(traces, settings.stage, warn)
                uvloop.run(run(resources, listening, announcer.start, code, scraped=scraped, tracing=tracing))
            finally:
                resources.store.close()
        finally:
            failure = _leave(data_lock)
    if announcer.is_alive():
        announcer.join(ANNOUNCED_WITHIN_SECONDS)
    if announcer.is_alive():
        _end_unheard(failure)
    if failure is not None:
        raise failure


async def run(
    resources: Resources,
    listening: socket.socket,
    ready: Callable[[], None],
    setup_code: str,
    functions: tuple[Function, ...] = ON_ONE_MACHINE,
    scraped: socket.socket | None = None,
    tracing: Tracing | None = None,
) -> None:
    """Serve functions on a bound socket until a signal. `ready` is called once requests are answered.

    Metrics are served on the bound socket `scraped`, if there is one. Without `tracing` nothing is traced.

    Raises ConfigurationError if another server listens there.
    """
    if resources.identity is not None:
        resources.identity.prepare()  # many first callers may come at once
    loop = asyncio.get_running_loop()
    told_to_end = asyncio.Event()
    for number in SIGNALS:
        loop.add_signal_handler(number, told_to_end.set)
    has_metrics = resources.settings.metrics_in_log == "emf"
    telemetry = Telemetry(SERVICE, resources.settings, NonBlockingOutput, has_metrics=has_metrics)
    most = raise_file_limit()
    connections = Connections(loop, most)
    worker = Worker(resources, loop, telemetry, connections.__len__, most // 2, setup_code, functions, tracing)
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        listening.listen(BACKLOG)  # uvloop would not tell that it failed
    except OSError as error:  # another server that started at the same time listens already
        raise taken("{}:{}".format(*listening.getsockname()), error) from None
    server = await loop.create_server(lambda: Connection(connections, worker, loop), sock=listening, backlog=BACKLOG)
    connections.start()
    worker.tasks.start()
    _sweep(resources, worker, loop)
    async with AsyncExitStack() as stack:
        if scraped is not None:
            about = worker_lines(worker, connections.__len__, most, lambda: telemetry.dropped)
            await stack.enter_async_context(scraping(resources.settings, scraped, about))
        gc.collect()
        gc.freeze()
        ready()
        await told_to_end.wait()
    server.close()
    await _finish(connections, worker)
    if tracing is not None:
        await loop.run_in_executor(None, tracing.close)
    telemetry.close()


async def _finish(connections: Connections, worker: Worker) -> None:
    """Answer all complete requests, close the connections, and end the tasks."""
    loop = asyncio.get_running_loop()
    worker.tasks.stop()
    worker.waiters.stop()
    for connection in connections:
        connection.end()
    await connections.wait_until(lambda: not any(one.is_sending for one in connections), COMPLETE_WITHIN_SECONDS)
    await connections.wait_until(lambda: not any(one.is_at_work for one in connections), WORK_ENDS_WITHIN_SECONDS)
    await connections.wait_until(lambda: not any(one.is_unread for one in connections), READ_WITHIN_SECONDS)
    connections.stop()
    for connection in connections:
        connection.close()  # the system sends what is left
    await loop.run_in_executor(None, worker.tasks.join, WORK_ENDS_WITHIN_SECONDS)
    worker.turns.end()


def _sweep(resources: Resources, worker: Worker, loop: asyncio.AbstractEventLoop) -> None:
    """Remove expired items now and every hour, a part at a time."""
    store = resources.store
    if isinstance(store, SQLiteStore):
        more = worker.turns.work(store.sweep)
        loop.call_later(SWEEP_ON_SECONDS if more else SWEEP_SECONDS, _sweep, resources, worker, loop)


def _leave(lock: DataLock | None) -> ConfigurationError | None:
    """Put everything into the data file and unlock it. Return the error if that fails."""
    if lock is None:
        return None
    with lock:
        if not lock.is_in_place:
            return ConfigurationError(
                f"The data file {lock.path} was replaced or removed while it was served: the data is in the former "
                f"file. If {lock.path.name}-wal is there, it is part of it: put it beside that file, as NAME-wal, "
                "before the next start."
            )
        try:
            settle(lock.path)
        except ConfigurationError as error:
            return error
    return None


def _end_unheard(failure: BaseException | None) -> NoReturn:
    """End although a thread is stuck because nobody reads the output: a normal exit would abort on it."""
    if isinstance(failure, ConfigurationError):
        say = partial(print, failure, file=sys.stderr, flush=True)
        threading.Thread(target=say, daemon=True).start()
        time.sleep(ANNOUNCED_WITHIN_SECONDS)
    os._exit(0 if failure is None else 1)
