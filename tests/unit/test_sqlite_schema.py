"""The tables of a data file: declared later, changed later, another program's."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage import Index, Put, Table, Value
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.sqlite.schema import APPLICATION, VERSION
from shopkeeper.storage.table import Key, KeyAttribute, string_key
from tests.support.stores import FEED, NOTES, PLAIN

BARE = Table("notes", "NOTES_TABLE", string_key("owner", "name"))
"""The table `notes` before it had indexes and expiry."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def filled(path: Path) -> Path:
    """A data file with 2,500 notes in a table that has no index."""
    store = SQLiteStore(path, [BARE])
    store.defer()
    for number in range(2500):
        topic: dict[str, Value] = {"topic": f"t{number % 2}", "rank": number} if number % 5 else {}
        store.put(BARE, {"owner": f"o{number % 7}", "name": f"{number:04}", "expires": number, **topic})
    store.commit()
    store.close()
    return path


def everything(store: SQLiteStore, topic: str, index: str) -> list[object]:
    """Return the names of the notes of a topic."""
    return [note["name"] for note in store.query(NOTES, topic, index=index, limit=1000).items]


def test_an_index_and_an_expiry_that_are_declared_later_hold_the_items_that_are_there(filled: Path) -> None:
    store = SQLiteStore(filled, [NOTES], now=lambda: 49.0)
    expected = [f"{number:04}" for number in range(2500) if number % 5 and number % 2]
    assert everything(store, "t1", "by-topic") == expected
    assert everything(store, "t1", "by-rank") == expected
    assert not store.sweep()
    assert len(everything(store, "t1", "by-rank")) == len(expected) - 20
    store.close()


def test_an_index_that_is_declared_later_is_made_whole_or_not_at_all(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("UPDATE notes SET document = 'no JSON' WHERE sort = '2499'")
        connection.commit()
    before = schema(filled)
    with pytest.raises(ConfigurationError, match="its table notes has an item o0 2499 that cannot be read"):
        SQLiteStore(filled, [NOTES])
    assert schema(filled) == before
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("DELETE FROM notes WHERE sort = '2499'")
        connection.commit()
    SQLiteStore(filled, [NOTES]).close()
    assert len(schema(filled)) > len(before)


def schema(path: Path) -> list[str]:
    """Return what SQLite keeps of the tables and indexes of a file."""
    with closing(sqlite3.connect(path)) as connection:
        return [str(sql) for (sql,) in connection.execute("SELECT sql FROM sqlite_master")]


def test_a_second_index_of_the_same_attributes_needs_no_other_columns(path: Path) -> None:
    store = SQLiteStore(path, [NOTES])
    store.put(NOTES, {"owner": "me", "name": "a", "topic": "t", "rank": 1})
    store.close()
    again = Index("again", Key(KeyAttribute("topic"), KeyAttribute("rank", "N")))
    more = msgspec.structs.replace(NOTES, indexes=(*NOTES.indexes, again))
    store = SQLiteStore(path, [more])
    assert [note["name"] for note in store.query(more, "t", index="again").items] == ["a"]
    store.close()


def test_a_program_that_knows_fewer_tables_and_indexes_harms_none(path: Path) -> None:
    store = SQLiteStore(path, [NOTES, PLAIN])
    store.put(NOTES, {"owner": "me", "name": "a", "topic": "t", "rank": 1})
    kept = schema(path)
    SQLiteStore(path, [PLAIN]).close()
    assert schema(path) == kept
    assert [note["name"] for note in store.query(NOTES, "t", index="by-rank").items] == ["a"]
    store.close()


def test_a_table_that_is_declared_later_is_created(path: Path) -> None:
    SQLiteStore(path, [PLAIN]).close()
    store = SQLiteStore(path, [PLAIN, FEED])
    store.transact([Put(PLAIN, {"id": "x"}), Put(FEED, {"feed": "f", "seq": 1})])
    assert store.scan(FEED).items == [{"feed": "f", "seq": 1}]
    store.close()


def test_a_file_says_what_it_is(path: Path) -> None:
    SQLiteStore(path, [PLAIN]).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert APPLICATION.to_bytes(4) == b"Shop"


def test_an_open_store_does_not_wait_for_another_one_that_writes(path: Path) -> None:
    store = SQLiteStore(path, [PLAIN])
    store.defer()
    store.put(PLAIN, {"id": "x"})
    other = SQLiteStore(path, [PLAIN])
    assert other.get(PLAIN, {"id": "x"}) is None
    store.commit()
    assert other.get(PLAIN, {"id": "x"}) == {"id": "x"}
    other.close()
    store.close()


@pytest.mark.parametrize(
    "statement",
    ["PRAGMA application_id = 7", f"PRAGMA user_version = {VERSION + 1}", "CREATE TABLE plain (partition, sort)"],
)
def test_a_file_of_another_program_or_of_a_newer_version_is_not_changed(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute(statement)
    kept, tables = path.read_bytes(), schema(path)
    with pytest.raises(ConfigurationError, match=r"not a Shopkeeper data file|newer version"):
        SQLiteStore(path, [PLAIN])
    assert schema(path) == tables
    if statement.startswith("PRAGMA"):
        assert path.read_bytes() == kept, "not even its journal mode"
