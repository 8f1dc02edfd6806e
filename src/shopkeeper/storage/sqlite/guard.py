"""Notices that the data file, or SQLite's log beside it, is not the one that was opened any more.

SQLite goes on with a file that was removed or replaced, and everything that it commits is lost.
"""

from pathlib import Path

from shopkeeper.files import Identity, identity
from shopkeeper.storage.errors import StoreUnavailable


class Guard:
    """Compares what stands at the paths with what stood there when they were opened."""

    def __init__(self, path: Path) -> None:
        """`path` is about to be opened."""
        self._log = f"{path}-wal"
        self._opened: dict[str, Identity | None] = {str(path): identity(path)}
        self._lost = ""

    def opened(self) -> None:
        """Watch the log, too, which is there from the first read on."""
        self._opened[self._log] = identity(self._log)

    def check(self) -> None:
        """Raise StoreUnavailable if a file was replaced or removed, and from then on always."""
        for path, opened in self._opened.items():
            if identity(path) != opened:
                self._lost = self._lost or path
        if self._lost:
            raise StoreUnavailable(
                f"{self._lost} was replaced or removed while it was open; nothing is read or written until a restart"
            )

    @property
    def may_close(self) -> bool:
        """Whether SQLite may close: it then removes the log by its name, which may be another file's by now."""
        return identity(self._log) in (None, self._opened.get(self._log))
