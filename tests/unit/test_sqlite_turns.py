"""Deferred writes: the operations of a turn share one COMMIT, and what depends on it is known."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shopkeeper.storage import Append, Changes, Delete, ExpectationFailed, Put, StoreUnavailable, Update
from shopkeeper.storage.sqlite import SQLiteStore
from tests.support.stores import FEED, NOTES, PLAIN, TEST_TABLES
from tests.unit.test_sqlite import fail_once

X = {"id": "x"}
COUNT = Changes(add={"n": 1})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    """A store that holds x and defers its writes."""
    opened = SQLiteStore(path, TEST_TABLES, now=lambda: 1000.0)
    opened.put(PLAIN, {**X, "n": 0})
    opened.defer()
    opened.depends = False
    yield opened
    opened.close()


def committed(path: Path) -> int:
    """Return the number of x that another process finds in the file."""
    with closing(sqlite3.connect(path)) as connection:
        (n,) = connection.execute("SELECT document ->> 'n' FROM plain WHERE partition = 'x'").fetchone()
        return int(n)


def statements(store: SQLiteStore) -> list[str]:
    """Return a list to which the statements that SQLite executes from now on are added."""
    traced: list[str] = []
    store._transaction._connection.set_trace_callback(traced.append)
    return traced


def test_a_write_waits_for_the_commit(store: SQLiteStore, path: Path) -> None:
    store.update(PLAIN, X, COUNT)
    assert (store.has_changes, store.depends, committed(path)) == (True, True, 0)
    store.commit()
    assert (store.has_changes, committed(path)) == (False, 1)


def test_without_defer_a_write_is_committed_when_it_returns(path: Path) -> None:
    store = SQLiteStore(path, TEST_TABLES)
    store.put(PLAIN, {**X, "n": 7})
    assert (store.has_changes, committed(path)) == (False, 7)
    store.close()


def test_a_hundred_visits_of_one_item_read_it_once_and_write_it_once(store: SQLiteStore) -> None:
    traced = statements(store)
    counts = [store.update(PLAIN, X, COUNT)["n"] for _ in range(100)]
    store.commit()
    assert counts == list(range(1, 101))
    kinds = [statement.split()[0] for statement in traced if not statement.startswith("PRAGMA")]
    assert kinds == ["BEGIN", "SELECT", "UPDATE", "COMMIT"]


def test_an_item_that_was_read_in_a_former_turn_is_not_read_again(store: SQLiteStore) -> None:
    store.get(PLAIN, X)
    traced = statements(store)
    for _ in range(3):
        store.update(PLAIN, X, COUNT)
        store.commit()
    assert store.get(PLAIN, X) == {**X, "n": 3}
    assert not [statement for statement in traced if statement.startswith("SELECT")]


def test_a_read_depends_on_writes_that_are_not_committed_and_on_no_others(store: SQLiteStore) -> None:
    store.get(PLAIN, X)
    store.query(NOTES, "me")
    assert not store.depends
    store.update(PLAIN, X, COUNT)
    store.depends = False
    assert store.get(PLAIN, X) == {**X, "n": 1}
    assert store.depends
    store.commit()
    store.depends = False
    assert store.get(PLAIN, X) == {**X, "n": 1}
    assert not store.depends


def test_queries_and_scans_see_the_writes_of_the_turn(store: SQLiteStore) -> None:
    store.put(NOTES, {"owner": "me", "name": "a", "topic": "t"})
    store.transact([Append(FEED, "f", {"what": "first"})])
    store.depends = False
    assert [item["name"] for item in store.query(NOTES, "t", index="by-topic").items] == ["a"]
    assert store.depends
    assert [item["what"] for item in store.query(FEED, "f", after={"feed": "f", "seq": 0}).items] == ["first"]
    store.update(NOTES, {"owner": "me", "name": "a"}, Changes(set={"topic": "u"}))
    assert store.query(NOTES, "t", index="by-topic").items == []
    store.delete(NOTES, {"owner": "me", "name": "a"})
    assert store.scan(NOTES).items == []
    store.commit()
    assert store.scan(NOTES).items == []
    assert [item["head"] for item in store.get_many(FEED, [{"feed": "f", "seq": 0}]) if item] == [1]


def test_an_operation_that_fails_undoes_only_its_own_writes(store: SQLiteStore, path: Path) -> None:
    store.update(PLAIN, X, COUNT)
    with pytest.raises(ExpectationFailed):
        store.transact(
            [
                Update(PLAIN, X, COUNT),
                Put(PLAIN, {"id": "y"}),
                Delete(PLAIN, {"id": "z"}, expect={"n": 1}),
            ]
        )
    store.update(PLAIN, X, COUNT)
    store.commit()
    assert committed(path) == 2
    assert store.get(PLAIN, {"id": "y"}) is None


def test_no_caller_can_change_what_is_cached(store: SQLiteStore) -> None:
    tags = ["a"]
    store.put(PLAIN, {"id": "y", "tags": tags})
    tags.append("b")
    store.commit()
    for _ in range(2):
        found = store.get(PLAIN, {"id": "y"})
        assert found == {"id": "y", "tags": ["a"]}
        found["tags"].append("c")  # type: ignore[union-attr]
    changed = store.update(PLAIN, {"id": "y"}, Changes(set={"more": tags}))
    tags.append("d")
    changed["more"].append("e")  # type: ignore[union-attr]
    assert store.get(PLAIN, {"id": "y"}) == {"id": "y", "tags": ["a"], "more": ["a", "b"]}


def test_a_write_of_another_process_is_seen_at_once(store: SQLiteStore, path: Path) -> None:
    assert store.get(PLAIN, X) == {**X, "n": 0}
    other = SQLiteStore(path, TEST_TABLES)
    other.update(PLAIN, X, COUNT)
    assert store.get(PLAIN, X) == {**X, "n": 1}
    other.update(PLAIN, X, COUNT)
    assert store.update(PLAIN, X, COUNT)["n"] == 3
    store.commit()
    assert other.get(PLAIN, X) == {**X, "n": 3}
    other.delete(PLAIN, X)
    assert store.get(PLAIN, X) is None
    other.close()


@pytest.mark.parametrize("word", ["BEGIN", "SELECT", "INSERT"])
def test_if_sqlite_fails_the_turn_is_lost_and_the_next_one_works(store: SQLiteStore, path: Path, word: str) -> None:
    store.update(PLAIN, X, COUNT)
    if word == "BEGIN":
        store.commit()
    fail_once(store, word)

    def write_and_query() -> None:
        store.put(NOTES, {"owner": "me", "name": "a"}, if_absent=True)
        store.query(NOTES, "me")

    with pytest.raises(StoreUnavailable, match="disk I/O error"):
        write_and_query()
    store.depends = False
    with pytest.raises(StoreUnavailable, match="disk I/O error"):
        store.get(PLAIN, X)
    assert (store.has_changes, store.depends) == (True, True)
    with pytest.raises(StoreUnavailable, match="disk I/O error"):
        store.update(PLAIN, X, COUNT)
    with pytest.raises(StoreUnavailable, match="disk I/O error"):
        store.commit()
    before = committed(path)
    assert before == (1 if word == "BEGIN" else 0)
    assert not store.has_changes
    assert store.update(PLAIN, X, COUNT)["n"] == before + 1
    store.commit()
    assert committed(path) == before + 1
    assert store.query(NOTES, "me").items == []


@pytest.mark.parametrize("word", ["UPDATE", "COMMIT"])
def test_a_commit_that_fails_applies_nothing(store: SQLiteStore, path: Path, word: str) -> None:
    store.update(PLAIN, X, COUNT)
    store.put(PLAIN, {"id": "y"})
    fail_once(store, word)
    with pytest.raises(StoreUnavailable, match="disk I/O error"):
        store.commit()
    assert not store.has_changes
    assert store.get(PLAIN, {"id": "y"}) is None
    assert store.update(PLAIN, X, COUNT)["n"] == 1
    store.commit()
    assert committed(path) == 1


def test_a_file_that_was_replaced_takes_no_commit(store: SQLiteStore, path: Path) -> None:
    store.update(PLAIN, X, COUNT)
    path.rename(path.with_name("moved.db"))
    with pytest.raises(StoreUnavailable, match="was replaced or removed"):
        store.commit()
    path.with_name("moved.db").rename(path)
    assert committed(path) == 0


def test_a_sweep_is_part_of_the_turn(store: SQLiteStore, path: Path) -> None:
    store.put(NOTES, {"owner": "me", "name": "old", "expires": 1})
    assert store.sweep() is False
    assert store.get(NOTES, {"owner": "me", "name": "old"}) is None
    store.commit()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (0,)


def test_what_was_not_committed_is_discarded_when_the_store_closes(store: SQLiteStore, path: Path) -> None:
    store.update(PLAIN, X, COUNT)
    store.close()
    assert committed(path) == 0
