"""The Store port: the operations that every store does exactly alike, and the actions they are made of."""

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
"""The number under which a feed keeps, as `head`, how many events it has had."""


class Missing(Enum):
    """The one value of `ABSENT`."""

    ABSENT = "absent"


ABSENT: Final = Missing.ABSENT
"""In an expectation: the attribute must not be there."""


class Below(msgspec.Struct, frozen=True):
    """In an expectation: the attribute must be a number below `limit`, or not be there."""

    limit: int


Expectation = Mapping[str, Scalar | Missing | Below]
"""What attributes must be for a write to happen; an item that does not exist has none."""


class Changes(msgspec.Struct, frozen=True):
    """What an update does to an item, which it creates if need be; no attribute may appear twice.

    `add` adds to numbers (an absent one counts as 0), `set` replaces, `set_if_absent` sets what is not
    there yet, `remove` removes.
    """

    add: Mapping[str, Number] = {}
    set: Mapping[str, Value] = {}
    set_if_absent: Mapping[str, Value] = {}
    remove: Sequence[str] = ()


class Put(msgspec.Struct, frozen=True):
    """Write a whole item; with `if_absent`, only where there is none."""

    table: Table
    item: Item
    if_absent: bool = False


class Update(msgspec.Struct, frozen=True):
    """Change an item, if it is as expected."""

    table: Table
    key: Key
    changes: Changes
    expect: Expectation | None = None


class Delete(msgspec.Struct, frozen=True):
    """Remove an item, if it is as expected; there need not be one."""

    table: Table
    key: Key
    expect: Expectation | None = None


class Check(msgspec.Struct, frozen=True):
    """Change nothing, but let the transaction happen only if an item is as expected."""

    table: Table
    key: Key
    expect: Expectation


class Append(msgspec.Struct, frozen=True):
    """Give `item` the next number of its feed: a partition of a table whose sort key is a number.

    Numbers of a feed begin at 1 and have no gap and no repeat. Number 0 is the feed's head; a query that
    is to see events only begins after it. `tally` is added to numbers that the head keeps.
    """

    table: Table
    feed: str
    item: Item
    tally: Mapping[str, int] = {}


Action = Put | Update | Delete | Check | Append


class Page(msgspec.Struct, frozen=True):
    """A part of a query's items, and the key after which the next part begins, None at the end."""

    items: list[dict[str, Value]]
    next: dict[str, str | int] | None


class Store(Protocol):
    """Where items live. Every method raises the errors of `shopkeeper.storage.errors`."""

    kind: str
    """What a health report calls the database: `sqlite` or `dynamodb`."""

    def get(self, table: Table, key: Key) -> dict[str, Value] | None:
        """Return the item as it is now (strongly consistent), or None."""
        ...

    def get_many(self, table: Table, keys: Sequence[Key]) -> list[dict[str, Value] | None]:
        """Return the items of at most 100 different keys, in their order, strongly consistent."""
        ...

    def put(self, table: Table, item: Item, *, if_absent: bool = False) -> None:
        """Write a whole item. Raises AlreadyExists if it was to be new and is not."""
        ...

    @overload
    def update(self, table: Table, key: Key, changes: Changes) -> dict[str, Value]: ...

    @overload
    def update(self, table: Table, key: Key, changes: Changes, *, expect: Expectation) -> None: ...

    def update(
        self, table: Table, key: Key, changes: Changes, *, expect: Expectation | None = None
    ) -> dict[str, Value] | None:
        """Change an item and return the new one; under an expectation, return nothing.

        A conditional write happens once even if its reply is lost, and so cannot return what it wrote.
        An `add` without an expectation is never applied twice. Raises ExpectationFailed.
        """
        ...

    def delete(self, table: Table, key: Key, *, expect: Expectation | None = None) -> None:
        """Remove an item if it is there. Raises ExpectationFailed."""
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
        """Return at most `limit` items of a partition in the order of the sort key, those behind `after`.

        Of the table it is strongly consistent, of an index eventually. `after` holds the key attributes
        of the table and of the index; the item itself need not exist any more.
        """
        ...

    def scan(self, table: Table, *, limit: int = 100, after: Key | None = None) -> Page:
        """Return at most `limit` items of a whole table in no certain order, those behind `after`.

        For operators alone (`shopkeeper copy`): no endpoint may need it.
        """
        ...

    def transact(self, actions: Sequence[Action]) -> list[int]:
        """Do all the actions, each on another item, or none; at most 100.

        Returns the numbers that the `Append`s were given. Raises AlreadyExists or ExpectationFailed with
        the position of the action whose condition failed.
        """
        ...

    def ping(self, table: Table) -> None:
        """Return if the table can be read, else raise."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
