"""Build the Lambda packages, `dist/<function>-<architecture>.zip`, each with only what its function needs, and the
files of the pages, `dist/pages.zip`, and of the API docs, `dist/docs.zip`.

The byte code of every module stands beside it, since Lambda's folder is read-only and keeps none: without it each
cold start would compile all that it loads. The same sources, locks and Python 3.13 give the same bytes. Run by
`make package`.
"""

import argparse
import ast
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import python313

if TYPE_CHECKING:
    from shopkeeper.pages.files import PageFile

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
LOCKS = ROOT / "requirements"
DIST = ROOT / "dist"

PYTHON = "3.13"
ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
DATA = (".pem", ".min.js")
"""What modules read that stands beside them."""

GLIBC = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_26", "manylinux_2_17", "manylinux2014")
"""Lambda's python3.13 has glibc 2.34; wheels are named for any older one, and pip tries only what it is told."""

FUNCTIONS = SOURCE / "shopkeeper" / "functions"
TASK = "/var/task"
"""Where Lambda unpacks a package. Byte code names its source, and tracebacks show it."""

HEADER_BYTES = 16
"""What stands before the code in a file of byte code (PEP 552)."""

EPOCH = (1980, 1, 1, 0, 0, 0)
NO_BYTE_CODE = (
    "These packages hold no byte code and run all the same, but each cold start compiles what it loads, which takes "
    "half as long again: there is no Python 3.13 on this machine's PATH (PYTHON313= names one that is elsewhere)."
)


def main(dist: Path = DIST) -> None:
    """Build every function for every architecture, and the pages, into the folder `dist` and print the sizes."""
    from shopkeeper.functions.all import FUNCTIONS  # not before --help, which needs nothing installed

    dist.mkdir(exist_ok=True)
    python = python313.find()
    for architecture, machine in ARCHITECTURES.items():
        for lock in sorted({function.libraries for function in FUNCTIONS}):
            with tempfile.TemporaryDirectory() as folder:
                libraries = Path(folder)
                install(libraries, LOCKS / f"{lock}.txt", machine)
                for function in FUNCTIONS:
                    if function.libraries == lock:
                        package = dist / f"{function.name}-{architecture}.zip"
                        build(package, library_files(libraries) | source_files(function.name), python)
                        print(f"{package.name}  {package.stat().st_size / 1e6:.2f} MB")
    build_pages(dist)
    if python is None:
        print(NO_BYTE_CODE, file=sys.stderr)


def install(folder: Path, lock: Path, machine: str) -> None:
    """Install the locked libraries for Lambda's Python on `machine`, hashes checked."""
    platforms = [f"--platform={glibc}_{machine}" for glibc in GLIBC]
    options = ["--quiet", "--quiet", "--disable-pip-version-check", "--no-compile", "--require-hashes", "--no-deps"]
    target = [f"--python-version={PYTHON}", "--only-binary=:all:", f"--target={folder}", f"--requirement={lock}"]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, *platforms, *target], check=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)


def library_files(folder: Path) -> dict[str, Path]:
    """Return what of the libraries is loaded: not their type stubs, nor their installers' notes but the licence."""
    return {
        str(path.relative_to(folder)): path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".pyi", ".pyc") and path.name not in ("RECORD", "INSTALLER")
    }


def source_files(function: str) -> dict[str, Path]:
    """Return the modules that the function and its handler import, lazily or not, and the data beside them."""
    found: set[Path] = set()
    waiting = [FUNCTIONS / f"{function}.py", *_files("shopkeeper.runtime.lambda_.handlers")]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += imports(module)
    needed = {path for path in found if not _is_server_only(path)}
    data = {other for path in needed for other in path.parent.iterdir() if other.name.endswith(DATA)}
    return {str(path.relative_to(SOURCE)): path for path in needed | data}


@cache
def imports(module: Path) -> tuple[Path, ...]:
    """Return the files of ours that `module` imports anywhere, and the packages that they stand in."""
    return tuple(_imports(module))


def _imports(module: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(module.read_text())):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.partition(".")[0] == "shopkeeper":
                yield from _files(name)


def build(package: Path, files: dict[str, Path], python: str | None) -> None:
    """Write a package of `files`, with the byte code that `python` makes of them, if there is one."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, path in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
        if python is not None:
            compile_modules(folder, python)
        write(package, {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()})


def build_pages(dist: Path) -> None:
    """Write a zip of the files of the pages, as a bucket should have them, and one of the API docs."""
    from shopkeeper.functions.openapi import openapi_json
    from shopkeeper.pages.docs import docs_listed
    from shopkeeper.pages.files import listed

    for name, files in (("pages.zip", listed()), ("docs.zip", docs_listed(openapi_json()))):
        write_files(dist / name, files)
        print(f"{name}  {(dist / name).stat().st_size / 1e6:.2f} MB")


def write_files(package: Path, pages: Mapping[str, "PageFile"]) -> None:
    """Write a zip of files by their paths."""
    with tempfile.TemporaryDirectory() as place:
        files = {name: Path(place) / name for name in pages}
        for name, file in pages.items():
            files[name].parent.mkdir(parents=True, exist_ok=True)
            files[name].write_bytes(file.plain)
        write(package, files)


def compile_modules(folder: Path, python: str) -> None:
    """Put the byte code of each module of `folder` beside it.

    Times of files do not survive a zip, so the byte code is not compared to its source (PEP 552, unchecked hashes).
    One fresh process compiles all in the order of their names: what else a process holds can show in marshalled bytes.
    """
    places = ["-s", str(folder), "-p", TASK, str(folder)]
    options = ["-q", "--invalidation-mode=unchecked-hash"]
    for level in ("-o0", "-o2"):  # in a process each, for the same reason
        subprocess.run([python, "-I", "-m", "compileall", level, *options, *places], check=True)
    write_bundle(folder)


def write_bundle(folder: Path) -> None:
    """Put the byte code of all modules of `folder` into one file, from which a function imports them.

    It has no docstrings (`compileall -o2`): they would stay in the memory of every function.
    """
    from shopkeeper.runtime.lambda_.bundle import encode

    modules = {}
    for compiled in folder.rglob(f"*.{python313.CACHE_TAG}.opt-2.pyc"):
        package = compiled.parents[1].relative_to(folder).parts
        name = compiled.name.partition(".")[0]
        is_package = name == "__init__"
        modules[".".join(package if is_package else (*package, name))] = (
            compiled.read_bytes()[HEADER_BYTES:],
            is_package,
        )
        compiled.unlink()
    (folder / f"modules.{python313.CACHE_TAG}").write_bytes(encode(modules))


def write(package: Path, files: dict[str, Path]) -> None:
    """Write a zip whose bytes depend on nothing but its files."""
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name].read_bytes())


def _files(name: str) -> Iterator[Path]:
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        path = SOURCE.joinpath(*parts[:length])
        if path.is_dir():
            yield path / "__init__.py"
        elif path.with_suffix(".py").is_file():
            yield path.with_suffix(".py")


def _is_server_only(path: Path) -> bool:
    """SQLite and a folder of pictures are the stores of one machine; a function's are DynamoDB and S3."""
    return "sqlite" in path.parts or path.parts[-2:] == ("pictures", "folder.py")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=DIST, help="where to; dist by default")
    main(parser.parse_args().folder)
