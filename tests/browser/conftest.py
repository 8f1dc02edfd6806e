"""One browser and one shop for all tests of the pages."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Person, chromium, need_chromium
from tests.support.pages import PageShop
from tests.support.processes import Shopkeeper, shopkeeper


# Not for the whole run: while Playwright runs, no other event loop can run in the thread of the tests.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageShop]:
    """A server whose first run is over, with items and orders."""
    need_chromium()
    with shopkeeper(tmp_path_factory.mktemp("pages") / "shop.db") as running:
        yield PageShop(running)


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopkeeper]:
    """A server whose first run is still to come."""
    need_chromium()
    with shopkeeper(tmp_path_factory.mktemp("fresh") / "shop.db") as running:
        yield running


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Person]]:
    """What opens a window of its own at a server. At the end nothing may have been forbidden or have failed in it."""
    people: list[Person] = []

    def open_window(url: str, **options: Any) -> Person:
        people.append(Person(browser, url, **options))
        return people[-1]

    yield open_window
    for person in people:
        person.leave()
    assert [complaint for person in people for complaint in person.complaints] == []
