"""`shopkeeper copy` moves everything from one machine to AWS and back, and can be stopped midway."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.operator.copying import Copy, Differs, count
from shopkeeper.storage import Store, StoreUnavailable
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import BUSINESSES, TABLES, VISITOR_COUNTER
from tests.support.http import post_json, send
from tests.support.processes import run_cli, run_cli_in, shopkeeper
from tests.support.stores import aws_environment, table_names

ANN = {"email": "ann@example.com", "password": "correct horse battery", "name": "Ann"}
BUSINESS = {
    "business_name": "Test Business",
    "email": "test@example.com",
    "phone": "+1234567890",
    "address": "123 Test St",
    "cognito_user_id": "test-user-123",
}


def copy(folder: Path, source: str, target: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return run_cli_in(folder, "copy", "--from", source, "--to", target, **environment)


@pytest.fixture
def aws(dynoxide: str) -> dict[str, str]:
    """The environment of empty tables."""
    names = {table.environment: name for table, name in table_names(TABLES).items()}
    environment = {**aws_environment(dynoxide), **names}
    assert run_cli("tables", STORE_URL="dynamodb:", **environment).returncode == 0
    return environment


def test_a_shop_moves_to_aws_and_back(tmp_path: Path, aws: dict[str, str]) -> None:
    key = {"JWT_SECRET_KEY": aws["JWT_SECRET_KEY"]}
    with shopkeeper(tmp_path / "shop.db", key) as server:
        for _ in range(3):
            send(server.url, "GET", "/counter")
        assert post_json(server.url, "/api/auth/register", ANN).status == 201
        business = post_json(server.url, "/auth/register-business", BUSINESS).json
        tokens = post_json(server.url, "/api/auth/login", {"email": ANN["email"], "password": ANN["password"]}).json
    there = copy(tmp_path, f"sqlite:///{tmp_path}/shop.db", "dynamodb:", **aws)
    assert there.returncode == 0, there.stderr
    assert "businesses: 1 on both sides" in there.stdout
    assert "markers: 3 on both sides" in there.stdout
    with shopkeeper(None, {"STORE_URL": "dynamodb:", **aws}) as moved:
        assert send(moved.url, "GET", "/health").json["counter_value"] == 3
        assert post_json(moved.url, "/api/auth/register", ANN).json["code"] == "already_registered"
        assert post_json(moved.url, "/auth/register-business", BUSINESS).json == business
        renewed = post_json(moved.url, "/api/auth/refresh", {"refresh_token": tokens["refresh_token"]})
        assert renewed.status == 200, "a session goes on under the same key"
    back = copy(tmp_path, "dynamodb:", "sqlite:///back.db", **aws)
    assert back.returncode == 0, back.stderr
    assert "Nothing may write to the source" in back.stdout
    with shopkeeper(tmp_path / "back.db", key) as server:
        assert send(server.url, "GET", "/health").json["counter_value"] == 3
    assert not (tmp_path / "shopkeeper-copy.json").exists()


def test_a_source_in_use_is_refused(tmp_path: Path, aws: dict[str, str]) -> None:
    with shopkeeper(tmp_path / "shop.db"):
        refused = copy(tmp_path, f"sqlite:///{tmp_path}/shop.db", "dynamodb:", **aws)
    assert refused.returncode == 2
    assert "is in use by another server" in refused.stderr


REFUSALS = [
    ("the same store", "sqlite:///a.db", "sqlite:///a.db", "name the same store"),
    ("no source", "sqlite:///nothing.db", "sqlite:///b.db", "There is no data file nothing.db"),
    ("no such kind", "mysql:///a", "sqlite:///b.db", "--from must be"),
    ("a folder", "sqlite:///folder", "sqlite:///b.db", "is a folder"),
]


@pytest.mark.parametrize(("case", "source", "target", "sentence"), REFUSALS, ids=[case for case, *_ in REFUSALS])
def test_a_wrong_side_is_one_sentence(case: str, source: str, target: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    refused = copy(tmp_path, source, target)
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert refused.stderr.count("\n") == 1


class Breaking:
    """A store that is away after some writes."""

    def __init__(self, store: Store, writes: int) -> None:
        self._store = store
        self.left = writes

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def put(self, *arguments: object) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoreUnavailable("away")
        self._store.put(*arguments)  # type: ignore[arg-type]


@pytest.fixture
def source(tmp_path: Path) -> Store:
    """A store with a thousand items in two tables."""
    store = SQLiteStore(tmp_path / "source.db", TABLES)
    for number in range(600):
        store.put(VISITOR_COUNTER, {"counter_id": f"page {number}", "visit_count": number})
    for number in range(400):
        store.put(BUSINESSES, {"business_id": f"business {number}"})
    return store


@pytest.mark.parametrize(
    ("writes", "done", "kept"), [(0, [], 0), (5, [], 0), (250, [], 200), (750, ["visitor-counter"], 100)]
)
def test_a_copy_that_broke_off_goes_on_where_it_was(
    writes: int, done: list[str], kept: int, source: Store, tmp_path: Path
) -> None:
    target = SQLiteStore(tmp_path / "target.db", TABLES)
    journal, names = tmp_path / "journal", ("here", "there")
    broken: Store = Breaking(target, writes)  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        Copy(source, broken, TABLES, journal, names).run(lambda table, copied, total: None)
    assert json.loads(journal.read_text())["done"] == done
    whole: Store = Breaking(target, 1000)  # type: ignore[assignment]
    again = Copy(source, whole, TABLES, journal, names)
    assert again.is_resumed
    seen: dict[str, list[tuple[int, int]]] = {}
    counts = again.run(lambda table, copied, total: seen.setdefault(table.name, []).append((copied, total)))
    assert (counts["visitor-counter"], counts["businesses"]) == (600, 400)
    under_way = "businesses" if done else "visitor-counter"
    assert seen[under_way][0] == (kept, counts[under_way]), "nothing is copied twice but the page that broke"
    assert whole.left == 600 * len(done) + kept  # type: ignore[attr-defined]
    assert all(steps[-1] == (counts[name], counts[name]) for name, steps in seen.items())
    assert count(target, VISITOR_COUNTER) == 600
    assert not journal.exists()
    source.close()
    target.close()


def test_a_copy_does_not_write_into_a_store_in_use(source: Store, tmp_path: Path) -> None:
    target = SQLiteStore(tmp_path / "target.db", TABLES)
    target.put(BUSINESSES, {"business_id": "mine"})
    with pytest.raises(ConfigurationError, match="holds items already"):
        Copy(source, target, TABLES, tmp_path / "journal", ("here", "there"))
    assert count(target, VISITOR_COUNTER) == 0
    source.close()
    target.close()


@pytest.mark.parametrize("content", ["", "{", '{"source": "here", "target": "elsewhere"}'])
def test_a_journal_of_something_else_is_refused(content: str, source: Store, tmp_path: Path) -> None:
    (tmp_path / "journal").write_text(content)
    with pytest.raises(ConfigurationError, match="journal"):
        Copy(source, source, TABLES, tmp_path / "journal", ("here", "there"))
    source.close()


def test_a_source_that_did_not_stand_still_is_noticed(source: Store, tmp_path: Path) -> None:
    target = SQLiteStore(tmp_path / "target.db", TABLES)

    def register_meanwhile(table: object, copied: int, total: int) -> None:
        if copied:
            source.put(VISITOR_COUNTER, {"counter_id": "late", "visit_count": 1})

    with pytest.raises(Differs, match="visitor-counter"):
        Copy(source, target, TABLES, tmp_path / "journal", ("here", "there")).run(register_meanwhile)
    source.close()
    target.close()


def test_the_file_is_not_changed_by_being_copied_from(source: Store, tmp_path: Path) -> None:
    source.close()
    done = copy(tmp_path, f"sqlite:///{tmp_path}/source.db", f"sqlite:///{tmp_path}/target.db")
    assert done.returncode == 0, done.stderr
    items = []
    for name in ("source.db", "target.db"):
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            items.append(connection.execute("SELECT document FROM businesses ORDER BY partition").fetchall())
    assert items[0] == items[1]
    assert len(items[0]) == 400
