"""Converts a data file of version 0 to the present form, after a complete backup was made beside it.

In version 0 items were stored in DynamoDB's wire form, and indexes were expressions over their JSON.
"""

import glob
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from urllib.parse import quote

import msgspec

from shopkeeper.errors import ConfigurationError
from shopkeeper.files import new_file
from shopkeeper.storage.sqlite.connection import connect
from shopkeeper.storage.sqlite.form import dumps
from shopkeeper.storage.sqlite.schema import (
    VERSION,
    Columns,
    create_table,
    create_tables,
    former_tables,
    immediate,
    quoted,
)
from shopkeeper.storage.table import Table, string_key
from shopkeeper.storage.values import decode_item


def migrate(path: Path, tables: Iterable[Table]) -> Path | None:
    """Convert a data file of version 0 in one transaction. Return the path of its backup, None if nothing was to do.

    The caller holds the lock of the file. Raises ConfigurationError, after which the file is as it was.
    """
    try:
        with closing(connect(path)) as connection:
            if not former_tables(connection):
                return None
            version = _data_version(connection)
            backup, is_new = _backed_up(connection, path)
            try:
                with immediate(connection):
                    if _data_version(connection) != version:
                        raise ConfigurationError(f"Another program wrote to {path} while it was backed up: try again.")
                    _convert(connection, path, tuple(tables))
            except BaseException:
                if is_new:
                    backup.unlink()
                raise
            return backup
    except (OSError, sqlite3.Error) as error:
        raise ConfigurationError(
            f"The data file {path} has the form of a former version and could not be converted: {error}. It is as it "
            "was. A backup and the new form need free space of about three times its size."
        ) from None


def is_former(path: Path) -> bool:
    """Return whether a data file has the form of a former version. Raises ConfigurationError if it cannot be read."""
    try:
        with closing(connect(path)) as connection:
            return bool(former_tables(connection))
    except sqlite3.Error as error:
        raise ConfigurationError(f"The data file {path} cannot be read: {error}.") from None


def _backed_up(connection: sqlite3.Connection, path: Path) -> tuple[Path, bool]:
    """Return the path of a complete backup, and whether it was made now.

    A migration that was killed leaves a backup, whole or in part. A whole one is used again if the file has not changed
    since. Parts are removed: a server that is killed at each start would fill the disk with them.
    """
    for part in path.parent.glob(f".*-{glob.escape(path.name)}.before-schema-*"):
        part.unlink()
    for number in count(1):
        suffix = f".before-schema-{VERSION}" + (f".{number}" if number > 1 else "")
        backup = path.with_name(path.name + suffix)
        try:
            with new_file(backup) as fresh:
                connection.execute("VACUUM INTO ?", [str(fresh)])
        except FileExistsError:
            if _is_same(connection, backup):
                return backup, False
        else:
            return backup, True
    raise AssertionError


def _is_same(connection: sqlite3.Connection, backup: Path) -> bool:
    """Return whether a file holds the same rows as the open one."""
    try:
        connection.execute("ATTACH ? AS backup", [f"file:{quote(str(backup.absolute()))}?immutable=1"])
    except sqlite3.Error:
        return False
    try:
        names = [
            quoted(name) for (name,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type='table'")
        ]
        return not any(
            connection.execute(
                f"SELECT 1 FROM (SELECT * FROM {one}.{name} EXCEPT SELECT * FROM {other}.{name})"
            ).fetchone()
            for name in names
            for one, other in (("main", "backup"), ("backup", "main"))
        )
    except sqlite3.Error:
        return False
    finally:
        connection.execute("DETACH backup")


def _convert(connection: sqlite3.Connection, path: Path, tables: tuple[Table, ...]) -> None:
    declared = {table.name: table for table in tables}
    for name in former_tables(connection):
        # A table that is not declared any more is converted too, in case it is declared again.
        table = declared.get(name) or Table(name, "", string_key("partition", "sort"))
        columns, former = Columns(table), quoted(f"{name} of version 0")
        connection.execute(f"ALTER TABLE {quoted(name)} RENAME TO {former}")
        create_table(connection, name, columns)
        rows = connection.execute(f"SELECT partition, sort, item FROM {former}")
        connection.executemany(columns.insert, _converted(path, name, columns, rows))
        connection.execute(f"DROP TABLE {former}")
    create_tables(connection, path, tables)


def _converted(
    path: Path, name: str, columns: Columns, rows: Iterable[tuple[object, object, str]]
) -> Iterator[tuple[object, ...]]:
    for partition, sort, text in rows:
        try:
            item = decode_item(msgspec.json.decode(text))
            yield partition, sort, *columns.row(dumps(item), item)
        except (ValueError, TypeError, AttributeError, msgspec.DecodeError) as error:
            raise ConfigurationError(
                f"The data file {path} could not be converted and is as it was: in the table {name}, the item "
                f"{partition} {sort} cannot be read ({error})."
            ) from None


def _data_version(connection: sqlite3.Connection) -> object:
    """Return a number that changes when another connection commits."""
    return connection.execute("PRAGMA data_version").fetchone()[0]
