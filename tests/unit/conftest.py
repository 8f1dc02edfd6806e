"""What unit tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.storage import Store
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES
from tests.support.dynamodb import close_all
from tests.support.shops import Shop
from tests.support.stores import ATOMIC, open_store


@pytest.fixture(autouse=True)
def close_dynamodb_clients() -> Iterator[None]:
    """Close what a test opened; an unclosed socket is a warning, and so an error."""
    yield
    close_all()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty SQLite file with Shopkeeper's own tables."""
    opened = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield opened
    opened.close()


@pytest.fixture
def shop(shop_store: Store) -> Shop:
    """A shop on each store."""
    return Shop(shop_store)


@pytest.fixture
def plain(store: Store) -> Shop:
    """A shop on SQLite."""
    return Shop(store)


@pytest.fixture(params=ATOMIC)
def racing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """A shop on each store on which threads may race."""
    kind = request.param
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    shop = Shop(open_store(kind, endpoints, tmp_path, TABLES))
    yield shop
    shop.store.close()
