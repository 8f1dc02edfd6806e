"""The session in the browser: shared by its tabs, renewed once, and asked for again without losing anything."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route

from tests.support.browser import Person
from tests.support.pages import OWNER, PageShop
from tests.support.shop import PASSWORD

Visit = Callable[..., Person]


def signed_in(shop: PageShop, visit: Visit, email: str = OWNER) -> Person:
    person = visit(shop.url)
    person.open()
    person.sign_in(email, PASSWORD)
    person.see("Orders")
    return person


def expire_token(person: Person) -> None:
    """Let the server take the token no more that the next request for the account has."""
    stale: list[str] = []

    def answer(route: Route) -> None:
        token = route.request.headers["authorization"]
        if not stale:
            stale.append(token)
        if token in stale:
            problem = '{"code": "unauthenticated", "detail": "The access token has expired."}'
            route.fulfill(status=401, content_type="application/problem+json", body=problem)
        else:
            route.continue_()

    person.context.route("**/api/users/me", answer)
    time.sleep(1)  # two tokens of one second are the same


def wait_for_orders(page: Page) -> None:
    page.get_by_role("heading", name="Orders", exact=True).wait_for()


def test_wrong_credentials_are_said_and_change_nothing(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    page = person.open()
    person.sign_in(OWNER, "wrong horse battery")
    page.get_by_text("Email and password do not belong together.").wait_for()
    assert page.evaluate("sessionStorage.length") == 0


def test_the_access_token_is_kept_nowhere_but_in_memory(shop: PageShop, visit: Visit) -> None:
    person = signed_in(shop, visit)
    kept = person.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])")
    assert "shopkeeper.refresh" in kept
    assert "eyJ" not in kept  # as every JWT begins


def test_two_tabs_that_start_together_refresh_once(shop: PageShop, visit: Visit) -> None:
    person = signed_in(shop, visit)
    with person.context.expect_page() as opened:
        person.page.evaluate("window.open('/', '_blank') && null")  # takes a copy of the session along
    other = opened.value
    wait_for_orders(other)
    assert person.refreshes == 0
    for page in (person.page, other):
        page.goto("about:blank")  # what was in memory is gone
    for page in (person.page, other):
        page.goto("/", wait_until="commit")
    for page in (person.page, other):
        page.locator(".board").wait_for()
        wait_for_orders(page)
    assert person.refreshes == 1


def test_two_tabs_whose_token_has_expired_refresh_once(shop: PageShop, visit: Visit) -> None:
    person = signed_in(shop, visit)
    other = person.context.new_page()
    other.goto("/")
    wait_for_orders(other)
    expire_token(person)
    for page in (person.page, other):
        page.evaluate("location.hash = '#/account'")
    for page in (person.page, other):
        page.get_by_role("heading", name="This device").wait_for()
    assert person.refreshes == 1


def test_a_session_that_has_ended_asks_to_sign_in_and_goes_on_with_what_was_begun(shop: PageShop, visit: Visit) -> None:
    shop.account("ann@example.com")
    person = signed_in(shop, visit, "ann@example.com")
    person.page.evaluate("location.hash = '#/account'")
    person.see("This device")
    person.fill(name="Ann Other")
    shop.end_session(person.page.evaluate("sessionStorage.getItem('shopkeeper.refresh')"))
    expire_token(person)
    person.press("Save")
    person.see("Please sign in again")
    assert person.faults() == []
    dialog = person.page.get_by_role("dialog")
    dialog.locator("input[name=email]").fill("ann@example.com")
    dialog.locator("input[name=password]").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    person.page.get_by_text("Saved.").wait_for()
    assert shop.name_of("ann@example.com") == "Ann Other"


def test_signing_out_in_one_tab_signs_out_the_others(shop: PageShop, visit: Visit) -> None:
    person = signed_in(shop, visit)
    other = person.context.new_page()
    other.goto("/#/account")
    other.get_by_role("button", name="Sign out").click()
    for page in (person.page, other):
        page.get_by_role("heading", name="Sign in").wait_for()
    assert person.page.evaluate("sessionStorage.length") == 0


def test_who_forgot_the_password_is_sent_a_link_or_to_the_operator(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    page = person.open("/#/forgot")
    person.fill(email=OWNER)
    person.press("Send the link")
    page.get_by_text("This server sends no mails.").wait_for()
    assert f"--page {shop.url}/reset" in page.locator("pre").inner_text()
    assert person.faults() == []
    person.context.route("**/api/auth/reset/request", lambda route: route.fulfill(status=202, json={}))
    page.reload()
    person.fill(email=OWNER)
    person.press("Send the link")
    page.get_by_text("If there is an account with this address, a mail is on its way.").wait_for()


def test_a_link_of_the_operator_sets_a_new_password(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    person.open("/reset#token=none")
    person.see("Choose a new password")
    assert person.faults() == []
    person.fill(new_password="correct horse battery")
    person.press("Set the password")
    person.page.get_by_text("The link is not valid any more.").wait_for()


def test_with_a_pool_of_cognito_the_page_says_that_sign_in_is_elsewhere(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    state: dict[str, Any] = {"needed": False, "code_required": False, "sign_in": "cognito"}
    person.context.route("**/api/setup", lambda route: route.fulfill(json=state))
    person.open()
    person.see("Sign-in is elsewhere")
    assert person.faults() == []
