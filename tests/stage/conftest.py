"""Tests of a stage over HTTP alone: `BASE_URL` names it; without one they start servers here, on each store.

`ALLOWED_ORIGIN` is a web origin that the stage permits. With `COGNITO_USER_POOL_ID` set, as for the deploy scripts,
the tests that need an account are left out, since nobody can register one there.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support.shop import Owner, Person
from tests.support.stage import NewOwner, NewPerson

BASE_URL = os.environ.get("BASE_URL", "").rstrip("/")
SITES = ["BASE_URL"] if BASE_URL else ["server", "dynamodb_server"]
OF_AN_ACCOUNT = {"new_person", "new_owner", "owner", "other"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs an account where nobody can register one; pytest tells how many tests that is."""
    if BASE_URL and os.environ.get("COGNITO_USER_POOL_ID"):
        needing = [item for item in items if needs_an_account(item)]
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]


def needs_an_account(item: pytest.Item) -> bool:
    """Return whether a test of a stage is marked so, or has people among its fixtures."""
    if Path(__file__).parent not in item.path.parents:
        return False
    marked = item.get_closest_marker("account") is not None
    return marked or bool(OF_AN_ACCOUNT.intersection(getattr(item, "fixturenames", ())))


@pytest.fixture(scope="session", params=SITES)
def url(request: pytest.FixtureRequest) -> str:
    """Where the stage answers."""
    return BASE_URL or str(request.getfixturevalue(request.param).url)


@pytest.fixture
def new_person(url: str) -> Iterator[NewPerson]:
    """Make people, who leave when the test ends."""
    yield from _making(Person, url)


@pytest.fixture
def new_owner(url: str) -> Iterator[NewOwner]:
    """Make owners, who leave with their business when the test ends."""
    yield from _making(Owner, url)


@pytest.fixture(scope="module")
def owner(url: str) -> Iterator[Owner]:
    """An owner whom the tests of a module share: they leave no open order."""
    yield from _one(Owner(url))


@pytest.fixture(scope="module")
def other(url: str) -> Iterator[Person]:
    """Somebody else."""
    yield from _one(Person(url))


P = TypeVar("P", bound=Person)


def _making(kind: type[P], url: str) -> Iterator[Callable[[], P]]:
    made: list[P] = []

    def make() -> P:
        made.append(kind(url))
        return made[-1]

    yield make
    for one in made:
        one.leave()


def _one(person: P) -> Iterator[P]:
    yield person
    person.leave()
