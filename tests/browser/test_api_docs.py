"""The API docs in Chromium: every call can be tried, nothing is loaded from elsewhere, and everybody can read them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from tests.support.browser import Person, need_chromium
from tests.support.pages import OWNER, PageShop
from tests.support.processes import shopkeeper
from tests.support.shop import PASSWORD

Visit = Callable[..., Person]


class Reader:
    """A developer with the API docs open."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.page = person.page
        self.asked: set[str] = set()
        person.context.on("request", lambda request: self.asked.add(request.url.partition("//")[2].partition("/")[0]))
        person.open("/api/docs")
        self.page.locator(".opblock-tag").first.wait_for()

    def operation(self, tag: str, name: str) -> Locator:
        """Open an operation, and return it."""
        found = self.page.locator(f"#operations-{tag}-{name}")
        if not found.count():
            self.page.locator(f"#operations-tag-{tag} button").click()
        found.locator("button").first.click()
        found.get_by_role("button", name="Try it out").click()
        return found

    def answer(self, operation: Locator) -> tuple[str, str]:
        """Send an operation, and return the status and the body of the answer."""
        operation.get_by_role("button", name="Execute").click()
        told = operation.locator(".live-responses-table .response")
        told.wait_for()
        return told.locator(".response-col_status").inner_text().split()[0], told.locator("pre").first.inner_text()

    def authorize(self, token: str) -> None:
        """Give the page an access token."""
        self.page.get_by_role("button", name="Authorize").first.click()
        self.page.locator(".modal-ux input").first.fill(token)
        self.page.locator(".modal-ux").get_by_role("button", name="Authorize", exact=True).first.click()


def test_a_developer_signs_in_and_tries_a_call_that_needs_it(shop: PageShop, visit: Visit) -> None:
    reader = Reader(visit(shop.url))
    mine = reader.operation("businesses", "getMyBusiness")
    assert reader.answer(mine)[0] == "401"
    sign_in = reader.operation("accounts", "signIn")
    sign_in.locator("textarea").fill(json.dumps({"email": OWNER, "password": PASSWORD}))
    status, body = reader.answer(sign_in)
    assert status == "200"
    reader.authorize(json.loads(body)["access_token"])
    assert reader.person.faults() == []  # of the dialog
    reader.page.locator(".modal-ux").get_by_role("button", name="Close").first.click()
    mine.get_by_role("button", name="Clear").click()
    status, body = reader.answer(mine)
    assert (status, json.loads(body)["business_id"]) == ("200", shop.business_id)
    assert reader.asked == {shop.url.partition("//")[2]}
    assert reader.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    reader.page.reload()
    reader.page.locator(".opblock-tag").first.wait_for()
    assert reader.answer(reader.operation("businesses", "getMyBusiness"))[0] == "401"


def test_everybody_can_read_an_operation_and_its_answer(shop: PageShop, visit: Visit) -> None:
    reader = Reader(visit(shop.url))
    item = reader.operation("catalogue", "getItem")
    item.locator("tr[data-param-name=item_id] input").fill(shop.item["item_id"])
    status, body = reader.answer(item)
    assert (status, json.loads(body)["name"]) == ("200", "Flat white")
    item.get_by_text("Schema", exact=True).last.click()
    assert reader.person.faults() == []


def test_an_address_opens_an_operation(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    person.open("/api/docs#/orders/placeOrder")
    person.page.locator("[id$='-placeOrder'].is-open").wait_for()


def test_the_owner_s_pages_lead_to_the_docs(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    person.open("/")
    person.page.get_by_role("link", name="For developers: the API").click()
    person.page.locator(".opblock-tag").first.wait_for()
    person.open("/")
    person.sign_in(OWNER, PASSWORD)
    person.page.get_by_role("link", name="Account").click()
    person.page.get_by_role("link", name="For developers: the API").wait_for()


@pytest.fixture
def undocumented(tmp_path: Path) -> Iterator[str]:
    """The URL of a server without API docs."""
    need_chromium()
    with shopkeeper(tmp_path / "shop.db", {"API_DOCS": "false"}) as running:
        yield running.url


def test_where_there_are_no_docs_nothing_leads_to_them(undocumented: str, visit: Visit) -> None:
    person = visit(undocumented)
    person.open("/")
    person.page.get_by_text("English").wait_for()
    assert person.page.get_by_role("link", name="For developers: the API").count() == 0
    answer = person.context.request.get("/api/docs")
    assert answer.status == 403
    assert person.context.request.get("/assets/docs/docs.js").status == 404
    assert "service-doc" not in person.context.request.get("/").headers["link"]
