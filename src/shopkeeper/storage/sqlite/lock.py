"""The lock of a data file: on the file itself, so that it holds under every name that the file has or gets.

SQLite locks bytes near 1 GiB; this lock is on bytes far behind any file's end, and in nobody's way. It is an
"open file description lock" of Linux, which a forked worker shares and which no other close of the file lets go.
Closing its own descriptor, however, drops SQLite's locks of the same process: close what SQLite has open first.
Where there is no such lock, a lock file beside the data file stands for it.
"""

import errno
import fcntl
import os
import struct
from pathlib import Path
from typing import IO

from shopkeeper.errors import ConfigurationError
from shopkeeper.files import Identity, identity
from shopkeeper.locks import hold

FIRST_BYTE = 1 << 62
FLOCK = "hhqqi4x"
"""`struct flock` (fcntl(2)): type, whence, start, length, process id."""


class DataLock:
    """A data file that no other server has; leave the block, or close it, to let go."""

    def __init__(self, path: Path, lock: IO[bytes] | IO[str], locked: Identity) -> None:
        self.path = path
        self._lock = lock
        self._locked = locked

    def __enter__(self) -> "DataLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_in_place(self) -> bool:
        """Whether the file that is locked still stands at its path."""
        return identity(self.path) == self._locked

    def close(self) -> None:
        """Let go."""
        self._lock.close()


def lock_data(path: Path) -> DataLock:
    """Lock a data file, which must be there, by its real path. Raises ConfigurationError if another has it."""
    try:
        file = path.open("r+b", buffering=0)
    except OSError as error:
        raise ConfigurationError(f"The data file {path} cannot be opened: {error.strerror}.") from None
    found = os.fstat(file.fileno())
    locked = (found.st_dev, found.st_ino)
    held = f"The data file {path} is in use by another server"
    try:
        if _lock(file.fileno()):
            return DataLock(path, file, locked)
        holder = _holder(file.fileno())
    except OSError as error:
        file.close()
        if error.errno != errno.EINVAL:
            raise ConfigurationError(f"The data file {path} cannot be locked: {error.strerror}.") from None
        return DataLock(path, hold(path.with_name(path.name + ".lock"), held), locked)
    file.close()
    raise ConfigurationError(f"{held} (process {holder}).")


def _lock(descriptor: int) -> bool:
    """Lock as many bytes as this process's id, so that whoever is refused can tell whose the lock is."""
    wanted = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, FIRST_BYTE, os.getpid(), 0)
    try:
        fcntl.fcntl(descriptor, _command("F_OFD_SETLK"), wanted)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _holder(descriptor: int) -> int:
    wanted = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, FIRST_BYTE, os.getpid(), 0)
    _, _, _, length, _ = struct.unpack(FLOCK, fcntl.fcntl(descriptor, _command("F_OFD_GETLK"), wanted))
    return int(length)


def _command(name: str) -> int:
    """Return one of Linux's commands of fcntl(2). Raises OSError where there is none."""
    command: int | None = getattr(fcntl, name, None)
    if command is None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return command
