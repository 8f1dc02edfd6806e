"""The sizes of packages: of those that `make package` built, and of what the peers would have to upload."""

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.environments import ROOT, python
from benchmarks.lambda_calls import PEERS

NAMES = ("founding", "powertools", "fastapi")
NOT_UPLOADED = ("pip", "setuptools", "wheel", "_distutils_hack", "pkg_resources", "distutils-precedence")
GIVEN_BY_LAMBDA = ("awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client")
"""The runtime's own client, which the peers' environments hold for this benchmark alone."""


def ours() -> list[Path]:
    """Return the packages for arm64."""
    return sorted((ROOT / "dist").glob("*-arm64.zip"))


def peers() -> dict[str, dict[str, float]]:
    """Return the sizes of the peers' packages: their libraries and their handler, zipped."""
    found = {}
    for name in NAMES:
        interpreter = python(name)
        if interpreter is None:
            continue
        with tempfile.NamedTemporaryFile(suffix=".zip") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
                for root in [*interpreter.parents[1].glob("lib/python*/site-packages"), PEERS / name]:
                    for path in _uploaded(root):
                        archive.write(path, path.relative_to(root))
            found[name] = sizes(Path(file.name))
    return found


def sizes(package: Path) -> dict[str, float]:
    """Return a package's size, zipped and unpacked, in MB."""
    with zipfile.ZipFile(package) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    return {"zipped_mb": round(package.stat().st_size / 1e6, 2), "unpacked_mb": round(unpacked / 1e6, 2)}


def _uploaded(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        aside = relative.parts[0].startswith((*NOT_UPLOADED, *GIVEN_BY_LAMBDA)) or "__pycache__" in relative.parts
        if path.is_file() and not aside:
            yield path
