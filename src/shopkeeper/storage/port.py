"""The Store port: the operations that every store supports in exactly the same way, and their actions."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, Protocol, overload

import msgspec

from shopkeeper.storage.table import Table
from shopkeeper.storage.values import Item, Key, Number, Scalar, Value

MAX_ACTIONS = 100
MAX_KEYS = 100
MAX_PAGE = 1000
FEED_HEAD = 0
"""The number of a feed's head item. Its attribute `head` is the number of the newest event."""


class Missing(Enum):
    """The one value of `ABSENT`."""

    ABSENT = "absent"


ABSENT: Final = Missing.ABSENT
"""In an expectation: the attribute must be absent."""


class Below(msgspec.Struct, frozen=True):
    """In an expectation: the attribute must be a number below `limit`, or absent."""

    limit: int


Expectation = Mapping[str, Scalar | Missing | Below]
"""The values that attributes must have for a write to happen. An absent item has no attributes."""


class Changes(msgspec.Struct, frozen=True):
    """The changes of an update, which creates the item if it is absent. An attribute may appear only once.

    `add` adds to numbers (an absent number counts as 0), `set` replaces values, `set_if_absent` sets absent
    attributes, `remove` removes attributes.
    """

    add: Mapping[str, Number] = {}
    set: Mapping[str, Value] = {}
    set_if_absent: Mapping[str, Value] = {}
    remove: Sequence[str] = ()


class Put(msgspec.Struct, frozen=True):
    """Write a whole item; with `if_absent`, only if it does not exist."""

    table: Table
    item: Item
    if_absent: bool = False


class Update(msgspec.Struct, frozen=True):
    """Change an item if it meets the expectation."""

    table: Table
    key: Key
    changes: Changes
    expect: Expectation | None = None


class Delete(msgspec.Struct, frozen=True):
    """Remove an item if it meets the expectation. Without an expectation the item may be absent."""

    table: Table
    key: Key
    expect: Expectation | None = None


class Check(msgspec.Struct, frozen=True):
    """Make the transaction conditional on an item that it does not change."""

    table: Table
    key: Key
    expect: Expectation


class Append(msgspec.Struct, frozen=True):
    """Write `item` under the next number of its feed. A feed is a partition of a table whose sort key is a number.

    The numbers of a feed begin at 1, without a gap or a repeat. Number 0 is the feed's head. A query for events
    begins after it. `tally` is added to numbers that the head keeps, and `head` are attributes that are set on it. All
    other attributes of the head stay.

    With `after`, the item is written only as number `after + 1`. If the feed's newest number is another one, the
    transaction fails with ExpectationFailed: read the head and try again.
    """

    table: Table
    feed: str
    item: Item
    tally: Mapping[str, int] = {}
    after: int | None = None
    head: Item = {}


Action = Put | Update | Delete | Check | Append


class Page(msgspec.Struct, frozen=True):
    """A page of a query's items, and the key after which the next page begins. `next` is None on the last page."""

    items: list[dict[str, Value]]
    next: dict[str, str | int] | None


class Store(Protocol):
    """A store of items. Every method raises the errors of `shopkeeper.storage.errors`."""

    kind: str
    """The name of the database in health reports: `sqlite` or `dynamodb`."""

    def get(self, table: Table, key: Key) -> dict[str, Value] | None:
        """Return the current item (strongly consistent), or None."""
        ...

    def get_many(self, table: Table, keys: Sequence[Key]) -> list[dict[str, Value] | None]:
        """Return the items of at most 100 different keys, in the order of the keys (strongly consistent)."""
        ...

    def put(self, table: Table, item: Item, *, if_absent: bool = False) -> None:
        """Write a whole item. Raises AlreadyExists if `if_absent` is set and the item exists."""
        ...

    @overload
    def update(self, table: Table, key: Key, changes: Changes) -> dict[str, Value]: ...

    @overload
    def update(self, table: Table, key: Key, changes: Changes, *, expect: Expectation) -> None: ...

    def update(
        self, table: Table, key: Key, changes: Changes, *, expect: Expectation | None = None
    ) -> dict[str, Value] | None:
        """Change an item and return the new item. With an expectation, return None.

        A conditional write happens once, even if its reply is lost. It therefore cannot return the item. An `add`
        without an expectation is never applied twice. Raises ExpectationFailed.
        """
        ...

    def delete(self, table: Table, key: Key, *, expect: Expectation | None = None) -> None:
        """Remove an item if it exists. Raises ExpectationFailed."""
        ...

    def query(
        self,
        table: Table,
        partition: str,
        *,
        index: str | None = None,
        descending: bool = False,
        limit: int = 100,
        after: Key | None = None,
    ) -> Page:
        """Return at most `limit` items of a partition that follow `after`, in the order of the sort key.

        A query of the table is strongly consistent; a query of an index is eventually consistent. `after` holds the
        key attributes of the table and of the index. Its item may have been removed.
        """
        ...

    def scan(self, table: Table, *, limit: int = 100, after: Key | None = None) -> Page:
        """Return at most `limit` items of the table that follow `after`. The order is undefined.

        Only operators use it (`shopkeeper copy`), and one machine before its first run. No function of Lambda may.
        """
        ...

    def transact(self, actions: Sequence[Action]) -> list[int]:
        """Apply all actions or none. There are at most 100, each on a different item.

        Returns the numbers of the `Append` actions. Raises AlreadyExists or ExpectationFailed with the position of
        the action whose condition failed.
        """
        ...

    def ping(self, table: Table) -> None:
        """Read the table. Raises a StoreError if it cannot be read."""
        ...

    def close(self) -> None:
        """Close files and connections."""
        ...
