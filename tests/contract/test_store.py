"""What every store does, exactly alike: the contract of the port, run against each."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from shopkeeper.storage import (
    ABSENT,
    Action,
    AlreadyExists,
    Append,
    Below,
    Changes,
    Delete,
    ExpectationFailed,
    ItemTooLarge,
    Put,
    Store,
    StoreError,
    Update,
    Value,
)
from tests.support.stores import ATOMIC, FEED, NOTES, PLAIN

DIGITS_38 = 12345678901234567890123456789012345678

VALUES: dict[str, Value] = {
    "text": "Zoë's café — 東京 🦉",
    "empty text": "",
    "zero": 0,
    "negative": -7,
    "38 digits": DIGITS_38,
    "38 digits of a fraction": Decimal("0.12345678901234567890123456789012345678"),
    "largest": Decimal("9.9999999999999999999999999999999999999E+125"),
    "smallest": Decimal("1E-130"),
    "true": True,
    "false": False,
    "null": None,
    "binary": b"\x00\xff\x10",
    "empty binary": b"",
    "list": ["a", 1, [Decimal("1.5"), None], {}],
    "map": {"a": {"b": {"c": [True]}}, "日本": "a name"},
    "set of strings": {"a", "b", "ü"},
    "set of numbers": {1, 2, Decimal("2.5")},
    "set of binaries": {b"a", b"\x00"},
}


def except_on_moto(request: pytest.FixtureRequest, reason: str) -> None:
    """Expect a failure where moto is known not to do as DynamoDB does; dynoxide does."""
    if "moto" in request.node.callspec.params.values():
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_as_it_went_in(store: Store, name: str) -> None:
    store.put(PLAIN, {"id": "x", "value": VALUES[name]})
    found = store.get(PLAIN, {"id": "x"})
    assert found == {"id": "x", "value": VALUES[name]}
    assert type(found["value"]) is type(VALUES[name])


def test_a_number_without_a_fraction_comes_back_as_an_int_and_one_with_it_normalised(store: Store) -> None:
    store.put(PLAIN, {"id": "x", "whole": Decimal("1E+2"), "fraction": Decimal("1.50")})
    item = store.get(PLAIN, {"id": "x"})
    assert item is not None
    assert repr(item["whole"]) == "100"
    assert repr(item["fraction"]) == "Decimal('1.5')"


def test_what_is_not_there_is_none(store: Store) -> None:
    assert store.get(PLAIN, {"id": "nobody"}) is None
    assert store.get_many(PLAIN, [{"id": "a"}, {"id": "b"}]) == [None, None]
    assert store.get_many(PLAIN, []) == []


def test_get_many_keeps_the_order_of_its_keys(store: Store) -> None:
    for number in range(100):
        if number != 50:
            store.put(PLAIN, {"id": f"{number:03}", "n": number})
    keys = [{"id": f"{number:03}"} for number in reversed(range(100))]
    found = store.get_many(PLAIN, keys)
    assert [item and item["n"] for item in found] == [None if n == 50 else n for n in reversed(range(100))]


def test_a_put_replaces_the_whole_item(store: Store) -> None:
    store.put(PLAIN, {"id": "x", "old": 1})
    store.put(PLAIN, {"id": "x", "new": 2})
    assert store.get(PLAIN, {"id": "x"}) == {"id": "x", "new": 2}


def test_a_put_that_is_to_create_leaves_what_is_there(store: Store) -> None:
    store.put(PLAIN, {"id": "x", "by": "first"}, if_absent=True)
    with pytest.raises(AlreadyExists):
        store.put(PLAIN, {"id": "x", "by": "second"}, if_absent=True)
    assert store.get(PLAIN, {"id": "x"}) == {"id": "x", "by": "first"}


def test_an_update_creates_adds_sets_and_removes_and_returns_the_new_item(store: Store) -> None:
    key = {"id": "x"}
    changes = Changes(add={"n": 2}, set={"s": "a"}, set_if_absent={"first": 1}, remove=["gone"])
    assert store.update(PLAIN, key, changes) == {"id": "x", "n": 2, "s": "a", "first": 1}
    changes = Changes(add={"n": Decimal("0.5")}, set={"gone": True}, set_if_absent={"first": 9}, remove=["s"])
    assert store.update(PLAIN, key, changes) == {"id": "x", "n": Decimal("2.5"), "first": 1, "gone": True}
    assert store.get(PLAIN, key) == {"id": "x", "n": Decimal("2.5"), "first": 1, "gone": True}


def test_removing_what_is_not_there_creates_the_item_all_the_same(store: Store) -> None:
    assert store.update(PLAIN, {"id": "x"}, Changes(remove=["a"])) == {"id": "x"}


def test_adding_keeps_every_digit(store: Store) -> None:
    store.put(PLAIN, {"id": "x", "n": DIGITS_38})
    assert store.update(PLAIN, {"id": "x"}, Changes(add={"n": 1}))["n"] == DIGITS_38 + 1


def test_adding_to_text_is_refused_and_changes_nothing(store: Store, request: pytest.FixtureRequest) -> None:
    except_on_moto(request, "moto concatenates")
    store.put(PLAIN, {"id": "x", "n": "text"})
    with pytest.raises(StoreError):
        store.update(PLAIN, {"id": "x"}, Changes(add={"n": 1}, set={"m": 1}))
    assert store.get(PLAIN, {"id": "x"}) == {"id": "x", "n": "text"}


EXPECTATIONS: list[tuple[str, dict[str, Any], bool]] = [
    ("equal text", {"s": "a"}, True),
    ("other text", {"s": "b"}, False),
    ("equal number", {"n": 1}, True),
    ("equal number, written otherwise", {"n": Decimal("1.0")}, True),
    ("a number is not text", {"n": "1"}, False),
    ("one is not true", {"n": True}, False),
    ("true", {"t": True}, True),
    ("true is not one", {"t": 1}, False),
    ("null", {"nothing": None}, True),
    ("null is not absent", {"missing": None}, False),
    ("absent", {"missing": ABSENT}, True),
    ("null is there", {"nothing": ABSENT}, False),
    ("binary", {"b": b"\x00"}, True),
    ("below a number", {"n": Below(2)}, True),
    ("below, but not there", {"missing": Below(2)}, True),
    ("not below", {"n": Below(1)}, False),
    ("a text is not below", {"s": Below(9)}, False),
    ("a boolean is not below", {"t": Below(9)}, False),
    ("null is not below", {"nothing": Below(9)}, False),
    ("all of several", {"s": "a", "n": 1, "missing": ABSENT}, True),
    ("one of several not", {"s": "a", "n": 2}, False),
    ("the key itself", {"id": "x"}, True),
]


@pytest.mark.parametrize(("name", "expect", "holds"), EXPECTATIONS, ids=[case[0] for case in EXPECTATIONS])
def test_a_write_happens_only_as_expected(
    store: Store, name: str, expect: dict[str, Any], holds: bool, request: pytest.FixtureRequest
) -> None:
    if name in ("one is not true", "true is not one", "null is not absent", "a boolean is not below"):
        except_on_moto(request, "moto compares as Python does")
    if name == "a text is not below":
        except_on_moto(request, "moto compares what no order is between")
    item: dict[str, Value] = {"id": "x", "s": "a", "n": 1, "t": True, "nothing": None, "b": b"\x00"}
    key = {"id": "x"}
    store.put(PLAIN, item)
    if holds:
        store.update(PLAIN, key, Changes(set={"changed": 1}), expect=expect)
        assert store.get(PLAIN, key) == {**item, "changed": 1}
        store.delete(PLAIN, key, expect=expect)
        assert store.get(PLAIN, key) is None
    else:
        with pytest.raises(ExpectationFailed):
            store.update(PLAIN, key, Changes(set={"changed": 1}), expect=expect)
        with pytest.raises(ExpectationFailed):
            store.delete(PLAIN, key, expect=expect)
        assert store.get(PLAIN, key) == item


def test_an_item_that_is_not_there_has_no_attributes(store: Store) -> None:
    with pytest.raises(ExpectationFailed):
        store.update(PLAIN, {"id": "x"}, Changes(set={"a": 1}), expect={"id": "x"})
    assert store.get(PLAIN, {"id": "x"}) is None
    store.update(PLAIN, {"id": "x"}, Changes(set={"a": 1}), expect={"id": ABSENT})
    assert store.get(PLAIN, {"id": "x"}) == {"id": "x", "a": 1}


def test_deleting_what_is_not_there_is_no_error(store: Store) -> None:
    store.delete(PLAIN, {"id": "x"})
    with pytest.raises(ExpectationFailed):
        store.delete(PLAIN, {"id": "x"}, expect={"a": 1})


def _names(items: Sequence[dict[str, Value]]) -> list[Value]:
    return [item["name"] for item in items]


def test_a_partition_is_in_the_order_of_utf8_bytes_both_ways(store: Store) -> None:
    names = ["a", "B", "é", "z", "日", "🦉", "aa", "~"]
    for name in names:
        store.put(NOTES, {"owner": "me", "name": name})
        store.put(NOTES, {"owner": "other", "name": name})
    ordered = sorted(names, key=lambda name: name.encode())
    assert _names(store.query(NOTES, "me").items) == ordered
    assert _names(store.query(NOTES, "me", descending=True).items) == ordered[::-1]
    assert store.query(NOTES, "nobody").items == []


def test_numbers_sort_as_numbers(store: Store) -> None:
    ranks = [-(2**62), -10, -9, 0, 2, 10, 100, 2**62]
    for rank in ranks:
        store.put(NOTES, {"owner": "me", "name": f"r{rank}", "topic": "t", "rank": rank})
    page = store.query(NOTES, "t", index="by-rank")
    assert [item["rank"] for item in page.items] == ranks


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("index", [None, "by-topic"])
@pytest.mark.parametrize("limit", [1, 3, 7, 20])
def test_pages_lead_through_every_item_once(store: Store, index: str | None, limit: int, descending: bool) -> None:
    names = [f"{number:02}" for number in range(20)]
    for name in names:
        store.put(NOTES, {"owner": "me", "name": name, "topic": "me", "pad": "x" * 1000})
    seen: list[Value] = []
    after = None
    for _ in range(25):
        page = store.query(NOTES, "me", index=index, descending=descending, limit=limit, after=after)
        assert 0 < len(page.items) <= limit
        seen += _names(page.items)
        after = page.next
        if after is None:
            break
    assert seen == (names[::-1] if descending else names)


def test_the_last_full_page_says_that_it_is_the_last(store: Store) -> None:
    for name in "ab":
        store.put(NOTES, {"owner": "me", "name": name})
    assert store.query(NOTES, "me", limit=2).next is None


def test_a_cursor_holds_after_its_item_is_gone(store: Store) -> None:
    for name in "abcd":
        store.put(NOTES, {"owner": "me", "name": name})
    after = store.query(NOTES, "me", limit=2).next
    assert after == {"owner": "me", "name": "b"}
    store.delete(NOTES, {"owner": "me", "name": "b"})
    assert _names(store.query(NOTES, "me", after=after).items) == ["c", "d"]


def test_an_index_holds_the_items_that_have_its_attributes(store: Store) -> None:
    store.put(NOTES, {"owner": "me", "name": "a", "author": "ann"})
    store.put(NOTES, {"owner": "me", "name": "b"})
    store.put(NOTES, {"owner": "you", "name": "c", "author": "ann"})
    assert sorted(str(n) for n in _names(store.query(NOTES, "ann", index="by-author").items)) == ["a", "c"]
    store.update(NOTES, {"owner": "me", "name": "a"}, Changes(remove=["author"]))
    assert _names(store.query(NOTES, "ann", index="by-author").items) == ["c"]


def test_a_transaction_does_everything_or_nothing_and_names_what_failed(store: Store) -> None:
    store.put(PLAIN, {"id": "taken"})
    actions: list[Action] = [
        Put(PLAIN, {"id": "new"}),
        Update(NOTES, {"owner": "me", "name": "a"}, Changes(add={"n": 1})),
        Delete(PLAIN, {"id": "gone"}),
        Put(PLAIN, {"id": "taken", "by": "us"}, if_absent=True),
    ]
    with pytest.raises(AlreadyExists) as failed:
        store.transact(actions)
    assert failed.value.position == 3
    assert store.get(PLAIN, {"id": "new"}) is None
    assert store.get(NOTES, {"owner": "me", "name": "a"}) is None
    store.transact(actions[:3])
    assert store.get(PLAIN, {"id": "new"}) == {"id": "new"}
    assert store.get(NOTES, {"owner": "me", "name": "a"}) == {"owner": "me", "name": "a", "n": 1}


def test_of_several_failures_the_first_is_named(store: Store) -> None:
    with pytest.raises(ExpectationFailed) as failed:
        store.transact(
            [
                Put(PLAIN, {"id": "fine"}),
                Append(FEED, "f", {"what": "never"}),
                Delete(PLAIN, {"id": "a"}, expect={"x": 1}),
                Update(PLAIN, {"id": "b"}, Changes(set={"x": 2}), expect={"x": 1}),
            ]
        )
    assert failed.value.position == 2
    assert store.query(FEED, "f").items == []


def test_a_transaction_of_a_hundred_actions(store: Store) -> None:
    store.transact([Put(PLAIN, {"id": f"{number}"}) for number in range(100)])
    assert None not in store.get_many(PLAIN, [{"id": f"{number}"} for number in range(100)])


def test_events_are_numbered_from_one_without_a_gap(store: Store) -> None:
    for number in range(1, 6):
        assert store.transact([Append(FEED, "f", {"what": f"event {number}"})]) == [number]
    assert store.transact([Append(FEED, "g", {}), Put(PLAIN, {"id": "x"}), Append(FEED, "f", {})]) == [1, 6]
    page = store.query(FEED, "f", after={"feed": "f", "seq": 2})
    assert [item["seq"] for item in page.items] == [3, 4, 5, 6]
    assert page.items[0] == {"feed": "f", "seq": 3, "what": "event 3"}


@pytest.mark.parametrize("store", ATOMIC, indirect=True)
def test_events_of_many_threads_have_no_gap_and_no_repeat(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        append = [Append(FEED, "f", {})]
        numbers = list(pool.map(lambda _: store.transact(append)[0], range(40)))
    assert sorted(numbers) == list(range(1, 41))
    events = store.query(FEED, "f", after={"feed": "f", "seq": 0}).items
    assert [item["seq"] for item in events] == list(range(1, 41))


@pytest.mark.parametrize("store", ATOMIC, indirect=True)
def test_additions_of_many_threads_are_all_counted(store: Store) -> None:
    def add(_: int) -> Value:
        return store.update(PLAIN, {"id": "hot"}, Changes(add={"n": 1}))["n"]

    with ThreadPoolExecutor(16) as pool:
        counts = list(pool.map(add, range(200)))
    assert sorted(int(str(count)) for count in counts) == list(range(1, 201))


@pytest.mark.parametrize("store", ATOMIC, indirect=True)
def test_one_of_many_that_create_the_same_item_wins(store: Store) -> None:
    start = threading.Barrier(8)

    def create(name: int) -> bool:
        start.wait()
        try:
            store.put(PLAIN, {"id": "one", "by": name}, if_absent=True)
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(create, range(8)))
    item = store.get(PLAIN, {"id": "one"})
    assert won.count(True) == 1
    assert item == {"id": "one", "by": won.index(True)}


def test_an_item_over_400_kb_is_refused_whichever_way_it_grows(store: Store) -> None:
    with pytest.raises(ItemTooLarge):
        store.put(PLAIN, {"id": "x", "text": "x" * 410_000})
    store.put(PLAIN, {"id": "x", "text": "x" * 300_000})
    with pytest.raises(ItemTooLarge):
        store.update(PLAIN, {"id": "x"}, Changes(set={"more": "y" * 200_000}))
    with pytest.raises(ItemTooLarge):
        store.update(PLAIN, {"id": "x"}, Changes(set={"more": "y" * 200_000}), expect={"id": "x"})
    assert store.get(PLAIN, {"id": "x"}) == {"id": "x", "text": "x" * 300_000}


WRONG: dict[str, Any] = {
    "a float": lambda store: store.put(PLAIN, {"id": "x", "n": 1.5}),
    "39 digits": lambda store: store.put(PLAIN, {"id": "x", "n": 10**38}),
    "not a number": lambda store: store.put(PLAIN, {"id": "x", "n": Decimal("NaN")}),
    "an empty set": lambda store: store.put(PLAIN, {"id": "x", "n": set()}),
    "no key": lambda store: store.put(PLAIN, {"n": 1}),
    "an empty key": lambda store: store.put(PLAIN, {"id": ""}),
    "a number as a text key": lambda store: store.get(PLAIN, {"id": 1}),
    "too much of a key": lambda store: store.get(PLAIN, {"id": "x", "name": "y"}),
    "half a key": lambda store: store.get(NOTES, {"owner": "x"}),
    "a key of 2,049 bytes": lambda store: store.get(PLAIN, {"id": "x" * 2049}),
    "101 keys": lambda store: store.get_many(PLAIN, [{"id": str(number)} for number in range(101)]),
    "a key twice": lambda store: store.get_many(PLAIN, [{"id": "x"}, {"id": "x"}]),
    "an index key of another type": lambda store: store.put(NOTES, {"owner": "a", "name": "b", "rank": "c"}),
    "an update of nothing": lambda store: store.update(PLAIN, {"id": "x"}, Changes()),
    "an update of the key": lambda store: store.update(PLAIN, {"id": "x"}, Changes(set={"id": "y"})),
    "an attribute twice": lambda store: store.update(PLAIN, {"id": "x"}, Changes(set={"a": 1}, remove=["a"])),
    "a page of none": lambda store: store.query(PLAIN, "x", limit=0),
    "a page of 1,001": lambda store: store.query(PLAIN, "x", limit=1001),
    "no action": lambda store: store.transact([]),
    "101 actions": lambda store: store.transact([Put(PLAIN, {"id": str(number)}) for number in range(101)]),
    "an item twice": lambda store: store.transact([Put(PLAIN, {"id": "x"}), Delete(PLAIN, {"id": "x"})]),
    "depth of 40": lambda store: store.put(PLAIN, {"id": "x", "deep": _deep(40)}),
}


def _deep(levels: int) -> Value:
    value: Value = "bottom"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("name", WRONG)
def test_what_no_store_can_do_is_the_callers_fault(store: Store, name: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        WRONG[name](store)
    assert store.get(PLAIN, {"id": "x"}) is None


def test_a_ping_tells_a_table_that_is_there(store: Store) -> None:
    for table in (PLAIN, NOTES, FEED):
        store.ping(table)
