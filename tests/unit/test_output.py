"""Standard output on one machine: whole lines in their order, and no request that waits for who reads them."""

import errno
import json
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.http import Request, Response
from shopkeeper.runtime.machine import output
from shopkeeper.runtime.machine.output import MOST_PENDING, MOST_PENDING_BYTES, NonBlockingOutput, Write, non_blocking
from shopkeeper.runtime.telemetry.log import Telemetry
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES

GOOD = Response(200, {}, metrics={"Visits": 1})
SECONDS = 30.0


class Pair:
    """Where an output writes, and where a test reads what it wrote."""

    def __init__(self, writes: int, reads: int) -> None:
        self.writes = writes
        self.reads = reads

    def close_reader(self) -> None:
        os.close(self.reads)
        self.reads = -1

    def close(self) -> None:
        for descriptor in (self.writes, self.reads):
            if descriptor >= 0:
                os.close(descriptor)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a stop wait as long as a reader takes on a slow machine."""
    monkeypatch.setattr(output, "CLOSES_WITHIN_SECONDS", SECONDS)


def pipe() -> Pair:
    reads, writes = os.pipe()
    return Pair(writes, reads)


def sockets() -> Pair:
    ours, theirs = socket.socketpair()
    return Pair(ours.detach(), theirs.detach())


def terminal() -> Pair:
    import tty

    reads, writes = os.openpty()
    tty.setraw(writes)
    return Pair(writes, reads)


OUTPUTS: dict[str, Callable[[], Pair]] = {"pipe": pipe, "socket": sockets, "terminal": terminal}


@pytest.fixture(params=OUTPUTS)
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Each kind of output that somebody reads, in turn."""
    made = OUTPUTS[request.param]()
    yield made
    made.close()


class Reader(threading.Thread):
    """Reads what was written, to its end."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(daemon=True)
        self.data = bytearray()
        self._descriptor = descriptor
        self.start()

    def run(self) -> None:
        with suppress(OSError):  # the end of a terminal is one
            while part := os.read(self._descriptor, 65536):
                self.data += part

    def lines(self, until: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Return the lines that came, once they are as they should be."""
        found: list[dict[str, Any]] = []

        def has_come() -> bool:
            whole = [line for line in bytes(self.data).splitlines(keepends=True) if line.endswith(b"\n")]
            found[:] = [json.loads(line) for line in whole]
            return until(found)

        wait_until(has_come)
        return found


def wait_until(has_come: Callable[[], bool]) -> None:
    """Wait until something is as it should be."""
    for _ in range(int(SECONDS * 50)):
        if has_come():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not come")


def record(told: Telemetry, number: int) -> None:
    """Record a request, at the end of a turn of its own."""
    told.record(Request("GET", "/x", ("x",), str(number)), GOOD, 0)
    told.flush()


def read_whole(told: Telemetry, reader: Reader, until: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """Return the lines that came while the server called `flush` again and again."""

    def flushed(lines: list[dict[str, Any]]) -> bool:
        told.flush()
        return until(lines)

    return reader.lines(flushed)


def telemetry(descriptor: int, **environment: str) -> Telemetry:
    return Telemetry("service", read(environment, TABLES), lambda dropped: NonBlockingOutput(dropped, descriptor))


def requests(lines: list[dict[str, Any]]) -> list[int]:
    return [int(line["requestId"]) for line in lines if line.get("message") == "request"]


def dropped(lines: list[dict[str, Any]]) -> int:
    return sum(line["requests"] for line in lines if line.get("message") == "log lines dropped")


def test_an_output_that_nobody_reads_holds_no_request_and_tells_later_what_was_dropped(pair: Pair) -> None:
    told = telemetry(pair.writes)
    many = MOST_PENDING * 2
    for number in range(many):
        record(told, number)
    reader = Reader(pair.reads)
    lines = read_whole(told, reader, lambda lines: len(requests(lines)) + dropped(lines) == many)
    kept = requests(lines)
    assert kept == list(range(len(kept))), "in their order, and the first of them"
    assert MOST_PENDING <= len(kept) < many
    warning = next(line for line in lines if line.get("message") == "log lines dropped")
    assert (warning["level"], warning["service"]) == ("WARNING", "service")
    assert sum(line.get("LogLinesDropped", 0) for line in lines) == many - len(kept)
    record(told, many)
    assert requests(read_whole(told, reader, lambda lines: requests(lines)[-1] == many))[-1] == many


def test_nothing_is_written_before_the_end_of_a_turn_and_all_of_it_then(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("ab") as file:
        told = telemetry(file.fileno())
        for number in range(3):
            told.record(Request("GET", "/x", ("x",), str(number)), GOOD, 0)
        assert path.read_bytes() == b""
        told.flush()
    assert requests([json.loads(line) for line in path.read_bytes().splitlines()]) == [0, 1, 2]


def test_an_output_tells_whether_lines_wait_for_it(pair: Pair) -> None:
    told = NonBlockingOutput(lambda count: b"", pair.writes)
    told.write(b"short\n")
    told.flush()
    assert not told.wants_to_write
    told.write(b"x" * (MOST_PENDING_BYTES - 1) + b"\n")
    told.flush()
    assert told.wants_to_write
    reader = Reader(pair.reads)
    while told.wants_to_write:
        told.flush()
    wait_until(lambda: len(reader.data) == MOST_PENDING_BYTES + len(b"short\n"))


@pytest.mark.usefixtures("patient")
def test_what_waits_is_bounded_in_bytes_too() -> None:
    made = pipe()
    told = NonBlockingOutput(lambda count: b"%d dropped\n" % count, made.writes)
    line = b"x" * 99_999 + b"\n"
    most = MOST_PENDING_BYTES // len(line)
    for _ in range(most * 2):
        told.write(line)
    reader = Reader(made.reads)
    told.close()
    wait_until(lambda: reader.data.endswith(b"dropped\n"))
    assert bytes(reader.data) == line * most + b"%d dropped\n" % most
    made.close()


def test_a_dropped_line_is_told_of_where_it_would_stand() -> None:
    made = pipe()
    told = telemetry(made.writes)
    for number in range(MOST_PENDING * 2):
        record(told, number)
    reader = Reader(made.reads)
    read_whole(told, reader, lambda lines: dropped(lines) > 0)
    record(told, MOST_PENDING * 2)
    lines = reader.lines(lambda lines: requests(lines)[-1] == MOST_PENDING * 2)
    messages = [line.get("message") for line in lines if "message" in line]
    assert messages[-2:] == ["log lines dropped", "request"]
    assert messages.count("log lines dropped") == 1
    made.close()


@pytest.mark.parametrize("level", ["ERROR", "CRITICAL"])
def test_dropped_lines_are_a_metric_where_no_warning_is_shown(level: str) -> None:
    made = pipe()
    told = telemetry(made.writes, LOG_LEVEL=level)
    for number in range(MOST_PENDING * 2):
        record(told, number)
    lines = read_whole(
        told,
        Reader(made.reads),
        lambda lines: (
            sum(line.get("RequestCount", 0) + line.get("LogLinesDropped", 0) for line in lines) == MOST_PENDING * 2
        ),
    )
    assert not any("message" in line for line in lines)
    made.close()


@pytest.mark.usefixtures("patient")
def test_lines_longer_than_a_pipe_arrive_whole(pair: Pair) -> None:
    told = NonBlockingOutput(lambda count: b"", pair.writes)
    texts = [json.dumps({"text": letter * 200_000}).encode() + b"\n" for letter in "abc"]
    for text in texts:
        told.write(text)
    reader = Reader(pair.reads)
    told.close()
    lines = reader.lines(lambda lines: len(lines) == 3)
    assert [line["text"][0] for line in lines] == ["a", "b", "c"]


@pytest.mark.usefixtures("patient")
def test_a_stop_waits_for_a_reader_that_still_reads(pair: Pair) -> None:
    told = telemetry(pair.writes)
    for number in range(MOST_PENDING):
        record(told, number)
    reader = Reader(pair.reads)
    told.close()
    assert len(requests(reader.lines(lambda lines: len(requests(lines)) == MOST_PENDING))) == MOST_PENDING


def test_a_stop_does_not_wait_for_a_reader_that_never_comes(pair: Pair) -> None:
    told = telemetry(pair.writes)
    for number in range(MOST_PENDING):
        record(told, number)
    stopping = threading.Thread(target=told.close, daemon=True)
    stopping.start()
    stopping.join(SECONDS)
    assert not stopping.is_alive()


def test_an_output_whose_reader_has_gone_fails_no_request(pair: Pair) -> None:
    told = telemetry(pair.writes)
    pair.close_reader()
    for number in range(100):
        record(told, number)
    told.close()


def test_a_file_holds_every_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("ab") as file:
        told = telemetry(file.fileno())
        for number in range(100):
            record(told, number)
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert requests(lines) == list(range(100))


def test_what_a_full_disk_did_not_take_is_written_once_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    with path.open("ab") as file:
        told = telemetry(file.fileno())
        write = os.write
        monkeypatch.setattr(os, "write", full_after(700))
        for number in range(5):
            record(told, number)
        monkeypatch.setattr(os, "write", write)
        assert len(requests([json.loads(line) for line in path.read_bytes().splitlines()[:-1]])) < 5
        record(told, 5)
    assert requests([json.loads(line) for line in path.read_bytes().splitlines()]) == list(range(6))


def full_after(size: int) -> Callable[[int, memoryview], int]:
    """Return a write to a disk that has space for so many bytes: it takes a part, and then nothing."""
    left = [size]
    write = os.write

    def write_what_fits(descriptor: int, data: memoryview) -> int:
        part = data[: left[0]]
        left[0] -= len(part)
        if not part:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, part)

    return write_what_fits


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_device_that_is_always_full_fails_no_request() -> None:
    with open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123
        told = telemetry(full.fileno())
        for number in range(MOST_PENDING + 100):
            record(told, number)
        told.close()


def test_the_flags_of_an_output_that_others_share_are_left_alone(pair: Pair) -> None:
    before = os.get_blocking(pair.writes)
    write = non_blocking(pair.writes)
    assert fill(write) > 0
    assert os.get_blocking(pair.writes) is before is True


def fill(write: Write) -> int:
    """Write until nothing more is taken, and return how much was."""
    taken = 0
    with suppress(BlockingIOError):
        while True:
            taken += write(memoryview(b"x" * 65536))
    return taken


def test_a_pipe_that_may_not_be_opened_anew_is_asked_before_each_write(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError

    made = pipe()
    monkeypatch.setattr(os, "open", refuse)
    write = non_blocking(made.writes)
    taken = fill(write)
    assert taken >= select.PIPE_BUF
    assert len(os.read(made.reads, taken)) == taken
    made.close()


def test_a_server_without_an_output_serves_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    told = Telemetry("service", read({}, TABLES), NonBlockingOutput)
    record(told, 1)
    told.close()
