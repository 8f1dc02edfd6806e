"""Servers as processes of their own: started on a free port, awaited, always stopped."""

import itertools
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tests.support.environment import clean_environment as clean_environment
from tests.support.forking import Forked

PORTS = 2_000
"""How many ports each worker of pytest may give to the servers that it starts."""

STARTS_WITHIN_SECONDS = 60.0
STOPS_WITHIN_SECONDS = 15.0
URL = re.compile(r"listens on (http://\S+)")
SHOPKEEPER = (sys.executable, "-m", "shopkeeper")
"""The command that an operator types, for the class `Shopkeeper` in tests of the start itself."""

Process = subprocess.Popen[bytes] | subprocess.Popen[str] | Forked


def with_files(soft: int, hard: int, program: Sequence[str] = SHOPKEEPER) -> tuple[str, ...]:
    """Return the program of a Shopkeeper that starts with these limits of open files."""
    return ("sh", "-c", f'ulimit -S -n {soft} && ulimit -H -n {hard} && exec "$@"', "sh", *program)


def _own_ports() -> Iterator[int]:
    """Yield the ports of this worker of pytest, again and again. They are below those that the system gives away."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 12_000 + worker % 8 * PORTS
    for number in itertools.count(os.getpid()):
        yield first + number % PORTS


_PORTS = _own_ports()


def free_port() -> int:
    """Return a port of loopback that nobody listens on, and that no other worker is given before it is used."""
    for port in itertools.islice(_PORTS, PORTS):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError(f"{PORTS} ports are taken")


@contextmanager
def running(command: Sequence[str], port: int, log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a server until the block is left, in a session of its own. It accepts connections on `port`."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        await_port(process, port, log)
        yield process
    finally:
        stop(process)


def stop(process: Process, sig: int = signal.SIGTERM) -> None:
    """Send `sig` to the process's own group and wait; kill the group if it takes too long."""
    for attempt in (sig, signal.SIGKILL):
        try:
            os.killpg(process.pid, attempt)
        except ProcessLookupError:
            pass
        try:
            process.wait(STOPS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        break


def await_port(process: "subprocess.Popen[bytes]", port: int, log: Path | None = None) -> None:
    """Wait until a process listens on a port. Raises AssertionError, with the end of its log, if it never does."""
    ends = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    said = log.read_text()[-2000:] if log else ""
    raise AssertionError(f"{process.args!r} did not start:\n{said}")


class Shopkeeper:
    """`shopkeeper serve`, as an operator runs it. While `reads` is cleared, nobody reads what it prints."""

    def __init__(
        self,
        data: Path | None,
        port: int = 0,
        program: Sequence[str] | None = None,
        /,
        host: str = "127.0.0.1",
        **variables: str,
    ) -> None:
        """Start with `data` as the SQLite file, or with the store that `variables` name. Port 0 is a free one.

        Without a program the process is forked from one that has imported Shopkeeper already.
        Rates are not limited unless `variables` say so: all tests come from one address.
        """
        arguments = ["serve", "--host", host, "--port", str(port)]
        if data is not None:
            arguments += ["--data", str(data)]
        environment = clean_environment(**{"RATE_LIMITS": "off", **variables})
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as output:
            self.process = _start(program, arguments, environment, output)
        self._output = os.fdopen(reading)
        self.lines: list[str] = []
        self.reads = threading.Event()
        self.reads.set()
        self._fresh: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self._await_url()

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self.url.rpartition(":")[2])

    def stop(self, sig: int = signal.SIGTERM) -> None:
        """End it and collect the rest of its output."""
        self.reads.set()
        stop(self.process, sig)
        self._reader.join(STOPS_WITHIN_SECONDS)
        self._output.close()

    def line_with(self, text: str) -> str:
        """Return the first line that it printed with `text` in it; wait for it if need be."""
        ends = time.monotonic() + STARTS_WITHIN_SECONDS
        while time.monotonic() < ends:
            for line in list(self.lines):
                if text in line:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no line has {text!r}:\n" + "\n".join(self.lines[-20:]))

    def _read(self) -> None:
        for line in self._output:
            self.lines.append(line.rstrip("\n"))
            self._fresh.put(line)
            self.reads.wait()
        self._fresh.put(None)

    def _await_url(self) -> str:
        while (line := self._fresh.get(timeout=STARTS_WITHIN_SECONDS)) is not None:
            if found := URL.search(line):
                return found[1]
        self.stop()
        raise AssertionError("the server did not start:\n" + "\n".join(self.lines))


@contextmanager
def shopkeeper(
    data: Path | None, environment: Mapping[str, str] | None = None, program: Sequence[str] | None = None
) -> Iterator[Shopkeeper]:
    """Run Shopkeeper until the block is left."""
    server = Shopkeeper(data, 0, program, **(environment or {}))
    try:
        yield server
    finally:
        server.stop()


def _start(
    program: Sequence[str] | None, arguments: list[str], environment: dict[str, str], output: IO[bytes]
) -> "subprocess.Popen[bytes] | Forked":
    if program is None:
        return Forked(arguments, environment, output.fileno(), output.fileno(), Path.cwd())
    command = [*program, *arguments]
    return subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)


def run_cli(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run `shopkeeper` in a forked process, and return what came of it."""
    return run_cli_in(Path.cwd(), *arguments, **variables)


def run_cli_in(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run `shopkeeper` in a folder."""
    with TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
        process = Forked(arguments, clean_environment(**variables), stdout.fileno(), stderr.fileno(), folder)
        try:
            process.wait(STARTS_WITHIN_SECONDS)
        finally:
            stop(process, signal.SIGKILL)
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess(process.args, process.wait(), stdout.read(), stderr.read())
