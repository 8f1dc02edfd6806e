"""A store in this process whose operations are parts of traces."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, cast

from shopkeeper.net.spans import Operation
from shopkeeper.storage import Action, Store, Table

SYSTEM = "sqlite"
OF_A_TABLE = ("get", "get_many", "put", "update", "delete", "query", "scan", "ping")
"""The operations whose first argument is their table."""


class TracedStore:
    """A store that does each operation within a span. Everything else of the port is passed on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.kind = store.kind
        self.transact = partial(_transact, store.transact)
        for name in OF_A_TABLE:
            setattr(self, name, partial(_operate, name, getattr(store, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def traced(store: Store) -> Store:
    """Return `store` for use where traces are made. While nothing is traced, an operation costs a microsecond more."""
    return cast(Store, TracedStore(store))


def _operate(name: str, operation: Callable[..., Any], table: Table, *arguments: Any, **options: Any) -> Any:
    with Operation(SYSTEM, name, (table.name,)):
        return operation(table, *arguments, **options)


def _transact(transact: Callable[[Sequence[Action]], list[int]], actions: Sequence[Action]) -> list[int]:
    with Operation(SYSTEM, "transact", _tables(actions)):
        return transact(actions)


def _tables(actions: Iterable[Action]) -> tuple[str, ...]:
    """Return the names of the tables of some actions, each once."""
    return tuple(dict.fromkeys(action.table.name for action in actions))
