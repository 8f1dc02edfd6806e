"""`shopkeeper serve`: one process that supervises, one that works, one data file that no other server has."""

import multiprocessing
import multiprocessing.util
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, NoReturn

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels

from shopkeeper.cores import pin_to_core
from shopkeeper.errors import ConfigurationError
from shopkeeper.identity.service import open_identity
from shopkeeper.locks import hold, lock_folder
from shopkeeper.runtime.datafile import claim
from shopkeeper.runtime.machine.rsgi import RsgiApplication
from shopkeeper.runtime.resources import open_resources
from shopkeeper.settings import Settings
from shopkeeper.storage.dynamodb import DynamoDBClient
from shopkeeper.storage.sqlite.connection import settle
from shopkeeper.storage.sqlite.lock import DataLock

BACKLOG = 1024
TRIES = 10
READY_WITHIN_SECONDS = 30.0
ANNOUNCED_WITHIN_SECONDS = 1.0
STOP_WITHIN_SECONDS = 10
"""How long requests in flight may take after a signal, before the worker is killed."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}


def serve(
    settings: Settings, host: str, port: int, announce: Callable[[str], None], warn: Callable[[str], None]
) -> None:
    """Serve until a signal stops it; requests in flight are then finished, and all data is in the data file.

    Port 0 takes a free one. `announce` is called with the URL once it answers, `warn` with what the operator should
    know. Raises ConfigurationError at the start, if the port or the data file is in use or cannot be used, and at
    the end, if data is left outside of the file; SystemExit if the worker failed.
    """
    with taken_port(host, port) as (address, port):
        data_lock = _claim_data(settings, warn)
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        ended = threading.Event()
        announcer = threading.Thread(target=_announce_when_ready, args=(host, port, url, announce, ended), daemon=True)
        announcer.start()
        failure = _run(settings, address, port, data_lock)
        ended.set()
        announcer.join(ANNOUNCED_WITHIN_SECONDS)
    if announcer.is_alive():
        _end_unheard(failure)
    if failure is not None:
        raise failure


def _run(
    settings: Settings, address: str, port: int, data_lock: DataLock | None
) -> SystemExit | ConfigurationError | None:
    """Run the server until it ends, put everything into the data file, and return what failed."""
    server = Granian(
        "shopkeeper",
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        loop=Loops.asyncio,
        workers=1,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        http=HTTPModes.http1,
        websockets=False,
        workers_kill_timeout=STOP_WITHIN_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig=LOGGING,
    )
    # A closed terminal means the end, too; granian would start its worker anew.
    server.on_startup(lambda: signal.signal(signal.SIGHUP, server.signal_handler_interrupt))
    failure: SystemExit | ConfigurationError | None = None
    for step in (
        partial(server.serve, target_loader=partial(_load, settings), wrap_loader=False),  # type: ignore[arg-type]  # an object with __rsgi__ will do
        partial(_leave, data_lock),
    ):
        try:
            step()
        except SystemExit as error:  # the worker ended by itself
            # A signal to the whole group may end the worker before its parent gets to telling it.
            failure = None if server.interrupt_signal else error
        except ConfigurationError as error:  # data is left outside of the file
            failure = error
    return failure


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


def port_lock_path(port: int) -> Path:
    """Return the lock file of a port."""
    return lock_folder() / f"shopkeeper-port-{port}.lock"


def lock_port(port: int) -> IO[str]:
    """Return the open lock of a port: two servers that start at once both find it free.

    Raises ConfigurationError if it is held.
    """
    return hold(port_lock_path(port), f"The port {port} is in use by another server")


@contextmanager
def taken_port(
    host: str, port: int, claim: Callable[[str, int], tuple[str, int]] = claim_port
) -> Iterator[tuple[str, int]]:
    """Hold a port within the block, and give the host's address and the port.

    Port 0 holds a free one that no other server is taking. Raises ConfigurationError.
    """
    if port:
        with lock_port(port):
            yield claim(host, port)
        return
    address, free, lock = _free_port(host, claim)
    with lock:
        try:
            yield address, free
        finally:
            port_lock_path(free).unlink(missing_ok=True)  # the next start takes another port


def _free_port(host: str, claim: Callable[[str, int], tuple[str, int]]) -> tuple[str, int, IO[str]]:
    lock_folder()  # fails here, with the true reason, if there can be no lock files
    for _ in range(TRIES):
        address, free = claim(host, 0)
        try:
            return address, free, lock_port(free)
        except ConfigurationError:
            continue  # another server has found the same port free, and does not listen on it yet
    raise ConfigurationError(f"Cannot listen on {host}: other servers take every port that is free.")


def _claim_data(settings: Settings, warn: Callable[[str], None]) -> DataLock | None:
    """Lock the data file, or find credentials, before the worker starts: it could only log a failure."""
    lock = claim(settings, warn)
    open_identity(settings)
    if lock is None:
        DynamoDBClient(settings.region, settings.aws).check_credentials()
    return lock


def _leave(lock: DataLock | None) -> None:
    """Put everything into the data file and unlock it, however the worker ended.

    Raises ConfigurationError if that fails.
    """
    if lock is None:
        return
    with lock:
        if not lock.is_in_place:
            raise ConfigurationError(
                f"The data file {lock.path} was replaced or removed while it was served: the data is in the former "
                f"file. If {lock.path.name}-wal is there, it is part of it: put it beside that file, as NAME-wal, "
                "before the next start."
            )
        settle(lock.path)


def _end_unheard(failure: BaseException | None) -> NoReturn:
    """End although a thread is stuck because nobody reads the output: a normal exit would abort on it."""
    if isinstance(failure, ConfigurationError):
        say = partial(print, failure, file=sys.stderr, flush=True)
        threading.Thread(target=say, daemon=True).start()
        time.sleep(ANNOUNCED_WITHIN_SECONDS)
    os._exit(0 if failure is None else 1)


def _load(settings: Settings) -> RsgiApplication:
    """Build the application, within the worker, which ends when its parent does."""
    # A terminal's Ctrl-C reaches both processes; the parent alone answers it, by telling this one to end.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.join,), daemon=True).start()
    pin_to_core()
    resources = open_resources(settings, authenticates=True)
    return RsgiApplication(resources)


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
