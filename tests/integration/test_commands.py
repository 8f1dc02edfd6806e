"""What an operator's commands load: those that work on a data file start without a server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import clean_environment, run_cli_in

LOADED = """
import atexit, json, sys
atexit.register(lambda: print("\\n" + json.dumps(sorted(sys.modules))))
sys.argv[0] = "shopkeeper"
from shopkeeper.__main__ import main
main()
"""
SERVERS = (
    "uvloop",
    "httptools",
    "asyncio",
    "uvloop",
    "multiprocessing",
    "shopkeeper.runtime.machine",
    "shopkeeper.runtime.lambda_",
)
COMMANDS = {
    "tables": ("tables",),
    "adopt": ("adopt",),
    "backup": ("backup", "other.backup"),
    "restore": ("restore", "shop.backup", "--data", "other.db"),
    "copy": ("copy", "--from", "sqlite:///shopkeeper.db", "--to", "sqlite:///copy.db"),
    "openapi": ("openapi",),
    "erase": ("erase", "ann@example.com"),
    "export": ("export", "ann@example.com"),
    "orders export": ("orders", "export", "--business", "all"),
}


def run(folder: Path, *arguments: str) -> set[str]:
    """Run a command, which must succeed, and return the modules that it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads_no_server(command: str, tmp_path: Path) -> None:
    for before in (("tables",), ("adopt",), ("backup", "shop.backup", "--with-key")):
        assert run_cli_in(tmp_path, *before).returncode == 0
    loaded = run(tmp_path, *COMMANDS[command])
    assert "shopkeeper.operator.cli" in loaded
    assert not loaded.intersection(SERVERS)
