"""Detects that the data file or SQLite's log was replaced or removed after it was opened.

SQLite continues to use a removed or replaced file, and everything that it commits there is lost.
"""

from pathlib import Path

from shopkeeper.files import Identity, identity
from shopkeeper.storage.errors import StoreUnavailable


class Guard:
    """Compares the files at the paths with the files that were opened there."""

    def __init__(self, path: Path) -> None:
        """Call this before `path` is opened."""
        self._log = f"{path}-wal"
        self._opened: dict[str, Identity | None] = {str(path): identity(path)}
        self._lost = ""

    def opened(self) -> None:
        """Watch the log too. It exists after the first read."""
        self._opened[self._log] = identity(self._log)

    def check(self) -> None:
        """Raise StoreUnavailable if a file was replaced or removed. Every later call raises too."""
        for path, opened in self._opened.items():
            if identity(path) != opened:
                self._lost = self._lost or path
        if self._lost:
            raise StoreUnavailable(
                f"{self._lost} was replaced or removed while it was open; reads and writes fail until a restart"
            )

    @property
    def may_close(self) -> bool:
        """Whether SQLite may close. Closing removes the log by name, and that name may belong to another file now."""
        return identity(self._log) in (None, self._opened.get(self._log))
