"""A data file of a former version is converted by the first start, after a backup, and nothing in it is lost."""

import json
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.runtime.datafile import claim
from shopkeeper.settings import read
from shopkeeper.storage import Store, Value
from shopkeeper.storage.records import scan
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.sqlite.connection import connect
from shopkeeper.storage.sqlite.migration import migrate
from shopkeeper.storage.tables import BUSINESSES, EVENTS, ITEMS, ORDERS, TABLES, USERS, VISITOR_COUNTER
from tests.contract.test_store_machine import typed
from tests.support.former import KEY, former_items, former_rows, put_former_file
from tests.support.http import post_json, send
from tests.support.processes import clean_environment, run_cli, shopkeeper
from tests.support.shop import PASSWORD

SERVED = {"JWT_SECRET_KEY": KEY}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data file of version 0."""
    return put_former_file(tmp_path / "shop.db")


def backups(data: Path) -> list[str]:
    """Return the names of the backups beside a data file."""
    return sorted(path.name for path in data.parent.iterdir() if "before" in path.name)


def content(store: Store) -> dict[str, str]:
    """Return the items of every table, written so that types differ."""
    return {table.name: typed(sorted(map(typed, scan(store, table)))) for table in TABLES}


def test_every_item_is_as_it_was_and_the_operator_is_told_where_the_backup_is(data: Path) -> None:
    former = former_items(data)
    counts = [len(former[table.name]) for table in TABLES if table.name in former]
    assert counts == [36, 2, 4, 2, 1, 4, 2, 3, 3, 8], "of visitor-counter, businesses, markers and so on"
    told: list[str] = []
    lock = claim(read({"STORE_URL": f"sqlite:///{data}", **SERVED}, TABLES), told.append)
    assert lock is not None
    lock.close()
    assert any(f"A backup of its former form is {data}.before-schema-1." in sentence for sentence in told)
    store = SQLiteStore(data, TABLES)
    expected = {table.name: former.get(table.name, []) for table in TABLES}
    assert content(store) == {name: typed(sorted(map(typed, items))) for name, items in expected.items()}
    store.close()


ODD: dict[str, Value] = {
    "smallest of 64 bits": -(2**63),
    "beyond 64 bits": 2**64,
    "fraction": Decimal("1.5"),
    "largest": Decimal("9.9999999999999999999999999999999999999E+125"),
    "whole": 100,
    "binary": b"\x00\xff\x10",
    "set of numbers": {1, 2, Decimal("2.5")},
    "looks like a wrapper": {"$": {"N": "1"}},
    "wire": {"S": "x"},
    "null": None,
}


def test_odd_values_have_their_types(data: Path) -> None:
    migrate(data, TABLES)
    store = SQLiteStore(data, TABLES)
    for name, value in ODD.items():
        item = store.get(VISITOR_COUNTER, {"counter_id": f"odd {name}"})
        assert typed(item) == typed({"counter_id": f"odd {name}", "value": value})
    store.close()


def test_indexes_have_the_items_that_they_had(data: Path) -> None:
    former = former_items(data)
    migrate(data, TABLES)
    store = SQLiteStore(data, TABLES)
    business = str(former["orders"][0]["business_id"])
    found = {
        "users": store.query(USERS, "user", index="all-users").items,
        "orders": store.query(ORDERS, business, index="by-business").items,
        "items": store.query(ITEMS, business, index="by-business").items,
    }
    for name, items in found.items():
        assert typed(items) == typed(former[name]), "they are in the order of their keys"
    accepted = store.query(ORDERS, f"{business}#accepted", index="by-status").items
    assert [order["status"] for order in accepted] == ["accepted"]
    emails = {str(item.get("email")): item for item in former["businesses"] if "email" in item}
    for email, item in emails.items():
        assert store.query(BUSINESSES, email, index="email-index").items == [item]
    assert [event["seq"] for event in store.query(EVENTS, "x").items] == [-5, 2**62]
    store.close()


def test_what_has_expired_is_swept_and_nothing_else(data: Path) -> None:
    migrate(data, TABLES)
    store = SQLiteStore(data, TABLES, now=lambda: 1000.0)
    before = {str(item["counter_id"]) for item in scan(store, VISITOR_COUNTER)}
    assert not store.sweep()
    after = {str(item["counter_id"]) for item in scan(store, VISITOR_COUNTER)}
    assert before - after == {"expiry expired", "expiry fraction"}
    store.close()


def test_the_backup_is_the_former_file_and_its_owners_alone(data: Path) -> None:
    former = former_rows(data)
    backup = migrate(data, TABLES)
    assert backup == data.with_name("shop.db.before-schema-1")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert former_rows(backup) == former


def test_a_file_is_converted_once(data: Path) -> None:
    assert migrate(data, TABLES)
    converted = former_rows(data)
    assert migrate(data, TABLES) is None
    assert former_rows(data) == converted
    assert backups(data) == ["shop.db.before-schema-1"]


def test_a_server_goes_on_with_the_accounts_orders_and_visits(data: Path) -> None:
    with shopkeeper(data, SERVED) as server:
        assert server.line_with("A backup of its former form is")
        signed_in = post_json(server.url, "/api/auth/login", {"email": "ann@example.com", "password": PASSWORD})
        assert signed_in.status == 200
        assert send(server.url, "GET", "/counter").json["count"] == 8
    with shopkeeper(data, SERVED) as server:
        assert not any("former form" in line for line in server.lines)
        assert send(server.url, "GET", "/counter").json["count"] == 9


def test_the_key_and_the_stage_of_a_file_are_kept(data: Path) -> None:
    assert run_cli("adopt", "--data", str(data), STAGE="prod", **SERVED).returncode == 0
    bound = former_rows(data)["about"]
    assert bound
    refused = run_cli("serve", "--port", "0", "--data", str(data), **SERVED)
    assert "set STAGE=prod" in refused.stderr
    assert backups(data) == [], "a start that is refused converts nothing"
    migrate(data, TABLES)
    assert former_rows(data)["about"] == bound


def test_a_part_of_a_backup_whose_writing_was_killed_is_removed(data: Path) -> None:
    part, other = (data.with_name(f".x1y2-{name}") for name in ("shop.db.before-schema-1", "other.db.before-schema-1"))
    for path in (part, other):
        path.write_bytes(b"SQLite format 3")
    assert migrate(data, TABLES)
    assert (part.exists(), other.exists()) == (False, True)


def _taken(backup: Path) -> None:
    backup.write_text("somebody's")


def _older(backup: Path) -> None:
    put_former_file(backup)
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("DELETE FROM orders")
        connection.commit()


@pytest.mark.parametrize("occupy", [_taken, _older])
def test_a_backup_overwrites_nothing(occupy: Callable[[Path], None], data: Path) -> None:
    former = former_rows(data)
    taken = data.with_name("shop.db.before-schema-1")
    occupy(taken)
    kept = taken.read_bytes()
    assert migrate(data, TABLES) == data.with_name("shop.db.before-schema-1.2")
    assert taken.read_bytes() == kept
    assert former_rows(data.with_name("shop.db.before-schema-1.2")) == former


KILLED = """
import os, signal, sys
from pathlib import Path
from shopkeeper.storage.sqlite import migration
from shopkeeper.storage.tables import TABLES
count, dumps = 0, migration.dumps
def killed(item):
    global count
    count += 1
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return dumps(item)
migration.dumps = killed
migration.migrate(Path(sys.argv[1]), TABLES)
"""


@pytest.mark.parametrize("item", [1, 40, 65])
def test_a_migration_that_is_killed_leaves_the_former_file_and_is_done_by_the_next_start(item: int, data: Path) -> None:
    former = former_rows(data)
    for _ in range(2):
        command = [sys.executable, "-c", KILLED, str(data), str(item)]
        done = subprocess.run(command, env=clean_environment(), timeout=60, check=False)
        assert done.returncode == -signal.SIGKILL
        assert former_rows(data) == former
    assert migrate(data, TABLES) == data.with_name("shop.db.before-schema-1")
    assert backups(data) == ["shop.db.before-schema-1"], "the complete backup of the first attempt is used"
    assert former_rows(data.with_name("shop.db.before-schema-1")) == former


def test_a_disk_without_room_for_the_backup_leaves_the_former_file(data: Path) -> None:
    """The longest file that the process may write stands for the disk. The data file has 150 KB."""
    former = former_rows(data)
    done = subprocess.run(
        [sys.executable, "-m", "shopkeeper", "serve", "--port", "0", "--data", str(data)],
        env=clean_environment(**SERVED),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "could not be converted" in done.stderr
    assert former_rows(data) == former
    assert {path.name for path in data.parent.iterdir()} == {"shop.db"}


def test_a_disk_without_room_for_the_new_form_leaves_the_former_file(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own limit of pages stands for the disk."""
    former = former_rows(data)

    def full(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA max_page_count = 1")  # no more pages than there are
        return connection

    with monkeypatch.context() as patch:
        patch.setattr("shopkeeper.storage.sqlite.migration.connect", full)
        with pytest.raises(ConfigurationError, match="could not be converted: database or disk is full"):
            migrate(data, TABLES)
    assert former_rows(data) == former
    assert backups(data) == []
    assert migrate(data, TABLES)


def test_an_item_that_cannot_be_read_stops_the_migration_and_is_named(data: Path) -> None:
    with closing(sqlite3.connect(data)) as connection:
        connection.execute("INSERT INTO markers VALUES ('broken', '', '{\"marker\": {\"X\": 1}}')")
        connection.commit()
    former = former_rows(data)
    with pytest.raises(ConfigurationError, match=r"in the table markers, the item broken"):
        migrate(data, TABLES)
    assert former_rows(data) == former
    assert backups(data) == []


def test_a_table_that_is_not_declared_any_more_is_converted_too(data: Path) -> None:
    migrate(data, [table for table in TABLES if table is not ORDERS])
    store = SQLiteStore(data, TABLES)
    orders = list(scan(store, ORDERS))
    assert len(orders) == 3
    business = str(orders[0]["business_id"])
    assert store.query(ORDERS, business, index="by-business").items == orders
    store.close()


def test_other_commands_leave_a_former_file_to_the_server(data: Path) -> None:
    assert run_cli("adopt", "--data", str(data), **SERVED).returncode == 0
    former = former_rows(data)
    copied = data.with_name("copy.db")
    for command in (
        ["reset", "ann@example.com", "--data", str(data)],
        ["admin", "ann@example.com", "--data", str(data)],
        ["tables", "--data", str(data)],
        ["copy", "--from", f"sqlite:///{data}", "--to", f"sqlite:///{copied}"],
    ):
        done = run_cli(*command, **SERVED)
        assert done.returncode == 2
        assert "start the server on it once" in done.stderr
    assert former_rows(data) == former


def test_a_backup_of_a_former_file_is_restored_and_converted_when_it_is_served(data: Path) -> None:
    former = former_rows(data)
    backup, restored = data.with_name("b.backup"), data.with_name("restored.db")
    for command in (["backup", str(backup), "--data", str(data)], ["restore", str(backup), "--data", str(restored)]):
        assert run_cli(*command, **SERVED).returncode == 0
    assert former_rows(backup) == former_rows(restored) == former
    with shopkeeper(restored, SERVED) as server:
        assert send(server.url, "GET", "/counter").json["count"] == 8
    assert backups(restored) == ["restored.db.before-schema-1"]


def test_the_backup_of_a_migration_can_be_restored(data: Path) -> None:
    backup = migrate(data, TABLES)
    restored = data.with_name("restored.db")
    assert run_cli("restore", str(backup), "--data", str(restored), **SERVED).returncode == 0
    assert json.dumps(former_rows(restored)) == json.dumps(former_rows(Path(str(backup))))


def test_a_file_of_a_newer_version_is_refused_and_not_changed(tmp_path: Path) -> None:
    data, backup = tmp_path / "shop.db", tmp_path / "shop.backup"
    with shopkeeper(data):
        pass
    with closing(sqlite3.connect(data)) as connection:
        connection.execute("PRAGMA user_version = 2")
    shutil.copy(data, backup)
    kept = data.read_bytes()
    for command in (
        ["serve", "--port", "0", "--data", str(data)],
        ["adopt", "--data", str(data)],
        ["tables", "--data", str(data)],
        ["reset", "ann@example.com", "--data", str(data)],
        ["backup", str(tmp_path / "other.backup"), "--data", str(data)],
        ["restore", str(backup), "--data", str(tmp_path / "restored.db")],
    ):
        done = run_cli(*command)
        assert (done.returncode, (done.stdout + done.stderr).count("\n")) == (2, 1), done.stderr
        assert "was written by a newer version of Shopkeeper" in done.stderr
    assert data.read_bytes() == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop.backup", "shop.db", "shop.db.key"]
