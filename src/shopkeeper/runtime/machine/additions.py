"""Items that were added to a table on one machine, for the streams of that table."""

import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, cast

from shopkeeper.functions.triggers import Stream
from shopkeeper.storage import Action, Append, Item, Put, Store, Table

WhenDurable = Callable[[Callable[[], None]], None]

MOST_WAITING = 1000
"""Items that may wait for a consumer."""

MOST_TAKEN = 100
"""Items that a consumer is given at once."""


class Additions:
    """Items that wait for one consumer. Above a limit they are dropped and counted: adding never waits."""

    def __init__(self) -> None:
        self._items: queue.Queue[Item | None] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._dropped = 0

    def tell(self, item: Item) -> None:
        """Let an item wait, or drop it."""
        try:
            self._items.put_nowait(item)
        except queue.Full:
            with self._lock:
                self._dropped += 1

    def take(self) -> list[Item]:
        """Wait for items and return some of them; none once this is closed."""
        first = self._items.get()
        items = [] if first is None else [first]
        with suppress(queue.Empty):
            while items and len(items) < MOST_TAKEN and (item := self._items.get_nowait()) is not None:
                items.append(item)
        return items

    def take_dropped(self) -> int:
        """Return how many items were dropped since the last call."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        return dropped

    def close(self) -> None:
        """Wake up the consumer. If items are waiting, it is awake already."""
        with suppress(queue.Full):
            self._items.put_nowait(None)


class WatchedStore:
    """A store that tells of items after they were added to some tables and the change is durable.

    It also tells of every feed to which something was appended.

    A write counts as an addition if it says so itself: an `Append`, or a `Put` that must find no item. Everything else
    of the port is passed on.
    """

    def __init__(
        self,
        store: Store,
        watchers: Mapping[Table, Iterable[Additions]],
        when_durable: WhenDurable,
        appended: Callable[[str], None],
    ) -> None:
        """`when_durable` calls what it is given as soon as the changes until then are durable."""
        self._store = store
        # The usual operations take no detour.
        self.get, self.get_many, self.update = store.get, store.get_many, store.update
        self._watchers = watchers
        self._when_durable = when_durable
        self._appended = appended

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, table: Table, item: Item, *, if_absent: bool = False) -> None:
        """See `Store.put`."""
        self._store.put(table, item, if_absent=if_absent)
        if if_absent:
            self._tell(table, item)

    def transact(self, actions: Sequence[Action]) -> list[int]:
        """See `Store.transact`."""
        numbers = self._store.transact(actions)
        given = iter(numbers)
        for action in actions:
            if isinstance(action, Append):
                self._tell(action.table, _stored(action, next(given)))
                self._when_durable(partial(self._appended, action.feed))
            elif isinstance(action, Put) and action.if_absent:
                self._tell(action.table, action.item)
        return numbers

    def _tell(self, table: Table, item: Item) -> None:
        for watcher in self._watchers.get(table, ()):
            self._when_durable(partial(watcher.tell, item))


def _stored(action: Append, number: int) -> Item:
    """Return an item with its key, as the feed stores it."""
    partition, sort = action.table.key.attributes
    return {**action.item, partition.name: action.feed, sort.name: number}


def watched(
    store: Store,
    streams: Iterable[tuple[Stream, Additions]],
    when_durable: WhenDurable,
    appended: Callable[[str], None],
) -> Store:
    """Return a store that tells the streams of what is added, and `appended` of the feeds that grow."""
    watchers: dict[Table, list[Additions]] = {}
    for stream, additions in streams:
        watchers.setdefault(stream.table, []).append(additions)
    return cast(Store, WatchedStore(store, watchers, when_durable, appended))
