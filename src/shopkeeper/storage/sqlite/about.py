"""The key and the stage that a data file belongs to, stored in the file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage.sqlite.connection import connect
from shopkeeper.storage.sqlite.schema import immediate


class About(msgspec.Struct, frozen=True):
    """The fingerprint of the signing key, and the stage of the data."""

    key: str
    stage: str


def read_about(path: Path) -> About | None:
    """Return the key and stage of a data file, or None if it was never served. Raises ConfigurationError."""
    try:
        with closing(connect(path)) as connection:
            return about_of(connection)
    except sqlite3.Error as error:
        raise ConfigurationError(f"The data file {path} is not a Shopkeeper data file: {error}.") from None


def write_about(path: Path, about: About) -> None:
    """Bind a data file to a key and a stage. Raises ConfigurationError."""
    rows = msgspec.structs.asdict(about).items()
    try:
        with closing(connect(path)) as connection, immediate(connection):
            connection.execute("CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
            connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", rows)
    except sqlite3.Error as error:
        raise ConfigurationError(f"The data file {path} cannot be written: {error}.") from None


def about_of(connection: sqlite3.Connection) -> About | None:
    """Return the key and stage of an open data file, or None if it was never served. Raises sqlite3.Error."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'about'").fetchone():
        return None
    rows = dict(connection.execute("SELECT name, value FROM about"))
    return About(key=rows["key"], stage=rows["stage"]) if {"key", "stage"} <= rows.keys() else None
