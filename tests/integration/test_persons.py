"""Requests by law: `shopkeeper export` shows what is kept about a person, and `shopkeeper erase` removes it."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from shopkeeper.clock import utc_now
from shopkeeper.errors import ConfigurationError
from shopkeeper.operator import persons
from shopkeeper.operator.persons import contact_of
from shopkeeper.runtime.resources import open_store
from shopkeeper.settings import read
from shopkeeper.storage import Store
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import EVENTS, MAILS, MARKERS, ORDERS, SESSIONS, TABLES, USERS
from tests.support.customers import ANN, ANNS_PHONE, TRACES, Stage, traces_in
from tests.support.processes import run_cli, run_cli_in, shopkeeper
from tests.support.stores import ATOMIC, command_environment


class Kept:
    """A stage in a store, and the command line on it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.settings = read(environment, TABLES)
        with self.store() as store:
            self.stage = Stage(store)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store for the block."""
        store = open_store(self.settings)
        try:
            yield store
        finally:
            store.close()

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command."""
        return run_cli(*arguments, **self.environment)

    def finish(self) -> None:
        """End Ann's open order."""
        with self.store() as store:
            self.stage.finish(store)

    def traces(self) -> set[bytes]:
        """Return which of Ann's traces the tables have."""
        with self.store() as store:
            held = str([store.scan(table, limit=1000).items for table in TABLES]).lower()
        return {trace for trace in TRACES if trace.decode().lower() in held}


@pytest.fixture(params=ATOMIC)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """The stage on each store."""
    return Kept(command_environment(request.param, request, tmp_path))


# Showing


def test_an_export_has_all_that_is_kept_about_a_person_and_nothing_of_others(kept: Kept) -> None:
    done = kept.run("export", ANN.upper())
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    stage = kept.stage
    assert found["account"]["name"] == "Annabella"
    assert "password_hash" not in found["account"]
    assert [sorted(session) for session in found["sessions"]] == [["began_at", "ends_at", "used_at"]]
    assert {order["order_id"] for order in found["orders"]} == {stage.done.order_id, stage.open.order_id}
    assert {mail["kind"] for mail in found["mails_waiting"]} == {"reset", "customer_cancelled"}
    assert (found["businesses"], found["unreadable_orders"]) == ([], [])
    for others in ("Bob", "bob@example.com", stage.by_phone.order_id):
        assert others not in done.stdout


def test_an_export_by_phone_has_the_orders_with_that_number(kept: Kept) -> None:
    found = json.loads(kept.run("export", "0049 30 123-456").stdout)
    assert found["contact"] == ANNS_PHONE
    assert {order["order_id"] for order in found["orders"]} == {kept.stage.done.order_id, kept.stage.by_phone.order_id}
    assert (found["account"], found["sessions"]) == (None, [])


def test_an_export_for_an_owner_has_the_business(kept: Kept) -> None:
    found = json.loads(kept.run("export", "b@example.com").stdout)
    assert [business["business_id"] for business in found["businesses"]] == [kept.stage.shop.business_id]


# Removing


def test_what_is_kept_about_a_customer_is_removed_and_the_orders_stay(kept: Kept) -> None:
    kept.finish()
    done = kept.run("erase", ANN, "--account")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[:4] == [
        "orders: 2 erased",
        "mails: 2 erased",
        "accounts: 1 erased",
        "sessions: 1 erased",
    ]
    assert kept.run("erase", ANNS_PHONE).stdout.splitlines()[0] == "orders: 1 erased"
    assert kept.traces() == set()
    with kept.store() as store:
        order = store.get(ORDERS, {"order_id": kept.stage.done.order_id}) or {}
        bobs = store.get(ORDERS, {"order_id": kept.stage.bobs.order_id}) or {}
        waiting = [mail.get("recipient") for mail in store.scan(MAILS).items if "due_at" in mail]
        assert (store.scan(USERS).items, store.scan(SESSIONS).items) == ([], [])
        assert len(store.query(EVENTS, kept.stage.shop.business_id).items) == 9, "the head and eight events"
    assert (order["total_minor"], order["status"]) == (100, "cancelled")
    assert "Bob Bauer" in str(bobs)
    assert waiting == ["bob@example.com"]


def test_a_second_erasure_finds_nothing(kept: Kept) -> None:
    kept.finish()
    kept.run("erase", ANN, "--account")
    again = kept.run("erase", ANN, "--account")
    assert (again.returncode, again.stdout.splitlines()[:2]) == (0, ["orders: 0 erased", "mails: 0 erased"])


def test_a_dry_run_tells_what_would_be_done_and_changes_nothing(kept: Kept) -> None:
    before = kept.traces()
    done = kept.run("erase", ANN, "--account", "--dry-run")
    assert done.stdout.splitlines()[:4] == [
        "orders: 1 to be erased",
        "mails: 2 to be erased",
        "accounts: 1 to be erased",
        "sessions: 1 to be erased",
    ]
    assert kept.traces() == before == set(TRACES)
    assert json.loads(kept.run("export", ANN).stdout)["account"]["email"] == ANN


def test_an_open_order_keeps_its_data_and_is_named(kept: Kept) -> None:
    done = kept.run("erase", ANN)
    assert done.returncode == 2
    assert f"The order {kept.stage.open.order_id} is open and keeps its data" in done.stdout
    assert "There is an account with this address" in done.stdout
    kept.finish()
    again = kept.run("erase", ANN)
    assert (again.returncode, again.stdout.splitlines()[0]) == (0, "orders: 1 erased")


def test_the_account_of_an_owner_is_not_removed_before_the_business(kept: Kept) -> None:
    with kept.store() as store:
        user_id = kept.stage.account.user_id
        store.put(MARKERS, {"marker": f"business-identity#{user_id}", "business_id": kept.stage.shop.business_id})
    kept.finish()
    done = kept.run("erase", ANN, "--account")
    assert (done.returncode, done.stderr) == (2, "")
    assert "The account owns a business and stays" in done.stdout
    assert f"The business {kept.stage.shop.business_id} keeps its owner's data" in done.stdout
    assert json.loads(kept.run("export", ANN).stdout)["orders"] == [], "the orders are erased all the same"
    with kept.store() as store:
        assert len(store.scan(SESSIONS).items) == 1


@pytest.mark.parametrize("text", ["ann", "ann@", "0301234", "+0", "", "ann@example.com, bob@example.com"])
def test_a_contact_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="Give an email address"):
        contact_of(text)


class Cut(Exception):
    """The end of a process in the middle of its work."""


@pytest.mark.parametrize("step", range(4))
def test_an_erasure_that_was_cut_off_is_finished_by_the_next_one(
    kept: Kept, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its steps is the last one in turn: events, mails, orders, the account."""
    kept.finish()

    def cut(*_: object, **__: object) -> None:
        raise Cut

    name = ("waiting_mails", "erase_customer", "_erase_around", "erase_account")[step]
    true = getattr(persons, name)
    calls = iter((cut if step == 0 else true, cut, cut))
    with monkeypatch.context() as broken:
        broken.setattr(persons, name, lambda *given, **more: next(calls)(*given, **more))
        if name == "erase_account":
            broken.setattr(persons, name, cut)
        with pytest.raises(Cut):
            persons.erase(kept.settings, ANN, utc_now, account=True, is_trial=False)
    for contact in (ANN, ANNS_PHONE):
        persons.erase(kept.settings, contact, utc_now, account=True, is_trial=False)
    assert kept.traces() == set()


# The data file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A data file as a server leaves it that was killed: all of the data is in the log beside it."""
    store = SQLiteStore(tmp_path / "live.db", TABLES)
    stage = Stage(store)
    stage.finish(store)
    with closing(sqlite3.connect(tmp_path / "live.db")) as connection, connection:
        # Not every SQLite overwrites what it deletes; Debian's does unless it is told otherwise.
        connection.execute("PRAGMA secure_delete=OFF")
        row = ("former", "", b" ".join(TRACES).decode())
        connection.execute("INSERT INTO mails (partition, sort, document) VALUES (?, ?, ?)", row)
        connection.execute("DELETE FROM mails WHERE partition = 'former'")
    folder = tmp_path / "shop"
    folder.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(tmp_path / f"live.db{suffix}", folder / f"shop.db{suffix}")
    store.close()
    return folder / "shop.db"


def files_of(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]


def test_an_erasure_leaves_no_trace_in_the_file_its_log_or_a_new_backup(file: Path) -> None:
    folder = file.parent
    assert run_cli_in(folder, "backup", "old.backup", "--data", str(file)).returncode == 0
    assert traces_in(*files_of(file)) == set(TRACES)
    for contact in (ANN, ANNS_PHONE):
        done = run_cli_in(folder, "erase", contact, "--account", "--data", str(file))
        assert done.returncode == 0, done.stderr
    assert traces_in(*files_of(file)) == set()
    assert f"{folder / 'old.backup'} may be a backup that still holds the data: remove it." in done.stdout
    assert str(file) + " may" not in done.stdout
    assert run_cli_in(folder, "backup", "new.backup", "--data", str(file)).returncode == 0
    assert traces_in(folder / "new.backup") == set()
    assert traces_in(folder / "old.backup") == set(TRACES)
    assert b"Bob Bauer" in file.read_bytes()


def test_a_repeat_removes_what_a_cut_off_erasure_left_in_free_space(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read({"STORE_URL": f"sqlite:///{file}"}, TABLES)

    def cut(_: Path) -> None:
        raise Cut

    for contact in (ANN, ANNS_PHONE):
        with monkeypatch.context() as broken:
            broken.setattr(persons, "remove_remains", cut)
            with pytest.raises(Cut):
                persons.erase(settings, contact, utc_now, account=True, is_trial=False)
    assert traces_in(*files_of(file)), "the tables are clean, and the file is not"
    assert run_cli("erase", ANN, "--data", str(file)).returncode == 0
    assert traces_in(*files_of(file)) == set()


def test_a_program_that_reads_the_file_meanwhile_is_no_silent_failure(file: Path) -> None:
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM orders").fetchone()
        refused = run_cli("erase", ANN, "--account", "--data", str(file))
        assert refused.returncode == 2
        assert "may still be found there: repeat the command" in refused.stderr
    for contact in (ANN, ANNS_PHONE):
        assert run_cli("erase", contact, "--data", str(file)).returncode == 0
    assert traces_in(*files_of(file)) == set()


def test_an_erasure_needs_the_data_file_for_itself_and_an_export_does_not(tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db"):
        refused = run_cli("erase", ANN, "--data", str(tmp_path / "shop.db"))
        assert refused.returncode == 2
        assert "is in use by another server" in refused.stderr
        assert run_cli("erase", ANN, "--dry-run", "--data", str(tmp_path / "shop.db")).returncode == 0
        assert run_cli("export", ANN, "--data", str(tmp_path / "shop.db")).returncode == 0


def test_a_data_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for command in ("export", "erase"):
        done = run_cli(command, ANN, "--data", str(tmp_path / "none.db"))
        assert (done.returncode, "There is no data file" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
