"""The deployable packages, built once for all tests of a run."""

import fcntl
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.tools import ROOT


@dataclass(frozen=True)
class Packages:
    """A folder with a zip for each function and architecture, and what its build printed."""

    folder: Path
    printed: str


def make_package(shared: Path) -> Packages:
    """Return what `make package` builds and prints. It runs once for all processes that share the folder `shared`."""
    return Packages(ROOT / "dist", _once(shared / "make-package", ["make", "--no-print-directory", "package"]))


def package_without_python(shared: Path) -> Packages:
    """Return the packages that a machine without Python 3.13 builds, and what it says of that; once, too."""
    folder = shared / "without-python"
    command = [sys.executable, str(ROOT / "scripts" / "package.py"), str(folder)]
    return Packages(folder, _once(shared / "package-without-python", command, PYTHON313="/bin/false"))


def _once(named: Path, command: list[str], **variables: str) -> str:
    """Run a command if no other process of this run did, and return what it printed."""
    log = named.with_suffix(".txt")
    with named.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not log.exists():
            done = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, **variables},
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            log.write_text(done.stdout + done.stderr)
    return log.read_text()


def shared_folder(own: Path) -> Path:
    """Return the folder that the processes of one run of the tests share, from the temporary folder of one of them."""
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


OWN_DOMAINS = {
    "visits": {"businesses", "markers", "traffic", "visits"},
    "traffic": {"accounts", "businesses", "mail", "markers", "traffic"},
    "health": {"health"},
    "registration": {"registration", "businesses", "markers"},
    "accounts": {"accounts", "mail", "markers"},
    "mail": {"accounts", "businesses", "feed", "mail", "markers", "orders", "traffic"},
    "orders": {"businesses", "catalogue", "orders", "feed", "markers"},
    "webhooks": {"businesses", "feed", "markers", "webhooks"},
    "operations": {"businesses", "feed", "mail", "markers", "operations", "orders", "webhooks"},
    "rotation": set(),
}
"""The domains that each function loads, and that its package holds."""

LATER_DOMAINS = {"visits": {"businesses", "markers"}}
"""Those that it loads only when it needs them: with the first hit for a business."""
