"""The environments of the contestants: where they are, and what is missing of them."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".venv-bench"
LOCKS = ROOT / "requirements"
PEERS = ("nothing", "founding", "powertools", "fastapi", "ours")
BOTH = ("nothing", "founding", "ours")
"""What is measured on Lambda's Python 3.13, too."""


def python(name: str, version: str = "") -> Path | None:
    """Return the interpreter of an environment, None where it was not made."""
    path = FOLDER / f"{name}{version}" / "bin" / "python"
    return path if path.exists() else None


def python313() -> str | None:
    """Return a Python 3.13, as Lambda has it, if this machine has one."""
    beside = Path(sys.base_prefix).parent.glob("3.13*/bin/python3.13")
    for candidate in ["python3.13", *map(str, beside)]:
        path = shutil.which(candidate)
        if path and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return path
    return None


def make() -> None:
    """Make every environment that is not there as its lock says; say which cannot be made."""
    newer = python313()
    if newer is None:
        print("There is no Python 3.13 here: its figures are left out.")
    for name in (*PEERS, "fastapi_sqlite"):
        _make(FOLDER / name, sys.executable, LOCKS / f"bench-{name}.txt")
        if newer and name in BOTH:
            _make(FOLDER / f"{name}3.13", newer, LOCKS / f"bench-{name}.txt")


def _make(folder: Path, interpreter: str, lock: Path) -> None:
    done = folder / "done"
    if done.exists() and done.read_bytes() == lock.read_bytes():
        return
    print(f"Making {folder.relative_to(ROOT)} …", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    commands = [
        [interpreter, "-m", "venv", str(folder)],
        [
            *(str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-qq", "install"),
            *("--no-deps", "--require-hashes", "--requirement", str(lock)),
        ],
    ]
    for command in commands:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            print(f"  it cannot be made, and is left out: {ran.stderr.strip().splitlines()[-1:]}")
            shutil.rmtree(folder, ignore_errors=True)
            return
    done.write_bytes(lock.read_bytes())


if __name__ == "__main__":
    make()
