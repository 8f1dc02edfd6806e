"""Lists of records, page by page: for endpoints that list, and for work on everything that an index lists."""

import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import msgspec

from shopkeeper.storage.port import MAX_PAGE, Store
from shopkeeper.storage.records import Records
from shopkeeper.storage.values import Item, Key

T = TypeVar("T", bound=msgspec.Struct)

STEP = 100
"""How many records a filter is shown at a time."""

MOST_CANDIDATES = 1000
"""How many records a filter is shown for one page."""

SEARCH_SECONDS = 0.2
"""After how many seconds a filter is shown no more records for one page."""


def listed(store: Store, records: Records[T], index: str, partition: str, size: int = STEP) -> Iterator[list[T]]:
    """Yield the records that an index lists in a partition, up to `size` at a time, as the table has them now.

    The index only finds them, since it may lag behind the table. Raises StoreError.
    """
    (identifier,) = records.table.key.attributes
    after = None
    while True:
        page = store.query(records.table, partition, index=index, limit=size, after=after)
        ids = [str(item[identifier.name]) for item in page.items]
        yield [record for record in records.get_many(ids) if record is not None]
        after = page.next
        if after is None:
            return


class Listing(Generic[T]):
    """The records of one partition of an index, or of the table itself, in the order of its sort key.

    `shape` has the names and types of the key that a page begins after, and `fixed` the part of it that is the
    partition.
    """

    def __init__(
        self,
        store: Store,
        records: Records[T],
        index: str | None,
        partition: str,
        *,
        descending: bool = False,
        keep: Callable[[T], bool] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`keep` is the filter: the list has the records for which it returns true."""
        self._store = store
        self._records = records
        self._index = index
        self._partition = partition
        self._descending = descending
        self._keep = keep
        self._monotonic = monotonic
        self.shape = records.table.position(index)
        key = records.table.index(index).key if index else records.table.key
        self.fixed = {key.partition.name: partition}

    def page(self, limit: int, after: Key | None = None, skip: int = 0) -> tuple[list[T], Key | None]:
        """Return at most `limit` records after a key, without the first `skip` of them, and the key of the next page.

        A filter reads at most 1,000 records, and begins to read no more after 0.2 seconds. So a page may be short or
        empty although a next page exists.
        """
        found: list[T] = []
        looked = 0
        ends = self._monotonic() + SEARCH_SECONDS
        while True:
            step = min(STEP, MOST_CANDIDATES - looked) if self._keep else min(limit - len(found) + skip, MAX_PAGE)
            page = self._store.query(
                self._records.table,
                self._partition,
                index=self._index,
                descending=self._descending,
                limit=step,
                after=after,
            )
            for item in page.items:
                record = self._records.from_item(item)
                if self._keep and not self._keep(record):
                    continue
                if skip:
                    skip -= 1
                    continue
                found.append(record)
                if len(found) == limit:
                    is_last = item is page.items[-1] and page.next is None
                    return found, None if is_last else self._position(item)
            looked += len(page.items)
            after = page.next
            is_enough = looked >= MOST_CANDIDATES or self._monotonic() >= ends
            if after is None or (self._keep and is_enough):
                return found, after

    def _position(self, item: Item) -> Key:
        return {name: value for name in self.shape if isinstance(value := item[name], str | int)}
