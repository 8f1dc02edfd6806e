"""Standard output on one machine. Output that nobody reads does not delay requests.

The lines of many requests are written at once, by `flush`. Writes never block. Lines that the output does not accept
are kept, up to a limit. Beyond the limit lines are dropped and counted, and a line in their place reports the number.
"""

import os
import select
import socket
import stat
import sys
import time
from collections.abc import Callable

from shopkeeper.runtime.telemetry.log import Output

MOST_PENDING = 4000
"""The number of requests whose lines are kept."""

MOST_PENDING_BYTES = 4 * 1024 * 1024

CLOSES_WITHIN_SECONDS = 1.0
"""How long `close` waits for a slow output."""

Write = Callable[[memoryview], int]
"""Writes without blocking and returns the number of bytes written. Raises BlockingIOError for none, or OSError."""


class NonBlockingOutput(Output):
    """Writes whole lines in order to a file, pipe, socket or terminal. One thread uses it.

    If the output is closed or has no space, lines are lost and requests are not. `descriptor` is shared with other
    processes, so its flags must stay as they are. uvloop's `add_writer` would change them.
    """

    has_trace = False

    wants_to_write = False
    """Whether lines wait because the output is full. If so, `flush` must be called again a moment later."""

    def __init__(self, dropped: Callable[[int], bytes], descriptor: int | None = None) -> None:
        """`dropped` returns the lines that report how many requests lost theirs. `descriptor` defaults to stdout."""
        self._dropped_lines = dropped
        self.descriptor = _standard_output() if descriptor is None else descriptor
        self._write = non_blocking(self.descriptor)
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._dropped = 0
        self._partial = memoryview(b"")

    def write(self, lines: bytes) -> None:
        """Keep the lines of a request until `flush`, or drop and count them."""
        if len(self._pending) >= MOST_PENDING or self._pending_bytes + len(lines) > MOST_PENDING_BYTES:
            self._dropped += 1
            return
        if self._dropped:
            self._report_dropped()
        self._append(lines)

    def flush(self) -> None:
        """Write the lines that are kept, as far as the output accepts them. Never blocks, never raises."""
        try:
            while self._has_more():
                # The rest of a piece is written before anything else, so lines are never torn.
                self._partial = self._partial[self._write(self._partial) :]
            self.wants_to_write = False
        except BlockingIOError:
            self.wants_to_write = True
        except OSError:
            self.wants_to_write = False  # it is closed or has no space: the next request's flush tries again

    def close(self) -> None:
        """Write the remaining lines, as far as the output accepts them within a second."""
        ends = time.monotonic() + CLOSES_WITHIN_SECONDS
        self.flush()
        while self.wants_to_write and (left := ends - time.monotonic()) > 0:
            _wait_for(self.descriptor, left)
            self.flush()

    def _has_more(self) -> bool:
        """Return whether there is something to write, and take it from what is pending."""
        if not self._partial:
            if not self._pending:
                self._report_dropped()
            self._partial = memoryview(b"".join(self._pending))
            self._pending.clear()
            self._pending_bytes = 0
        return bool(self._partial)

    def _report_dropped(self) -> None:
        if self._dropped:
            self._append(self._dropped_lines(self._dropped))
            self._dropped = 0

    def _append(self, lines: bytes) -> None:
        self._pending.append(lines)
        self._pending_bytes += len(lines)


def non_blocking(descriptor: int) -> Write:
    """Return a function that writes to an open file without blocking.

    A socket has a flag for each write. For other files the flag belongs to the open file, which is shared with a shell
    or a reader. A pipe or a terminal is therefore opened again, to have a separate flag. If that is not permitted,
    `poll` is called before each write, and a write is at most `PIPE_BUF` bytes, which POSIX guarantees not to block.
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


def _send(descriptor: int, data: memoryview) -> int:
    peer = socket.socket(fileno=descriptor)
    try:
        return peer.send(data, socket.MSG_DONTWAIT)
    finally:
        peer.detach()


def _write_if_ready(descriptor: int, data: memoryview) -> int:
    if not _wait_for(descriptor, 0):
        raise BlockingIOError
    return os.write(descriptor, data[: select.PIPE_BUF])


def _wait_for(descriptor: int, seconds: float) -> bool:
    """Wait until a descriptor can be written or has failed, and return whether it is so. It may be any number."""
    waiter = select.poll()
    waiter.register(descriptor, select.POLLOUT)
    return bool(waiter.poll(seconds * 1000))


def _standard_output() -> int:
    """Return the descriptor of standard output, or of the null device if there is none."""
    try:
        return sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return os.open(os.devnull, os.O_WRONLY)
