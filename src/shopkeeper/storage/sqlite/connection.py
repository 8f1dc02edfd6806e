"""Opening the data file: the pragmas that durability rests on, and clear words where it cannot be used."""

import os
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from shopkeeper.errors import ConfigurationError

BUSY_SECONDS = 5.0


def prepare_file(path: Path) -> None:
    """Make the data file if need be, readable by its owner alone (it holds people's addresses).

    Raises ConfigurationError if it cannot be written or is not a SQLite database.
    """
    try:
        if path.is_dir():
            raise ConfigurationError(f"The data file {path} is a folder.")
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        # The superuser may write to a file that its owner made read-only; we take the mode at its word.
        if not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
            raise ConfigurationError(f"The data file {path} is read-only.")
        with path.open("r+b"):
            pass
    except FileNotFoundError:
        raise ConfigurationError(f"The folder of the data file {path} does not exist.") from None
    except OSError as error:
        raise ConfigurationError(f"The data file {path} cannot be written: {error.strerror}.") from None
    try:
        with closing(connect(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        raise ConfigurationError(f"The data file {path} cannot be used: {error}.") from None


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
