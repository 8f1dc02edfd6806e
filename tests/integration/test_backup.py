"""`shopkeeper backup` and `restore`: whole copies while the server runs, and nothing half done."""

import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.http import send
from tests.support.processes import Shopkeeper, clean_environment, run_cli, shopkeeper
from tests.support.shop import Owner, Person, order_for, place

KEY = {"JWT_SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}
OTHER = {"JWT_SECRET_KEY": "9b2c7f51d04e8a63f1c9e07b52d8a46e"}


@pytest.fixture(scope="module")
def kept_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data file and its key file, three visits and an account."""
    folder = tmp_path_factory.mktemp("shop")
    with shopkeeper(folder / "shop.db") as server:
        for _ in range(3):
            send(server.url, "GET", "/counter")
        Person(server.url)
    return folder


@pytest.fixture
def shop(kept_shop: Path, tmp_path: Path) -> Path:
    """The data file of a test of its own."""
    return shutil.copytree(kept_shop, tmp_path / "shop") / "shop.db"


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Path]:
    """The folder that backups are put into."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    yield folder
    assert not list(folder.glob(".*")), "nothing half done is left"


def done(*arguments: object, **variables: str) -> str:
    """Run a command that must succeed, and return what it printed."""
    run = run_cli(*map(str, arguments), **variables)
    assert run.returncode == 0, run.stderr
    return run.stdout


def refused(*arguments: object, **variables: str) -> str:
    """Run a command that must be refused with one sentence, and return that."""
    run = run_cli(*map(str, arguments), **variables)
    printed = run.stdout + run.stderr
    assert (run.returncode, printed.count("\n")) == (2, 1), printed
    assert "Traceback" not in printed
    return printed


def visits(data: Path, **variables: str) -> int:
    with shopkeeper(data, variables) as server:
        return int(send(server.url, "GET", "/health").json["counter_value"])


def test_a_backup_of_a_running_server_is_whole_and_a_plain_copy_is_not(tmp_path: Path, shelf: Path) -> None:
    data = tmp_path / "shop.db"
    with shopkeeper(data) as server:
        person = Person(server.url)
        for _ in range(3):
            send(server.url, "GET", "/counter")
        printed = done("backup", shelf / "b.db", "--data", data, "--with-key")
        shutil.copyfile(data, shelf / "plain.db")
        send(server.url, "GET", "/counter")
    assert "users: 1\n" in printed
    assert f"{shelf / 'b.db'} is a whole copy, checked.\nIts key is in {shelf / 'b.db'}.key" in printed
    assert stat.S_IMODE((shelf / "b.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((shelf / "b.db.key").stat().st_mode) == 0o600
    plain = run_cli("restore", str(shelf / "plain.db"), "--check")
    assert plain.returncode == 2 or "plain copy of a data file" in plain.stdout

    restored = tmp_path / "again" / "shop.db"
    restored.parent.mkdir()
    assert "users: 1\n" in done("restore", shelf / "b.db", "--data", restored)
    with shopkeeper(restored) as server:
        assert send(server.url, "GET", "/health").json["counter_value"] == 3, "as it was at the moment of the backup"
        person.url = server.url
        assert person.ask("GET", "/api/users/me").status == 200, "sessions go on, since the key came along"


def test_a_backup_while_others_write_has_every_write_whole(tmp_path: Path, shelf: Path) -> None:
    data = tmp_path / "shop.db"
    with shopkeeper(data) as server:
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                send(server.url, "GET", "/counter")

        writers = [threading.Thread(target=write) for _ in range(4)]
        for writer in writers:
            writer.start()
        for number in range(5):
            before = send(server.url, "GET", "/counter").json["count"]
            done("backup", shelf / f"{number}.db", "--data", data)
            with closing(sqlite3.connect(shelf / f"{number}.db")) as connection:
                (count,) = connection.execute("SELECT document ->> 'visit_count' FROM \"visitor-counter\"").fetchone()
            assert count >= before
        stop.set()
        for writer in writers:
            writer.join()


def test_a_backup_while_customers_order_is_restored_to_a_prefix_of_the_orders(tmp_path: Path, shelf: Path) -> None:
    data, unlimited = tmp_path / "shop.db", {"RATE_LIMITS": "off"}
    with shopkeeper(data, unlimited) as server:
        owner = Owner(server.url)
        order = order_for(owner.add())
        answered: list[str] = []
        stop = threading.Event()

        def buy() -> None:
            while not stop.is_set():
                answered.append(place(owner, order).json["order_id"])

        customers = [threading.Thread(target=buy) for _ in range(4)]
        for customer in customers:
            customer.start()
        while len(answered) < 20 and all(customer.is_alive() for customer in customers):
            stop.wait(0.01)
        before = list(answered)
        done("backup", shelf / "b.db", "--data", data, "--with-key")
        after = len(answered)
        stop.set()
        for customer in customers:
            customer.join()
        all_orders = received(owner)
    assert sorted(all_orders) == sorted(answered)

    done("restore", shelf / "b.db", "--data", tmp_path / "again.db")
    with shopkeeper(tmp_path / "again.db", unlimited) as server:
        owner.url = server.url
        kept = received(owner)
        assert kept == all_orders[: len(kept)]
        assert set(before) <= set(kept)
        assert len(kept) <= after + len(customers), "it is of a moment of the backup, and not of later"
        assert {owner.ask("GET", f"/api/orders/{one}").status for one in kept} == {200}
        assert owner.ask("GET", f"/api/orders/{all_orders[-1]}").status == (200 if kept == all_orders else 404)


def received(owner: Owner) -> list[str]:
    """Return the orders of a business in the order in which they were stored."""
    return [event["subject"] for event in owner.events() if event["type"] == "order.received"]


def test_a_backup_without_its_key_says_where_that_is(shop: Path, shelf: Path) -> None:
    assert f"does not hold its key: also keep {shop}.key" in done("backup", shelf / "b.db", "--data", shop)
    shutil.move(f"{shop}.key", shop.with_name("away"))
    run_cli("adopt", "--data", str(shop), **KEY)
    assert "keep the secret that the settings name" in done(
        "backup", shelf / "c.db", "--data", shop, "--with-key", **KEY
    )
    assert sorted(path.name for path in shelf.iterdir()) == ["b.db", "c.db"]


BACKUPS: list[tuple[str, Callable[[Path, Path], list[object]], str]] = [
    ("what is there is kept", lambda shop, shelf: [shelf / "taken.db", "--data", shop], "already"),
    ("its key, too", lambda shop, shelf: [shelf / "half.db", "--with-key", "--data", shop], "already"),
    ("not onto itself", lambda shop, shelf: [shop, "--data", shop], "already"),
    ("nor its log", lambda shop, shelf: [f"{shop}-wal", "--data", shop], "belongs to the data file"),
    ("nor its key", lambda shop, shelf: [f"{shop}.key", "--data", shop], "belongs to the data file"),
    ("no folder", lambda shop, shelf: [shelf / "no" / "b.db", "--data", shop], "No such file or directory"),
    ("a file for a folder", lambda shop, shelf: [shelf / "taken.db" / "b.db", "--data", shop], "Not a directory"),
    ("no source", lambda shop, shelf: [shelf / "b.db", "--data", shelf / "nothing.db"], "There is no data file"),
    ("no SQLite", lambda shop, shelf: [shelf / "b.db", "--data", shelf / "taken.db"], "not a database"),
]


@pytest.mark.parametrize(("case", "arguments", "word"), BACKUPS, ids=[case for case, *_ in BACKUPS])
def test_a_backup_that_cannot_be_made_is_one_sentence_and_changes_nothing(
    case: str, arguments: Callable[[Path, Path], list[object]], word: str, shop: Path, shelf: Path
) -> None:
    (shelf / "taken.db").write_text("precious")
    (shelf / "half.db.key").write_text("precious")
    (shelf / "taken.db").chmod(0o600)
    assert word in refused("backup", *arguments(shop, shelf))
    assert {path.name: path.read_text() for path in shelf.iterdir()} == dict.fromkeys(
        ["taken.db", "half.db.key"], "precious"
    )
    assert sorted(path.name for path in shop.parent.iterdir()) == ["shop.db", "shop.db.key"]


def test_dynamodb_has_backups_of_its_own(shelf: Path) -> None:
    assert "point-in-time recovery" in refused("backup", shelf / "b.db", STORE_URL="dynamodb:")
    assert "point-in-time recovery" in refused("restore", shelf / "b.db", STORE_URL="dynamodb:")


def on_a_small_disk(arguments: list[object]) -> "subprocess.CompletedProcess[str]":
    """Run a command that can write no file longer than 20 KiB: the limit stands for a disk that gets full."""
    return subprocess.run(
        [sys.executable, "-m", "shopkeeper", *map(str, arguments)],
        env=clean_environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_480, 20_480)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_full_disk_leaves_nothing_half_done(shop: Path, shelf: Path) -> None:
    done("backup", shelf / "b.db", "--data", shop, "--with-key")
    target = shelf.parent / "other" / "shop.db"
    target.parent.mkdir()
    for arguments in (["backup", target, "--data", shop], ["restore", shelf / "b.db", "--data", target]):
        full = on_a_small_disk(arguments)
        assert (full.returncode, full.stderr.count("\n")) == (2, 1), full.stderr
        assert list(target.parent.iterdir()) == []


def damaged(backup: Path) -> None:
    with backup.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)


def cut_short(backup: Path) -> None:
    with backup.open("r+b") as file:
        file.truncate(backup.stat().st_size // 2)


def text(backup: Path) -> None:
    backup.write_text("not at all a database")


def somebody_elses(backup: Path) -> None:
    backup.unlink()
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("CREATE TABLE notes (a)")


def with_a_log(backup: Path) -> None:
    backup.with_name(f"{backup.name}-wal").write_text("unsaved")


NO_BACKUPS: list[tuple[Callable[[Path], None], str]] = [
    (damaged, "is damaged"),
    (cut_short, "is damaged"),
    (text, "not a SQLite database"),
    (somebody_elses, "none of Shopkeeper's tables"),
    (with_a_log, "not a backup but a data file"),
    (Path.unlink, "cannot be read"),
]


@pytest.mark.parametrize(("change", "word"), NO_BACKUPS, ids=lambda value: getattr(value, "__name__", None))
def test_what_is_no_whole_backup_is_refused_and_nothing_is_restored(
    change: Callable[[Path], None], word: str, shop: Path, shelf: Path, tmp_path: Path
) -> None:
    done("backup", shelf / "b.db", "--data", shop)
    change(shelf / "b.db")
    assert word in refused("restore", shelf / "b.db", "--check")
    assert word in refused("restore", shelf / "b.db", "--data", tmp_path / "new.db")
    assert not list(tmp_path.glob("new.db*"))


def test_checking_a_backup_changes_nothing_and_tells_whether_the_key_at_hand_fits(shop: Path, shelf: Path) -> None:
    done("backup", shelf / "b.db", "--data", shop, "--with-key")
    kept = (shelf / "b.db").read_bytes()
    assert f"Its key is in {shelf / 'b.db'}.key." in done("restore", shelf / "b.db", "--check")
    (shelf / "b.db.key").unlink()
    assert f"Its key is in {shop}.key." in done("restore", shelf / "b.db", "--check", "--data", shop)
    assert "Its key is not at hand." in done("restore", shelf / "b.db", "--check", "--data", shelf / "new.db")
    assert "not to JWT_SECRET_KEY" in done("restore", shelf / "b.db", "--check", **OTHER)
    assert "belongs to stage dev, not prod: set STAGE=dev." in done("restore", shelf / "b.db", "--check", STAGE="prod")
    assert (shelf / "b.db").read_bytes() == kept
    assert [path.name for path in shelf.iterdir()] == ["b.db"]


def test_restoring_without_the_key_says_so_and_the_start_does_too(shop: Path, shelf: Path, tmp_path: Path) -> None:
    done("backup", shelf / "b.db", "--data", shop)
    printed = done("restore", shelf / "b.db", "--data", tmp_path / "new.db")
    assert "Its key is not at hand." in printed
    assert "everybody signs in anew" in printed
    assert "is missing: put it back" in refused("serve", "--port", "0", "--data", tmp_path / "new.db")
    done("adopt", "--data", tmp_path / "new.db")
    assert visits(tmp_path / "new.db") == 3


def test_a_plain_copy_of_a_stopped_servers_file_is_restored_with_a_warning(shop: Path, shelf: Path) -> None:
    shutil.copyfile(shop, shelf / "plain.db")
    assert "It is a plain copy of a data file" in done("restore", shelf / "plain.db", "--check", "--data", shop)


def test_restoring_overwrites_neither_a_data_file_nor_a_key_and_reads_no_remains(shop: Path, shelf: Path) -> None:
    done("backup", shelf / "b.db", "--data", shop, "--with-key")
    assert "There is a data file" in refused("restore", shelf / "b.db", "--data", shop)
    with shopkeeper(shop):
        assert "in use by another server" in refused("restore", shelf / "b.db", "--data", shop)
    target = shelf.parent / "new" / "shop.db"
    target.parent.mkdir()
    for suffix in ("-wal", "-shm", "-journal"):
        remains = target.with_name(f"shop.db{suffix}")
        remains.write_text("unsaved")
        assert "part of a former data file" in refused("restore", shelf / "b.db", "--data", target)
        remains.unlink()
    key = target.with_name("shop.db.key")
    key.write_text("another")
    key.chmod(0o600)
    assert "another key" in refused("restore", shelf / "b.db", "--data", target)
    assert [(path.name, path.read_text()) for path in target.parent.iterdir()] == [("shop.db.key", "another")]
    (shelf / "b.db.key").write_text("x" * 64)
    assert "does not belong to" in refused("restore", shelf / "b.db", "--data", target.with_name("b.db"))


def test_a_backup_of_a_data_file_that_was_not_closed_has_its_log(tmp_path: Path, shelf: Path) -> None:
    data = tmp_path / "shop.db"
    server = Shopkeeper(data)
    send(server.url, "GET", "/counter")
    server.stop(signal.SIGKILL)
    assert "visitor-counter: 1\n" in done("backup", shelf / "b.db", "--data", data)
