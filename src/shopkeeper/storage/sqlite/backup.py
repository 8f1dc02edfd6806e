"""Complete copies of a data file, also while a server writes to it."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import msgspec

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage.sqlite.about import About, about_of
from shopkeeper.storage.sqlite.connection import connect, damage
from shopkeeper.storage.sqlite.schema import check_version, columns_of, is_ours, quoted
from shopkeeper.storage.table import Table

MAGIC = b"SQLite format 3\0"
WITH_A_LOG = b"\x02\x02"
"""The read and write versions in the header of a file in WAL mode. A backup is not in WAL mode."""


class Contents(msgspec.Struct, frozen=True):
    """The contents of a copy of a data file.

    `about` is None if the file was never served. `items` has the number of items of each table, by name.
    `may_lack_a_log` is true for a plain copy of the file. Such a copy is incomplete if a process had the file open.
    """

    about: About | None
    items: dict[str, int]
    may_lack_a_log: bool


def write_copy(source: Path, target: Path, tables: Iterable[Table]) -> None:
    """Write all committed data of a data file to the empty file `target`, except what is ephemeral.

    Writers are not blocked. Raises ConfigurationError.
    """
    try:
        with closing(connect(source)) as connection:
            connection.execute("VACUUM INTO ?", [str(target)])
        with closing(sqlite3.connect(target, isolation_level=None)) as copied:
            present = columns_of(copied)
            copied.execute("PRAGMA secure_delete=ON")
            for table in tables:
                if table.ephemeral and table.name in present:
                    copied.execute(f"DELETE FROM {quoted(table.name)}")
    except sqlite3.Error as error:
        raise ConfigurationError(f"The data file {source} cannot be copied: {error}.") from None


def inspect(path: Path, tables: Iterable[Table]) -> Contents:
    """Read the whole file and return its contents. No process may write to the file meanwhile.

    The file is not changed. Raises ConfigurationError if it is damaged, not a Shopkeeper data file, or written by a
    newer version of Shopkeeper.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise ConfigurationError(f"The file {path} cannot be read: {error.strerror}.") from None
    if not header.startswith(MAGIC):
        raise ConfigurationError(f"The file {path} is not a SQLite database.")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?immutable=1", uri=True)) as connection:
            found = damage(connection)
            if found:
                raise ConfigurationError(f"The file {path} is damaged: {found}.")
            check_version(connection, path)
            items = _count(connection, tables)
            about = about_of(connection)
    except sqlite3.Error as error:
        raise ConfigurationError(f"The file {path} is damaged: {error}.") from None
    if not items:
        raise ConfigurationError(
            f"The file {path} has none of Shopkeeper's tables: a plain copy of a data file in use is not a backup."
        )
    return Contents(about, items, may_lack_a_log=header[18:20] == WITH_A_LOG)


def _count(connection: sqlite3.Connection, tables: Iterable[Table]) -> dict[str, int]:
    present = columns_of(connection)
    return {
        table.name: int(connection.execute(f"SELECT count(*) FROM {quoted(table.name)}").fetchone()[0])
        for table in tables
        if is_ours(present.get(table.name, set()))
    }
