"""The deployable packages: what is in them, that their bytes repeat, and that they run unpacked on Lambda's Python."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import jwt
import package
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.storage.tables import TABLES
from tests.support.faults import FaultyServer, answers
from tests.support.packages import OWN_DOMAINS, Packages, package_without_python, shared_folder
from tests.support.processes import clean_environment, run_cli
from tests.support.rotating import ARN, Secret
from tests.support.stores import aws_environment, table_names
from tests.support.tools import ROOT, need_python313, python313
from tests.support.xray import SAMPLED, Daemon, calls

MACHINES = {"arm64": 183, "x86_64": 62}
"""`e_machine` of the ELF header: AArch64 and x86-64."""

MOST_BYTES = 4_000_000
NAMES = [(function.name, architecture) for function in FUNCTIONS for architecture in MACHINES]


@pytest.fixture
def built(packages: Packages) -> Path:
    """The folder that `make package` fills."""
    return packages.folder


def test_the_sizes_are_printed(packages: Packages) -> None:
    for function, architecture in NAMES:
        name = f"{function}-{architecture}.zip"
        assert f"{name}  {(packages.folder / name).stat().st_size / 1e6:.2f} MB" in packages.printed


@pytest.fixture(scope="module")
def without_python(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """The packages of another build, on a machine without Python 3.13."""
    return package_without_python(shared_folder(tmp_path_factory.getbasetemp()))


def test_without_python_313_packages_hold_no_byte_code_and_it_is_said(without_python: Packages) -> None:
    assert "no byte code" in without_python.printed
    assert "PYTHON313=" in without_python.printed
    for function, architecture in NAMES:
        with zipfile.ZipFile(without_python.folder / f"{function}-{architecture}.zip") as package:
            assert not [name for name in package.namelist() if name.endswith(".pyc")]


def test_the_bytes_repeat(built: Path, without_python: Packages, tmp_path: Path) -> None:
    """The other build, with its byte code made now, is the first to the last byte."""
    python = python313()
    for function, architecture in NAMES:
        name = f"{function}-{architecture}.zip"
        folder = unpack(without_python.folder / name, tmp_path / function / architecture)
        if python is not None:
            package.compile_modules(folder, python)
        files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
        package.write(tmp_path / name, files)
        first, again = (hashlib.sha256((place / name).read_bytes()).hexdigest() for place in (built, tmp_path))
        assert first == again, name


@pytest.mark.parametrize(("function", "architecture"), NAMES)
def test_a_package_has_what_its_function_needs_and_no_more(built: Path, function: str, architecture: str) -> None:
    packed = built / f"{function}-{architecture}.zip"
    assert packed.stat().st_size <= MOST_BYTES
    with zipfile.ZipFile(packed) as archive:
        names = set(archive.namelist())
        libraries = [archive.read(name) for name in names if name.endswith(".so")]
    assert f"shopkeeper/functions/{function}.py" in names
    assert "shopkeeper/net/amazon_roots.pem" in names
    domains = {name.split("/")[2] for name in names if name.startswith("shopkeeper/domains/") and name.count("/") > 2}
    assert domains - {"__pycache__"} == OWN_DOMAINS[function]
    of_one_machine = ("cli.py", "rsgi.py", "server.py", "pictures/folder.py", "uploads.py", "upload_endpoints.py")
    assert not [name for name in names if "sqlite" in name or name.endswith(of_one_machine)]
    tops = {name.partition("/")[0].partition("-")[0].removesuffix(".py") for name in names}
    allowed = {"shopkeeper", "msgspec", "modules.cpython"}
    if function in ("registration", "accounts", "orders", "webhooks", "mail", "traffic"):
        allowed |= {"jwt", "pyjwt"}
    if function in ("orders", "mail", "traffic", "visits"):
        allowed |= {"tzdata"}
    if function == "accounts":
        allowed |= {"argon2_cffi_bindings", "_argon2_cffi_bindings", "cffi", "_cffi_backend.cpython", "pycparser"}
    assert tops <= allowed
    assert libraries
    for library in libraries:
        assert library[:4] == b"\x7fELF"
        assert int.from_bytes(library[18:20], "little") == MACHINES[architecture]


FIRST_WORDS: dict[str, tuple[str, object]] = {
    "visits": ("status", "success"),
    "health": ("status", "healthy"),
    "registration": ("status", "healthy"),
    "accounts": ("code", "unauthenticated"),
    "orders": ("items", []),
    "webhooks": ("code", "unauthenticated"),
}
"""What each function answers to an empty event."""

SCHEDULES = {"mail": "mail", "traffic": "traffic-closing"}
"""The schedules of functions that answer no requests."""

SENDS_MAIL = {"MAIL_FROM": "shop@example.com"}

CHECK = """
import importlib.util, marshal, sys, types, zipfile

def sources(code):
    yield code.co_filename
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from sources(constant)

with zipfile.ZipFile(sys.argv[1]) as archive:
    names = archive.namelist()
    modules = {name: importlib.util.cache_from_source(name) for name in names if name.endswith(".py")}
    assert modules and set(modules.values()) == {name for name in names if name.endswith(".pyc")}
    for name, cache in modules.items():
        source, compiled = archive.read(name), archive.read(cache)
        header = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(source)
        assert compiled[:16] == header, name
        assert set(sources(marshal.loads(compiled[16:]))) == {"/var/task/" + name}, name
"""
"""A header of PEP 552 whose flags say: hashed, and not checked when it is loaded."""


@pytest.mark.parametrize(("function", "architecture"), NAMES)
def test_every_module_has_its_byte_code_beside_it(built: Path, function: str, architecture: str) -> None:
    command = [need_python313(), "-I", "-c", CHECK, str(built / f"{function}-{architecture}.zip")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


BUNDLED = """
import marshal, sys, zipfile

with zipfile.ZipFile(sys.argv[1]) as archive:
    bundle = archive.read("modules.cpython-313")
    length = int.from_bytes(bundle[:8])
    code = bundle[8 + length:]
    index = marshal.loads(bundle[8:8 + length])
    found = {name: (code[at:at + size], package) for name, (at, size, package) in index.items()}
    sources = [name for name in archive.namelist() if name.endswith(".py")]
    for source in sources:
        module = source.removesuffix(".py").replace("/", ".")
        package = module.endswith(".__init__")
        content, is_package = found.pop(module.removesuffix(".__init__"))
        code = compile(archive.read(source), "/var/task/" + source, "exec", dont_inherit=True, optimize=2)
        assert (marshal.loads(content), is_package) == (code, package), module
    assert sources and not found
"""


@pytest.mark.parametrize(("function", "architecture"), NAMES)
def test_the_bundle_has_every_module_without_docstrings(built: Path, function: str, architecture: str) -> None:
    command = [need_python313(), "-I", "-c", BUNDLED, str(built / f"{function}-{architecture}.zip")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_modules_of_a_bundle_are_imported_from_it_and_know_their_files(
    built: Path, tables: dict[str, str], tmp_path: Path
) -> None:
    """Of what is read after the first modules, no other file remains."""
    folder = unpack(built / "visits-x86_64.zip", tmp_path)
    early = ("shopkeeper", "runtime", "lambda_")
    first = {folder.joinpath(*early[: length + 1]) for length in range(len(early))}
    for path in [*folder.glob("shopkeeper/**/*.py"), *folder.glob("shopkeeper/**/*.pyc")]:
        is_first = path.stem.partition(".")[0] in ("__init__", "handlers", "bundle")
        if not is_first or {path.parent, path.parents[1]}.isdisjoint(first):
            path.unlink()
    said = call_function("visits", folder, tables, {})
    assert said["answer"]["statusCode"] == 200
    assert {"shopkeeper/functions/visits.py", "shopkeeper/net/__init__.py"} <= set(said["loaded"])


def test_a_package_without_its_bundle_runs_too(built: Path, tables: dict[str, str], tmp_path: Path) -> None:
    folder = unpack(built / "visits-x86_64.zip", tmp_path)
    (folder / "modules.cpython-313").unlink()
    said = call_function("visits", folder, tables, {})
    assert (said["answer"]["statusCode"], said["compiled"]) == (200, [])


DESCRIPTIONS = ["sam/template.yaml", "serverless/serverless.yml", "terraform/code/functions.tf"]


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_the_runtime_that_is_deployed_is_the_one_that_packages_are_made_for(description: str) -> None:
    text = (ROOT / "infrastructure" / description).read_text()
    assert set(re.findall(r"python3\.\d+", text)) == {"python3.13"}


RUN = """
import importlib, json, os, sys

function, folder, event = sys.argv[1:]
compiled = []

def watch(event, arguments):
    if event == "compile" and str(arguments[1]).startswith(folder):
        compiled.append(os.path.relpath(arguments[1], folder))

sys.addaudithook(watch)
sys.path.insert(0, folder)
handler = getattr(importlib.import_module("shopkeeper.runtime.lambda_.handlers"), function)
answer = handler(json.loads(event), None)
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
loaded = [os.path.relpath(file, folder) for file in files if file.startswith(folder)]
print(json.dumps({"answer": answer, "compiled": compiled, "loaded": loaded}), file=sys.stderr)
"""


@pytest.fixture
def tables(dynoxide: str) -> dict[str, str]:
    """The environment of a function whose tables are there."""
    names = {table.environment: name for table, name in table_names(TABLES).items()}
    environment = {**aws_environment(dynoxide), **names}
    assert run_cli("tables", STORE_URL="dynamodb:", **environment).returncode == 0
    return environment


def unpack(packed: Path, folder: Path) -> Path:
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    return folder


def run_function(function: str, folder: Path, environment: dict[str, str]) -> tuple[list[str], list[str]]:
    """Put an event to an unpacked function, and return which of its files were compiled, and which loaded."""
    if function in SCHEDULES:
        said = call_function(function, folder, {**environment, **SENDS_MAIL}, {"schedule": SCHEDULES[function]})
        assert said["answer"] is None
        return said["compiled"], said["loaded"]
    if function == "rotation":
        return rotate(folder, environment)
    said = call_function(function, folder, environment, {})
    if function == "operations":
        # It answers no GET, which is what an empty event means.
        assert said["answer"]["statusCode"] == 403
        return said["compiled"], said["loaded"]
    # The first endpoint of `accounts` is oneself, and an empty event is nobody.
    assert said["answer"]["statusCode"] == (401 if function in ("accounts", "webhooks") else 200)
    assert json.loads(said["answer"]["body"])[FIRST_WORDS[function][0]] == FIRST_WORDS[function][1]
    return said["compiled"], said["loaded"]


def rotate(folder: Path, environment: dict[str, str]) -> tuple[list[str], list[str]]:
    """Begin the rotation of a secret, and return which files were compiled, and which loaded."""
    secret = Secret("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    secret.begin("second")
    with FaultyServer(secret) as server:
        place = {"JWT_SECRET_KEY": "", "JWT_SECRET_ARN": ARN, "AWS_ENDPOINT_URL_SECRETS_MANAGER": server.url}
        event = {"Step": "createSecret", "SecretId": ARN, "ClientRequestToken": "second"}
        said = call_function("rotation", folder, {**environment, **place}, event)
    assert said["answer"] is None
    assert secret.values["second"]
    return said["compiled"], said["loaded"]


def call_function(function: str, folder: Path, environment: dict[str, str], event: object) -> dict[str, Any]:
    """Put an event to an unpacked function, and return its answer and what was compiled and loaded."""
    # Isolated (-I), Python heeds no variable of its own, and would write byte code that it does not find.
    command = [need_python313(), "-I", "-c", RUN, function, str(folder), json.dumps(event)]
    environment = clean_environment(**environment)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60, cwd=os.sep)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stderr)
    return said


@pytest.mark.parametrize("function", [function.name for function in FUNCTIONS])
def test_an_unpacked_package_runs_and_compiles_and_writes_nothing(
    built: Path, function: str, tables: dict[str, str], tmp_path: Path
) -> None:
    folder = unpack(built / f"{function}-x86_64.zip", tmp_path)
    before = sorted(folder.rglob("*"))
    compiled, loaded = run_function(function, folder, tables)
    assert compiled == []
    assert {"msgspec/__init__.py", f"shopkeeper/functions/{function}.py"} <= set(loaded)
    assert sorted(folder.rglob("*")) == before


def test_a_packed_function_tells_the_daemon_of_a_sampled_invocation(
    built: Path, tables: dict[str, str], tmp_path: Path
) -> None:
    folder = unpack(built / "visits-x86_64.zip", tmp_path)
    daemon = Daemon()
    variables = {**tables, "AWS_XRAY_DAEMON_ADDRESS": daemon.address}
    for header, told in ((SAMPLED, 1), (SAMPLED.replace("Sampled=1", "Sampled=0"), 0)):
        said = call_function("visits", folder, {**variables, "_X_AMZN_TRACE_ID": header}, {})
        assert (said["answer"]["statusCode"], said["compiled"]) == (200, [])
        assert ("shopkeeper/runtime/telemetry/xray.py" in said["loaded"]) == bool(told)
        assert [call["aws"]["operation"] for document in daemon.documents() for call in calls(document)] == (
            ["UpdateItem"] * told
        )
    daemon.close()


def test_a_packed_function_takes_tokens_of_cognito(built: Path, tables: dict[str, str], tmp_path: Path) -> None:
    folder = unpack(built / "orders-x86_64.zip", tmp_path)
    pool, client = "eu-central-1_Ab1Cd2Ef3", "7client7id7"
    private = rsa.generate_private_key(65537, 2048)
    key = {**RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": "one", "use": "sig", "alg": "RS256"}
    claims = {
        "iss": f"https://cognito-idp.eu-central-1.amazonaws.com/{pool}",
        "sub": "ann",
        "token_use": "access",
        "client_id": client,
        "exp": int(time.time()) + 600,
    }
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    token = jwt.encode(claims, pem, "RS256", headers={"kid": "one"})
    with FaultyServer(answers(200, json.dumps({"keys": [key]}).encode())) as server:
        cognito = {
            "COGNITO_USER_POOL_ID": pool,
            "COGNITO_CLIENT_ID": client,
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.url,
        }
        for bearer, code in ((token, "not_found"), (token[:-4] + "AAAA", "unauthenticated")):
            event = {"path": "/api/businesses/mine", "headers": {"Authorization": f"Bearer {bearer}"}}
            answer = call_function("orders", folder, {**tables, **cognito}, event)["answer"]
            assert json.loads(answer["body"])["code"] == code


UNFIT = {
    "none": lambda path: path.unlink(),
    "that of another Python": lambda path: path.write_bytes(b"\0" * 4 + path.read_bytes()[4:]),
    "a piece of a header": lambda path: path.write_bytes(path.read_bytes()[:10]),
}


@pytest.mark.parametrize("unfit", UNFIT)
def test_a_module_without_byte_code_that_fits_is_compiled_from_its_source(
    built: Path, unfit: str, tables: dict[str, str], tmp_path: Path
) -> None:
    folder = unpack(built / "visits-x86_64.zip", tmp_path)
    need_python313()
    (folder / "modules.cpython-313").unlink()
    UNFIT[unfit](folder / "shopkeeper" / "domains" / "visits" / "__pycache__" / "service.cpython-313.pyc")
    assert run_function("visits", folder, tables)[0] == ["shopkeeper/domains/visits/service.py"]


@pytest.mark.parametrize("named", ["/bin/false", "/nowhere/python3.13"])
def test_only_a_python_313_that_starts_is_taken_for_lambdas(named: str) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "python313.py")]
    environment = {**os.environ, "PYTHON313": named}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
