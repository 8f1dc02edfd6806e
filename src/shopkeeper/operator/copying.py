"""The two sides of `shopkeeper copy`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from shopkeeper.runtime.resources import open_store
from shopkeeper.settings import read, sqlite_path
from shopkeeper.storage import TABLES, Store
from shopkeeper.storage.sqlite.connection import existing_file, prepare_file
from shopkeeper.storage.sqlite.lock import lock_data


@contextmanager
def open_side(url: str, environment: Mapping[str, str], *, must_exist: bool = False) -> Iterator[Store]:
    """Open a store that nobody else may use meanwhile; a SQLite file is locked, as a server locks it.

    Raises ConfigurationError.
    """
    settings = read({**environment, "STORE_URL": url}, TABLES)
    path = sqlite_path(settings.store_url)
    if path is None:
        store = open_store(settings, environment)
        try:
            for table in TABLES:
                store.ping(table)
            yield store
        finally:
            store.close()
        return
    file = existing_file(Path(path)) if must_exist else prepare_file(Path(path))
    with lock_data(file):
        store = open_store(settings, environment)
        try:
            yield store
        finally:
            store.close()
