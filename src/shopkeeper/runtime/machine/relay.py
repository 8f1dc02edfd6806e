"""The store as threads beside the event loop see it."""

from functools import partial
from typing import Any, cast

from shopkeeper.runtime.machine.turns import Turns
from shopkeeper.storage import Store


class RelayedStore:
    """A store whose operations the event loop does. The calling thread waits until they are durable."""

    def __init__(self, store: Store, turns: Turns) -> None:
        self._store = store
        self._turns = turns
        self.kind = store.kind

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)

        def perform(*arguments: Any, **options: Any) -> Any:
            return self._turns.perform(partial(operation, *arguments, **options))

        return perform


def relayed(store: Store, turns: Turns) -> Store:
    """Return `store` for use in other threads than the loop's."""
    return cast(Store, RelayedStore(store, turns))
