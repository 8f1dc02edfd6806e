"""Servers that tests share: each is started once per test process, on a free port, and stopped at its end."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from shopkeeper.storage import Store, Table
from shopkeeper.storage.tables import TABLES
from tests.support.lagging import LAGGING, LaggingStore
from tests.support.packages import Packages, make_package, shared_folder
from tests.support.processes import SHOPKEEPER, Shopkeeper, run_cli, shopkeeper
from tests.support.stores import BACKENDS, EMULATORS, TEST_TABLES, aws_environment, emulator, open_store

ON_AN_EMULATOR = {*EMULATORS, "dynamodb_server"}

LONGEST = "test_schemathesis.py"
"""What takes as long as hundreds of others: begun late, it would leave the other processes without work at the end."""

settings.register_profile("any machine", deadline=None)  # no test asserts a time
settings.load_profile("any machine")

MEMORY = Path("/dev/shm")  # pytest makes a folder of its own there, for this user alone
NEEDED_BYTES = 4 << 30


def pytest_configure() -> None:
    """Keep the tests' files in memory where there is room: else they wait for the disk, thousands of times."""
    if not MEMORY.is_dir():
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize >= NEEDED_BYTES and not found.f_flag & os.ST_NOEXEC:  # some tests run scripts
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest test. Mark what needs an emulator, by its fixtures or by a parameter that names one."""
    items.sort(key=lambda item: item.path.name != LONGEST)
    for item in items:
        parameters = getattr(item, "callspec", None)
        used = {*getattr(item, "fixturenames", ()), *map(str, parameters.params.values() if parameters else ())}
        if used & ON_AN_EMULATOR:
            item.add_marker(pytest.mark.emulator)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the whole run."""
    return tmp_path_factory.mktemp("shopkeeper")


@pytest.fixture(scope="session")
def moto(folder: Path) -> Iterator[str]:
    """The URL of moto's server."""
    with emulator("moto", folder) as url:
        yield url


@pytest.fixture(scope="session")
def dynoxide(folder: Path) -> Iterator[str]:
    """The URL of dynoxide."""
    with emulator("dynoxide", folder) as url:
        yield url


@pytest.fixture(params=EMULATORS)
def dynamodb_url(request: pytest.FixtureRequest) -> str:
    """The URL of each DynamoDB-compatible server in turn."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store with the test tables, of each kind in turn."""
    yield from _opened(request, tmp_path, TEST_TABLES)


@pytest.fixture(params=[*BACKENDS, LAGGING])
def shop_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store with Shopkeeper's own tables, of each kind in turn, and one whose indexes lag behind."""
    yield from _opened(request, tmp_path, TABLES)


def _opened(request: pytest.FixtureRequest, folder: Path, tables: tuple[Table, ...]) -> Iterator[Store]:
    kind = request.param
    if kind == LAGGING:
        opened: Store = LaggingStore(open_store("sqlite", {}, folder, tables), seed=len(request.node.name))
        yield opened
        opened.close()
        return
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    opened = open_store(kind, endpoints, folder, tables)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """The packages, built by `make package` once for all test processes."""
    return make_package(shared_folder(tmp_path_factory.getbasetemp()))


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Shopkeeper]:
    """Shopkeeper on SQLite, in stage dev, with CloudWatch's metrics in its log."""
    with shopkeeper(folder / "shared.db", {"METRICS": "emf"}, SHOPKEEPER) as running:
        yield running


@pytest.fixture(scope="session")
def dynamodb_server(dynoxide: str) -> Iterator[Shopkeeper]:
    """Shopkeeper on DynamoDB (dynoxide), in stage dev."""
    environment = {"STORE_URL": "dynamodb:", **aws_environment(dynoxide)}
    run_cli("tables", **environment)
    with shopkeeper(None, environment, SHOPKEEPER) as running:
        yield running


@pytest.fixture(params=["server", "dynamodb_server"])
def site(request: pytest.FixtureRequest) -> Shopkeeper:
    """Shopkeeper on each store in turn."""
    running: Shopkeeper = request.getfixturevalue(request.param)
    return running
