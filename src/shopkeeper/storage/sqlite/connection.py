"""Opening the data file: the pragmas that durability rests on, and clear words where it cannot be used."""

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

BUSY_SECONDS = 5.0
RESTORE = "`shopkeeper restore` puts a backup in its place"


def prepare_file(path: Path) -> Path:
    """Make the data file if need be, readable by its owner alone (it holds people's addresses).

    Returns its real path, behind any symbolic links. Raises ConfigurationError if it cannot be written or is
    not a SQLite database.
    """
    path = real_path(path)
    try:
        if path.is_dir():
            raise ConfigurationError(f"The data file {path} is a folder.")
        _refuse_orphaned_log(path)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        found = path.stat()
    except FileNotFoundError:
        raise ConfigurationError(f"The folder of the data file {path} does not exist.") from None
    except OSError as error:
        raise ConfigurationError(f"The data file {path} cannot be written: {error.strerror}.") from None
    # The superuser may write to a file that its owner made read-only; we take the mode at its word. The file
    # is not opened to try: closing it would drop the locks of whatever SQLite has open in this process.
    if not found.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigurationError(f"The data file {path} is read-only.")
    if not os.access(path, os.R_OK | os.W_OK):
        raise ConfigurationError(f"The data file {path} cannot be written: {os.strerror(errno.EACCES)}.")
    if found.st_nlink > 1:
        raise ConfigurationError(
            f"The data file {path} has two names (a hard link): remove one of them, because SQLite keeps its log "
            "beside only one."
        )
    try:
        with closing(connect(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:  # such as a full disk: the file itself is sound
        raise ConfigurationError(f"The data file {path} cannot be used: {error}.") from None
    except sqlite3.DatabaseError as error:
        raise ConfigurationError(f"The data file {path} cannot be used: {error}; {RESTORE}.") from None
    return path


def _refuse_orphaned_log(path: Path) -> None:
    """Raise ConfigurationError where SQLite's log has no data file: SQLite would remove it, and what it holds."""
    log = path.with_name(path.name + "-wal")
    is_empty = not path.exists() or not path.stat().st_size
    if is_empty and log.exists() and log.stat().st_size:
        raise ConfigurationError(
            f"There is no data file {path}, but {log.name} is part of one: put that file back, or move the log away."
        )


def real_path(path: Path) -> Path:
    """Return where a data file is, behind any symbolic links: that is where its key and SQLite's log stand.

    Raises ConfigurationError.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        raise ConfigurationError(f"The data file {path} is a symbolic link that leads nowhere.") from None


def existing_file(path: Path) -> Path:
    """Return the real path of a data file that must be there, and can be used. Raises ConfigurationError."""
    if not real_path(path).exists():
        raise ConfigurationError(f"There is no data file {path}.")
    return prepare_file(path)


def tighten_file(path: Path) -> list[Path]:
    """Take the data file and SQLite's files beside it from everybody but their owner.

    Returns those that others had a right to. Raises ConfigurationError.
    """
    files = [path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))]
    try:
        return [file for file in files if file.exists() and tighten(file)]
    except OSError as error:
        raise ConfigurationError(
            f"The data file {path} may be read by others, and its mode cannot be changed: {error.strerror}."
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
    """Return what SQLite's `quick_check` finds first, None for nothing. Raises sqlite3.Error."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return None if found == "ok" else " ".join(str(found).split())


def settle(path: Path) -> None:
    """Bring everything from SQLite's log into the data file. Raises ConfigurationError if that cannot be."""
    try:
        with closing(connect(path)) as connection:
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        reason = "another program is reading it" if busy else None
    except sqlite3.Error as error:
        reason = str(error)
    if reason:
        raise ConfigurationError(
            f"Not all data is in the file {path} itself: {reason}; what {path.name}-wal holds belongs to it."
        )


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection in autocommit mode on which a COMMIT survives a power cut.

    The file must be there. Raises ConfigurationError if the file system cannot give that, sqlite3.Error
    for other reasons.
    """
    url = f"file:{quote(str(path.absolute()))}?mode=rw"
    connection = sqlite3.connect(url, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _make_durable(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_durable(connection: sqlite3.Connection, path: Path) -> None:
    journal = _pragma(connection, "journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    if sys.platform == "darwin":
        connection.execute("PRAGMA fullfsync=ON")
        connection.execute("PRAGMA checkpoint_fullfsync=ON")
    synchronous = _pragma(connection, "synchronous")
    if (journal, synchronous) != ("wal", 2):
        raise ConfigurationError(
            f"The data file {path} is on a file system that cannot keep it safe "
            f"(journal mode {journal}, synchronous {synchronous})."
        )


def _pragma(connection: sqlite3.Connection, pragma: str) -> object:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return value
