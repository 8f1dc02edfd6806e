"""The rules of the house: which room may know which, and what a handler loads."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Function
from shopkeeper.health.model import LINKS
from tests.support.processes import clean_environment
from tests.support.tools import ROOT

SOURCE = ROOT / "src" / "shopkeeper"
LEAVES = {"clock", "cores", "errors", "files", "identifiers", "libraries", "locks", "__version__"}
DOMAINS = {"visits", "health", "businesses", "accounts", "catalogue", "orders"}
SHARED = {"shopkeeper.businesses.model", "shopkeeper.businesses.ownership"}
"""What other domains may know of a domain: whose a business is, but never its service."""

MAY_IMPORT: dict[str, set[str]] = {
    "http": set(),
    "aws": {"errors"},
    "storage": LEAVES | {"aws"},
    "settings": LEAVES | {"storage"},
    "identity": LEAVES | {"aws", "http", "settings"},
    **{domain: LEAVES | {"http", "storage"} for domain in DOMAINS},
    "accounts": LEAVES | {"http", "storage", "identity"},
    "orders": LEAVES | {"http", "storage", "identity"},
    "functions": LEAVES | {"settings", "http", "storage", "identity"} | DOMAINS,
    "runtime": LEAVES | {"settings", "http", "aws", "storage", "identity", "functions"},
    "operator": LEAVES | {"settings", "http", "storage", "identity", "functions", "runtime"} | DOMAINS,
    "__main__": {"operator", "libraries"},
    **{leaf: set() for leaf in LEAVES},
    "locks": {"errors", "files"},
}
"""Imports run one way; everyone may import from their own room."""

MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def imports(module: Path) -> set[str]:
    """Return the dotted names of Shopkeeper's modules that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} if node.module != "shopkeeper" else {f"shopkeeper.{a.name}" for a in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("shopkeeper.")}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_one_way(module: Path) -> None:
    room = module.relative_to(SOURCE).parts[0].removesuffix(".py")
    for name in imports(module):
        other = name.split(".")[1]
        if name in SHARED and room in DOMAINS:
            continue
        assert other == room or other in MAY_IMPORT[room], f"{room} must not know {name}"


def test_every_room_has_its_rule() -> None:
    rooms = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in MODULES}
    assert rooms | {"__version__"} == set(MAY_IMPORT)


def test_only_the_storage_knows_a_database() -> None:
    for module in MODULES:
        if "storage" not in module.parts:
            assert "import sqlite3" not in module.read_text()


def test_files_fit_a_few_screens() -> None:
    for module in [*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]:
        assert len(module.read_text().splitlines()) <= 400, module


HEAVY = {
    *("boto3", "botocore", "pydantic", "cryptography", "granian", "typer", "rich", "sqlite3"),
    *("email", "email_validator", "http", "asyncio", "aws_xray_sdk", "jwt"),
}
"""None of these may be loaded by a handler's import, though all of them are installed here."""

ONLY_FOR_FAULTS = {"shopkeeper.http.explanations"}
"""What is loaded with the first request that is wrong."""

LIBRARIES = {"accounts": {"msgspec", "argon2", "_argon2_cffi_bindings", "_cffi_backend"}}
"""What a handler loads beside the standard library; the others nothing but msgspec."""

STANDARD = {
    *("array", "ast", "base64", "binascii", "collections", "contextlib", "contextvars", "copyreg", "datetime"),
    *("decimal", "dis", "enum", "errno", "fnmatch", "functools", "glob", "grp", "hashlib", "hmac", "importlib"),
    *("inspect", "ipaddress", "itertools", "json", "keyword", "linecache", "math", "ntpath", "numbers", "opcode"),
    *("operator", "pathlib", "platform", "pwd", "re", "reprlib", "select", "selectors", "socket", "struct"),
    *("textwrap", "threading", "token", "tokenize", "traceback", "types", "typing", "urllib", "uuid"),
    *("warnings", "zlib"),
}
"""What a handler may load of the standard library, in any version of Python that it runs on."""

STANDARD_OF = {"accounts": {"copy", "dataclasses", "weakref"}, "orders": {"unicodedata"}}

ASIDE = {"shopkeeper", "__main__", "sitecustomize", "_distutils_hack", "typing_extensions"}
"""What an interpreter loads by itself, and what msgspec takes if it finds it; no package has it."""

LOADED = """
import sys
before = set(sys.modules)
import json, importlib
importlib.import_module("shopkeeper.runtime.handlers." + sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""

OWN_DOMAINS = {
    "visits": {"visits"},
    "health": {"health"},
    "auth": {"businesses"},
    "accounts": {"accounts"},
    "orders": {"businesses", "catalogue", "orders"},
}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: str(function.name))
def test_a_handler_loads_only_what_it_needs(function: Function) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    done = subprocess.run(
        [sys.executable, "-c", LOADED, function.name],
        env=clean_environment(AWS_ENDPOINT_URL="http://127.0.0.1:1", JWT_SECRET_KEY="0123456789abcdef" * 2, **keys),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = set(json.loads(done.stdout))
    tops = {module.partition(".")[0] for module in loaded}
    assert not tops & HEAVY
    assert not loaded & ONLY_FOR_FAULTS
    assert tops - sys.stdlib_module_names - ASIDE == LIBRARIES.get(function.name, {"msgspec"})
    public = {top for top in tops & sys.stdlib_module_names if not top.startswith("_")}
    assert public <= STANDARD | STANDARD_OF.get(function.name, set())
    rooms = {module.split(".")[1] for module in loaded if module.startswith("shopkeeper.")}
    assert rooms & DOMAINS == OWN_DOMAINS[function.name]


def test_every_link_of_the_front_door_is_an_endpoint() -> None:
    declared = {endpoint.path for function in FUNCTIONS for endpoint in function.endpoints}
    assert set(LINKS.values()) <= declared


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [endpoint.operation_id for function in FUNCTIONS for endpoint in function.endpoints]
    assert len(set(names)) == len(names)
