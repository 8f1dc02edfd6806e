"""Locks: where their files stand, what is refused there, and that a data file has one whatever it is called."""

import errno
import fcntl
import multiprocessing
import os
import pwd
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.locks import hold, lock_folder
from shopkeeper.runtime.machine.server import lock_port, port_lock_path, taken_port
from shopkeeper.storage.sqlite.lock import lock_data
from tests.support.processes import free_port


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user whom the system does not know, as in many containers; returns the folder for temporary files."""

    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_locks_stand_in_the_runtime_folder_of_the_session(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert lock_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o1777])
def test_a_runtime_folder_that_others_may_use_is_not_used(mode: int, nobody: Path) -> None:
    shared = nobody / "shared"
    shared.mkdir()
    shared.chmod(mode)
    (nobody / "home").mkdir()
    chosen = lock_folder({"XDG_RUNTIME_DIR": str(shared), "HOME": str(nobody / "home")})
    assert chosen == nobody / "home/.local/state/shopkeeper"
    assert stat.S_IMODE(chosen.stat().st_mode) == 0o700


def test_the_home_is_the_one_that_the_system_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`sudo` may leave another user's in HOME."""
    entry = pwd.struct_passwd(("ann", "x", 0, 0, "", str(tmp_path), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: entry)
    assert lock_folder({"HOME": "/nowhere"}).is_relative_to(tmp_path)


def test_without_a_home_locks_stand_in_a_folder_of_the_users_own_among_temporary_files(nobody: Path) -> None:
    for _ in range(2):
        folder = lock_folder({})
        assert folder == nobody / f"shopkeeper-{os.geteuid()}"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def _link(path: Path) -> None:
    (path.parent / "elsewhere").mkdir(mode=0o700)
    path.symlink_to("elsewhere")


def _open_to_others(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


@pytest.mark.parametrize("prepare", [_link, _open_to_others, Path.touch])
def test_a_folder_for_locks_that_another_may_have_put_there_is_refused(
    prepare: Callable[[Path], object], nobody: Path
) -> None:
    prepare(nobody / f"shopkeeper-{os.geteuid()}")
    with pytest.raises(ConfigurationError, match="not private to this user"):
        lock_folder({})


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


def test_a_forked_worker_keeps_the_lock_when_its_parent_is_gone(data: Path) -> None:
    holding, gone = multiprocessing.get_context("fork").Pipe()
    lock = lock_data(data)
    worker = multiprocessing.get_context("fork").Process(target=gone.recv)
    worker.start()
    lock.close()
    with pytest.raises(ConfigurationError, match="in use"):
        lock_data(data)
    holding.send("end")
    worker.join()
    lock_data(data).close()


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


def test_a_free_port_that_another_server_is_taking_is_not_taken_twice() -> None:
    first, second = free_port(), free_port()
    free = iter([first, second])
    with lock_port(first), taken_port("127.0.0.1", 0, lambda host, _: (host, next(free))) as (address, port):
        assert (address, port) == ("127.0.0.1", second)
        assert port_lock_path(second).exists()
    assert not port_lock_path(second).exists()
