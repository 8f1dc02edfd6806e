"""Locks: which files are refused, and that a data file has one lock whatever it is called."""

import errno
import fcntl
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.locks import hold
from shopkeeper.storage.sqlite.lock import lock_data


def test_a_lock_that_is_held_names_its_holder(tmp_path: Path) -> None:
    with hold(tmp_path / "x.lock", "The port 1 is in use") as lock:
        assert stat.S_IMODE(os.fstat(lock.fileno()).st_mode) == 0o600
        with pytest.raises(ConfigurationError, match=rf"^The port 1 is in use \(process {os.getpid()}\)\.$"):
            hold(tmp_path / "x.lock", "The port 1 is in use")
    hold(tmp_path / "x.lock", "").close()


def _symbolic(path: Path) -> None:
    path.with_name("victim").write_text("precious")
    path.symlink_to("victim")


def _hard(path: Path) -> None:
    path.with_name("victim").write_text("precious")
    path.hardlink_to(path.with_name("victim"))


@pytest.mark.parametrize("prepare", [_symbolic, _hard, os.mkfifo, Path.mkdir])
def test_a_lock_file_that_is_a_link_or_no_file_is_refused_and_left_alone(
    prepare: Callable[[Path], object], tmp_path: Path
) -> None:
    prepare(tmp_path / "x.lock")
    with pytest.raises(ConfigurationError, match=r"x\.lock"):
        hold(tmp_path / "x.lock", "held")
    victim = tmp_path / "victim"
    assert not victim.exists() or victim.read_text() == "precious"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data file with something in it."""
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    return path


def _moved(path: Path) -> Path:
    return path.rename(path.with_name("moved.db"))


def _linked(path: Path) -> Path:
    path.with_name("link.db").hardlink_to(path)
    return path.with_name("link.db")


@pytest.mark.parametrize("other_name", [lambda path: path, _moved, _linked], ids=["same", "moved", "linked"])
def test_a_data_file_is_locked_under_every_name(other_name: Callable[[Path], Path], data: Path) -> None:
    with lock_data(data) as lock:
        assert lock.is_in_place
        other = other_name(data)
        with pytest.raises(ConfigurationError, match=rf"{other.name} is in use .*\(process {os.getpid()}\)\.$"):
            lock_data(other)
        assert lock.is_in_place == data.exists()
    lock_data(other).close()
    assert not list(data.parent.glob("*.lock")), "there is no file to be left behind"


def test_the_lock_is_in_nobodys_way(data: Path) -> None:
    with lock_data(data):
        connection = sqlite3.connect(data, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.close()
        with pytest.raises(ConfigurationError, match="in use"):
            lock_data(data)


def test_where_a_file_has_no_such_lock_one_beside_it_stands_for_it(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(fcntl, "F_OFD_SETLK")
    with lock_data(data):
        with pytest.raises(ConfigurationError, match=rf"in use .*\(process {os.getpid()}\)"):
            lock_data(data)
        assert (data.parent / "shop.db.lock").exists()
    lock_data(data).close()


def test_a_file_that_cannot_be_locked_is_said_so(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "fcntl", no_locks)
    with pytest.raises(ConfigurationError, match="cannot be locked: No locks available"):
        lock_data(data)
