"""What is SQLite's own: the file, the sweep, plans of queries, full disks."""

import sqlite3
import stat
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage import Changes, Put, StoreUnavailable, Value
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.sqlite.connection import connect, prepare_file
from shopkeeper.storage.sqlite.queries import query_of
from shopkeeper.storage.sqlite.schema import Columns
from shopkeeper.storage.sqlite.transaction import Transaction
from shopkeeper.storage.tables import VISITOR_COUNTER
from tests.support.stores import NOTES, PLAIN, TEST_TABLES


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    opened = SQLiteStore(path, TEST_TABLES)
    yield opened
    opened.close()


def test_what_was_written_is_there_after_a_restart(path: Path) -> None:
    first = SQLiteStore(path, TEST_TABLES)
    first.put(PLAIN, {"id": "x", "n": 1})
    first.close()
    second = SQLiteStore(path, TEST_TABLES)
    assert second.get(PLAIN, {"id": "x"}) == {"id": "x", "n": 1}
    second.close()


def test_the_file_is_its_owners_alone(store: SQLiteStore, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_connection_flushes_to_the_disk(path: Path) -> None:
    for _ in range(2):
        prepare_file(path)
        connection = connect(path)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        connection.close()


def _text(path: Path) -> None:
    path.write_text("This is no database, but long enough to be looked at as one. " * 20)


def _read_only(path: Path) -> None:
    SQLiteStore(path, TEST_TABLES).close()
    path.chmod(0o444)


def _folder(path: Path) -> None:
    path.mkdir()


def _somebody_elses(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (a, b)")
    connection.close()


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (_somebody_elses, "not a Shopkeeper data file"),
        (_text, "not a database"),
        (_read_only, "read-only"),
        (_folder, "is a folder"),
    ],
    ids=["foreign", "text", "read-only", "folder"],
)
def test_a_file_that_cannot_be_used_is_said_so_in_a_sentence(path: Path, prepare: object, sentence: str) -> None:
    prepare(path)  # type: ignore[operator]
    with pytest.raises(ConfigurationError, match=sentence) as raised:
        SQLiteStore(path, TEST_TABLES)
    assert str(raised.value).endswith(".")


def test_a_folder_that_is_not_there_is_said_so(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        SQLiteStore(path / "deep" / "shop.db", TEST_TABLES)


def test_a_fault_in_an_operation_is_its_callers_alone(store: SQLiteStore) -> None:
    with pytest.raises(TypeError):
        store.transact([Put(PLAIN, {"id": "half"}), Put(PLAIN, {"id": "x", "n": 1.5})])  # type: ignore[dict-item]
    assert store.get(PLAIN, {"id": "half"}) is None
    store.put(PLAIN, {"id": "x"})


def test_a_closed_store_takes_nothing(path: Path) -> None:
    store = SQLiteStore(path, TEST_TABLES)
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable):
        store.put(PLAIN, {"id": "x"})


def test_a_store_that_was_closed_leaves_one_file(path: Path) -> None:
    store = SQLiteStore(path, TEST_TABLES)
    store.put(PLAIN, {"id": "x"})
    store.close()
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    with pytest.raises(StoreUnavailable, match="closed"):
        store.get(PLAIN, {"id": "x"})


def test_an_interrupt_is_one_and_no_outage(store: SQLiteStore) -> None:
    def interrupted(transaction: Transaction) -> None:
        transaction.put(PLAIN, {"id": "half"})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store._write(interrupted)
    assert store.get(PLAIN, {"id": "half"}) is None
    store.put(PLAIN, {"id": "x"})


def test_a_sweep_removes_what_has_expired(path: Path) -> None:
    store = SQLiteStore(path, TEST_TABLES, now=lambda: 1000.0)
    expiries: dict[str, Value] = {
        "gone": 1000,
        "soon": 1001,
        "never": None,
        "no number": "soon",
        "true": True,
        "long gone": -(10**30),
        "in a million years": 10**30,
        "half a second ago": Decimal("999.5"),
    }
    for name, expires in expiries.items():
        store.put(NOTES, {"owner": "me", "name": name, **({} if expires is None else {"expires": expires})})
    assert not store.sweep()
    left = [item["name"] for item in store.query(NOTES, "me").items]
    assert left == ["in a million years", "never", "no number", "soon", "true"]
    store.close()


def test_an_item_whose_expiry_was_put_off_is_not_swept(store: SQLiteStore) -> None:
    key = {"owner": "me", "name": "session"}
    store.put(NOTES, {**key, "expires": 1})
    store.update(NOTES, key, Changes(set={"expires": 10**10}))
    store.sweep()
    assert store.get(NOTES, key) == {**key, "expires": 10**10}
    store.update(NOTES, key, Changes(remove=["expires"]))
    store.sweep()
    assert store.get(NOTES, key) == key


def test_a_long_sweep_is_done_in_parts(path: Path) -> None:
    store = SQLiteStore(path, TEST_TABLES, now=lambda: 1000.0)
    for start in range(0, 300, 100):
        expiring = range(start, start + 100)
        store.transact([Put(NOTES, {"owner": "me", "name": f"{n:04}", "expires": 999}) for n in expiring])
    left = []
    while store.sweep():
        left.append(len(store.query(NOTES, "me", limit=1000).items))
    assert left == [200, 100, 0]
    store.close()


@pytest.mark.parametrize("index", [None, "by-topic", "by-rank", "by-author"])
def test_no_query_reads_the_whole_table(store: SQLiteStore, index: str | None) -> None:
    plans: list[str] = []
    cursor: dict[str, str | int] = {"owner": "a", "name": "b", "topic": "t", "rank": 1, "author": "x"}
    for after in (None, cursor):
        sql, values, _ = query_of(NOTES, Columns(NOTES), "t", index, descending=True, after=after)
        plans += [str(row[3]) for row in store._transaction.select(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert len(plans) == 2, "no sorting step either"
    expected = f"notes/{index}" if index else "sqlite_autoindex_notes_1"
    assert all(plan.startswith("SEARCH") and expected in plan for plan in plans)


def test_a_full_disk_loses_nothing_and_ends(path: Path) -> None:
    """SQLite's own limit of pages stands for the disk; lifting it, for somebody making room."""
    store = SQLiteStore(path, [VISITOR_COUNTER])
    store.put(VISITOR_COUNTER, {"counter_id": "before", "visit_count": 1})
    store._transaction._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreUnavailable):
        store.transact([Put(VISITOR_COUNTER, {"counter_id": f"{n}", "pad": "x" * 9000}) for n in range(50)])
    assert store.get(VISITOR_COUNTER, {"counter_id": "before"}) is not None
    assert store.get(VISITOR_COUNTER, {"counter_id": "0"}) is None
    store._transaction._connection.execute("PRAGMA max_page_count = 1000000")
    store.put(VISITOR_COUNTER, {"counter_id": "after"})
    assert store.get(VISITOR_COUNTER, {"counter_id": "after"}) is not None
    store.close()


def test_an_unreadable_file_is_an_outage_not_a_bug(store: SQLiteStore, path: Path) -> None:
    store.put(PLAIN, {"id": "x"})
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE plain")
    connection.close()
    with pytest.raises(StoreUnavailable):
        store.get(PLAIN, {"id": "x"})
    with pytest.raises(StoreUnavailable):
        store.put(PLAIN, {"id": "x"})
    with pytest.raises(StoreUnavailable):
        store.ping(PLAIN)


class Failing:
    """A connection that fails at the next statement that begins with a word, as if the machine had no memory."""

    def __init__(self, connection: sqlite3.Connection, word: str, error: Exception) -> None:
        self._connection = connection
        self._word = word
        self._error: Exception | None = error

    def execute(self, sql: str, values: Sequence[Any] = ()) -> object:
        """Execute a statement, or fail once."""
        error = self._error
        if error and sql.startswith(self._word):
            self._error = None
            raise error
        return self._connection.execute(sql, values)

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


def fail_once(store: SQLiteStore, word: str, error: Exception | None = None) -> None:
    """Let the next statement that begins with a word fail."""
    connection = store._transaction._connection
    error = error or sqlite3.OperationalError("disk I/O error")
    store._transaction._connection = Failing(connection, word, error)  # type: ignore[assignment]


@pytest.mark.parametrize("word", ["BEGIN", "SELECT", "INSERT", "COMMIT"])
@pytest.mark.parametrize("error", [MemoryError(), sqlite3.OperationalError("disk I/O error")])
def test_after_a_fault_of_the_machine_the_store_works_again(store: SQLiteStore, word: str, error: Exception) -> None:
    fail_once(store, word, error)
    with pytest.raises(StoreUnavailable):
        store.put(PLAIN, {"id": "x"}, if_absent=True)
    store.put(PLAIN, {"id": "y"})
    assert store.get(PLAIN, {"id": "x"}) is None
    assert store.get(PLAIN, {"id": "y"}) is not None
