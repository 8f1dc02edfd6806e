"""The embedded store: one SQLite file."""

from shopkeeper.storage.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
