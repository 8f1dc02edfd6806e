"""Opens the data file with the pragmas that durability needs, and explains why a file cannot be used."""

import errno
import os
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from shopkeeper.errors import ConfigurationError
from shopkeeper.files import tighten
from shopkeeper.storage.sqlite.schema import check_version

BUSY_SECONDS = 5.0
RESTORE = "`shopkeeper restore` replaces it with a backup"


def prepare_file(path: Path) -> Path:
    """Create the data file if it does not exist, readable only by its owner because it holds personal data.

    Returns its real path, with symbolic links resolved. Raises ConfigurationError if the file cannot be written or
    is not a SQLite database.
    """
    path = real_path(path)
    try:
        if path.is_dir():
            raise ConfigurationError(f"The data file {path} is a folder.")
        refuse_orphaned_log(path)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        found = path.stat()
    except FileNotFoundError:
        raise ConfigurationError(f"The folder of the data file {path} does not exist.") from None
    except OSError as error:
        raise ConfigurationError(f"The data file {path} cannot be written: {error.strerror}.") from None
    # The superuser may write to a read-only file, so the mode is checked too. The file is not opened for this
    # check: closing it would drop the locks that SQLite holds in this process.
    if not found.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigurationError(f"The data file {path} is read-only.")
    if not os.access(path, os.R_OK | os.W_OK):
        raise ConfigurationError(f"The data file {path} cannot be written: {os.strerror(errno.EACCES)}.")
    if found.st_nlink > 1:
        raise ConfigurationError(
            f"The data file {path} has two names (a hard link): remove one of them, because SQLite keeps its log "
            "beside one name only."
        )
    try:
        with closing(connect(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:  # for example a full disk: the file is not damaged
        raise ConfigurationError(f"The data file {path} cannot be used: {error}.") from None
    except sqlite3.DatabaseError as error:
        raise ConfigurationError(f"The data file {path} cannot be used: {error}; {RESTORE}.") from None
    return path


def refuse_orphaned_log(path: Path) -> None:
    """Raise ConfigurationError if SQLite's log exists without a data file. SQLite would remove the log and its data."""
    log = path.with_name(path.name + "-wal")
    is_empty = not path.exists() or not path.stat().st_size
    if is_empty and log.exists() and log.stat().st_size:
        raise ConfigurationError(
            f"There is no data file {path}, but there is its log {log.name}: restore the file, or move the log away."
        )


def real_path(path: Path) -> Path:
    """Return the path of a data file with symbolic links resolved. Its key and SQLite's log are beside this path.

    Raises ConfigurationError.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        raise ConfigurationError(f"The data file {path} is a symbolic link that cannot be resolved.") from None


def existing_file(path: Path) -> Path:
    """Return the real path of an existing data file. Raises ConfigurationError if it does not exist or is unusable."""
    if not real_path(path).exists():
        raise ConfigurationError(f"There is no data file {path}.")
    return prepare_file(path)


def tighten_file(path: Path) -> list[Path]:
    """Remove the permissions of others from the data file and SQLite's files beside it.

    Returns the files that others could access. Raises ConfigurationError.
    """
    files = [path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))]
    try:
        return [file for file in files if file.exists() and tighten(file)]
    except OSError as error:
        raise ConfigurationError(
            f"The data file {path} can be read by others, and its mode cannot be changed: {error.strerror}."
        ) from None


def check_whole(path: Path) -> None:
    """Read the whole data file. Raises ConfigurationError if it is damaged."""
    try:
        with closing(connect(path)) as connection:
            found = damage(connection)
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found:
        raise ConfigurationError(f"The data file {path} is damaged ({found}); {RESTORE}.")


def damage(connection: sqlite3.Connection) -> str | None:
    """Return the first error that SQLite's `quick_check` finds, or None. Raises sqlite3.Error."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return None if found == "ok" else " ".join(str(found).split())


def settle(path: Path) -> None:
    """Checkpoint SQLite's write-ahead log into the data file. Raises ConfigurationError if this fails."""
    try:
        with closing(connect(path)) as connection:
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        reason = "another program is reading it" if busy else None
    except sqlite3.Error as error:
        reason = str(error)
    if reason:
        raise ConfigurationError(
            f"The file {path} does not contain all data: {reason}; {path.name}-wal contains the rest, so keep both."
        )


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection in autocommit mode whose COMMITs survive a power failure.

    The file must exist. Raises ConfigurationError if the file system does not support this or if a newer version of
    Shopkeeper wrote the file, or sqlite3.Error.
    """
    url = f"file:{quote(str(path.absolute()))}?mode=rw"
    connection = sqlite3.connect(url, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        check_version(connection, path)  # before anything in the file is changed
        _make_durable(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_durable(connection: sqlite3.Connection, path: Path) -> None:
    journal = _pragma(connection, "journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")  # what is forgotten is overwritten
    if sys.platform == "darwin":
        connection.execute("PRAGMA fullfsync=ON")
        connection.execute("PRAGMA checkpoint_fullfsync=ON")
    synchronous = _pragma(connection, "synchronous")
    if (journal, synchronous) != ("wal", 2):
        raise ConfigurationError(
            f"The data file {path} is on a file system that does not support durable writes "
            f"(journal mode {journal}, synchronous {synchronous})."
        )


def _pragma(connection: sqlite3.Connection, pragma: str) -> object:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return value
