"""The committed facts are what the declarations say, and so are the generated parts of the SAM templates."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.facts import facts
from shopkeeper.settings import SETTINGS
from shopkeeper.storage.tables import TABLES
from tests.support.tools import ROOT

GENERATED = ("infrastructure/facts.json", "infrastructure/sam/template.yaml", "infrastructure/sam/data.yaml")


def run(root: Path, command: str) -> "subprocess.CompletedProcess[str]":
    script = [sys.executable, str(root / "scripts" / "facts.py"), command]
    return subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the scripts and of the generated files."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for name in (*GENERATED, "infrastructure/rewrite.js", "infrastructure/viewer.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_committed_files_are_what_the_declarations_say() -> None:
    done = run(ROOT, "check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", GENERATED)
def test_a_file_that_differs_is_named_and_written_anew(name: str, copy: Path) -> None:
    before = (copy / name).read_text()
    (copy / name).write_text(before.replace("by-status", "by-state").replace("/counter", "/count"))
    done = run(copy, "check")
    assert (done.returncode, done.stderr) == (
        1,
        f"facts.py: {name}: not what the declarations say; run `make facts`.\n",
    )
    assert run(copy, "write").returncode == 0
    assert (copy / name).read_text() == before
    assert run(copy, "check").returncode == 0


def test_what_stands_outside_the_markers_is_left_alone(copy: Path) -> None:
    template = copy / "infrastructure/sam/template.yaml"
    template.write_text(template.read_text().replace("Rate: 50,", "Rate: 60,"))
    assert run(copy, "check").returncode == 0
    assert run(copy, "write").returncode == 0
    assert "Rate: 60," in template.read_text()


def test_scripts_read_the_facts_without_any_library(copy: Path) -> None:
    script = [sys.executable, "-S", str(copy / "scripts" / "facts.py"), "functions"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == [function.name for function in FUNCTIONS]


def test_each_setting_that_is_deployable_has_its_parameter_of_sam() -> None:
    lines = run(ROOT, "settings").stdout.splitlines()
    assert [line.split(" ")[0] for line in lines] == [setting.variable for setting in SETTINGS if setting.deployable]
    assert "ORDER_ACCEPT_SECONDS OrderAcceptSeconds" in lines


def test_facts_are_plain_data_without_stage_or_colour() -> None:
    text = (ROOT / "infrastructure/facts.json").read_text()
    assert json.loads(text) == facts()
    assert max(map(len, text.splitlines())) < 200
    assert not any(word in text for word in ("-dev", "-prod", "blue", "${"))
    assert set(facts()["tables"]) == {table.name for table in TABLES}
