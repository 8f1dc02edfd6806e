"""Shopkeeper as somebody has it who installed its wheel: in a virtual environment of its own."""

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

from tests.support.processes import clean_environment

NAME = re.compile(r"[A-Za-z0-9._-]+")


class Installed:
    """Shopkeeper in a virtual environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))

    def environment(self, **variables: str) -> dict[str, str]:
        return clean_environment(HOME=str(self.folder), **variables)

    @property
    def command(self) -> str:
        """The command that pip installed."""
        return str(self.folder / "bin" / "shopkeeper")

    def run(self, *arguments: str, place: Path | None = None, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run the command that pip installed, in a folder."""
        return subprocess.run(
            [self.command, *arguments],
            cwd=place or self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def required(of: Distribution, names: set[str]) -> set[str]:
    """Return `names` with what a distribution of this environment requires, and what that requires."""
    for requirement in of.requires or []:
        specifier, _, marker = requirement.partition(";")
        name = str(NAME.match(specifier)[0])  # type: ignore[index]
        if "extra" in marker or name in names:
            continue
        try:
            found = distribution(name)
        except ModuleNotFoundError:
            continue  # for another system or Python; where it is not, pip fails below
        names.add(name)
        required(found, names)
    return names


def install(wheel: Path, folder: Path, unpacked: Path) -> Installed:
    """`pip install` of a wheel, where the libraries are there that its own metadata asks for, and no others.

    They are linked from the environment of the tests, in place of a download; pip refuses if one were missing.
    """
    made = Installed(folder)
    venv.create(made.folder, with_pip=False)
    metadata = Distribution.at(_unpacked(wheel, unpacked))
    for name in required(metadata, set()):
        for file in distribution(name).files or []:
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not (made.packages / top).is_symlink():
                (made.packages / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    pip("--python", str(made.folder / "bin" / "python"), "install", "--no-index", str(wheel))
    return made


def _unpacked(wheel: Path, folder: Path) -> Path:
    shutil.unpack_archive(wheel, folder, "zip")
    (found,) = folder.glob("*.dist-info")
    return found
