"""Shopkeeper in processes that need not import it anew: one that has imported it forks them.

`python -m shopkeeper` takes a core for a quarter of a second before it does anything, almost all of it for imports, and
the tests run it hundreds of times. A forked process is one of its own all the same: it has its own arguments,
variables, folder, output, session, signals and exit status. Tests of the start itself run the true command.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.environment import clean_environment

IMPORTED = (
    "shopkeeper.functions.openapi",
    "shopkeeper.operator.backfill",
    "shopkeeper.operator.backup",
    "shopkeeper.operator.cli",
    "shopkeeper.operator.copying",
    "shopkeeper.runtime.machine.server",
    "shopkeeper.storage.dynamodb.schema",
    "rich.progress",
)
"""What the commands import sooner or later."""

LONGEST_ORDER = 100_000


class Forked:
    """A process that runs Shopkeeper, with what tests need of `subprocess.Popen`."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        stdout: int,
        stderr: int,
        folder: Path,
    ) -> None:
        """Run `shopkeeper` in a session of its own, with these open files as its output.

        Raises ValueError for a variable that Python itself reads when it starts: that needs a true start.
        """
        if too_late := {name for name in environment if name.startswith("PYTHON")} - {"PYTHONPYCACHEPREFIX"}:
            raise ValueError(f"a process that is forked does not heed {too_late}")
        self.args = [sys.executable, "-m", "shopkeeper", *arguments]
        self.returncode: int | None = None
        self._status, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            order = json.dumps([list(arguments), dict(environment), str(folder)]).encode()
            assert len(order) < LONGEST_ORDER
            _forker().send(order, [stdout, stderr, theirs.fileno()])
        self.pid = self._told()

    def poll(self) -> int | None:
        """Return the exit status, None while it runs; that of a signal is negative."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit status. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._status.settimeout(timeout)
            try:
                self.returncode = self._told()
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            self._status.close()
        return self.returncode

    def _told(self) -> int:
        said = self._status.recv(32)
        if not said:
            self._status.close()
            raise AssertionError(f"{self.args!r} could not be forked:\n{_forker().errors()}")
        return int(said)


class _Forker:
    """The process that forks, seen from the tests: it ends with them."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # it is open as long as the process runs
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.forking", str(theirs.fileno())],
                cwd=Path(__file__).parents[2],
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the tests alone: they end what they have started
            )
        atexit.register(self.close)

    def send(self, order: bytes, files: list[int]) -> None:
        """Have it fork."""
        socket.send_fds(self._control, [order], files)

    def errors(self) -> str:
        """Return what it said of its own errors."""
        self._errors.seek(0)
        return self._errors.read()[-2000:]

    def close(self) -> None:
        """Have it end."""
        self._control.close()
        self._process.wait()
        self._errors.close()


_started: list[_Forker] = []
_lock = threading.Lock()


def _forker() -> _Forker:
    with _lock:
        if not _started:
            _started.append(_Forker())
        return _started[0]


class _Forking:
    """The process that forks, seen from within. It has one thread, as it must have."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._children: dict[int, tuple[int, int]] = {}
        """By the descriptor that tells of a child's end: the child, and the socket of who waits for its status."""

    def run(self) -> None:
        """Fork as told until the tests end."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._children:
                    self._tell_end(descriptor)
                    continue
                order, files, *_ = socket.recv_fds(self._control, LONGEST_ORDER, 3)
                if not order:
                    return
                child = os.fork()
                if child == 0:
                    self._become(order, files)
                    return
                self._remember(child, files)

    def _remember(self, child: int, files: list[int]) -> None:
        stdout, stderr, status = files
        os.close(stdout)
        os.close(stderr)
        _tell(status, child)
        ends = os.pidfd_open(child)
        self._children[ends] = (child, status)
        self._poll.register(ends, select.POLLIN)

    def _tell_end(self, descriptor: int) -> None:
        child, status = self._children.pop(descriptor)
        self._poll.unregister(descriptor)
        os.close(descriptor)
        _, ended = os.waitpid(child, 0)
        _tell(status, os.waitstatus_to_exitcode(ended))
        os.close(status)

    def _become(self, order: bytes, files: list[int]) -> None:
        """Run an order in a child, which has nothing of its parent then but the modules."""
        arguments, environment, folder = json.loads(order)
        os.setsid()
        for target, file in zip((1, 2), files, strict=False):
            os.dup2(file, target)
        self._control.close()
        for descriptor in [*files, *self._children, *(status for _, status in self._children.values())]:
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        _run(arguments)


def _run(arguments: list[str]) -> None:
    sys.argv = ["shopkeeper", *arguments]
    runpy.run_module("shopkeeper", run_name="__main__", alter_sys=True)


def _tell(status: int, number: int) -> None:
    try:
        os.write(status, str(number).encode())
    except OSError:
        pass  # nobody waits any more


if __name__ == "__main__":
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in IMPORTED:
        importlib.import_module(name)
    try:
        _run(["openapi"])  # libraries import more when a command is run; servers use the document, too
    except SystemExit:
        pass
    gc.freeze()
    _Forking(control).run()
