"""Lock files."""

import fcntl
import os
import stat
from pathlib import Path
from typing import IO

from shopkeeper.errors import ConfigurationError


def hold(path: Path, held: str) -> IO[str]:
    """Lock the file `path`, write this process's id to it, and return it. Closing it releases the lock.

    Links are not followed. Raises ConfigurationError. If another process holds the lock, its text begins with `held`.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"The lock file {path} cannot be opened: {error.strerror}.") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
        os.close(descriptor)
        raise ConfigurationError(f"The lock file {path} is not a regular file of this user; remove it.")
    lock = os.fdopen(descriptor, "r+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = lock.read().strip()
        lock.close()
        raise ConfigurationError(f"{held} (process {holder}).") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
