"""A stranger's first minute: from a fresh data file to the shop's own pages."""

from collections.abc import Callable

from tests.support.browser import PHONE, Person
from tests.support.pages import FIRST_RUN, NAME
from tests.support.processes import Shopkeeper
from tests.support.shop import PASSWORD

Visit = Callable[..., Person]
FIELDS = {
    "business_name": NAME,
    "phone": "0049 30 123-456",
    "address": "1 Main St",
    "email": "zoe@example.com",
    "password": PASSWORD,
}


def test_the_first_run_takes_a_keyboard_alone_and_ends_in_the_shop(fresh: Shopkeeper, visit: Visit) -> None:
    owner = visit(fresh.url)
    page = owner.open()
    owner.see("Set up your shop")
    for value in FIELDS.values():  # the first field has the focus
        page.keyboard.type(value)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # on the eye of the password, which shows it
    assert page.locator("input[name=password]").get_attribute("type") == "text"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    owner.see("Orders")
    owner.see("No orders yet")
    assert page.get_by_role("banner").inner_text().startswith(NAME)
    assert page.title() == f"Orders · {NAME}"


def test_what_is_missing_is_said_at_each_field_before_the_server_is_asked(fresh: Shopkeeper, visit: Visit) -> None:
    owner = visit(fresh.url, size=PHONE)
    page = owner.open()
    owner.see("Set up your shop")
    owner.fill(email="zoe", password="short")
    owner.press("Open the shop")
    assert page.get_by_text("Please fill this in.").count() == 3
    assert page.get_by_text("Please enter an email address.").count() == 1
    assert page.get_by_text("Please enter at least 12 characters.").count() == 1
    assert page.evaluate("document.activeElement.name") == "business_name"
    owner.fill(**{**FIELDS, "phone": "12"})
    owner.press("Open the shop")
    page.get_by_text("must be a phone number").wait_for()
    assert page.evaluate("document.activeElement.name") == "phone"
    assert owner.faults() == []
    assert owner.small_targets() == []


def test_who_comes_second_is_told_to_sign_in(fresh: Shopkeeper, visit: Visit) -> None:
    first, second = visit(fresh.url), visit(fresh.url)
    for person in (first, second):
        person.open()
        person.see("Set up your shop")
        person.fill(**FIELDS)
    first.press("Open the shop")
    first.see("Orders")
    second.press("Open the shop")
    second.see("Sign in")
    second.page.reload()
    second.see("Sign in")


def test_through_a_proxy_the_code_of_the_server_is_needed(fresh: Shopkeeper, visit: Visit) -> None:
    code = fresh.line_with("to set up your shop").rpartition(" ")[2].rstrip(".")
    stranger = visit(fresh.url, extra_http_headers={"X-Forwarded-For": "203.0.113.7"})
    page = stranger.open()
    stranger.see("Set up your shop")
    stranger.fill(code="BCDF-GHJK", **FIELDS)
    stranger.press("Open the shop")
    page.get_by_text("This is not the code that the server printed when it started.").wait_for()
    stranger.fill(code=code.lower())
    stranger.press("Open the shop")
    stranger.see("Orders")
    assert FIRST_RUN["email"] == FIELDS["email"]
