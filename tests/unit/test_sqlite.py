"""What is SQLite's own: the file, the writer that commits in groups, the sweep, full disks."""

import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage import Changes, Put, StoreError, StoreUnavailable
from shopkeeper.storage.sqlite import SQLiteStore, writer
from shopkeeper.storage.sqlite.batch import Batch
from shopkeeper.storage.sqlite.connection import connect, prepare_file
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


def held_up(store: SQLiteStore, patch: pytest.MonkeyPatch, callers: Sequence[Callable[[], object]]) -> list[str]:
    """Let callers queue behind an operation that takes its time; return what SQLite was told when they went on."""
    statements: list[str] = []
    store._writer.do(lambda batch: batch.connection.set_trace_callback(statements.append))
    release, begun, queued = threading.Event(), threading.Event(), threading.Semaphore(0)

    def block(_: Batch) -> None:
        begun.set()
        release.wait(10)

    threads = [threading.Thread(target=store._writer.do, args=(block,))]
    threads[0].start()
    assert begun.wait(10)
    wait = writer.Job.wait

    def counted(job: writer.Job[Any]) -> object:
        queued.release()
        return wait(job)

    patch.setattr(writer.Job, "wait", counted)
    for caller in callers:
        threads.append(threading.Thread(target=caller))
        threads[-1].start()
    for _ in callers:
        assert queued.acquire(timeout=10)
    del statements[:]
    release.set()
    for thread in threads:
        thread.join()
    return statements


def test_many_operations_share_a_commit_and_each_is_undone_alone(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: dict[int, object] = {}

    def write(number: int) -> None:
        try:
            store.transact([Put(PLAIN, {"id": "same", "by": number}, if_absent=True), Put(PLAIN, {"id": f"{number}"})])
            outcomes[number] = "done"
        except StoreError:
            outcomes[number] = "refused"

    statements = held_up(store, monkeypatch, [partial(write, number) for number in range(20)])
    assert list(outcomes.values()).count("done") == 1
    winner = next(number for number, outcome in outcomes.items() if outcome == "done")
    found = store.get_many(PLAIN, [{"id": f"{number}"} for number in range(20)])
    assert [item["id"] for item in found if item] == [f"{winner}"]
    assert statements.count("COMMIT") <= 3, "one for the blocker, two at most for all the others"


def test_an_item_that_many_change_at_once_is_written_once(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: set[object] = set()

    def count() -> None:
        counts.add(store.update(PLAIN, {"id": "hot"}, Changes(add={"count": 1}))["count"])

    statements = held_up(store, monkeypatch, [count] * 40)
    assert counts == set(range(1, 41))
    assert store.get(PLAIN, {"id": "hot"}) == {"id": "hot", "count": 40}
    assert sum(statement.startswith("INSERT") for statement in statements) <= 2


def test_a_fault_in_an_operation_is_its_callers_alone(store: SQLiteStore) -> None:
    def faulty(batch: Batch) -> None:
        batch.put(PLAIN, {"id": "half"})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store._writer.do(faulty)
    assert store.get(PLAIN, {"id": "half"}) is None
    store.put(PLAIN, {"id": "x"})


def test_an_operation_that_nobody_waits_for_is_not_done(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.05)
    release = threading.Event()
    begun = threading.Event()

    def block(_: Batch) -> None:
        begun.set()
        release.wait(10)

    slow = writer.Job[object](block)
    store._writer._jobs.put(slow)  # where a caller's goes that is not alone
    assert begun.wait(10)
    with pytest.raises(StoreUnavailable, match="not started"):
        store.put(PLAIN, {"id": "x"})
    with pytest.raises(StoreUnavailable, match="may have been applied"):
        slow.wait()
    release.set()
    monkeypatch.undo()
    assert store.update(PLAIN, {"id": "y"}, Changes(add={"n": 1})) == {"id": "y", "n": 1}
    assert store.get(PLAIN, {"id": "x"}) is None


def test_a_closed_store_takes_nothing(path: Path) -> None:
    store = SQLiteStore(path, TEST_TABLES)
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable):
        store.put(PLAIN, {"id": "x"})


def test_a_read_that_is_under_way_when_it_closes_leaves_one_file(path: Path) -> None:
    store = SQLiteStore(path, TEST_TABLES)
    store.put(PLAIN, {"id": "x"})
    with store._reader() as connection:
        connection.execute("SELECT 1").fetchone()
        store.close()
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    with pytest.raises(StoreUnavailable, match="closed"):
        store.get(PLAIN, {"id": "x"})


def test_an_interrupt_is_one_and_no_outage(store: SQLiteStore) -> None:
    def interrupted(batch: Batch) -> None:
        batch.put(PLAIN, {"id": "half"})
        raise KeyboardInterrupt

    with store._writer._writing, pytest.raises(KeyboardInterrupt):  # as a caller who writes with its own thread
        store._writer._commit([writer.Job[object](interrupted)])
    assert store.get(PLAIN, {"id": "half"}) is None
    store.put(PLAIN, {"id": "x"})


def test_what_has_expired_is_swept_when_the_store_opens(path: Path) -> None:
    store = SQLiteStore(path, TEST_TABLES, now=lambda: 1000.0)
    for name, expires in [("gone", 1000), ("soon", 1001), ("never", None)]:
        expiry = {} if expires is None else {"expires": expires}
        store.put(NOTES, {"owner": "me", "name": name, **expiry})
    store.put(NOTES, {"owner": "me", "name": "no number", "expires": "soon"})
    store.close()
    store = SQLiteStore(path, TEST_TABLES, now=lambda: 1000.0)
    store.put(PLAIN, {"id": "the sweep is behind us"})
    assert [item["name"] for item in store.query(NOTES, "me").items] == ["never", "no number", "soon"]
    store.close()


def test_the_sweep_comes_again_by_itself(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopkeeper.storage.sqlite.store.SWEEP_SECONDS", 0.02)
    store = SQLiteStore(path, TEST_TABLES, now=lambda: 1000.0)
    store.put(NOTES, {"owner": "me", "name": "gone", "expires": 999})
    swept = threading.Event()
    for _ in range(500):
        if not store.query(NOTES, "me").items:
            swept.set()
            break
        swept.wait(0.02)
    assert swept.is_set()
    store.close()


@pytest.mark.parametrize("index", [None, "by-topic", "by-rank", "by-author"])
def test_no_query_reads_the_whole_table(store: SQLiteStore, index: str | None) -> None:
    plans: list[str] = []
    with store._reader() as connection:
        from shopkeeper.storage.sqlite.store import _selection

        cursor: dict[str, str | int] = {"owner": "a", "name": "b", "topic": "t", "rank": 1, "author": "x"}
        for after in (None, cursor):
            sql, values, _ = _selection(NOTES, "t", index, descending=True, after=after)
            plans += [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert len(plans) == 2, "no sorting step either"
    expected = f"notes.{index}" if index else "sqlite_autoindex_notes_1"
    assert all(plan.startswith("SEARCH") and expected in plan for plan in plans)


def test_a_full_disk_loses_nothing_and_ends(path: Path) -> None:
    """SQLite's own limit of pages stands for the disk; lifting it, for somebody making room."""
    store = SQLiteStore(path, [VISITOR_COUNTER])
    store.put(VISITOR_COUNTER, {"counter_id": "before", "visit_count": 1})
    store._writer.do(lambda batch: batch.connection.execute("PRAGMA max_page_count = 1"))
    with pytest.raises(StoreUnavailable):
        store.transact([Put(VISITOR_COUNTER, {"counter_id": f"{n}", "pad": "x" * 9000}) for n in range(50)])
    assert store.get(VISITOR_COUNTER, {"counter_id": "before"}) is not None
    assert store.get(VISITOR_COUNTER, {"counter_id": "0"}) is None
    store._writer.do(lambda batch: batch.connection.execute("PRAGMA max_page_count = 1000000"))
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


def test_a_fault_of_the_machine_does_not_end_the_writer(store: SQLiteStore) -> None:
    store.put(PLAIN, {"id": "the first sweep is behind us"})
    real = store._writer._connection

    class OutOfMemory:
        """A connection whose next COMMIT finds no memory."""

        failed = False

        def execute(self, sql: str, values: Sequence[Any] = ()) -> object:
            if sql == "COMMIT" and not self.failed:
                self.failed = True
                raise MemoryError
            return real.execute(sql, values)

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

    store._writer._connection = OutOfMemory()  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        store.put(PLAIN, {"id": "x"})
    store.put(PLAIN, {"id": "y"})
    assert store.get(PLAIN, {"id": "x"}) is None
    assert store.get(PLAIN, {"id": "y"}) is not None


def test_a_long_sweep_lets_others_in_between(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SQLiteStore(path, TEST_TABLES, now=lambda: 0.0)
    for start in range(0, 2000, 100):
        expiring = range(start, start + 100)
        store.transact([Put(NOTES, {"owner": "me", "name": f"{n:04}", "expires": 999}) for n in expiring])
    store.close()
    statements: list[str] = []

    def traced(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr("shopkeeper.storage.sqlite.store.connect", traced)  # before the sweep begins
    store = SQLiteStore(path, TEST_TABLES, now=lambda: 1000.0)
    for _ in range(1000):
        if not store.query(NOTES, "me", limit=1).items:
            break
        time.sleep(0.01)
    assert store.query(NOTES, "me", limit=1).items == []
    pieces = [statement for statement in statements if statement == "COMMIT" or statement.startswith("DELETE FROM")]
    deletions = [number for number, piece in enumerate(pieces) if "notes" in piece]
    assert len(deletions) >= 4, "500 at a time"
    assert all("COMMIT" in pieces[one:other] for one, other in pairwise(deletions)), "each in a commit of its own"
    store.close()


def test_readers_do_not_see_what_is_not_committed(store: SQLiteStore) -> None:
    inside = threading.Event()
    release = threading.Event()

    def slow(batch: Batch) -> None:
        batch.put(PLAIN, {"id": "x"})
        batch.flush()
        inside.set()
        release.wait(10)

    writing = threading.Thread(target=lambda: store._writer.do(slow))
    writing.start()
    inside.wait(10)
    assert store.get(PLAIN, {"id": "x"}) is None
    release.set()
    writing.join()
    assert store.get(PLAIN, {"id": "x"}) == {"id": "x"}
