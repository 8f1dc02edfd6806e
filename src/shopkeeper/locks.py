"""Lock files in a folder that only the user can write."""

import fcntl
import os
import pwd
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from shopkeeper.errors import ConfigurationError
from shopkeeper.files import OTHERS


def lock_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for the user's lock files, and create it if it does not exist.

    It is `$XDG_RUNTIME_DIR` if only the user can access that, else a folder in the user's home, else one in the
    temporary folder. Raises ConfigurationError if no folder is private to the user.
    """
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    if runtime and _is_ours_alone(Path(runtime)):
        return Path(runtime)
    for home in _homes(environment):
        folder = home / ".local" / "state" / "shopkeeper"
        if home.is_dir() and _made(folder):
            return folder
    folder = Path(tempfile.gettempdir()) / f"shopkeeper-{os.geteuid()}"
    if _made(folder):
        return folder
    raise ConfigurationError(f"The folder {folder} for lock files is not private to this user; remove it.")


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


def _homes(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the user's home from the password database, then `$HOME`, which `sudo` may keep from another user."""
    try:
        yield Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        pass
    if environment.get("HOME"):
        yield Path(environment["HOME"])


def _made(folder: Path) -> bool:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return False
    return _is_ours_alone(folder)


def _is_ours_alone(folder: Path) -> bool:
    """Return whether `folder` is a folder, not a link, that only this user may read and write."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & OTHERS
    return ours and os.access(folder, os.W_OK)
