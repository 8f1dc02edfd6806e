"""Pages with a visitor counter of their own: which of them work when only the address in them is changed.

The shapes are those of published pages of the Cloud Resume Challenge: how they ask, and where they look for the number.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from shopkeeper.http import Response
from shopkeeper.storage import Store
from shopkeeper.storage.tables import TABLES
from tests.support.application import Shop, whole
from tests.support.stores import open_store
from tests.support.things import ORIGIN

JSON = "application/json"
TEXT = "text/plain;charset=UTF-8"
"""What `fetch` announces for a body that is a string."""


class Page(NamedTuple):
    """A page: how it asks, how it reads the number, and the address to give it, which is empty if none will do."""

    method: str
    media_type: str
    body: object
    reads: Callable[[Response], Any]
    address: str


def json(*path: str | int) -> Callable[[Response], Any]:
    """Return what `(await response.json())` finds at a path of names and indexes."""

    def read(response: Response) -> Any:
        found = msgspec.json.decode(whole(response))
        for part in path:
            found = found[part]
        return found

    return read


def text(response: Response) -> Any:
    """Return what `await response.text()` shows."""
    return whole(response).decode()


def json_in_json(response: Response) -> Any:
    """Return what a page reads that was made for a gateway without proxy integration."""
    return msgspec.json.decode(json("body")(response))["visits"]


PAGES = {
    "JSON with count": Page("GET", "", None, json("count"), "/counter"),
    "JSON that is the number": Page("GET", "", None, json(), "/counter.txt"),
    "JSON with Count, as C# writes it": Page("GET", "", None, json("Count"), "/counter?key=Count"),
    "JSON with N, as DynamoDB writes it": Page("GET", JSON, None, json("N"), "/counter?key=N"),
    "JSON with views": Page("GET", "", None, json("views"), "/counter?key=views"),
    "JSON with visitor_count": Page("GET", JSON, None, json("visitor_count"), "/counter?key=visitor_count"),
    "POST, JSON with count": Page("POST", JSON, {}, json("count"), "/counter"),
    "POST, JSON with visitor-counter": Page("POST", "", None, json("visitor-counter"), "/counter?key=visitor-counter"),
    "POST, JSON with a space": Page("POST", JSON, None, json("Visitor Count"), "/counter?key=Visitor Count"),
    "POST, text": Page("POST", TEXT, {}, text, "/counter.txt"),
    "POST, the update's attributes": Page("POST", TEXT, {}, json("ddbResponse", "Attributes", "VisitorCount"), ""),
    "POST, the first row": Page("POST", "", None, json(0, "count"), ""),
    "JSON in JSON": Page("GET", "", None, json_in_json, ""),
}
ADDRESSES = ["/counter", "/counter.txt", *{f"/counter?key={name}" for name in ("body", "count", "ddbResponse")}]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened: Store = open_store("sqlite", {}, tmp_path, TABLES)
    yield Shop(opened, ALLOWED_ORIGINS=ORIGIN)
    opened.close()


def shown(shop: Shop, page: Page, address: str) -> str:
    """Return what a page of a permitted origin shows that asks at an address."""
    path, _, query = address.partition("?")
    headers = {"origin": ORIGIN, "content-type": page.media_type}
    if page.media_type == JSON:  # not a simple request (Fetch standard): the browser asks before
        asks = {"access-control-request-method": page.method, "access-control-request-headers": "content-type"}
        allowed = shop.ask("OPTIONS", path, headers={**headers, **asks}).headers
        assert page.method in allowed["Access-Control-Allow-Methods"].split(", ")
        assert "Content-Type" in allowed["Access-Control-Allow-Headers"].split(", ")
    named = dict([query.split("=", 1)]) if query else {}
    response = shop.ask(page.method, path, page.body, headers=headers, query=named)
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    return str(page.reads(response))


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.address])
def test_a_page_works_when_its_address_is_changed(name: str, shop: Shop) -> None:
    page = PAGES[name]
    of_a_page = page.address.replace("/counter", "/counter/main_counter", 1)
    assert [shown(shop, page, address) for address in (page.address, of_a_page, page.address)] == ["1", "2", "3"]


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if not page.address])
def test_a_page_that_looks_inside_of_another_answer_must_be_changed_itself(name: str, shop: Shop) -> None:
    for address in ADDRESSES:
        with pytest.raises((TypeError, KeyError, IndexError, msgspec.ValidationError, msgspec.DecodeError)):
            shown(shop, PAGES[name], address)


def test_of_thirteen_pages_ten_work() -> None:
    assert (len(PAGES), sum(bool(page.address) for page in PAGES.values())) == (13, 10)


def test_one_page_in_thirteen_asks_for_nothing_but_what_a_get_of_the_counter_answers() -> None:
    assert [name for name, page in PAGES.items() if (page.method, page.address) == ("GET", "/counter")] == [
        "JSON with count"
    ]
