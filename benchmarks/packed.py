"""The packages of functions as uploaded: ours from `make package`, and the peers'.

A peer's package is what `sam build` creates: the unpacked wheels of its libraries and its handler, without byte code.
Source: aws-lambda-builders 1.67, `python_pip`: `DependencyBuilder._install_wheels` unpacks the wheels, and
`PythonPipWorkflow.EXCLUDED_FILES` excludes `*.pyc` and `__pycache__` of the function's own folder.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.environments import FOLDER, UPLOADED, libraries
from shopkeeper.functions.all import FUNCTIONS
from tests.support.tools import ROOT

HANDLERS = ROOT / "benchmarks" / "peers"
OURS = tuple(function.name for function in FUNCTIONS if function.rotation is None)
"""Our functions that somebody waits for."""

PEERS = ("nothing", "founding", "powertools", "fastapi")
DIST = ROOT / "dist"


def package(name: str) -> Path:
    """Return the path of a function's package for x86_64. It may not exist."""
    return DIST / f"{name}-x86_64.zip" if name in OURS else FOLDER / f"{name}.zip"


def make() -> None:
    """Create the packages of the peers whose libraries are installed."""
    FOLDER.mkdir(exist_ok=True)
    for name in PEERS:
        roots = [HANDLERS / name, *([libraries(name)] if name in UPLOADED else [])]
        package(name).unlink(missing_ok=True)
        if all(root.exists() for root in roots):
            with zipfile.ZipFile(package(name), "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
                for root in roots:
                    for path in _uploaded(root):
                        archive.write(path, path.relative_to(root))


def unpack(name: str, folder: Path) -> None:
    """Unpack a function's package into `folder`, as Lambda does."""
    with zipfile.ZipFile(package(name)) as archive:
        archive.extractall(folder)


def sizes(name: str) -> dict[str, float]:
    """Return the zipped and unpacked size of a function's package in MB."""
    with zipfile.ZipFile(package(name)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    return {"zipped_mb": round(package(name).stat().st_size / 1e6, 2), "unpacked_mb": round(unpacked / 1e6, 2)}


def _uploaded(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_file() and "__pycache__" not in relative.parts and relative.parts[0] != "bin":
            yield path
