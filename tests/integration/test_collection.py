"""The API collection, run by newman as an operator runs it: here, on DynamoDB, and in the colours."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from shopkeeper.storage import TABLES
from tests.support.processes import Shopkeeper, run_cli, shopkeeper
from tests.support.stores import aws_environment, table_names
from tests.support.tools import NEWMAN, ROOT, need

SCRIPT = ROOT / "scripts" / "run-api-tests.sh"
GROUPS = ["Functional", "Performance", "Security", "Integration"]
LEAST_ASSERTIONS = 36


def run_collection(
    environment: str, report: Path, *options: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run the script, with newman's own report in JSON beside what it prints."""
    return subprocess.run(
        [str(SCRIPT), environment, "--reporters", "cli,json", "--reporter-json-export", str(report), *options],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def assert_passed(done: "subprocess.CompletedProcess[str]", report: Path) -> None:
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    stats = json.loads(report.read_text())["run"]["stats"]["assertions"]
    assert stats["total"] >= LEAST_ASSERTIONS
    assert stats["failed"] == 0


@pytest.mark.parametrize("site", ["server", "dynamodb_server"])
def test_the_collection_passes_and_passes_again(site: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    need(NEWMAN)
    running: Shopkeeper = request.getfixturevalue(site)
    for _ in range(2):
        assert_passed(run_collection("local", tmp_path / "r.json", BASE_URL=running.url), tmp_path / "r.json")


@pytest.mark.parametrize("colour", ["blue", "green"])
def test_the_collection_passes_in_prod(colour: str, dynoxide: str, tmp_path: Path) -> None:
    need(NEWMAN)
    names = {table.environment: name for table, name in table_names(TABLES).items()}
    environment = {
        "STORE_URL": "dynamodb:",
        "STAGE": "prod",
        "COLOUR": colour,
        "ALLOWED_ORIGINS": "https://shop.example",
        **aws_environment(dynoxide),
        **names,
    }
    assert run_cli("tables", **environment).returncode == 0
    with shopkeeper(None, environment) as server:
        report = tmp_path / "r.json"
        assert_passed(run_collection(colour, report, BASE_URL=server.url), report)


def test_with_identities_from_cognito_passes_what_needs_no_account(tmp_path: Path) -> None:
    """The deploy scripts run this group alone then, since nobody can register an account here."""
    need(NEWMAN)
    pool = {"COGNITO_USER_POOL_ID": "us-east-1_Abcdefghi", "COGNITO_CLIENT_ID": "client"}
    with shopkeeper(tmp_path / "shop.db", pool) as server:
        group = ("--folder", "Performance")
        done = run_collection("local", tmp_path / "r.json", *group, BASE_URL=server.url)
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr
        assert json.loads((tmp_path / "r.json").read_text())["run"]["stats"]["assertions"]["total"] > 20


def test_the_collection_fails_where_something_is_wrong(server: Shopkeeper, tmp_path: Path) -> None:
    need(NEWMAN)
    wrong = {"BASE_URL": server.url, "ALLOWED_ORIGIN": "https://not.allowed.example"}
    assert run_collection("local", tmp_path / "r.json", **wrong).returncode == 1


@pytest.mark.parametrize("arguments", [[], ["purple"], ["blue"]])
def test_a_wrong_call_is_one_sentence(arguments: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "BASE_URL"}
    done = subprocess.run([str(SCRIPT), *arguments], env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_the_collection_has_its_four_groups() -> None:
    collection = json.loads((ROOT / "tests" / "api" / "shopkeeper.postman_collection.json").read_text())
    assert [group["name"] for group in collection["item"]] == GROUPS
    assert json.dumps(collection).count("pm.test(") >= LEAST_ASSERTIONS
