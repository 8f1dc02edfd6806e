"""Declared tables as SQLite tables: the key, and each attribute that an index or the TTL needs, in columns.

A row holds the item as JSON (`form`) in the column `document`. The columns of attributes are filled when a row is
written, so that indexes are indexes of plain columns. An index contains only the rows that have its attributes.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage.sqlite.form import loads
from shopkeeper.storage.table import Key, KeyAttribute, Table
from shopkeeper.storage.values import Item, Number, Value

VERSION = 1
"""The version of the schema: `PRAGMA user_version`. Files from before there were versions have version 0."""
APPLICATION = 0x53686F70
"""`PRAGMA application_id` of a data file of version 1 or later: "Shop" in ASCII."""

OWN = ("partition", "sort", "document")
FORMER = {"partition", "sort", "item"}
"""The columns of every table of version 0."""
PAGE = 1000
_MAX_INTEGER = 2**63 - 1

Place = tuple[str, object, object]
"""A table's name and the values of its two key columns."""
Row = tuple[object, ...]
"""The columns of an item after its key: the document, then the attributes that have columns."""


class Columns:
    """The columns of a declared table, and the SQL that reads and writes its rows."""

    def __init__(self, table: Table) -> None:
        self._own = dict(zip((attribute.name for attribute in table.key.attributes), OWN, strict=False))
        keys = [attribute for index in table.indexes for attribute in index.key.attributes]
        if table.ttl:
            keys.append(KeyAttribute(table.ttl, "N"))
        self.attributes = tuple({each.name: each for each in keys if each.name not in self._own}.values())
        self.names = ("document", *(self.column(attribute.name) for attribute in self.attributes))
        self._table = quoted(table.name)
        names, marks = ", ".join(self.names), ", ?" * len(self.names)
        # The update is in place. REPLACE would write the row and its key again, to more pages.
        changes = ", ".join(f"{name} = excluded.{name}" for name in self.names)
        self.select = f"SELECT {names} FROM {self._table} WHERE partition = ? AND sort = ?"
        self.insert = (
            f"INSERT INTO {self._table} (partition, sort, {names}) VALUES (?, ?{marks}) "
            f"ON CONFLICT (partition, sort) DO UPDATE SET {changes}"
        )
        self.delete = f"DELETE FROM {self._table} WHERE partition = ? AND sort = ?"

    def row(self, document: str, item: Item) -> Row:
        """Return the row of an item. `document` is its JSON."""
        return (document, *[_value(attribute, item.get(attribute.name)) for attribute in self.attributes])

    def update(self, before: Row, after: Row) -> tuple[str, list[object]]:
        """Return the SQL that changes a row, and its values without the key.

        Only columns that differ are set, because SQLite writes every index of a column that is set.
        """
        changed = [(name, new) for name, old, new in zip(self.names, before, after, strict=True) if old != new]
        changes = ", ".join(f"{name} = ?" for name, _ in changed)
        sql = f"UPDATE {self._table} SET {changes} WHERE partition = ? AND sort = ?"
        return sql, [value for _, value in changed]

    def column(self, attribute: str) -> str:
        """Return the column that holds an attribute of a key, as an identifier.

        In brackets it is never a string. SQLite reads an unknown name in double quotes as one.
        """
        return self._own.get(attribute) or f"[by_{attribute}]"

    def order(self, key: Key) -> dict[str, str]:
        """Return the columns of an index in their order, and the attributes that they hold."""
        own = {column: attribute for attribute, column in self._own.items()}
        columns = {self.column(attribute.name): attribute.name for attribute in key.attributes}
        return {**columns, **{name: own.get(name, "") for name in ("partition", "sort") if name not in columns}}

    def definition(self, attribute: KeyAttribute) -> str:
        """Return the definition of an attribute's column."""
        return f"{self.column(attribute.name)} {'TEXT' if attribute.type == 'S' else 'INTEGER'}"


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Raise ConfigurationError for a file of a newer version of Shopkeeper or of another program.

    Nothing in the file is changed. Raises sqlite3.Error.
    """
    application, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if application not in (0, APPLICATION):
        raise ConfigurationError(f"The file {path} is not a Shopkeeper data file: it is another program's.")
    if version > VERSION:
        raise ConfigurationError(
            f"The file {path} was written by a newer version of Shopkeeper (its schema has version {version}; "
            f"this program knows versions up to {VERSION}): use that version."
        )


def former_tables(connection: sqlite3.Connection) -> list[str]:
    """Return the tables that have the form of version 0. Raises sqlite3.Error."""
    if _pragma(connection, "user_version"):
        return []
    return [name for name, columns in columns_of(connection).items() if columns == FORMER]


def is_ours(columns: set[str]) -> bool:
    """Return whether a table with these columns holds items, in the present or in the former form."""
    return columns == FORMER or columns >= set(OWN)


def prepare_schema(connection: sqlite3.Connection, path: Path, tables: Iterable[Table]) -> None:
    """Create the missing tables, columns and indexes of `tables` in one transaction. The call may be repeated.

    Raises ConfigurationError if the file has the form of version 0 or is another program's, or sqlite3.Error.
    """
    tables = tuple(tables)
    if _is_prepared(connection, tables):
        return
    with immediate(connection):
        if former_tables(connection):
            raise ConfigurationError(
                f"The data file {path} has the form of a former version: start the server on it once. It makes a "
                "backup and converts the file."
            )
        create_tables(connection, path, tables)


def create_tables(connection: sqlite3.Connection, path: Path, tables: Iterable[Table]) -> None:
    """Create what is missing in the open transaction. Raises ConfigurationError or sqlite3.Error."""
    present = columns_of(connection)
    for table in tables:
        columns = present.get(table.name)
        if columns is None:
            create_table(connection, table.name, Columns(table))
        elif columns >= set(OWN):
            _add_columns(connection, path, table, columns)
        else:
            raise ConfigurationError(
                f"The data file {path} is not a Shopkeeper data file: its table {table.name} has other columns."
            )
        for name, order in _indexes(table):
            filled = " AND ".join(f"{column} IS NOT NULL" for column in order if column not in OWN)
            connection.execute(
                f"CREATE INDEX IF NOT EXISTS {quoted(name)} ON {quoted(table.name)} ({', '.join(order)}) "
                f"WHERE {filled or 'TRUE'}"
            )
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def create_table(connection: sqlite3.Connection, name: str, columns: Columns) -> None:
    """Create a table without its indexes."""
    attributes = [columns.definition(attribute) for attribute in columns.attributes]
    own = ["partition TEXT NOT NULL", "sort NOT NULL", "document TEXT NOT NULL"]
    definitions = ", ".join([*own, *attributes, "PRIMARY KEY (partition, sort)"])
    connection.execute(f"CREATE TABLE {quoted(name)} ({definitions})")


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block writes, or none of it if the block raises. Raises sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def quoted(name: str) -> str:
    """Return `name` as a quoted SQL identifier. Names come from declarations, never from callers."""
    return '"' + name.replace('"', '""') + '"'


def _is_prepared(connection: sqlite3.Connection, tables: Iterable[Table]) -> bool:
    """Return whether nothing is missing, so that a store opens without waiting for another one that writes."""
    if _pragma(connection, "user_version") != VERSION:
        return False
    present = columns_of(connection)
    indexes = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    return all(
        not _missing(table, present.get(table.name, set()))
        and table.name in present
        and all(name in indexes for name, _ in _indexes(table))
        for table in tables
    )


def _indexes(table: Table) -> Iterator[tuple[str, list[str]]]:
    """Yield the name and the columns of each index. No index of version 0 has such a name."""
    columns = Columns(table)
    for index in table.indexes:
        yield f"{table.name}/{index.name}", list(columns.order(index.key))
    if table.ttl:
        yield f"{table.name}/{table.ttl}", list(columns.order(Key(KeyAttribute(table.ttl, "N"))))


def columns_of(connection: sqlite3.Connection) -> dict[str, set[str]]:
    """Return the columns of each table of a file, by name. Raises sqlite3.Error."""
    columns = dict[str, set[str]]()
    for name, column in connection.execute(
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
    ):
        columns.setdefault(name, set()).add(column)
    return columns


def _missing(table: Table, present: set[str]) -> list[KeyAttribute]:
    """Return the attributes whose columns were declared after the table was created."""
    columns = Columns(table)
    return [each for each in columns.attributes if columns.column(each.name).strip("[]") not in present]


def _add_columns(connection: sqlite3.Connection, path: Path, table: Table, present: set[str]) -> None:
    """Add the columns that are missing, and fill them from the documents."""
    columns, missing = Columns(table), _missing(table, present)
    for attribute in missing:
        connection.execute(f"ALTER TABLE {quoted(table.name)} ADD COLUMN {columns.definition(attribute)}")
    after: tuple[object, ...] = ("", "")
    while missing:
        rows = connection.execute(
            f"SELECT partition, sort, document FROM {quoted(table.name)} WHERE (partition, sort) > (?, ?) "
            f"ORDER BY partition, sort LIMIT {PAGE}",
            after,
        ).fetchall()
        if not rows:
            break
        for partition, sort, text in rows:
            try:
                row = columns.row(text, loads(text))
            except msgspec.DecodeError as error:
                raise ConfigurationError(
                    f"The data file {path} cannot be used: its table {table.name} has an item {partition} {sort} that "
                    f"cannot be read ({error})."
                ) from None
            connection.execute(columns.insert, (partition, sort, *row))
        after = rows[-1][:2]


def _value(attribute: KeyAttribute, value: Value) -> str | int | None:
    """Return the value of an attribute's column, or None if the attribute is absent or of another type."""
    if value is None:
        return None
    if attribute.type == "S":
        return value if isinstance(value, str) else None
    if isinstance(value, bool) or not isinstance(value, Number):
        return None
    return max(-_MAX_INTEGER, min(int(value), _MAX_INTEGER))


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
