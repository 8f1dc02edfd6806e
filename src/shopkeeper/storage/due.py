"""Items that are due: an index lists them by a time, and a sweep handles them, the longest overdue first."""

import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from shopkeeper.storage.port import Store
from shopkeeper.storage.table import Table
from shopkeeper.storage.values import Item

PAGE = 100
MOST_ITEMS = 500
MOST_SECONDS = 5.0
"""The limits of one sweep. The next one continues."""


def due_items(store: Store, table: Table, index: str, partition: str, now: str) -> Iterator[Item]:
    """Yield the items of a partition whose time, the sort key of the index, is at most `now` (RFC 3339), in its order.

    The index lags behind the table, so an item may have been changed or removed. Raises StoreError.
    """
    due_at = table.index(index).key.attributes[1].name
    after = None
    while True:
        page = store.query(table, partition, index=index, limit=PAGE, after=after)
        for item in page.items:
            if str(item[due_at]) > now:
                return
            yield item
        after = page.next
        if after is None:
            return


def sweep(
    items: Iterable[Item],
    see_to: Callable[[Item], bool],
    unlist: Callable[[Item], None],
    unreadable: Callable[[Item, Exception], Exception],
) -> int:
    """Call `see_to` for each item, up to the limits of a sweep, and return how often it returned true.

    An item that cannot be read is given to `unlist`, so that it delays no others and is reported once: the error that
    `unreadable` makes for the first of them is raised at the end. What `see_to` raises is raised at once.
    """
    done, failure = 0, None
    ends = time.monotonic() + MOST_SECONDS
    for item in items:
        if done >= MOST_ITEMS or time.monotonic() > ends:
            break
        try:
            done += see_to(item)
        except msgspec.ValidationError as error:
            failure = failure or unreadable(item, error)
            unlist(item)
    if failure is not None:
        raise failure
    return done
