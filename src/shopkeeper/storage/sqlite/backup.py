"""Copies of a data file that are whole, whoever writes to it meanwhile."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import msgspec

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage.sqlite.about import About, about_of
from shopkeeper.storage.sqlite.connection import connect, damage
from shopkeeper.storage.sqlite.schema import quoted
from shopkeeper.storage.table import Table

MAGIC = b"SQLite format 3\0"
WITH_A_LOG = b"\x02\x02"
"""The read and write versions in the header of a file that has a write-ahead log; a backup has none."""


class Contents(msgspec.Struct, frozen=True):
    """What a copy of a data file holds.

    `about` is None if it was never served, `items` the number of items of each table that it has, by name. A
    copy that `may_lack_a_log` is one of the file alone, which is not whole if something had it open then.
    """

    about: About | None
    items: dict[str, int]
    may_lack_a_log: bool


def write_copy(source: Path, target: Path) -> None:
    """Write all that is committed in a data file into the empty file `target`, without holding up writers.

    Raises ConfigurationError.
    """
    try:
        with closing(connect(source)) as connection:
            connection.execute("VACUUM INTO ?", [str(target)])
    except sqlite3.Error as error:
        raise ConfigurationError(f"The data file {source} cannot be copied: {error}.") from None


def inspect(path: Path, tables: Iterable[Table]) -> Contents:
    """Read the whole of a file that nobody writes to, and return what it holds; nothing of it is changed.

    Raises ConfigurationError if it is damaged or not Shopkeeper's.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise ConfigurationError(f"The file {path} cannot be read: {error.strerror}.") from None
    if not header.startswith(MAGIC):
        raise ConfigurationError(f"The file {path} is no SQLite database.")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?immutable=1", uri=True)) as connection:
            broken = damage(connection)
            if broken:
                raise ConfigurationError(f"The file {path} is damaged: {broken}.")
            items = _count(connection, tables)
            about = about_of(connection)
    except sqlite3.Error as error:
        raise ConfigurationError(f"The file {path} is damaged: {error}.") from None
    if not items:
        raise ConfigurationError(
            f"The file {path} has none of Shopkeeper's tables: a plain copy of a data file in use is no backup."
        )
    return Contents(about, items, may_lack_a_log=header[18:20] == WITH_A_LOG)


def _count(connection: sqlite3.Connection, tables: Iterable[Table]) -> dict[str, int]:
    columns = dict[str, set[str]]()
    for name, column in connection.execute(
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
    ):
        columns.setdefault(name, set()).add(column)
    return {
        table.name: int(connection.execute(f"SELECT count(*) FROM {quoted(table.name)}").fetchone()[0])
        for table in tables
        if columns.get(table.name) == {"partition", "sort", "item"}
    }
