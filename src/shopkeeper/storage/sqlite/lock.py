"""The lock of a data file. It is on the file itself, so it is valid under every name of the file.

SQLite locks bytes near 1 GiB. This lock is on bytes far beyond the end of any file, so the two do not interfere. It
is an "open file description lock" of Linux: closing the file elsewhere does not
release it. But closing its own descriptor releases SQLite's locks of the same process. Close SQLite's connections
first. If the system has no such lock, a lock file beside the data file is used.
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
    """The lock on a data file. Leaving the block or calling `close` releases it."""

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
        """Whether the locked file is still at its path."""
        return identity(self.path) == self._locked

    def close(self) -> None:
        """Release the lock."""
        self._lock.close()


def lock_data(path: Path) -> DataLock:
    """Lock an existing data file, given by its real path. Raises ConfigurationError if another process holds it."""
    try:
        file = path.open("r+b", buffering=0)
    except OSError as error:
        raise ConfigurationError(f"The data file {path} cannot be opened: {error.strerror}.") from None
    found = os.fstat(file.fileno())
    locked = (found.st_dev, found.st_ino)
    held = f"The data file {path} is in use by another server; stop it first"
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
    """Lock as many bytes as this process's id, so that another process can read the holder's id from the lock."""
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
    """Return one of Linux's fcntl(2) commands. Raises OSError if the system does not have it."""
    command: int | None = getattr(fcntl, name, None)
    if command is None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return command
