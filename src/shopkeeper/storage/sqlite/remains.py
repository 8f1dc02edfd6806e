"""Removes from a data file what was deleted from its tables. SQLite leaves it in free space of the file and its log."""

import sqlite3
from contextlib import closing
from pathlib import Path

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage.sqlite.backup import MAGIC
from shopkeeper.storage.sqlite.connection import connect, settle

REPEAT = "What was removed may still be found there: repeat the command."


def remove_remains(path: Path) -> None:
    """Write a data file anew, so that neither it nor its log holds anything but what its tables hold.

    It needs free space of about twice the size of the file. Raises ConfigurationError if that fails; then all data is
    there, and the call may be repeated.
    """
    try:
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("VACUUM")
    except sqlite3.Error as error:
        raise ConfigurationError(f"The data file {path} cannot be written anew: {error}. {REPEAT}") from None
    try:
        settle(path)
    except ConfigurationError as error:
        raise ConfigurationError(f"{error} {REPEAT}") from None


def other_databases(path: Path) -> list[Path]:
    """Return the other SQLite databases in the folder of a data file, such as backups. Unreadable ones are left out."""
    # To close a file of SQLite's would release its locks of this process.
    others = (file for file in path.parent.iterdir() if not file.name.startswith(f"{path.name}-"))
    return sorted(file for file in others if file.is_file() and file.resolve() != path and _is_database(file))


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False
