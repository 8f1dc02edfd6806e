"""The data file itself: replaced, removed, linked, damaged, open to others."""

import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage import StoreUnavailable
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.sqlite.connection import check_whole, prepare_file, settle, tighten_file
from tests.support.stores import PLAIN, TEST_TABLES


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    opened = SQLiteStore(path, TEST_TABLES)
    opened.put(PLAIN, {"id": "before"})
    yield opened
    opened.close()


def _replaced(path: Path) -> None:
    shutil.copy(path, path.with_name("other"))
    path.with_name("other").replace(path)


def _moved(path: Path) -> None:
    path.rename(path.with_name("moved.db"))


def _without_log(path: Path) -> None:
    path.with_name("shop.db-wal").unlink()


@pytest.mark.parametrize("change", [_replaced, _moved, Path.unlink, _without_log])
def test_a_file_that_is_replaced_or_removed_while_it_is_open_takes_and_gives_nothing_any_more(
    change: Callable[[Path], object], store: SQLiteStore, path: Path
) -> None:
    change(path)
    with pytest.raises(StoreUnavailable, match="was replaced or removed while it was open"):
        store.put(PLAIN, {"id": "lost"})
    with pytest.raises(StoreUnavailable, match="was replaced or removed"):
        store.get(PLAIN, {"id": "before"})
    with pytest.raises(StoreUnavailable, match="was replaced or removed"):
        store.ping(PLAIN)


def test_a_file_that_was_away_for_a_while_is_not_trusted_again(store: SQLiteStore, path: Path) -> None:
    path.rename(path.with_name("away"))
    with pytest.raises(StoreUnavailable):
        store.put(PLAIN, {"id": "lost"})
    path.with_name("away").rename(path)
    with pytest.raises(StoreUnavailable):
        store.put(PLAIN, {"id": "lost"})


def test_a_store_whose_file_was_replaced_leaves_the_log_of_the_new_one(store: SQLiteStore, path: Path) -> None:
    _replaced(path)
    log = path.with_name("shop.db-wal")
    log.rename(log.with_name("old"))
    log.write_text("another's")
    with pytest.raises(StoreUnavailable):
        store.put(PLAIN, {"id": "lost"})
    store.close()
    assert log.read_text() == "another's"
    log.unlink()


def test_a_symbolic_link_is_the_file_that_it_leads_to(path: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    store = SQLiteStore(link, TEST_TABLES)
    store.put(PLAIN, {"id": "x"})
    assert path.with_name("shop.db-wal").exists()
    store.close()
    assert SQLiteStore(path, TEST_TABLES).get(PLAIN, {"id": "x"}) == {"id": "x"}


def test_a_symbolic_link_that_leads_in_a_circle_is_said_so(path: Path) -> None:
    path.symlink_to(path)
    with pytest.raises(ConfigurationError, match=r"link|links"):
        prepare_file(path)


def test_a_file_with_two_names_is_refused_by_both(path: Path) -> None:
    SQLiteStore(path, TEST_TABLES).close()
    other = path.with_name("other.db")
    other.hardlink_to(path)
    for name in (path, other):
        with pytest.raises(ConfigurationError, match="hard link"):
            SQLiteStore(name, TEST_TABLES)


def test_a_file_that_others_may_read_is_taken_from_them_with_what_is_beside_it(store: SQLiteStore, path: Path) -> None:
    files = [path, path.with_name("shop.db-wal"), path.with_name("shop.db-shm")]
    for file in files:
        file.chmod(0o644)
    assert tighten_file(path) == files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert tighten_file(path) == []


def damage(path: Path) -> None:
    """Overwrite a page in the middle of a data file."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)


def test_a_damaged_file_is_one_sentence_that_names_the_remedy(path: Path) -> None:
    store = SQLiteStore(path, TEST_TABLES)
    for number in range(300):
        store.put(PLAIN, {"id": f"{number}", "pad": "x" * 300})
    store.close()
    check_whole(path)
    damage(path)
    with pytest.raises(ConfigurationError, match=r"is damaged .*shopkeeper restore") as raised:
        check_whole(path)
    assert "\n" not in str(raised.value)


def test_everything_is_brought_into_the_file_unless_another_reads_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopkeeper.storage.sqlite.connection.BUSY_SECONDS", 0.1)
    store = SQLiteStore(path, TEST_TABLES)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM plain").fetchone()
    store.put(PLAIN, {"id": "x"})
    with pytest.raises(ConfigurationError, match="another program is reading it"):
        settle(path)
    reader.close()
    settle(path)
    assert path.with_name("shop.db-wal").stat().st_size == 0
    store.close()
