"""The commands of docs/first-deployment.md work, in their order, from an empty account to an empty account."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.descriptions import run
from tests.deploy.emulator import Aws, ministack
from tests.support.tools import ROOT

DOCUMENT = (ROOT / "docs" / "first-deployment.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
TYPED = re.findall(r"^\$ (.*)$", DOCUMENT, re.MULTILINE)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """An account with nothing in it."""
    with ministack(tmp_path_factory.mktemp("account")) as aws:
        yield aws


def there(account: Aws, service: str) -> Any:
    """Return a client of a service in the region of the document."""
    return account.client(service, re.findall(r"AWS_REGION=(\S+)", DOCUMENT)[0])


def run_script(script: str, folder: Path, aws: Aws) -> str:
    """Run a script of the document, with a command `aws` that asks the emulator, and return what it prints."""
    command = folder / "aws"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.support.aws_command "$@"\n')
    command.chmod(0o755)
    found = {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    return run(["bash", "-euo", "pipefail", "-c", script], ROOT, {**aws.environment, **found})


def test_all_of_them_end_well_and_leave_nothing(account: Aws, tmp_path: Path) -> None:
    printed = run_script("\n".join(BLOCKS), tmp_path, account)
    assert "AccessKeyId" in printed
    assert there(account, "iam").list_users()["Users"] == []
    assert there(account, "iam").list_policies(Scope="Local")["Policies"] == []
    assert there(account, "acm").list_certificates()["CertificateSummaryList"] == []
    assert there(account, "apigateway").get_domain_names().get("items", []) == []


def test_what_they_make_is_there_before_it_is_taken_away(account: Aws, tmp_path: Path) -> None:
    run_script("\n".join(BLOCKS[:-1]), tmp_path, account)
    attached = there(account, "iam").list_attached_user_policies(UserName="shopkeeper-deployer")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["shopkeeper-deployer"]
    (domain,) = there(account, "apigateway").get_domain_names()["items"]
    assert (domain["domainName"], domain["securityPolicy"]) == ("api.example.com", "TLS_1_2")
    budgets = there(account, "budgets").describe_budgets(AccountId="000000000000")["Budgets"]
    assert [budget["BudgetName"] for budget in budgets] == ["shopkeeper"]


@pytest.mark.parametrize("line", [line for line in TYPED if "scripts/" in line])
def test_the_scripts_take_what_the_document_types(line: str) -> None:
    """That they do it is tested by real deployments."""
    program = next(word for word in line.split() if word.startswith("scripts/"))
    assert os.access(ROOT / program, os.X_OK)
    usage = subprocess.run(
        [ROOT / program, "--help"], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT
    ).stdout
    for option in re.findall(r"--[a-z-]+", line):
        assert option in usage


def test_what_no_test_can_run_is_marked() -> None:
    for command in re.findall(r"`(aws [^`]+)`", DOCUMENT):
        following = DOCUMENT.partition(command)[2][:200]
        assert "needs an account" in " ".join(following.split()), command
