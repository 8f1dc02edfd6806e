"""The API collection, run by newman as an operator runs it: here, on DynamoDB, and in the colours."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.functions.all import ON_ONE_MACHINE
from shopkeeper.storage import Table
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import (
    ATTEMPTS,
    BUSINESSES,
    DELIVERIES,
    EVENTS,
    IDEMPOTENCY,
    ITEMS,
    MARKERS,
    ORDERS,
    SESSIONS,
    SUBSCRIPTIONS,
    TABLES,
    USERS,
    VISITOR_COUNTER,
    WEBHOOKS,
)
from tests.support.http import Answer, send
from tests.support.lying import Lie, adds, lacks, lying, says, tells
from tests.support.processes import Shopkeeper, run_cli, shopkeeper
from tests.support.shop import Owner, order_for, place
from tests.support.stores import aws_environment, table_names
from tests.support.tools import NEWMAN, ROOT, UNHURRIED, need

SCRIPT = ROOT / "scripts" / "run-api-tests.sh"
GROUPS = ["Functional", "Performance", "Security", "Integration", "Clean-up"]
MOST_LINES = 1500
LEAST_ASSERTIONS = 36


def run_collection(
    environment: str, report: Path, *options: str, script: Path = SCRIPT, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run the script, with newman's own report in JSON beside what it prints."""
    return subprocess.run(
        [str(script), environment, "--reporters", "cli,json", "--reporter-json-export", str(report), *options],
        env={**os.environ, **UNHURRIED, **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def assert_passed(done: "subprocess.CompletedProcess[str]", report: Path) -> None:
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    stats = json.loads(report.read_text())["run"]["stats"]["assertions"]
    assert stats["total"] >= LEAST_ASSERTIONS
    assert stats["failed"] == 0


def test_the_collection_passes_in_prod_and_counts_on_the_site_only_if_it_is_asked_to(
    dynoxide: str, tmp_path: Path
) -> None:
    need(NEWMAN)
    names = {table.environment: name for table, name in table_names(TABLES).items()}
    environment = {
        "STORE_URL": "dynamodb:",
        "STAGE": "prod",
        "ALLOWED_ORIGINS": "https://shop.example",
        **aws_environment(dynoxide),
        **names,
    }
    assert run_cli("tables", **environment).returncode == 0
    for colour, counts_visits in (("blue", "false"), ("green", "true")):
        with shopkeeper(None, {**environment, "COLOUR": colour}) as server:
            report = tmp_path / f"{colour}.json"
            options = ("--env-var", f"countVisits={counts_visits}")
            assert_passed(run_collection(colour, report, *options, BASE_URL=server.url), report)
            assert (send(server.url, "GET", "/health").json["counter_value"] > 20) == (counts_visits == "true")


def kept(data: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what a data file that nobody serves holds, table by table."""
    store = SQLiteStore(data, TABLES)
    try:
        found = {table.name: [dict(item) for item in store.scan(table, limit=1000).items] for table in TABLES}
        # A deleted business leaves a record beside its orders until the next run of a job, which strips them.
        return found | {ORDERS.name: [item for item in found[ORDERS.name] if "status" in item]}
    finally:
        store.close()


LASTING = (VISITOR_COUNTER, BUSINESSES, USERS, ITEMS, WEBHOOKS, SUBSCRIPTIONS)
"""What a run must leave as it was, but for the counter that is its own."""

OWN_COUNTER = "api-tests"

MOST_ADDED = {ORDERS: 4, EVENTS: 13 + 3, MARKERS: 4, IDEMPOTENCY: 4, SESSIONS: 6, ATTEMPTS: 10 + 5, DELIVERIES: 4}
"""What docs/deployment.md says of the rest."""


def assert_only_what_has_ended_was_added(before: Path, after: Path) -> None:
    was, now = kept(before), kept(after)
    now[VISITOR_COUNTER.name] = [one for one in now[VISITOR_COUNTER.name] if one["counter_id"] != OWN_COUNTER]
    for table in LASTING:
        assert now[table.name] == was[table.name], table.name
    assert {order["status"] for order in new_in(ORDERS, was, now)} <= {"completed", "cancelled", "rejected"}


def new_in(table: Table, was: dict[str, Any], now: dict[str, Any]) -> list[dict[str, Any]]:
    assert all(one in now[table.name] for one in was[table.name])
    return [one for one in now[table.name] if one not in was[table.name]]


@pytest.fixture(scope="module")
def kept_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data file that has visits, and somebody's business, item and open order."""
    data = tmp_path_factory.mktemp("shop") / "shop.db"
    with shopkeeper(data) as server:
        assert send(server.url, "GET", "/counter").status == 200
        assert send(server.url, "GET", "/counter/about").status == 200
        owner = Owner(server.url)
        assert place(owner, order_for(owner.add())).status == 201
    shutil.copy(data, data.with_name("before.db"))
    return data.parent


@pytest.fixture
def shop(kept_shop: Path, tmp_path: Path) -> Path:
    """The data file of a test of its own; `before.db` beside it stays as it is."""
    shutil.copytree(kept_shop, tmp_path, dirs_exist_ok=True)
    return tmp_path / "shop.db"


def test_two_runs_in_a_row_pass_and_leave_nothing_behind_but_orders_that_have_ended(shop: Path, tmp_path: Path) -> None:
    need(NEWMAN)
    reports = [tmp_path / "first.json", tmp_path / "second.json"]
    with shopkeeper(shop, {"RATE_LIMITS": "on"}) as server:
        for report in reports:
            assert_passed(run_collection("local", report, BASE_URL=server.url), report)
    assert_only_what_has_ended_was_added(tmp_path / "before.db", shop)
    was, now = kept(tmp_path / "before.db"), kept(shop)
    for table, most in MOST_ADDED.items():
        assert len(new_in(table, was, now)) <= most * len(reports), table.name
    for report in reports:
        assert NAMES - {*called(report)} == NOT_CALLED


MAILED = {f"POST /api/auth/{path}" for path in ("reset/request", "confirm/request", "confirm")}
OF_SITES = {"POST /hit", "GET /hit.gif", "GET /traffic"}
"""Only pages of a site may send hits, and only a browser shows them. A run has none."""
OF_THE_SITE = {f"{method} /counter{form}" for method in ("GET", "POST") for form in ("", ".txt")}
NOT_CALLED = {*OF_THE_SITE, *MAILED, *OF_SITES}
"""The first count on the site's own counter, which a run does only if it is asked to. The others are about mails,
which no run sends."""

ENDPOINTS = [endpoint for function in ON_ONE_MACHINE for endpoint in function.endpoints]
NAMES = {f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS}


def called(report: Path) -> Iterator[str]:
    """Yield the declared endpoints that the requests of a run met."""
    for execution in json.loads(report.read_text())["run"]["executions"]:
        request = execution["request"]
        asked = f"{request['method']} /{'/'.join(request['url'].get('path', []))}"
        if asked in NAMES:
            yield asked
            continue
        for name in NAMES:
            if re.fullmatch(re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(name)), asked):
                yield name


FAILING: list[tuple[set[str], str]] = [
    # requests that are never made, so that what builds on them fails, and the group that is run
    ({"Cancel an order: 200", "Reject an order: 200"}, "Functional"),
    ({"The session of another: 200"}, "Security"),
    ({"The order is accepted: 200"}, "Integration"),
    ({"The order is ready: 200", "The order is completed: 200"}, "Integration"),
]


@pytest.mark.parametrize(("missing", "group"), FAILING, ids=[sorted(missing)[0] for missing, _ in FAILING])
def test_a_run_that_fails_in_the_middle_takes_away_what_it_made(
    missing: set[str], group: str, shop: Path, tmp_path: Path
) -> None:
    need(NEWMAN)
    script = copied_without(missing, tmp_path)
    report = tmp_path / "r.json"
    with shopkeeper(shop) as server:
        done = run_collection("local", report, "--folder", group, script=script, BASE_URL=server.url)
    assert done.returncode == 1
    failed = {failure["source"]["name"] for failure in json.loads(report.read_text())["run"]["failures"]}
    assert failed
    assert "What is left of the run: 200" not in failed
    assert_only_what_has_ended_was_added(tmp_path / "before.db", shop)


def copied_without(missing: set[str], root: Path) -> Path:
    """Return the script of a copy, whose collection lacks some requests."""
    for name in ("scripts", "tests/api"):
        shutil.copytree(ROOT / name, root / name)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    path = root / "tests" / "api" / "shopkeeper.postman_collection.json"
    collection = json.loads(path.read_text())
    for group in collection["item"]:
        kept = [request for request in group["item"] if request["name"] not in missing]
        missing = missing - {request["name"] for request in group["item"]}
        group["item"] = kept
    assert not missing
    path.write_text(json.dumps(collection))
    return root / "scripts" / SCRIPT.name


def test_with_identities_from_cognito_passes_what_needs_no_account(tmp_path: Path) -> None:
    """The deploy scripts run this group alone then, since nobody can register an account here."""
    need(NEWMAN)
    pool = {"COGNITO_USER_POOL_ID": "us-east-1_Abcdefghi", "COGNITO_CLIENT_ID": "client"}
    with shopkeeper(tmp_path / "shop.db", pool) as server:
        group = ("--folder", "Performance")
        done = run_collection("local", tmp_path / "r.json", *group, BASE_URL=server.url)
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr
        assert json.loads((tmp_path / "r.json").read_text())["run"]["stats"]["assertions"]["total"] > 20


@pytest.mark.parametrize("group", ["Functional", "Performance", "Security", "Integration"])
def test_each_group_passes_by_itself_and_leaves_no_account(group: str, shop: Path, tmp_path: Path) -> None:
    need(NEWMAN)
    with shopkeeper(shop) as server:
        report = tmp_path / "r.json"
        assert_passed(run_collection("local", report, "--folder", group, BASE_URL=server.url), report)
    assert_only_what_has_ended_was_added(tmp_path / "before.db", shop)


LIES: dict[str, tuple[Lie, str]] = {
    # what is changed, and an assertion that fails then, and for none of the other lies
    "a wrong total": (
        tells("total_minor", 549),
        "the server computes lines and total from its own prices",
    ),
    "a version that stands still": (tells("version", 1), "another price is version 2"),
    "no answer says what it is": (
        lacks("X-Content-Type-Options"),
        "every answer: is not to be sniffed, nor cached but for what everybody may see",
    ),
    "everyone may read": (
        adds("Access-Control-Allow-Origin", "*"),
        "an unknown origin gets no permission",
    ),
    "what is hidden is only forbidden": (says(403, instead_of=404), "the answer is 404 not_found"),
    "a forged token is taken": (says(200, instead_of=401), "the answer is 401 unauthenticated"),
    "an id is used twice": (
        adds("X-Request-Id", "0b2f1a52-6d3c-4f0e-9a3e-2f4f6f1c7a11"),
        "every answer: carries a UUID that no other answer had",
    ),
    "the feed forgets": (
        tells("events", []),
        "the feed tells each step once, from 1 without a gap, and of no refusal",
    ),
}


def test_the_collection_fails_before_a_server_that_lies_and_notices_each_lie(
    server: Shopkeeper, tmp_path: Path
) -> None:
    need(NEWMAN)
    report = tmp_path / "r.json"

    def tell_all(call: str, answer: Answer) -> None:
        for lie, _ in LIES.values():
            lie(call, answer)

    with lying(server.url, tell_all) as url:
        assert run_collection("local", report, BASE_URL=url).returncode == 1
    failed = {failure["error"].get("test") for failure in json.loads(report.read_text())["run"]["failures"]}
    assert [lie for lie, (_, noticed) in LIES.items() if noticed not in failed] == []


def test_the_collection_fails_where_the_origin_is_not_allowed(server: Shopkeeper, tmp_path: Path) -> None:
    need(NEWMAN)
    wrong, group = "https://not.allowed.example", ("--folder", "Security", "--bail")
    done = run_collection("local", tmp_path / "r.json", *group, BASE_URL=server.url, ALLOWED_ORIGIN=wrong)
    assert done.returncode == 1
    assert "the allowed origin is allowed, exactly, and Vary says so" in done.stdout


@pytest.mark.parametrize("arguments", [[], ["purple"], ["blue"]])
def test_a_wrong_call_is_one_sentence(arguments: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "BASE_URL"}
    done = subprocess.run([str(SCRIPT), *arguments], env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_the_collection_has_its_four_groups() -> None:
    text = (ROOT / "tests" / "api" / "shopkeeper.postman_collection.json").read_text()
    collection = json.loads(text)
    assert [group["name"] for group in collection["item"]] == GROUPS
    assert text.count("\n") < MOST_LINES, "what goes deeper belongs to tests/stage"
    assert json.dumps(collection).count("pm.test(") >= LEAST_ASSERTIONS


def test_the_name_of_each_request_says_its_status_or_a_test_does() -> None:
    collection = json.loads((ROOT / "tests" / "api" / "shopkeeper.postman_collection.json").read_text())
    for request in [request for group in collection["item"] for request in group["item"]]:
        assert re.search(r": \d{3}( \w+)?$", request["name"]) or "pm.test(" in json.dumps(request), request["name"]


def test_the_collection_is_run_as_the_readme_says() -> None:
    assert "\n$ scripts/run-api-tests.sh local\n" in (ROOT / "README.md").read_text()
