"""Each page of the owner and each of its dialogs: for every finger, for those who do not see, and without motion."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import DESKTOP, PHONE, TABLET, Person
from tests.support.keeping import Keeper
from tests.support.pages import PageShop

Visit = Callable[..., Person]
WEEK = {day: [{"opens": "09:00", "closes": "18:00"}] for day in ("monday", "tuesday")}
SPECIAL = [{"date": "2027-12-24", "hours": [], "note": "Christmas Eve"}]

DIALOGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "orders": (("accept with another time",), ("Reject",)),
    "catalogue": (("Add an item",), ("Change Espresso", "Delete")),
    "business": (("Copy Monday to",), ("Add a day",), ("Delete the business",)),
    "webhooks": (("Add a webhook",), ("Send again",), ("Change", "Delete"), ("New secret",)),
    "account": (("Delete the account",),),
}
"""The buttons of each page that open a dialog, and those in it that open another one."""

MOVING = """[...document.querySelectorAll("*")].flatMap((one) => ["", "::before", "::after"].map((part) => [one, part]))
    .filter(([one, part]) => {
        const { animationName, animationDuration, transitionDuration } = getComputedStyle(one, part);
        const longest = (times) => Math.max(...times.split(",").map(parseFloat));
        return (animationName !== "none" && longest(animationDuration) > 0.01) || longest(transitionDuration) > 0.01;
    }).map(([one, part]) => one.outerHTML.slice(0, 80) + part)"""

UNCOVERED = """document.querySelector("h1").getBoundingClientRect().top
    >= document.querySelector(".bar").getBoundingClientRect().bottom"""
"""Whether the heading is to be seen, and not below the bar."""

STOPS = """[...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((one) => one.checkVisibility() && !one.disabled && (one.type !== "radio" || one.checked))"""
MARKED = f"{STOPS}.forEach((one, index) => {{ one.dataset.stop = index; }})"
FOCUSED = """(() => {
    const one = document.activeElement;
    const shown = one.type === "radio" || one.type === "checkbox" ? one.closest("label") : one;
    const parts = [one, shown, ...shown.querySelectorAll("*"), one.parentElement].map((part) => getComputedStyle(part));
    const isSeen = parts.some((part) => part.outlineStyle !== "none" && parseFloat(part.outlineWidth) >= 2);
    return [one.dataset.stop ?? null, isSeen || one === document.body];
})()"""


@pytest.fixture
def keeper(shop: PageShop) -> Keeper:
    """A business that has something on each page."""
    one = Keeper(shop.url)
    one.change(opening_hours=WEEK, special_hours=SPECIAL, time_zone="Europe/Berlin")
    one.change(opening_hours=None)
    item = one.add()
    one.order(item)
    one.change(opening_hours=WEEK)
    path = f"/api/businesses/{one.business_id}/webhooks"
    assert one.ask("POST", path, {"url": "http://127.0.0.1:9/", "description": "Printer"}).status == 201
    return one


@pytest.mark.parametrize("size", [PHONE, TABLET, DESKTOP], ids=["phone", "tablet", "desktop"])
def test_every_page_and_dialog_is_fit_for_everybody(size: tuple[int, int], keeper: Keeper, visit: Visit) -> None:
    person = keeper.visit(visit, "orders", size=size)
    page = person.page
    wrong: dict[str, list[str]] = {}

    def look(what: str) -> None:
        found = [*person.small_targets(), *page.evaluate(MOVING)]
        if size == PHONE:  # the others have the same in other places
            found += person.faults()
        if not person.is_as_wide_as_the_screen():
            found.append("it scrolls sideways")
        if found:
            wrong[what] = found

    for place, dialogs in DIALOGS.items():
        page.locator(f".nav a[href='#/{place}']").click()
        page.locator(f".nav a[href='#/{place}'][aria-current=page]").wait_for()
        for names in dialogs:
            button = page.get_by_role("button", name=names[0]).first
            button.wait_for()
            if names == dialogs[0]:
                assert page.evaluate(UNCOVERED), place
                look(place)
            button.click()
            page.get_by_role("dialog").wait_for()
            look(f"{place}: {names[0]}")
            for name in names[1:]:
                page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
                page.get_by_role("dialog", name="Delete").wait_for()
                look(f"{place}: {name}")
            page.keyboard.press("Escape")
            if page.get_by_role("dialog").count():
                page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
    assert wrong == {}


def test_the_keyboard_reaches_everything_on_each_page_and_shows_where_it_is(keeper: Keeper, visit: Visit) -> None:
    person = keeper.visit(visit, "orders")
    page = person.page
    for place, dialogs in DIALOGS.items():
        page.evaluate(f"location.hash = '#/{place}'")
        page.get_by_role("button", name=dialogs[0][0]).first.wait_for()
        page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
        page.evaluate(MARKED)
        stops = set(page.evaluate(f"{STOPS}.map((one) => one.dataset.stop)"))
        reached, unseen = set(), []
        for _ in range(2 * len(stops)):
            page.keyboard.press("Tab")
            stop, is_seen = page.evaluate(FOCUSED)
            reached.add(stop)
            if not is_seen:
                unseen.append(page.evaluate("document.activeElement.outerHTML.slice(0, 100)"))
            if stops <= reached:
                break
        missed = [page.locator(f"[data-stop='{stop}']").evaluate("(one) => one.outerHTML") for stop in stops - reached]
        assert (place, missed, unseen) == (place, [], [])
