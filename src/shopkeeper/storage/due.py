"""Items that are due: an index lists them by a time, and a job sees to them, the longest overdue first."""

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
    """Yield the items of a partition whose time, the sort key of the index, has come at `now` (RFC 3339), in its order.

    The index lags behind the table, so an item may be changed or gone by then. Raises StoreError.
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
    """Have `see_to` see to each item, up to the limits of a sweep, and return how often it said that it did.

    An item that cannot be read is given to `unlist`, so that it holds up no others and is reported once: what
    `unreadable` makes of the first of them is raised at the end. Raises what `see_to` raises at once.
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
