"""Files that their owner alone may read, put in place whole or not at all."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
WITHOUT_LINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""How a file system answers that has no hard links."""

Identity = tuple[int, int]
"""The device and the inode of a file: what stays the same whatever its names are."""


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Lend an empty file for the block to fill, and then put it at `target`, safe on the disk.

    Only its owner may read it. Nothing that stands at `target` is overwritten, also if another process puts
    it there meanwhile: raises FileExistsError, and OSError for other reasons. After any error nothing is left.
    """
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=f"-{target.name}", dir=target.parent)
    os.close(descriptor)
    fresh = Path(name)
    try:
        yield fresh
        flush(fresh)
        _place(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)
    with suppress(OSError):  # some file systems cannot flush a folder; SQLite ignores that, too
        flush(target.parent)


def flush(path: Path) -> None:
    """Return once the file or the folder is on the disk as it is now. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def tighten(path: Path) -> bool:
    """Take a file from everybody but its owner; return whether others had any right to it. Raises OSError."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & OTHERS:
        return False
    path.chmod(mode & ~OTHERS)
    return True


def identity(path: Path | str) -> Identity | None:
    """Return which file stands at `path`, None for none. Every read and every COMMIT of a data file asks."""
    try:
        found = os.stat(path)  # noqa: PTH116  # of a text, a third of the time that a Path takes
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _place(fresh: Path, target: Path) -> None:
    try:
        os.link(fresh, target)
    except OSError as error:
        if error.errno not in WITHOUT_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        fresh.rename(target)
