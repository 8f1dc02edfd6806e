"""Each page: for everybody, in both colour schemes, in both languages, on each size of screen, with a bad network."""

from collections.abc import Callable

import pytest

from tests.support.browser import DESKTOP, PHONE, TABLET, Person
from tests.support.pages import NAME, OWNER, PageShop
from tests.support.shop import PASSWORD

Visit = Callable[..., Person]


@pytest.mark.parametrize("size", [PHONE, TABLET, DESKTOP], ids=["phone", "tablet", "desktop"])
def test_every_page_is_fit_for_everybody_and_every_finger(size: tuple[int, int], shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url, size=size)

    def look() -> None:
        assert person.small_targets() == []
        assert person.is_as_wide_as_the_screen()
        if size == PHONE:  # the others have the same in other places
            assert person.faults() == []

    person.open("/#/forgot")
    person.see("A new password")
    look()
    person.open(f"/shop/{shop.business_id}")
    person.see(NAME)
    look()
    person.open("/")
    person.see("Sign in")
    look()
    person.sign_in(OWNER, PASSWORD)
    person.page.locator(".board").wait_for()
    look()
    person.page.get_by_role("link", name="Account").click()
    person.see("This device")
    look()


def test_a_keyboard_reaches_the_content_and_every_page(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    page = person.open()
    person.sign_in(OWNER, PASSWORD)
    person.see("Orders")
    page.locator("body").press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.get_by_role("link", name="Account").focus()
    page.keyboard.press("Enter")
    person.see("This device")
    assert page.evaluate("document.activeElement.id") == "content"
    assert page.get_by_role("link", name="Account").get_attribute("aria-current") == "page"


def test_the_browser_s_language_is_spoken_until_another_is_chosen(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url, locale="de-AT")
    page = person.open()
    person.see("Anmelden")
    assert page.evaluate("document.documentElement.lang") == "de"
    page.get_by_text("English").click()
    person.see("Sign in")
    page.reload()
    person.see("Sign in")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_new_order_appears_by_itself(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    page = person.open()
    person.sign_in(OWNER, PASSWORD)
    page.locator(".board").wait_for()
    shop.order("Bob <b>Brown</b>")
    page.locator(".order").get_by_text("Bob <b>Brown</b>").wait_for()
    assert "€7.60" in page.locator(".order").first.inner_text()


def test_a_lost_connection_is_said_after_ten_seconds_and_so_is_its_return(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    person.page.clock.install()
    page = person.open()
    person.page.clock.run_for(1000)
    person.sign_in(OWNER, PASSWORD)
    page.locator(".board").wait_for()
    lost = page.get_by_text("No connection. New orders do not arrive here.")
    person.context.set_offline(True)
    page.clock.run_for(6_000)
    assert not lost.is_visible()
    page.clock.run_for(12_000)
    lost.wait_for()
    person.context.set_offline(False)
    back = page.get_by_text("The connection is back.")
    for _ in range(6):  # it is said for six seconds of this clock
        page.clock.run_for(1_000)
        if back.is_visible():
            break
    back.wait_for()
    assert not lost.is_visible()
    shop.order("Carl Carlsen")
    page.locator(".order").get_by_text("Carl Carlsen").wait_for()


def test_an_account_without_a_business_is_told_so(shop: PageShop, visit: Visit) -> None:
    shop.account("bob@example.com")
    person = visit(shop.url)
    person.open()
    person.sign_in("bob@example.com", PASSWORD)
    person.see("No business yet")


def test_a_shop_that_is_not_there_is_said_to_customers(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    person.open("/shop/none")
    person.see("There is no shop at this address")
    assert person.faults() == []
