"""A store that passes everything on to another, for tests that change one operation of it."""

from collections.abc import Sequence
from typing import Any

from shopkeeper.storage import Item, Page, Store, Table


class WrappedStore(Store):
    """Does what the store does that it wraps."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.kind = store.kind

    def get(self, *arguments: Any, **options: Any) -> Any:
        """See `Store.get`."""
        return self._store.get(*arguments, **options)

    def get_many(self, *arguments: Any, **options: Any) -> Any:
        """See `Store.get_many`."""
        return self._store.get_many(*arguments, **options)

    def put(self, table: Table, item: Item, **options: Any) -> None:
        """See `Store.put`."""
        self._store.put(table, item, **options)

    def update(self, table: Table, key: Item, *arguments: Any, **options: Any) -> Any:
        """See `Store.update`."""
        return self._store.update(table, key, *arguments, **options)  # type: ignore[arg-type]

    def delete(self, table: Table, key: Item, **options: Any) -> None:
        """See `Store.delete`."""
        self._store.delete(table, key, **options)  # type: ignore[arg-type]

    def query(self, table: Table, partition: str, **options: Any) -> Page:
        """See `Store.query`."""
        return self._store.query(table, partition, **options)

    def scan(self, *arguments: Any, **options: Any) -> Any:
        """See `Store.scan`."""
        return self._store.scan(*arguments, **options)

    def transact(self, actions: Sequence[Any]) -> list[int]:
        """See `Store.transact`."""
        return self._store.transact(actions)

    def ping(self, table: Table) -> None:
        """See `Store.ping`."""
        self._store.ping(table)

    def close(self) -> None:
        """See `Store.close`."""
        self._store.close()
