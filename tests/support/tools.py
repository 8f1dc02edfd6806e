"""Tools that a machine may lack: their tests are skipped there, visibly, and fail in CI."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / "node_modules"
DYNOXIDE = NODE_MODULES / "@dynoxide" / "linux-x64" / "dynoxide"
NEWMAN = NODE_MODULES / ".bin" / "newman"
UNHURRIED = {"COLD_BUDGET_MS": "60000", "WARM_BUDGET_MS": "60000"}
"""For runs of the API collection here, where the machine may be busy with other things."""


def need(tool: Path | str) -> str:
    """Return the path of a tool, or skip the test that needs it; in CI fail it."""
    return shutil.which(str(tool)) or _missing(Path(tool).name)


def python313() -> str | None:
    """Return the path of a Python 3.13, which is Lambda's, None where there is none."""
    command = [sys.executable, str(ROOT / "scripts" / "python313.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None


def need_python313() -> str:
    """Return the path of a Python 3.13, or skip the test that needs it; in CI fail it."""
    return python313() or _missing("Python 3.13")


def _missing(tool: str) -> NoReturn:
    reason = f"{tool} is not on this machine"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI forgives no skip")
    pytest.skip(reason)
