"""A deployed stage as people use it: in Chromium, behind one origin, from a new account to an order that is over."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser

from tests.deploy.deployment import Deployment
from tests.deploy.front import fronted
from tests.support.browser import PHONE, TABLET, Person, chromium
from tests.support.http import post_json, send
from tests.support.shop import PASSWORD

EMAIL = "evening@example.com"
FIELDS = {"business_name": "Corner Bar", "phone": "+4930123456", "address": "1 Main St", "email": EMAIL}
LIFE = (("Accept", "accepted"), ("Start", "preparing"), ("Ready", "ready"), ("Complete", "completed"))


def an_evening_in_the_browser(deployment: Deployment) -> list[str]:
    """Do all of it, and return what the pages complained of and what their policy forbade."""
    with fronted(deployment) as url, chromium() as browser, people(browser, url) as (owner, guest):
        page = owner.open("/")
        owner.see("Sign in")
        page.get_by_role("link", name="New here? Set up your shop").click()
        owner.see("Set up your shop")
        owner.fill(password=PASSWORD, **FIELDS)
        owner.press("Open the shop")
        owner.see("No orders yet")
        page.get_by_role("link", name="Catalogue").click()
        owner.press("Add an item")
        owner.fill(name="Lemonade", price_minor="3.50")
        owner.press("Save")
        owner.see("Mark sold out Lemonade", role="button")
        page.get_by_role("link", name="Orders").click()
        owner.press("Start shift")

        guest.open(f"/shop/{business_of(url)}")
        guest.page.locator(".item", has_text="Lemonade").locator(".round-more").click()
        guest.page.locator("a[href='#/basket']:visible").click()
        guest.fill(name="Ann Example", phone="+4915112345678")
        guest.page.locator("button[type=submit]").click()
        guest.page.locator(".ticket").wait_for()

        page.locator('html[data-ringing="order"]').wait_for(state="attached")
        for step, status in LIFE:
            page.locator(f'.board button:has-text("{step}")').first.click()
            page.locator(f".board .order[data-status={status}]").wait_for()
        guest.page.locator(".ticket-status", has_text="Done").wait_for()
        page.reload()
        page.locator(".board .order[data-status=completed]").wait_for(state="attached")
    return owner.complaints + guest.complaints


@contextmanager
def people(browser: Browser, url: str) -> Iterator[tuple[Person, Person]]:
    """Return an owner with a tablet and a customer with a phone. At the end it is known what was forbidden to them."""
    both = Person(browser, url, size=TABLET), Person(browser, url, size=PHONE)
    yield both
    for person in both:
        person.leave()


def business_of(url: str) -> str:
    """Return the identifier of the business that was made."""
    tokens = post_json(url, "/api/auth/login", {"email": EMAIL, "password": PASSWORD}).json
    signed_in = {"Authorization": f"Bearer {tokens['access_token']}"}
    return str(send(url, "GET", "/api/businesses/mine", None, signed_in).json["business_id"])
