"""All connections of a server: how many there may be, and which are closed because their clients are too slow."""

import asyncio
from collections.abc import Callable, Iterator

from shopkeeper.runtime.machine import limits
from shopkeeper.runtime.machine.connection import Connection

LOOK_EVERY_SECONDS = 1.0
CHECK_EVERY_SECONDS = 0.01


class Ledger:
    """The bytes that this process holds for connections. If they are too many, the oldest connection is cut."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[Connection, int] = {}
        self._all = 0

    def note(self, connection: Connection, size: int) -> None:
        """Note how many bytes are held for a connection now."""
        self._all += size - self._held.get(connection, 0)
        if size:
            self._held[connection] = size
        else:
            self._held.pop(connection, None)
        if self._all > self._most:
            next(iter(self._held)).cut()


class Connections:
    """The open connections, those first that have waited for their clients the longest."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int) -> None:
        """There may be `most` at a time."""
        self._loop = loop
        self._most = most
        self._open: dict[Connection, None] = {}
        self.bodies = Ledger(limits.MOST_BODY_BYTES)
        self.unread = Ledger(limits.MOST_UNREAD_BYTES)
        self._look: asyncio.TimerHandle | None = None

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._open))

    def __len__(self) -> int:
        return len(self._open)

    def start(self) -> None:
        """Begin to look for clients that are too slow."""
        self._look = self._loop.call_later(LOOK_EVERY_SECONDS, self._close_slow)

    def stop(self) -> None:
        """Look no more."""
        if self._look is not None:
            self._look.cancel()

    def add(self, connection: Connection) -> None:
        """Count a connection. If there are too many, the one that waits the longest for its client is closed."""
        self._open[connection] = None
        if len(self._open) > self._most:
            slowest = next((one for one in self._open if not one.is_at_work), connection)
            del self._open[slowest]
            slowest.cut()

    def remove(self, connection: Connection) -> None:
        """Count a connection no more."""
        self._open.pop(connection, None)
        self.bodies.note(connection, 0)
        self.unread.note(connection, 0)

    def waits(self, connection: Connection) -> None:
        """A connection begins to wait for its client."""
        if connection in self._open:
            del self._open[connection]
            self._open[connection] = None

    async def wait_until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait until a condition is true, for at most so many seconds."""
        ends = self._loop.time() + seconds
        while not condition() and self._loop.time() < ends:  # noqa: ASYNC110  # nothing tells when a buffer is empty
            await asyncio.sleep(CHECK_EVERY_SECONDS)

    def _close_slow(self) -> None:
        now = self._loop.time()
        for connection in list(self._open):
            if connection.deadline < now:
                connection.too_slow()
        self.start()
