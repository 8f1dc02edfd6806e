"""The rules of the house: which room may know which, and what a handler loads."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shopkeeper.domains.health.model import LINKS
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Function
from shopkeeper.storage import Table, tables
from shopkeeper.storage.tables import TABLES
from tests.support.packages import LATER_DOMAINS, OWN_DOMAINS
from tests.support.processes import clean_environment
from tests.support.tools import ROOT

SOURCE = ROOT / "src" / "shopkeeper"
LEAVES = {
    "base64",
    "checks",
    "clock",
    "errors",
    "files",
    "hashing",
    "identifiers",
    "libraries",
    "locks",
    "metrics",
    "secret",
    "zones",
    "__version__",
}
OFFERS = ("model", "offers", "dispatching")
"""The modules of a domain that others may know: its types, and what it offers, but never its service or its records.
`dispatching` is what the feed offers to those that deliver its events."""

KNOWS: dict[str, set[str]] = {
    "visits": set(),
    "traffic": {"accounts", "businesses", "mail"},
    "health": set(),
    "markers": set(),
    "registration": {"businesses", "markers"},
    "businesses": {"feed", "markers"},
    "accounts": {"mail", "markers"},
    "catalogue": {"businesses", "feed"},
    "orders": {"businesses", "catalogue", "feed"},
    "feed": set(),
    "webhooks": {"businesses", "feed"},
    "mail": {"businesses", "feed", "orders"},
    "setup": {"accounts", "businesses", "markers"},
    "operations": set(),
}
"""Which domain may know which: in one direction."""

MAY_IMPORT: dict[str, set[str]] = {
    "http": set(),
    "net": {"errors", "secret"},
    "aws": {"errors", "hashing", "net", "secret"},
    "storage": LEAVES | {"aws", "net"},
    "setting": {"checks", "errors"},
    "settings": LEAVES | {"aws", "net", "setting", "storage"},
    "trace_settings": {"checks", "setting"},
    "identity": LEAVES | {"net", "aws", "http", "settings"},
    "domains": LEAVES | {"http", "net", "storage", "identity"},
    "functions": LEAVES | {"setting", "settings", "http", "net", "aws", "storage", "identity", "domains", "pages"},
    "pages": set(),
    "runtime": LEAVES | {"settings", "trace_settings", "http", "net", "storage", "identity", "functions", "pages"},
    "operator": LEAVES
    | {"setting", "settings", "trace_settings", "http", "storage", "identity", "domains", "functions", "runtime"},
    "__main__": {"operator", "libraries"},
    **{leaf: set() for leaf in LEAVES},
    "checks": {"net"},
    "locks": {"errors", "files"},
}
"""Imports run one way; everyone may import from their own room."""

MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def is_module(name: str) -> bool:
    """Tell whether a dotted name is that of a module or package of ours."""
    place = SOURCE.parent / name.replace(".", "/")
    return place.is_dir() or place.with_suffix(".py").is_file()


def imports(module: Path) -> set[str]:
    """Return the dotted names of Shopkeeper's modules that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if is_module(name) else node.module for name in inner.values()}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("shopkeeper.")}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_one_way(module: Path) -> None:
    room = module.relative_to(SOURCE).parts[0].removesuffix(".py")
    for name in imports(module):
        other = name.split(".")[1]
        assert other == room or other in MAY_IMPORT[room], f"{room} must not know {name}"


@pytest.mark.parametrize(
    "module", [path for path in MODULES if "domains" in path.parts], ids=lambda path: str(path.relative_to(SOURCE))
)
def test_a_domain_knows_of_others_what_they_offer(module: Path) -> None:
    domain = module.relative_to(SOURCE / "domains").parts[0]
    for name in imports(module):
        _, room, *place = name.split(".")
        if room == "domains" and place and place[0] != domain:
            assert place[0] in KNOWS[domain], f"{domain} must not know {place[0]}"
            assert place[1] in OFFERS, f"{domain} must not know {name}"


def test_no_domain_knows_one_that_knows_it() -> None:
    def all_known(domain: str) -> set[str]:
        return {*KNOWS[domain]}.union(*(all_known(other) for other in KNOWS[domain]))

    for domain in KNOWS:
        assert domain not in all_known(domain)


OWNERS = {symbol: table.owner for symbol, table in vars(tables).items() if isinstance(table, Table)}
"""The domain that owns a table, by the name under which modules import the table."""


def test_every_table_has_an_owner() -> None:
    assert len(OWNERS) == len(TABLES)
    assert {table.owner for table in TABLES} <= set(KNOWS)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_its_owner_and_the_grants_of_functions_name_a_table(module: Path) -> None:
    room, *place = module.relative_to(SOURCE).parts
    if room in ("storage", "functions"):
        return
    named = {
        alias.name
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shopkeeper.storage")
        for alias in node.names
    }
    for symbol in named & set(OWNERS):
        assert room == "domains", f"{room} must not name {symbol}"
        assert place[0] == OWNERS[symbol], f"{place[0]} does not own {symbol}"


def test_no_domain_converts_what_it_reads_by_hand() -> None:
    for module in MODULES:
        if "domains" in module.parts:
            assert "int(str(" not in module.read_text(), f"{module}: use Records"


def test_every_domain_has_its_rule() -> None:
    folders = {path.name for path in (SOURCE / "domains").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(KNOWS)


def test_every_room_has_its_rule() -> None:
    rooms = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in MODULES}
    assert rooms | {"__version__"} == set(MAY_IMPORT)


def test_only_the_storage_knows_a_database() -> None:
    for module in MODULES:
        if "storage" not in module.parts:
            assert "import sqlite3" not in module.read_text()


def test_only_what_sends_the_traces_of_one_machine_knows_opentelemetry() -> None:
    knowing = [module for module in MODULES if re.search(r"^ *(from|import) opentelemetry", module.read_text(), re.M)]
    assert knowing == [SOURCE / "runtime" / "machine" / "otlp.py"]


def test_files_fit_a_few_screens() -> None:
    for module in [*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]:
        assert len(module.read_text().splitlines()) <= 400, module


HEAVY = {
    *("boto3", "botocore", "pydantic", "cryptography", "uvloop", "httptools", "typer", "rich", "sqlite3"),
    *("email", "email_validator", "http", "asyncio", "aws_xray_sdk", "jwt", "pathlib"),
}
"""None of these may be loaded by a handler's import, though all of them are installed here."""

ONLY_WHEN_NEEDED = {
    "shopkeeper.http.explanations",
    "shopkeeper.aws.s3",
    "shopkeeper.identity.rotation",
    *(f"shopkeeper.domains.traffic.{name}" for name in ("bots", "bots_data", "hits", "hours", "sites", "spam_data")),
    *(f"shopkeeper.storage.pictures.{name}" for name in ("bucket", "folder")),
    *(f"shopkeeper.domains.catalogue.{name}" for name in ("uploads", "upload_endpoints")),
    *(f"shopkeeper.runtime.lambda_.{name}" for name in ("schedule", "stream", "rotation", "payload_two", "balancer")),
}
"""What is loaded with the first request that is wrong, with the first picture, with the first hit, and with the first
event of another kind. Uploads are one machine's alone."""

LIBRARIES = {"accounts": {"msgspec", "_argon2_cffi_bindings", "_cffi_backend"}}
"""What a handler loads beside the standard library; the others nothing but msgspec."""

STANDARD = {
    *("ast", "binascii", "collections", "contextlib", "contextvars", "copyreg", "datetime", "decimal", "dis", "enum"),
    *("errno", "functools", "gc", "importlib", "inspect", "itertools", "json", "keyword", "linecache", "math"),
    *("numbers", "opcode", "operator", "platform", "re", "reprlib", "select", "textwrap", "threading", "token"),
    *("tokenize", "traceback", "types", "typing", "uuid", "warnings"),
}
"""What a handler may load of the standard library, in any version of Python that it runs on.

Left out are `socket`, `ssl`, `hashlib`, `hmac` and `base64`, whose imports took a tenth of a cold start. What they wrap
is used itself: see `net/tls.py`, `hashing.py` and `base64.py`.
"""

STANDARD_OF = {name: {"ipaddress", "urllib"} for name in ("webhooks", "mail", "traffic")}

ASIDE = {"shopkeeper", "__main__", "sitecustomize", "_distutils_hack", "typing_extensions"}
"""What an interpreter loads by itself, and what msgspec takes if it finds it; no package has it."""

LOADED = """
import sys
before = set(sys.modules)
import json, importlib
getattr(importlib.import_module("shopkeeper.runtime.lambda_.handlers"), sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""


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
    assert not loaded & ONLY_WHEN_NEEDED
    assert tops - sys.stdlib_module_names - ASIDE == LIBRARIES.get(function.name, {"msgspec"})
    public = {top for top in tops & sys.stdlib_module_names if not top.startswith("_")}
    assert public <= STANDARD | STANDARD_OF.get(function.name, set())
    domains = {module.split(".")[2] for module in loaded if module.startswith("shopkeeper.domains.")}
    assert domains == OWN_DOMAINS[function.name] - LATER_DOMAINS.get(function.name, set())


def test_every_link_of_the_front_door_is_an_endpoint() -> None:
    declared = {endpoint.path for function in FUNCTIONS for endpoint in function.endpoints}
    assert set(LINKS.values()) <= declared


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [endpoint.operation_id for function in FUNCTIONS for endpoint in function.endpoints]
    assert len(set(names)) == len(names)
