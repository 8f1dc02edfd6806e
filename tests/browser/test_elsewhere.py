"""The pages where there is no first run, as on AWS: sign-in is offered, and anybody may make an account."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from tests.support.browser import Person
from tests.support.pages import NAME, OWNER, PageShop
from tests.support.shop import PASSWORD

Visit = Callable[..., Person]
FIELDS = {
    "business_name": "Second Shop",
    "phone": "+49 30 654321",
    "address": "2 Main St",
    "password": PASSWORD,
}


@pytest.fixture
def stranger(shop: PageShop, visit: Visit) -> tuple[Person, Page]:
    """Somebody at a server whose gateway knows no first run."""
    person = visit(shop.url)
    absent(person, "/api/setup")
    page = person.open()
    person.see("Sign in")
    return person, page


def absent(person: Person, path: str) -> None:
    """Let a path be the gateway's 403 for somebody."""

    def refuse(route: Route) -> None:
        route.fulfill(status=403, json={"message": "Missing Authentication Token"})

    person.page.route(f"**{path}", refuse)


def test_an_owner_signs_in(stranger: tuple[Person, Page]) -> None:
    person, page = stranger
    person.sign_in(OWNER, PASSWORD)
    person.see("Orders")
    assert page.get_by_role("banner").inner_text().startswith(NAME)


def test_anybody_makes_an_account_and_a_business(stranger: tuple[Person, Page]) -> None:
    person, page = stranger
    page.get_by_role("link", name="New here? Set up your shop").click()
    person.see("Set up your shop")
    assert person.faults() == []
    person.fill(email="second@example.com", **FIELDS)
    person.press("Open the shop")
    person.see("Orders")
    assert page.get_by_role("banner").inner_text().startswith("Second Shop")


def test_what_was_done_before_a_failure_is_gone_on_from(stranger: tuple[Person, Page]) -> None:
    person, page = stranger
    page.goto("/#/register")
    person.see("Set up your shop")
    person.fill(email="third@example.com", **{**FIELDS, "business_name": "Third Shop"})
    page.route("**/auth/register-business", lambda route: route.abort())
    person.press("Open the shop")
    page.get_by_text("The server cannot be reached.").wait_for()
    page.unroute("**/auth/register-business")
    person.press("Open the shop")
    person.see("Orders")
    assert page.get_by_role("banner").inner_text().startswith("Third Shop")


def test_somebody_elses_email_is_refused(stranger: tuple[Person, Page]) -> None:
    person, page = stranger
    page.goto("/#/register")
    person.see("Set up your shop")
    person.fill(email=OWNER, **{**FIELDS, "password": "another long password"})
    person.press("Open the shop")
    page.get_by_text("There already is an account with this email address.").wait_for()


def test_where_accounts_are_elsewhere_signing_in_says_so(stranger: tuple[Person, Page]) -> None:
    person, page = stranger
    absent(person, "/api/auth/login")
    person.sign_in(OWNER, PASSWORD)
    page.get_by_text("Accounts of this server come from another service").wait_for()


def test_one_machine_offers_no_account_to_strangers(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    page = person.open("/#/register")
    person.see("Sign in")
    assert page.get_by_role("link", name="New here? Set up your shop").count() == 0
