"""Standard output on one machine. Output that nobody reads does not delay requests.

Writes never block. Lines that the output does not accept are kept, up to a limit. Beyond the limit lines are dropped
and counted, and a line in their place reports the number.
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
"""The number of requests whose lines are kept."""

MOST_PENDING_BYTES = 4 * 1024 * 1024

MOST_WRITES = 4
"""How often a request's thread writes before it leaves the rest to another, so that slow output delays no request."""

CLOSES_WITHIN_SECONDS = 1.0
"""How long `close` waits for a slow output."""

Write = Callable[[bytes], int]
"""Writes without blocking and returns the number of bytes written. Raises BlockingIOError for none, or OSError."""


class NonBlockingOutput(Output):
    """Writes whole lines in order to a file, pipe, socket or terminal. Safe under threads.

    One thread writes at a time, and also writes the lines that other threads add meanwhile. If the output is full or
    slow, a separate thread waits for it. If the output is closed or has no space, lines are lost and requests are not.
    """

    def __init__(self, dropped: Callable[[int], bytes], descriptor: int | None = None) -> None:
        """`dropped` returns the lines that report how many requests lost theirs. `descriptor` defaults to stdout."""
        self._dropped_lines = dropped
        self._descriptor = _standard_output() if descriptor is None else descriptor
        self._write = non_blocking(self._descriptor)
        self._lock = threading.Lock()
        self._pending: deque[bytes] = deque()
        self._pending_bytes = 0
        self._dropped = 0
        self._partial = b""
        self._is_writing = False
        self._helper: threading.Thread | None = None

    def write(self, lines: bytes) -> None:
        """Write the lines of a request, or leave them to the thread that is writing. Never blocks, never raises."""
        with self._lock:
            self._keep(lines)
            if self._is_writing:
                return
            self._is_writing = True
        self._write_some()

    def close(self) -> None:
        """Write the remaining lines, as far as the output accepts them."""
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
        self._report_dropped()
        self._append(lines)

    def _report_dropped(self) -> None:
        if self._dropped:
            self._append(self._dropped_lines(self._dropped))
            self._dropped = 0

    def _append(self, lines: bytes) -> None:
        self._pending.append(lines)
        self._pending_bytes += len(lines)

    def _write_some(self) -> None:
        """Write in the caller's thread for a while, then leave the rest to a thread that may block."""
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
        except RuntimeError:  # no new thread could be started
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
        """Leave the remaining lines to the next request."""
        with self._lock:
            self._is_writing = False

    def _has_more(self) -> bool:
        """Return whether there is something to write. If not, no thread is writing any more."""
        if not self._partial:
            with self._lock:
                if not self._pending:
                    self._report_dropped()
                self._partial = b"".join(self._pending)
                self._pending.clear()
                self._pending_bytes = 0
                self._is_writing = bool(self._partial)
        return bool(self._partial)

    def _write_piece(self) -> None:
        """Write as much as the output accepts. The rest of it is written before anything else."""
        self._partial = self._partial[self._write(self._partial) :]


def non_blocking(descriptor: int) -> Write:
    """Return a function that writes to an open file without blocking.

    A socket has a flag for each write. For other files the flag belongs to the open file, which is shared with a shell
    or a reader. A pipe or a terminal is therefore opened again, to have a separate flag. If that is not permitted,
    `select` is called before each write, and a write is at most `PIPE_BUF` bytes, which POSIX guarantees not to block.
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
        return lambda data: _write_if_ready(descriptor, data)
    return lambda data: os.write(ours, data)


def _send(descriptor: int, data: bytes) -> int:
    peer = socket.socket(fileno=descriptor)
    try:
        return peer.send(data, socket.MSG_DONTWAIT)
    finally:
        peer.detach()


def _write_if_ready(descriptor: int, data: bytes) -> int:
    if not select.select([], [descriptor], [], 0)[1]:
        raise BlockingIOError
    return os.write(descriptor, data[: select.PIPE_BUF])


def _standard_output() -> int:
    """Return the descriptor of standard output, or of the null device if there is none."""
    try:
        return sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return os.open(os.devnull, os.O_WRONLY)
