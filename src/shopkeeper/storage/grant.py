"""What somebody may do on a table, as data."""

from typing import Literal

import msgspec

Operation = Literal["get", "put", "update", "delete", "query", "check", "append", "get_many", "ping"]
"""Of the Store port. `query` is that of the table itself; a ping reads one reserved key, never written."""


class Grant(msgspec.Struct, frozen=True):
    """The operations that are allowed on a table, and the indexes of it that may be queried."""

    operations: frozenset[Operation]
    indexes: frozenset[str] = frozenset()


def may(*operations: Operation, query: tuple[str, ...] = ()) -> Grant:
    """Return the grant of these operations, and of queries of these indexes."""
    return Grant(frozenset(operations), frozenset(query))
