"""A scan sees every item of a table once, page by page, alike on both stores."""

import json
from collections.abc import Mapping

import pytest

from shopkeeper.storage import Store, Table, Value
from tests.support.stores import FEED, NOTES, PLAIN

ITEMS: dict[Table, list[dict[str, Value]]] = {
    PLAIN: [{"id": f"item {number}", "n": number, "deep": {"list": [1, "two", None, True]}} for number in range(23)],
    NOTES: [{"owner": f"owner {number % 3}", "name": f"note {number}", "expires": 1} for number in range(17)],
    FEED: [{"feed": f"feed {number % 2}", "seq": number} for number in range(11)],
}


@pytest.mark.parametrize("limit", [1, 4, 100])
@pytest.mark.parametrize("table", ITEMS, ids=lambda table: str(table.name))
def test_a_scan_sees_every_item_once(store: Store, table: Table, limit: int) -> None:
    for item in ITEMS[table]:
        store.put(table, item)
    seen, after = [], None
    while True:
        page = store.scan(table, limit=limit, after=after)
        assert len(page.items) <= limit
        seen += page.items
        after = page.next
        if after is None:
            break
    assert sorted(map(_text, seen)) == sorted(map(_text, ITEMS[table]))


def _text(item: Mapping[str, Value]) -> str:
    return json.dumps(item, sort_keys=True)


def test_a_scan_of_nothing_is_empty(store: Store) -> None:
    page = store.scan(PLAIN)
    assert (page.items, page.next) == ([], None)


def test_a_scan_goes_on_behind_an_item_that_is_gone(store: Store) -> None:
    for item in ITEMS[PLAIN]:
        store.put(PLAIN, item)
    first = store.scan(PLAIN, limit=5)
    assert first.next is not None
    store.delete(PLAIN, first.next)
    rest = store.scan(PLAIN, limit=100, after=first.next)
    assert len(first.items) + len(rest.items) == len(ITEMS[PLAIN])
