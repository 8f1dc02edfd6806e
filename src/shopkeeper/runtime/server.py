"""`shopkeeper serve`: one process that listens, one that works, one data file that is theirs alone."""

import fcntl
import multiprocessing
import multiprocessing.util
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import IO

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from shopkeeper.cores import share_one
from shopkeeper.errors import ConfigurationError
from shopkeeper.identity.service import open_identity
from shopkeeper.runtime.resources import open_resources, open_store
from shopkeeper.runtime.wsgi import WsgiApplication, wsgi_application
from shopkeeper.settings import Settings, sqlite_path
from shopkeeper.storage.dynamodb import DynamoDBClient
from shopkeeper.storage.sqlite.connection import prepare_file

THREADS = 64
"""Requests at work at once; each waits for the disk or the network far longer than it computes."""

BACKLOG = 1024
READY_WITHIN_SECONDS = 30.0
ANNOUNCED_WITHIN_SECONDS = 1.0
STOP_WITHIN_SECONDS = 10
"""How long requests at work may take to finish after a signal, before the worker is killed."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}


def serve(settings: Settings, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until a signal says to stop; requests at work are then finished.

    Port 0 takes a free one. `announce` is told the URL once it answers. Raises ConfigurationError, before
    anything is started, if the port or the data file is taken or cannot be used.
    """
    locks: list[IO[str] | None] = [lock_port(port)] if port else []
    address, port = claim_port(host, port)
    locks.append(_claim_data(settings))
    server = Granian(
        "shopkeeper",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        loop=Loops.asyncio,
        workers=1,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        websockets=False,
        workers_kill_timeout=STOP_WITHIN_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig=LOGGING,
    )
    # A closed terminal means the end, too; granian would start its worker anew.
    server.on_startup(lambda: signal.signal(signal.SIGHUP, server.signal_handler_interrupt))
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    ended = threading.Event()
    announcer = threading.Thread(target=_announce_when_ready, args=(host, port, url, announce, ended), daemon=True)
    announcer.start()
    try:
        server.serve(target_loader=partial(_load, settings), wrap_loader=False)
    finally:
        ended.set()
        announcer.join(ANNOUNCED_WITHIN_SECONDS)
        for lock in locks:
            if lock is not None:
                lock.close()
        if announcer.is_alive():
            os._exit(0)  # nobody reads the output; Python would abort, as it ends, on a thread that is at it


def claim_port(host: str, port: int) -> tuple[str, int]:
    """Return the host's address and the port (a free one for 0), on which nobody else listens.

    The server shares ports by SO_REUSEPORT, so that a second instance would start and take half of the
    requests without a word; this bind is exclusive. Raises ConfigurationError.
    """
    try:
        (family, _, _, _, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.create_server(address[:2], family=family) as probe:
            return str(address[0]), int(probe.getsockname()[1])
    except (OSError, OverflowError) as error:
        known = isinstance(error, OSError) and not isinstance(error, socket.gaierror) and error.errno
        reason = os.strerror(known) if known else "there is no such address"
        raise ConfigurationError(f"Cannot listen on {host}:{port}: {reason}.") from None


def lock_port(port: int) -> IO[str]:
    """Return the open lock of a port: two servers that start at once both find it free.

    Raises ConfigurationError if it is held.
    """
    path = Path(tempfile.gettempdir()) / f"shopkeeper-{os.getuid()}-{port}.lock"
    return _lock(path, f"The port {port} is in use by another server")


def lock_data(path: Path) -> IO[str]:
    """Return the open lock of a data file; closing it lets go. Raises ConfigurationError if it is held."""
    path = path.resolve()
    return _lock(path.with_name(path.name + ".lock"), f"The data file {path} is in use by another server")


def _lock(path: Path, held: str) -> IO[str]:
    try:
        lock = path.open("a+")
    except OSError as error:
        raise ConfigurationError(f"The lock file {path} cannot be written: {error.strerror}.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise ConfigurationError(f"{held} (process {holder}).") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _claim_data(settings: Settings, environment: Mapping[str, str] = os.environ) -> IO[str] | None:
    """Hold the data file, or find credentials, before the worker starts and could only log its failure."""
    path = sqlite_path(settings.store_url)
    if path is None:
        open_identity(settings, environment)
        DynamoDBClient(settings.region, environment).check_credentials()
        return None
    prepare_file(Path(path))
    lock = lock_data(Path(path))
    open_store(settings, environment).close()
    open_identity(settings, environment)
    return lock


def _load(settings: Settings) -> WsgiApplication:
    """Build the application, within the worker, which ends when its parent does."""
    # A terminal's Ctrl-C reaches both processes; the parent alone answers it, by telling this one to end.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.join,), daemon=True).start()
    share_one()
    resources = open_resources(settings, os.environ, knows_callers=True)
    # A store that is closed leaves everything in its one file, fit to be copied.
    multiprocessing.util.Finalize(None, resources.store.close, exitpriority=1)
    return wsgi_application(resources)


def _end_with(wait: Callable[[], None]) -> None:
    """End this process when `wait` returns; what was answered is on the disk already."""
    wait()
    os._exit(1)


def _announce_when_ready(
    host: str, port: int, url: str, announce: Callable[[str], None], ended: threading.Event
) -> None:
    ends = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < ends:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            if ended.wait(0.02):
                return
        else:
            announce(url)
            return
    print(f"Shopkeeper does not answer on {url}.", file=sys.stderr)
