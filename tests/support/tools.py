"""Tools that a machine may lack: their tests are skipped there, visibly, and fail in CI."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / "node_modules"
DYNOXIDE = NODE_MODULES / "@dynoxide" / "linux-x64" / "dynoxide"
NEWMAN = NODE_MODULES / ".bin" / "newman"
UNHURRIED = {"COLD_BUDGET_MS": "60000", "WARM_BUDGET_MS": "60000"}
"""For runs of the API collection here, where the machine may be busy with other things."""


def need(tool: Path | str) -> str:
    """Return the path of a tool, or skip the test that needs it; in CI fail it."""
    found = shutil.which(tool)
    if found is None:
        reason = f"{Path(tool).name} is not on this machine"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}, and CI forgives no skip")
        pytest.skip(reason)
    return str(found)
