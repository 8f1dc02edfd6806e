"""Standard output on one machine: output that nobody reads does not delay requests.

Nothing is written that would block. What the output does not take waits, up to a bound; beyond it requests
lose their lines, are counted, and the count is told where their lines would stand.
"""

import os
import select
import socket
import stat
import sys
import threading
from collections import deque
from collections.abc import Callable

from shopkeeper.runtime.telemetry.log import Output

MOST_PENDING = 4000
"""Requests whose lines may wait."""

MOST_PENDING_BYTES = 4 * 1024 * 1024

MOST_WRITES = 4
"""How often a request's thread writes before it leaves the rest, so that a slow output holds no request up."""

CLOSES_WITHIN_SECONDS = 1.0
"""How long a stop waits for an output that is slow."""

Write = Callable[[bytes], int]
"""Writes what is taken at once and returns how many bytes that is. Raises BlockingIOError for none, or OSError."""


class NonBlockingOutput(Output):
    """Writes whole lines in their order to a file, pipe, socket or terminal; safe under threads.

    One thread writes at a time, and takes along what others leave meanwhile. Where the output is full or slow, a
    thread of its own waits for it. An output that is closed or has no space loses lines, never requests.
    """

    def __init__(self, dropped: Callable[[int], bytes], descriptor: int | None = None) -> None:
        """`dropped` makes the lines that tell how many requests lost theirs; without `descriptor` it is stdout's."""
        self._dropped_lines = dropped
        self._descriptor = _standard_output() if descriptor is None else descriptor
        self._write = non_blocking(self._descriptor)
        self._lock = threading.Lock()
        self._pending: deque[bytes] = deque()
        self._pending_bytes = 0
        self._dropped = 0
        self._begun = b""
        self._is_writing = False
        self._helper: threading.Thread | None = None

    def write(self, lines: bytes) -> None:
        """Write the lines of a request, or leave them to whoever is writing; never waits, never raises."""
        with self._lock:
            self._keep(lines)
            if self._is_writing:
                return
            self._is_writing = True
        self._write_some()

    def close(self) -> None:
        """Write what waits, as far as the output takes it."""
        with self._lock:
            is_idle, self._is_writing = not self._is_writing, True
        if is_idle:
            self._write_some()
        if self._helper is not None:
            self._helper.join(CLOSES_WITHIN_SECONDS)

    def _keep(self, lines: bytes) -> None:
        if len(self._pending) >= MOST_PENDING or self._pending_bytes + len(lines) > MOST_PENDING_BYTES:
            self._dropped += 1
            return
        self._tell_dropped()
        self._append(lines)

    def _tell_dropped(self) -> None:
        if self._dropped:
            self._append(self._dropped_lines(self._dropped))
            self._dropped = 0

    def _append(self, lines: bytes) -> None:
        self._pending.append(lines)
        self._pending_bytes += len(lines)

    def _write_some(self) -> None:
        """Write in the caller's thread for a while, and leave the rest to one that may wait."""
        try:
            for _ in range(MOST_WRITES):
                if not self._has_more():
                    return
                self._write_piece()
        except BlockingIOError:
            pass
        except OSError:
            self._give_up()
            return
        helper = threading.Thread(target=self._write_all, name="output", daemon=True)
        try:
            helper.start()
        except RuntimeError:  # there may be no more threads
            self._give_up()
        else:
            self._helper = helper

    def _write_all(self) -> None:
        try:
            while self._has_more():
                select.select([], [self._descriptor], [])
                try:
                    self._write_piece()
                except BlockingIOError:
                    continue
        except (OSError, ValueError):
            self._give_up()

    def _give_up(self) -> None:
        """Leave what waits to the next request."""
        with self._lock:
            self._is_writing = False

    def _has_more(self) -> bool:
        """Tell whether there is anything to write; where there is not, the writing has ended."""
        if not self._begun:
            with self._lock:
                if not self._pending:
                    self._tell_dropped()
                self._begun = b"".join(self._pending)
                self._pending.clear()
                self._pending_bytes = 0
                self._is_writing = bool(self._begun)
        return bool(self._begun)

    def _write_piece(self) -> None:
        """Write what is taken; what is left of it comes before anything else."""
        self._begun = self._begun[self._write(self._begun) :]


def non_blocking(descriptor: int) -> Write:
    """Return what writes to an open file without ever waiting.

    Not to wait is asked of each write to a socket. Elsewhere it is a flag of the open file, which we share with a
    shell or with whoever reads us; a pipe or a terminal is opened anew, to have one of our own. Where that is
    not permitted, the output is asked first, and given no more than is promised not to wait.
    """
    kind = os.fstat(descriptor).st_mode
    if stat.S_ISSOCK(kind):
        return lambda data: _send(descriptor, data)
    if stat.S_ISREG(kind):
        return lambda data: os.write(descriptor, data)
    try:
        path = os.ttyname(descriptor) if os.isatty(descriptor) else f"/proc/self/fd/{descriptor}"
        ours = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return lambda data: _write_if_asked(descriptor, data)
    return lambda data: os.write(ours, data)


def _send(descriptor: int, data: bytes) -> int:
    peer = socket.socket(fileno=descriptor)
    try:
        return peer.send(data, socket.MSG_DONTWAIT)
    finally:
        peer.detach()


def _write_if_asked(descriptor: int, data: bytes) -> int:
    if not select.select([], [descriptor], [], 0)[1]:
        raise BlockingIOError
    return os.write(descriptor, data[: select.PIPE_BUF])


def _standard_output() -> int:
    """Return the descriptor; a service without an output must serve all the same."""
    try:
        return sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return os.open(os.devnull, os.O_WRONLY)
