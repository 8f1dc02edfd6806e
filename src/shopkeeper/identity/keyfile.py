"""The key file of stage dev, beside the data file."""

import os
import stat
from pathlib import Path

from shopkeeper.errors import ConfigurationError
from shopkeeper.files import OTHERS, new_file
from shopkeeper.identity.keys import KEY_BYTES

MOST_BYTES = 65_536


def key_path(data: Path) -> Path:
    """Return the path of a data file's key: beside the file itself, not beside a symbolic link to it."""
    data = data.resolve()
    return data.with_name(data.name + ".key")


def read_key(path: Path) -> bytes:
    """Return what a key file holds. Raises ConfigurationError if it is missing, a link, or open to others."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ConfigurationError(
            f"The key file {path} is missing: put it back, set JWT_SECRET_KEY to what it held, "
            "or run `shopkeeper adopt` to go on with a new key, after which everybody signs in anew."
        ) from None
    except OSError as error:
        reason = "it is a symbolic link" if path.is_symlink() else error.strerror
        raise ConfigurationError(f"The key file {path} cannot be read: {reason}.") from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ConfigurationError(f"The key file {path} cannot be read: it is not a regular file.")
        if mode & OTHERS:
            raise ConfigurationError(f"The key file {path} is open to others; run chmod 600 {path}.")
        return os.read(descriptor, MOST_BYTES)
    finally:
        os.close(descriptor)


def make_key(path: Path) -> None:
    """Make a key file, unless another process does so first. Raises ConfigurationError."""
    write_key(path, os.urandom(KEY_BYTES).hex().encode(), if_absent=True)


def write_key(path: Path, secret: bytes, *, if_absent: bool = False) -> None:
    """Write a key file, whole or not at all. Raises ConfigurationError.

    If there is one already, it stays; that is an error without `if_absent`.
    """
    try:
        with new_file(path) as fresh:
            fresh.write_bytes(secret)
    except FileExistsError:
        if not if_absent:
            raise ConfigurationError(f"There is a key file {path} already; move it away.") from None
    except OSError as error:
        raise ConfigurationError(f"The key file {path} cannot be written: {error.strerror}.") from None
