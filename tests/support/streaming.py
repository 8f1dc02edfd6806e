"""A server like `shopkeeper serve` with endpoints that stream: `python -m tests.support.streaming PORT FOLDER`.

What an iterator saw is written to the folder: a file `closed` when it was closed. `GET /held` gives its first piece,
and the rest once there is a file `go`.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from shopkeeper.functions.declaration import Function
from shopkeeper.functions.triggers import Http, Part
from shopkeeper.http import PROBLEM_JSON, Call, Content, Load, NotFound, Nothing, Reply, endpoint
from shopkeeper.runtime.machine.listening import bind
from shopkeeper.runtime.machine.server import run
from shopkeeper.runtime.resources import open_resources
from shopkeeper.settings import read
from shopkeeper.storage import StoreUnavailable
from shopkeeper.storage.tables import TABLES

CSV = "text/csv; charset=utf-8"
WAITS_SECONDS = 30.0


def _noting(folder: Path, pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        (folder / "closed").touch()


def _held(folder: Path) -> Iterator[bytes]:
    yield b"first\n"
    ends = time.monotonic() + WAITS_SECONDS
    while not (folder / "go").exists() and time.monotonic() < ends:
        time.sleep(0.01)
    yield b""
    yield b"last\n"


def _without_end() -> Iterator[bytes]:
    while True:
        yield b"again\n"
        time.sleep(0.01)


def _failing(pieces: list[bytes], error: Exception) -> Iterator[bytes]:
    yield from pieces
    raise error


def _reply(folder: Path, pieces: Iterator[bytes]) -> Reply[Content]:
    return Reply(Content(CSV, _noting(folder, pieces)), headers={"Cache-Control": "max-age=60"})


@endpoint("GET /held", media_types=(CSV,), load=Load.SEARCHES)
def held(folder: Path, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Give a piece, and another when told."""
    return _reply(folder, _held(folder))


@endpoint("GET /endless", media_types=(CSV,), load=Load.SEARCHES)
def endless(folder: Path, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Give pieces for ever."""
    return _reply(folder, _without_end())


@endpoint("GET /fails/late", media_types=(CSV,), load=Load.SEARCHES)
def fails_late(folder: Path, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Fail in the middle."""
    return _reply(folder, _failing([b"first\n", b"second\n"], KeyError("secret")))


@endpoint("GET /fails/early", media_types=(CSV,), load=Load.SEARCHES)
def fails_early(folder: Path, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Fail before the first piece."""
    return _reply(folder, _failing([], StoreUnavailable("secret")))


@endpoint("GET /fails/known", errors=(NotFound,), media_types=(CSV,), load=Load.SEARCHES)
def fails_known(folder: Path, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Find nothing."""
    return _reply(folder, _failing([], NotFound("There is none.")))


@endpoint("GET /empty", media_types=(CSV,), load=Load.SEARCHES)
def empty(folder: Path, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Give no piece at all."""
    return _reply(folder, iter(()))


@endpoint("GET /gif", media_types=("image/gif",))
def gif(_: Path, __: Call[Nothing, Nothing]) -> Reply[Content]:
    """Give bytes of a picture."""
    return Reply(Content("image/gif", bytes(range(256))))


@endpoint("GET /large", media_types=(CSV,), load=Load.SEARCHES)
def large(folder: Path, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Give 20 MB in pieces."""
    return _reply(folder, (bytes([number % 256]) * 100_000 for number in range(200)))


ENDPOINTS = (held, endless, fails_late, fails_early, fails_known, empty, gif, large)


def main(port: int, folder: Path) -> None:
    """Serve until a signal says to stop."""
    part = Part(ENDPOINTS, lambda _: folder)
    streaming = Function("streaming", "streaming", (Http((part,)),), grants={}, errors=PROBLEM_JSON)
    settings = read({"STORE_URL": f"sqlite:///{folder / 'shop.db'}"}, TABLES)
    resources = open_resources(settings, authenticates=False)
    with bind("127.0.0.1", port) as listening:
        uvloop.run(run(resources, listening, lambda: None, "", (streaming,)))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
