"""The environments of the contestants: Lambda's image, the peers' libraries as uploaded, and those of servers.

Prints which environments cannot be created.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.tools import ROOT, python313

FOLDER = ROOT / ".venv-bench"
LOCKS = ROOT / "requirements"
NODE = ROOT / "benchmarks" / "peers" / "node"
UPLOADED = ("powertools", "fastapi")
"""Peers that upload libraries. Libraries of Lambda's image, such as boto3, are not uploaded."""

FORMER = "b8cfffd"
"""The commit before one machine had an event loop. Its server is measured beside the present one."""

BUILD = """
import json, platform, shlex, sysconfig
options = shlex.split(sysconfig.get_config_var("CONFIG_ARGS") or "")
print(json.dumps({
    "version": platform.python_version(),
    "compiler": platform.python_compiler(),
    "pgo": "--enable-optimizations" in options,
    "lto": any(option.split("=")[0] == "--with-lto" and not option.endswith("=no") for option in options),
}))
"""


def python(name: str) -> Path | None:
    """Return the interpreter of an environment, or None if it does not exist."""
    path = FOLDER / name / "bin" / "python"
    return path if path.exists() else None


def libraries(name: str) -> Path:
    """Return the folder of the libraries that a peer uploads. It may not exist."""
    return FOLDER / name / "libraries"


def build(interpreter: Path) -> dict[str, Any]:
    """Return the version of a Python, its compiler, and whether it was built with PGO and with LTO.

    Source: `CONFIG_ARGS` of sysconfig, the options of `configure`.
    """
    found: dict[str, Any] = json.loads(subprocess.check_output([interpreter, "-c", BUILD]))
    return found


def make() -> None:
    """Create the missing and outdated environments from their locks. Prints which cannot be created."""
    for name in ("fastapi_sqlite", "pocketbase"):
        _make(name, _lock(name).read_bytes(), _environment(sys.executable, name))
    _make("node", (NODE / "package-lock.json").read_bytes(), _modules(FOLDER / "node"))
    _make(FORMER, FORMER.encode(), _former(FOLDER / FORMER))
    newer = python313()
    if newer is None:
        print("There is no Python 3.13 (Lambda's version) on this machine; PYTHON313= can name one.")
        return
    _make("lambda", _lock("lambda").read_bytes(), _environment(newer, "lambda"))
    for name in UPLOADED:
        target = ["--no-compile", "--only-binary=:all:", "--target", str(libraries(name))]
        _make(name, _lock(name).read_bytes(), [_install(FOLDER / "lambda" / "bin" / "python", _lock(name), *target)])


def _environment(interpreter: str, name: str) -> list[list[str]]:
    return [[interpreter, "-m", "venv", str(FOLDER / name)], _install(FOLDER / name / "bin" / "python", _lock(name))]


def _modules(folder: Path) -> list[list[str]]:
    """Return the commands that install the peer's modules. One is compiled if it is not to be had as a binary."""
    files = [str(NODE / name) for name in ("package.json", "package-lock.json")]
    return [["cp", *files, str(folder)], ["npm", "ci", "--loglevel=error", "--prefix", str(folder)]]


def _former(folder: Path) -> list[list[str]]:
    """Return the commands that install the former commit with its own locked libraries. A shallow clone lacks it."""
    archive, source, interpreter = folder / "source.tar", folder / "source", folder / "bin" / "python"
    return [
        ["git", "-C", str(ROOT), "archive", "--prefix=source/", f"--output={archive}", FORMER],
        ["tar", "-x", "-f", str(archive), "-C", str(folder)],
        [sys.executable, "-m", "venv", str(folder)],
        _install(interpreter, source / "requirements" / "server.txt"),
        [*_pip(interpreter), "--no-deps", "--no-build-isolation", str(source)],
    ]


def _install(interpreter: Path, lock: Path, *options: str) -> list[str]:
    return [*_pip(interpreter), "--no-deps", "--require-hashes", "--requirement", str(lock), *options]


def _pip(interpreter: Path) -> list[str]:
    return [str(interpreter), "-m", "pip", "--disable-pip-version-check", "-qq", "install"]


def _lock(name: str) -> Path:
    return LOCKS / f"bench-{name}.txt"


def _make(name: str, version: bytes, commands: list[list[str]]) -> None:
    """Run the commands that make an environment, unless it was made in that version."""
    folder = FOLDER / name
    done = folder / "done"
    if done.exists() and done.read_bytes() == version:
        return
    print(f"Making {folder.relative_to(ROOT)} …", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for command in commands:
        ran = _run(command)
        if ran:
            print(f"  it cannot be created and is left out: {ran}")
            shutil.rmtree(folder, ignore_errors=True)
            return
    done.write_bytes(version)


def _run(command: list[str]) -> str:
    """Run a command. Return the last line of its errors if it failed, else an empty text."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return (ran.stderr.strip().splitlines() or [f"exit {ran.returncode}"])[-1] if ran.returncode else ""


if __name__ == "__main__":
    make()
