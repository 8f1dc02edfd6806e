"""A store whose indexes lag behind at random, as real ones do; its tables do not."""

import random
from collections.abc import Sequence
from typing import Any

from shopkeeper.storage import Append, Check, Item, Page, Put, Store, Table
from tests.support.wrapping import WrappedStore

LAGGING = "lagging"
"""The name of this kind of store among the backends."""


def settle(store: Store) -> None:
    """Let the indexes catch up, for tests of what a listing shows in the end."""
    if isinstance(store, LaggingStore):
        store.catch_up()


class LaggingStore(WrappedStore):
    """Wraps a store: what an index shows may be without the latest writes."""

    def __init__(self, store: Store, seed: int) -> None:
        super().__init__(store)
        self._random = random.Random(seed)
        self._unseen: dict[tuple[str, ...], int] = {}

    def catch_up(self) -> None:
        """Show everything from now on."""
        self._unseen.clear()

    def put(self, table: Table, item: Item, **options: Any) -> None:
        """Write an item, which the indexes will show later."""
        self._store.put(table, item, **options)
        self._delay(table, item)

    def update(self, table: Table, key: Item, *arguments: Any, **options: Any) -> Any:
        """Change an item, which the indexes will show later."""
        result = self._store.update(table, key, *arguments, **options)  # type: ignore[arg-type]
        self._delay(table, key)
        return result

    def transact(self, actions: Sequence[Any]) -> list[int]:
        """Do all or nothing; the indexes will show it later."""
        result = self._store.transact(actions)
        for action in actions:
            if not isinstance(action, Append | Check):
                self._delay(action.table, action.item if isinstance(action, Put) else action.key)
        return result

    def query(self, table: Table, partition: str, **options: Any) -> Page:
        """Query; of an index, without what it does not show yet."""
        page = self._store.query(table, partition, **options)
        if not options.get("index"):
            return page
        return Page([item for item in page.items if not self._is_unseen(table, item)], page.next)

    def _name(self, table: Table, item: Item) -> tuple[str, ...]:
        return (table.name, *(str(item[attribute.name]) for attribute in table.key.attributes))

    def _delay(self, table: Table, item: Item) -> None:
        self._unseen[self._name(table, item)] = self._random.randint(0, 4)

    def _is_unseen(self, table: Table, item: Item) -> bool:
        """Tell whether an index does not show an item yet; each look brings it closer."""
        name = self._name(table, item)
        left = self._unseen.get(name, 0)
        self._unseen[name] = max(0, left - 1)
        return left > 0
