"""Files that only their owner may read, and that appear at their path complete or not at all."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
WITHOUT_LINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""The errors of a file system without hard links."""

Identity = tuple[int, int]
"""The device and the inode of a file, which do not depend on its name."""


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Yield an empty file for the block to fill. After the block, flush it to disk and place it at `target`.

    Only its owner may read it. An existing file at `target` is never overwritten, even if another process creates it
    meanwhile. Raises FileExistsError in that case, or OSError. After an error no file is left.
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
    with suppress(OSError):  # some file systems cannot flush a folder; SQLite ignores this error too
        flush(target.parent)


def flush(path: Path) -> None:
    """Flush the file or the folder to disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def tighten(path: Path) -> bool:
    """Remove the permissions of everybody but the owner. Return whether there were any. Raises OSError."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & OTHERS:
        return False
    path.chmod(mode & ~OTHERS)
    return True


def identity(path: Path | str) -> Identity | None:
    """Return the identity of the file at `path`, or None. Every read and every COMMIT of a data file calls this."""
    try:
        found = os.stat(path)  # noqa: PTH116  # with a str it takes a third of the time of a Path
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
