"""The scripts before anything is installed: their help, and what they refuse by its name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tools import ROOT

SOURCED = ("usage.sh", "deployment.sh", "sam_text.py", "sam_secret.py", "sam_monitoring.py", "sam_front.py")
SCRIPTS = sorted(path.name for path in (ROOT / "scripts").glob("*") if path.is_file() and path.name not in SOURCED)
DEPLOYING = ("deploy-sam.sh", "deploy.sh", "deploy-terraform.sh")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which nothing was installed, and a `python3` that has no libraries."""
    root = tmp_path_factory.mktemp("fresh")
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", root)
    (root / "bin").mkdir()
    (root / "bin" / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -B "$@"\n')
    (root / "bin" / "python3").chmod(0o755)
    return root


def call(root: Path, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(root / "scripts" / script), *arguments]
    if script.endswith(".py"):
        command.insert(0, "python3")
    environment = {"PATH": f"{root / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_explains_itself_before_anything_is_installed(script: str, option: str, fresh: Path) -> None:
    before = sorted(fresh.rglob("*"))
    done = call(fresh, script, option)
    assert (done.returncode, done.stderr) == (0, "")
    assert script.removesuffix(".py") in done.stdout
    assert len(done.stdout.splitlines()) >= 3
    assert "#" not in done.stdout
    assert sorted(fresh.rglob("*")) == before


HELP_ANYWHERE = [
    *((script, ["dev", "--help"]) for script in DEPLOYING),
    *((script, ["--help", "prod", "--dry-run"]) for script in DEPLOYING),
    ("run-api-tests.sh", ["local", "--help"]),
    ("release", ["shift", "prod", "blue", "--help"]),
    ("release.py", ["shift", "--help"]),
    ("redrive", ["dev", "blue", "--help"]),
    ("account.py", ["url", "--help", "dev"]),
    ("lock.sh", ["--upgrade", "-h"]),
]


@pytest.mark.parametrize(("script", "arguments"), HELP_ANYWHERE)
def test_help_is_help_wherever_it_stands(script: str, arguments: list[str], fresh: Path) -> None:
    done = call(fresh, script, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == call(fresh, script, "--help").stdout


REFUSED = [
    *((script, ["dev", "--force"], "--force") for script in DEPLOYING),
    *((script, ["--force"], "--force") for script in DEPLOYING),
    *((script, ["dev", "prod"], "'dev' and 'prod'") for script in DEPLOYING),
    ("run-api-tests.sh", ["--force"], "--force"),
    ("lock.sh", ["--force"], "--force"),
    ("package.py", ["--force"], "--force"),
    ("account.py", ["check", "--force"], "--force"),
    ("release.py", ["versions", "dev", "blue", "--force"], "--force"),
    ("release.py", ["versions", "dev", "blue", "--dry"], "--dry"),
    ("redrive.py", ["dev", "blue", "--force"], "--force"),
]


@pytest.mark.parametrize(("script", "arguments", "named"), REFUSED)
def test_an_option_that_does_not_exist_is_refused_by_its_name(
    script: str, arguments: list[str], named: str, fresh: Path
) -> None:
    done = call(fresh, script, *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].partition(":")[0].startswith(script.removesuffix(".py"))
    assert named in done.stderr.splitlines()[-1]
    assert not done.stdout


BROUGHT = {
    "boto3 and sam": "touch .venv-deploy/done",
    "osls": "cd infrastructure/serverless && npm ci",
    "newman": "then npm ci --silent",
    "the packages": "scripts/package.py",
}
"""What the deploy scripts look for, and what of the Makefile brings it."""

FILES = (
    *("pyproject.toml", "package-lock.json", "infrastructure/serverless/package-lock.json"),
    *("requirements/server.txt", "requirements/deploy.txt"),
)


@pytest.mark.parametrize("recipe", BROUGHT.values(), ids=BROUGHT.keys())
def test_make_package_tools_brings_in_a_fresh_clone_what_deploying_needs(recipe: str, fresh: Path) -> None:
    for file in FILES:
        (fresh / file).parent.mkdir(parents=True, exist_ok=True)
        (fresh / file).touch()
    command = ["make", "--dry-run", "package", "tools"]
    planned = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=60, check=True).stdout
    assert recipe in planned
