"""Copying all data from one store to another, in steps that can be resumed."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec

from shopkeeper.domains.catalogue.backfill import shown_pictures
from shopkeeper.errors import ConfigurationError
from shopkeeper.runtime.resources import open_store
from shopkeeper.settings import Settings, sqlite_path
from shopkeeper.storage import Item, Store, Table
from shopkeeper.storage.pictures import PictureStore
from shopkeeper.storage.sqlite.connection import existing_file, prepare_file
from shopkeeper.storage.sqlite.lock import lock_data
from shopkeeper.storage.tables import TABLES

PAGE = 100
WRITERS = 16

Report = Callable[[Table, int, int], None]
"""Is called with a table, the number of items copied, and the number of all."""


class Journal(msgspec.Struct):
    """How far a copy has come: the tables that are done, and of the present one the last key and the item count."""

    source: str
    target: str
    done: list[str] = []
    table: str | None = None
    after: dict[str, str | int] | None = None
    copied: int = 0


class Differs(ConfigurationError):
    """The two sides do not hold the same number of items after the copy."""


class Copy:
    """A copy from one store to another; its journal is a file that is removed when all is done.

    Nothing may write to the source, and what is ephemeral is not copied. Items are written as they are, expired ones
    included, so that resuming a copy, or repeating a page of it, changes nothing.
    """

    def __init__(self, source: Store, target: Store, tables: Iterable[Table], journal: Path, names: tuple[str, str]):
        """`names` are what the operator calls the two sides.

        Raises ConfigurationError if the journal is of another copy, or the target holds items without a journal.
        """
        self._source = source
        self._target = target
        self._tables = tuple(table for table in tables if not table.ephemeral)
        self._path = journal
        self.is_resumed = journal.exists()
        self._journal = self._read(*names) if self.is_resumed else Journal(*names)
        if not self.is_resumed:
            for table in self._tables:
                if target.scan(table, limit=1).items:
                    raise ConfigurationError(f"{names[1]} holds items already ({table.name}); nothing was copied.")

    def run(self, report: Report) -> dict[str, int]:
        """Copy what is not copied yet, and return the number of items of each table.

        Raises Differs if the two sides do not count the same, or StoreError, after which the copy can be resumed.
        """
        self._write()  # from here on the target may hold items that are this copy's
        totals = {table: count(self._source, table) for table in self._tables}
        with ThreadPoolExecutor(WRITERS) as writers:
            for table, total in totals.items():
                if table.name in self._journal.done:
                    report(table, total, total)
                else:
                    self._copy(table, total, writers, report)
        counts = {table.name: count(self._source, table) for table in self._tables}
        wrong = [table.name for table in self._tables if count(self._target, table) != counts[table.name]]
        if wrong:
            raise Differs(
                f"The two sides differ in {', '.join(wrong)}: was the source in use? "
                f"Stop it, empty the target, remove {self._path} and begin anew."
            )
        self._path.unlink(missing_ok=True)
        return counts

    def _copy(self, table: Table, total: int, writers: ThreadPoolExecutor, report: Report) -> None:
        journal = self._journal
        if journal.table != table.name:
            journal.table, journal.after, journal.copied = table.name, None, 0
        report(table, journal.copied, total)
        while True:
            page = self._source.scan(table, limit=PAGE, after=journal.after)
            list(writers.map(lambda item: self._put(table, item), page.items))
            journal.copied += len(page.items)
            report(table, journal.copied, total)
            if page.next is None:
                break
            journal.after = dict(page.next)
            self._write()
        journal.done.append(table.name)
        self._write()

    def _put(self, table: Table, item: Item) -> None:
        self._target.put(table, item)

    def _read(self, source: str, target: str) -> Journal:
        try:
            journal = msgspec.json.decode(self._path.read_bytes(), type=Journal)
        except (OSError, msgspec.DecodeError):
            raise ConfigurationError(f"{self._path} is no journal of a copy; remove it to begin anew.") from None
        if (journal.source, journal.target) != (source, target):
            raise ConfigurationError(f"{self._path} is of a copy from {journal.source} to {journal.target}.")
        return journal

    def _write(self) -> None:
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.write_bytes(msgspec.json.encode(self._journal))
        fresh.replace(self._path)


def count(store: Store, table: Table) -> int:
    """Return how many items a table holds."""
    total, after = 0, None
    while True:
        page = store.scan(table, limit=1000, after=after)
        total += len(page.items)
        after = page.next
        if after is None:
            return total


class PictureCopy(msgspec.Struct, frozen=True):
    """How many pictures there are on both sides, and the names of those that the source has lost."""

    copied: int
    missing: list[str]


def copy_pictures(
    items: Store, source: PictureStore | None, target: PictureStore | None, report: Callable[[int, int], None]
) -> PictureCopy:
    """Copy the pictures that items show. It may be repeated. Raises ConfigurationError or StoreError.

    It comes before the items, so that a copy that broke off finds its pictures again. `report` is called with the
    number of pictures that are done, and that of all.
    """
    names = list(shown_pictures(items))
    if not names:
        return PictureCopy(0, [])
    if source is None or target is None:
        raise ConfigurationError(
            f"Items show {len(names)} pictures: S3_BUCKET_NAME and PICTURES_URL must name their bucket and its address."
        )
    before, after = source, target

    def carry(name: str) -> bool:
        content = before.read(name)
        if content is not None:
            after.write(name, content)
        return content is not None

    missing = []
    with ThreadPoolExecutor(WRITERS) as carriers:
        for done, (name, is_there) in enumerate(zip(names, carriers.map(carry, names), strict=True), start=1):
            report(done, len(names))
            if not is_there:
                missing.append(name)
    return PictureCopy(len(names) - len(missing), missing)


@contextmanager
def open_side(settings: Settings, *, must_exist: bool = False) -> Iterator[Store]:
    """Open the settings' store for the block; a SQLite file is locked meanwhile, as a server locks it.

    Raises ConfigurationError.
    """
    path = sqlite_path(settings.store_url)
    if path is None:
        store = open_store(settings)
        try:
            for table in TABLES:
                store.ping(table)
            yield store
        finally:
            store.close()
        return
    file = existing_file(Path(path)) if must_exist else prepare_file(Path(path))
    with lock_data(file):
        store = open_store(settings)
        try:
            yield store
        finally:
            store.close()


@contextmanager
def open_to_read(settings: Settings) -> Iterator[Store]:
    """Open the settings' store for the block, which only reads; a server may be running. Raises ConfigurationError."""
    path = sqlite_path(settings.store_url)
    if path is not None:
        existing_file(Path(path))
    store = open_store(settings)
    try:
        yield store
    finally:
        store.close()
