"""What is published as a Python package: its files, and whether a tag may be published.

distribution.py build FOLDER   the source distribution, and the wheel that is built from it
distribution.py check TAG      whether the tag, the package and the changelog name one version, and it has a date

Only `build` needs flit_core.
"""

import os
import re
import shutil
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "shopkeeper" / "__init__.py"
CHANGELOG = ROOT / "CHANGELOG.md"
VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
HEADING = re.compile(r"^## \[(.+?)\] - (.+)$", re.MULTILINE)
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Refused(Exception):
    """Why a tag is not published, in a sentence."""


def build(folder: Path) -> tuple[Path, Path]:
    """Write the source distribution and the wheel into a folder, and return their paths.

    The wheel is made of the source distribution, so both hold the same package.
    """
    from flit_core import buildapi

    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        with chdir(ROOT):
            source = folder / buildapi.build_sdist(str(folder))
        shutil.unpack_archive(source, temporary, filter="data")
        (unpacked,) = Path(temporary).iterdir()
        with chdir(unpacked):
            wheel = folder / buildapi.build_wheel(str(folder))
    wheel.chmod(0o644)  # flit makes it in a temporary file, which only its owner may read
    return source, wheel


def check(tag: str, package: str, changelog: str) -> str:
    """Return the version that a tag publishes, by the texts of the package's first file and of the changelog.

    Raises Refused.
    """
    found = VERSION.search(package)
    if found is None:
        raise Refused("The package names no version.")
    version = found[1]
    if tag != f"v{version}":
        raise Refused(f"The tag is {tag[:100]!r}, and the package has the version {version}: it must be 'v{version}'.")
    headings = HEADING.findall(changelog)
    newest, date = headings[0] if headings else ("none", "")
    if newest != version:
        raise Refused(f"The changelog begins with {newest}, and the package has the version {version}.")
    if not DATE.fullmatch(date):
        raise Refused(f"The changelog says {date!r} of {version}: it must have the date, like 2026-11-28.")
    return version


def main(arguments: list[str]) -> int:
    """Run a command, and return the exit status."""
    match arguments:
        case ["--help" | "-h"]:
            print(__doc__)
        case ["build", folder]:
            for path in build(Path(folder)):
                print(os.path.relpath(path))
        case ["check", tag]:
            try:
                print(f"{check(tag, PACKAGE.read_text(), CHANGELOG.read_text())} may be published.")
            except Refused as refused:
                print(f"distribution: {refused}", file=sys.stderr)
                return 1
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
