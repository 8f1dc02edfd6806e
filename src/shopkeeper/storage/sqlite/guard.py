"""Notices that the data file, or SQLite's log beside it, is not the one that was opened any more.

SQLite goes on with a file that was removed or replaced, and everything that it commits is lost.
"""

import os
from pathlib import Path

from shopkeeper.files import Identity
from shopkeeper.storage.errors import StoreUnavailable


class Guard:
    """Compares what stands at the paths with what stood there when they were opened."""

    def __init__(self, path: Path) -> None:
        """`path` is about to be opened."""
        self._log = f"{path}-wal"
        self._opened: dict[str, Identity | None] = {str(path): _identity(str(path))}
        self._lost = ""

    def opened(self) -> None:
        """Watch the log, too, which is there from the first read on."""
        self._opened[self._log] = _identity(self._log)

    def check(self) -> None:
        """Raise StoreUnavailable if a file was replaced or removed, and from then on always."""
        for path, opened in self._opened.items():
            if _identity(path) != opened:
                self._lost = self._lost or path
        if self._lost:
            raise StoreUnavailable(
                f"{self._lost} was replaced or removed while it was open; nothing is read or written until a restart"
            )

    @property
    def may_close(self) -> bool:
        """Whether SQLite may close: it then removes the log by its name, which may be another file's by now."""
        return _identity(self._log) in (None, self._opened.get(self._log))


def _identity(path: str) -> Identity | None:
    """Return which file stands at `path`; every read and every COMMIT asks, so it is as lean as can be."""
    try:
        found = os.stat(path)  # noqa: PTH116  # a Path takes three times as long
    except OSError:
        return None
    return found.st_dev, found.st_ino
