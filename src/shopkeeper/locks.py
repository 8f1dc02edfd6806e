"""Lock files, in a folder where only the user writes."""

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
    """Return the folder for the user's lock files, making it if need be.

    It is `$XDG_RUNTIME_DIR` where that is the user's alone, else a folder in the user's home, else one for
    temporary files. Nobody else may write there. Raises ConfigurationError if there is none such.
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
    raise ConfigurationError(f"The folder {folder} for lock files is not this user's alone; remove it.")


def hold(path: Path, held: str) -> IO[str]:
    """Return the open lock file `path`, which holds this process's id; closing it lets go.

    Links are not followed. Raises ConfigurationError, with `held` as its beginning where another has it.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"The lock file {path} cannot be opened: {error.strerror}.") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
        os.close(descriptor)
        raise ConfigurationError(f"The lock file {path} is not a file of this user's alone; remove it.")
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
    """Yield the user's home as the system knows it, then as the environment has it: `sudo` may keep another's."""
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
    """Tell whether a folder is a real one, no link, that only this user may read and write."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & OTHERS
    return ours and os.access(folder, os.W_OK)
