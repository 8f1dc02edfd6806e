"""Appends that follow a certain event, and what the head of a feed keeps: the contract, run against each store."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shopkeeper.storage import (
    FEED_HEAD,
    Action,
    AlreadyExists,
    Append,
    Check,
    ConditionFailed,
    ExpectationFailed,
    Put,
    Store,
    Value,
)
from shopkeeper.storage.retries import Retries
from tests.support.stores import ATOMIC, FEED, PLAIN

THREADS = 8
APPENDS = 40
TAKEN = Put(PLAIN, {"id": "taken"}, if_absent=True)


def head(store: Store, feed: str = "f") -> dict[str, Value]:
    """Return what the head of a feed keeps."""
    item = store.get(FEED, {"feed": feed, "seq": FEED_HEAD}) or {}
    return {name: value for name, value in item.items() if name not in ("feed", "seq")}


def events(store: Store, feed: str = "f") -> list[dict[str, Value]]:
    return store.query(FEED, feed, after={"feed": feed, "seq": FEED_HEAD}).items


def append(after: int | None = None, feed: str = "f", **other: Any) -> Append:
    return Append(FEED, feed, {"what": "it"}, after=after, **other)


def test_an_append_after_the_newest_event_is_the_next_one(store: Store) -> None:
    assert [store.transact([append(after)]) for after in (0, 1, None, 3)] == [[1], [2], [3], [4]]
    assert [event["seq"] for event in events(store)] == [1, 2, 3, 4]


@pytest.mark.parametrize(("newest", "after"), [(0, 1), (1, 0), (3, 0), (3, 2), (3, 4)])
def test_an_append_after_another_event_fails_and_changes_nothing(store: Store, newest: int, after: int) -> None:
    for number in range(newest):
        store.transact([append(number, tally={"open": 1}, head={"day": "monday"})])
    before = head(store)
    with pytest.raises(ExpectationFailed) as failed:
        store.transact([Put(PLAIN, {"id": "x"}), append(after, tally={"open": 1}, head={"day": "sunday"})])
    assert failed.value.position == 1
    assert (head(store), len(events(store)), store.get(PLAIN, {"id": "x"})) == (before, newest, None)


def test_the_head_keeps_what_it_was_given_until_it_is_given_anew(store: Store) -> None:
    store.transact([append(head={"day": "monday", "count": 1}, tally={"open": 2})])
    store.transact([append(tally={"open": -1})])
    assert head(store) == {"head": 2, "day": "monday", "count": 1, "open": 1}
    store.transact([append(2, head={"day": "tuesday"})])
    assert head(store) == {"head": 3, "day": "tuesday", "count": 1, "open": 1}
    assert all(set(event) == {"feed", "seq", "what"} for event in events(store))


WRONG_AFTER = 7
FIRST: dict[str, tuple[list[Action], type[ConditionFailed], int]] = {
    "an append before a put": ([append(WRONG_AFTER), TAKEN], ExpectationFailed, 0),
    "a put before an append": ([TAKEN, append(WRONG_AFTER)], AlreadyExists, 0),
    "an append behind one that follows whatever comes": (
        [append(), append(WRONG_AFTER, "g")],
        ExpectationFailed,
        1,
    ),
    "a check behind two appends": (
        [append(0), append(None, "g"), Check(PLAIN, {"id": "taken"}, {"n": 1})],
        ExpectationFailed,
        2,
    ),
    "the first of two appends": ([append(WRONG_AFTER), append(WRONG_AFTER, "g")], ExpectationFailed, 0),
}


@pytest.mark.parametrize("name", FIRST)
def test_the_first_action_that_fails_is_named(store: Store, name: str) -> None:
    actions, kind, position = FIRST[name]
    store.put(PLAIN, {"id": "taken"})
    with pytest.raises(kind) as failed:
        store.transact(actions)
    assert failed.value.position == position
    assert events(store) == events(store, "g") == []


def test_numbers_are_returned_in_the_order_of_the_appends(store: Store) -> None:
    store.transact([append(0, "g")])
    actions: list[Action] = [append(), Put(PLAIN, {"id": "x"}), append(1, "g"), append(0, "h")]
    assert store.transact(actions) == [1, 2, 1]
    assert store.transact([append(1), append(None, "h"), append(2, "g")]) == [2, 2, 3]


@pytest.mark.parametrize("store", ATOMIC, indirect=True)
def test_threads_that_read_the_head_first_share_the_numbers_without_gap_or_repeat(store: Store) -> None:
    def add(_: int) -> tuple[int, int]:
        retries = Retries(60)
        while True:
            found = head(store)
            newest, count = int(str(found.get("head", 0))), int(str(found.get("count", 0)))
            try:
                (number,) = store.transact([append(newest, head={"count": count + 1})])
            except ExpectationFailed:
                assert retries.wait()
            else:
                return number, count + 1

    with ThreadPoolExecutor(THREADS) as pool:
        numbers = sorted(pool.map(add, range(APPENDS)))
    assert numbers == [(number, number) for number in range(1, APPENDS + 1)]
    assert head(store) == {"head": APPENDS, "count": APPENDS}


@pytest.mark.parametrize(
    "other",
    [
        {"tally": {"head": 1}},
        {"head": {"head": 1}},
        {"head": {"feed": "g"}},
        {"head": {"seq": 1}},
        {"head": {"open": 1}, "tally": {"open": 1}},
    ],
    ids=str,
)
def test_an_append_may_not_set_what_is_not_its_own(store: Store, other: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="the head"):
        store.transact([append(**other)])
    assert head(store) == {}
