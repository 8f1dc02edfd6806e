"""Long commands show how far they are: bars on a terminal, lines elsewhere if they are asked for, else nothing."""

import os
import pty
import subprocess
import termios
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from shopkeeper.runtime.resources import open_store
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES
from tests.support.environment import clean_environment
from tests.support.processes import SHOPKEEPER, run_cli
from tests.support.shops import Shop


@pytest.fixture
def sides(tmp_path: Path) -> tuple[str, ...]:
    """The arguments of a copy of a shop with two orders, up to its target."""
    url = f"sqlite:///{tmp_path}/shop.db"
    store = open_store(read({"STORE_URL": url}, TABLES))
    shop = Shop(store)
    for key in "ab":
        shop.place(key * 16)
    store.close()
    return ("copy", "--from", url, "--to")


def test_lines_come_on_standard_error_and_only_if_asked_for(sides: tuple[str, ...], tmp_path: Path) -> None:
    quiet = run_cli(*sides, f"sqlite:///{tmp_path}/one.db")
    told = run_cli(*sides, f"sqlite:///{tmp_path}/two.db", "--progress")
    assert (quiet.returncode, quiet.stderr) == (told.returncode, "") == (0, "")
    assert told.stdout == quiet.stdout
    lines = told.stderr.splitlines()
    assert "orders: 2 of 2" in lines
    assert len(lines) == len(set(lines))


def test_a_terminal_shows_bars(sides: tuple[str, ...], tmp_path: Path) -> None:
    seen, written = pty.openpty()
    termios.tcsetwinsize(written, (24, 80))
    with TemporaryFile("w+") as output:
        command = [*SHOPKEEPER, *sides, f"sqlite:///{tmp_path}/copy.db"]
        environment = clean_environment(TERM="xterm")
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=output, stderr=written)
        os.close(written)
        shown = everything_from(seen)
        assert process.wait(60) == 0
        output.seek(0)
        assert "orders: 2 on both sides" in output.read()
    assert "orders" in shown
    assert "2/2" in shown


def everything_from(terminal: int) -> str:
    """Return what is written to a terminal until its writer ends, as which Linux reports an error."""
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:
        pass
    os.close(terminal)
    return b"".join(parts).decode()
