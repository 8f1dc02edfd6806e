"""The deployable packages: what is in them, that their bytes repeat, and that they run."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.storage import TABLES
from tests.support.processes import clean_environment, run_cli
from tests.support.stores import aws_environment, table_names
from tests.support.tools import ROOT

MACHINES = {"arm64": 183, "x86_64": 62}
"""`e_machine` of the ELF header: AArch64 and x86-64."""

MOST_BYTES = 4_000_000
OWN = {
    "visits": {"visits"},
    "health": {"health"},
    "auth": {"businesses"},
    "accounts": {"accounts"},
    "orders": {"businesses", "catalogue", "orders"},
}
DOMAINS = set().union(*OWN.values())
NAMES = [(function.name, architecture) for function in FUNCTIONS for architecture in MACHINES]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make package` fills, filled anew elsewhere."""
    folder = tmp_path_factory.mktemp("dist")
    run_package(folder)
    return folder


def run_package(folder: Path) -> str:
    command = [sys.executable, str(ROOT / "scripts" / "package.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout


def test_the_sizes_are_printed_and_the_bytes_repeat(built: Path, tmp_path: Path) -> None:
    printed = run_package(tmp_path)
    for function, architecture in NAMES:
        name = f"{function}-{architecture}.zip"
        assert f"{name}  {(built / name).stat().st_size / 1e6:.2f} MB" in printed
        first, again = (hashlib.sha256((place / name).read_bytes()).hexdigest() for place in (built, tmp_path))
        assert first == again


@pytest.mark.parametrize(("function", "architecture"), NAMES)
def test_a_package_has_what_its_function_needs_and_no_more(built: Path, function: str, architecture: str) -> None:
    package = built / f"{function}-{architecture}.zip"
    assert package.stat().st_size <= MOST_BYTES
    with zipfile.ZipFile(package) as archive:
        names = set(archive.namelist())
        libraries = [archive.read(name) for name in names if name.endswith(".so")]
    assert f"shopkeeper/runtime/handlers/{function}.py" in names
    assert "shopkeeper/aws/amazon_roots.pem" in names
    folders = {name.split("/")[1] for name in names if name.startswith("shopkeeper/")}
    assert folders & DOMAINS == OWN[function]
    assert not [name for name in names if "sqlite" in name or name.endswith(("cli.py", "wsgi.py", "server.py"))]
    tops = {name.partition("/")[0].partition("-")[0].removesuffix(".py") for name in names}
    allowed = {"shopkeeper", "msgspec"}
    if function in ("auth", "accounts", "orders"):
        allowed |= {"jwt", "pyjwt"}
    if function == "accounts":
        allowed |= {"argon2", "argon2_cffi", "argon2_cffi_bindings", "_argon2_cffi_bindings"}
        allowed |= {"cffi", "_cffi_backend.cpython", "pycparser"}
    assert tops <= allowed
    assert libraries
    for library in libraries:
        assert library[:4] == b"\x7fELF"
        assert int.from_bytes(library[18:20], "little") == MACHINES[architecture]


FIRST_WORDS: dict[str, tuple[str, object]] = {
    "visits": ("status", "success"),
    "health": ("status", "healthy"),
    "auth": ("status", "healthy"),
    "accounts": ("code", "unauthenticated"),
    "orders": ("items", []),
}
"""What each function answers to an empty event."""

RUN = """
import json, sys
import shopkeeper
assert sys.argv[2] in shopkeeper.__file__, shopkeeper.__file__
import importlib
handler = importlib.import_module("shopkeeper.runtime.handlers." + sys.argv[1]).handler
print(json.dumps(handler({}, None)), file=sys.stderr)
"""


@pytest.mark.parametrize("function", [function.name for function in FUNCTIONS])
def test_a_package_runs(built: Path, function: str, dynoxide: str, tmp_path: Path) -> None:
    """Its own modules, with this machine's build of the libraries."""
    with zipfile.ZipFile(built / f"{function}-x86_64.zip") as archive:
        archive.extractall(tmp_path, [name for name in archive.namelist() if name.startswith("shopkeeper/")])
    names = {table.environment: name for table, name in table_names(TABLES).items()}
    environment = {**aws_environment(dynoxide), **names}
    assert run_cli("tables", STORE_URL="dynamodb:", **environment).returncode == 0
    done = subprocess.run(
        [sys.executable, "-c", RUN, function, str(tmp_path)],
        env=clean_environment(PYTHONPATH=str(tmp_path), **environment),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=os.sep,
    )
    answer = json.loads(done.stderr)
    # The first endpoint of `accounts` is oneself, and an empty event is nobody.
    assert answer["statusCode"] == (401 if function == "accounts" else 200)
    assert json.loads(answer["body"])[FIRST_WORDS[function][0]] == FIRST_WORDS[function][1]
