"""The tests of a stage, run as against a deployed one: they leave little, need no account, and notice a lie."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import BUSINESSES, ITEMS, ORDERS, TABLES, USERS
from tests.support.lying import Lie, adds, lacks, lying, only, says, tells
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.tools import ROOT

ENDED = {"rejected", "cancelled", "completed"}


def run_tests(url: str, *options: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the tests of a stage as `make test-stage` does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(options or ("tests/stage",))],
        cwd=ROOT,
        env={**kept, "BASE_URL": url, **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_they_pass_on_a_stage_and_leave_no_account_business_item_or_open_order(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    with shopkeeper(data) as server:
        done = run_tests(server.url)
    assert done.returncode == 0, done.stdout[-5000:]
    assert "skipped" not in done.stdout
    store = SQLiteStore(data, TABLES)
    for table in (USERS, BUSINESSES, ITEMS):
        assert store.scan(table, limit=1000).items == [], table.name
    # A deleted business leaves a record beside its orders until the next run of a job, which strips them.
    orders = [item for item in store.scan(ORDERS, limit=1000).items if "status" in item]
    assert {order["status"] for order in orders} <= ENDED
    assert 0 < len(orders) <= 30
    store.close()


def test_with_identities_from_cognito_what_needs_no_account_passes(tmp_path: Path) -> None:
    pool = {"COGNITO_USER_POOL_ID": "us-east-1_Abcdefghi", "COGNITO_CLIENT_ID": "client"}
    with shopkeeper(tmp_path / "shop.db", pool) as server:
        done = run_tests(server.url, **pool)
    assert done.returncode == 0, done.stdout[-5000:]
    assert "deselected" in done.stdout


LIES: dict[str, tuple[str, Lie]] = {
    "no visit is counted": ("visits", only("GET /counter", tells("count", 7))),
    "a table is away": ("health", tells("tables", [])),
    "everyone may read": ("browsers", adds("Access-Control-Allow-Origin", "*")),
    "no answer says what it is": ("browsers", lacks("X-Content-Type-Options")),
    "a forged token is taken": ("accounts", says(200, instead_of=401)),
    "a repeat is another business": ("businesses", only("POST /auth/register-business", tells("business_id", "x"))),
    "a version stands still": ("catalogue", adds("ETag", '"1"')),
    "what is private may be kept": ("catalogue", adds("Cache-Control", "public, max-age=5, stale-while-revalidate=60")),
    "a price is wrong": ("orders", tells("total_minor", 1)),
    "the feed forgets": ("orders", only("GET /api/businesses", tells("events", []))),
}


@pytest.mark.parametrize("lie", LIES)
def test_they_fail_before_a_server_that_lies(lie: str, server: Shopkeeper) -> None:
    domain, changed = LIES[lie]
    with lying(server.url, changed) as url:
        done = run_tests(url, "-x", f"tests/stage/test_{domain}.py")
    assert done.returncode == 1, done.stdout[-3000:]
    assert "failed" in done.stdout
