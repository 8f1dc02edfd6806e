"""The business in the browser: its hours, its special days, its pauses, and what customers know of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import PHONE, Person
from tests.support.keeping import Keeper, toasted
from tests.support.pages import PageShop

Visit = Callable[..., Person]

WEEK = {day: [{"opens": "09:00", "closes": "18:00"}] for day in ("monday", "tuesday", "sunday")}

NIGHTS = {day: [{"opens": "18:00", "closes": "02:00"}] for day in ("monday", "tuesday")}
CLOSED = [{"date": "2026-06-14", "hours": []}]

TOMORROWS: list[tuple[str, str, Any, Any, str]] = [
    # Without hours it is the next midnight, or the end of the hour that the clocks skip.
    ("Europe/Berlin", "2026-06-10T10:00:00Z", None, [], "2026-06-10T22:00:00.000Z"),
    ("America/Santiago", "2026-09-05T20:00:00Z", None, [], "2026-09-06T04:00:00.000Z"),
    # 09:00 is another moment when the clocks have changed in the night.
    ("Europe/Berlin", "2026-03-28T20:00:00Z", WEEK, [], "2026-03-29T07:00:00.000Z"),
    ("Europe/Berlin", "2026-10-24T20:00:00Z", WEEK, [], "2026-10-25T08:00:00.000Z"),
    # Before the doors open it is the next day of business all the same.
    ("UTC", "2026-06-08T05:00:00Z", WEEK, [], "2026-06-09T09:00:00.000Z"),
    ("UTC", "2026-06-09T12:00:00Z", WEEK, [], "2026-06-14T09:00:00.000Z"),
    ("UTC", "2026-06-09T12:00:00Z", WEEK, CLOSED, "2026-06-15T09:00:00.000Z"),
    # A night belongs to the day on which it began.
    ("UTC", "2026-06-09T01:00:00Z", NIGHTS, [], "2026-06-09T18:00:00.000Z"),
    ("UTC", "2026-06-09T01:00:00Z", {}, [], "2026-06-10T00:00:00.000Z"),
]
"""A zone, a moment, the hours of each week, special days, and the next day of business."""

TOMORROW = """([zone, now, week, special]) => import("/assets/opening.js").then((opening) =>
    opening.tomorrow({ time_zone: zone, opening_hours: week, special_hours: special }, new Date(now)).toISOString())"""


@pytest.fixture
def keeper(shop: PageShop) -> Keeper:
    return Keeper(shop.url)


def test_hours_are_set_copied_and_kept(keeper: Keeper, visit: Visit) -> None:
    person = keeper.visit(visit, "business")
    page = person.page
    page.get_by_text("At these hours").click()
    person.press("Monday: Add hours")
    page.get_by_label("Monday: opens").fill("11:30")
    page.get_by_label("Monday: closes").fill("14:00")
    person.press("Monday: Add hours")
    page.get_by_label("Monday: opens").nth(1).fill("18:00")
    card = page.get_by_role("region", name="Opening hours")
    card.get_by_role("button", name="Save").click()
    page.get_by_text("A time is missing.").wait_for()
    page.get_by_label("Monday: closes").nth(1).fill("02:00")
    page.get_by_text("on the next day").wait_for()
    person.press("Copy Monday to")
    page.get_by_role("dialog").get_by_text("Sunday").click()
    person.page.get_by_role("dialog").get_by_role("button", name="Copy", exact=True).click()
    page.locator("select[name=time_zone]").select_option("America/New_York")
    card.get_by_role("button", name="Save").click()
    toasted(page, "Saved.")
    spans = [{"opens": "11:30", "closes": "14:00"}, {"opens": "18:00", "closes": "02:00"}]
    mine = keeper.mine()
    assert mine["time_zone"] == "America/New_York"
    assert mine["opening_hours"]["monday"] == mine["opening_hours"]["saturday"] == spans
    assert mine["opening_hours"]["sunday"] == []

    page.get_by_label("Tuesday: opens").nth(1).fill("13:00")
    card.get_by_role("button", name="Save").click()
    page.get_by_text("These hours overlap others.").wait_for()
    assert keeper.mine()["opening_hours"]["tuesday"] == spans
    page.get_by_text("At any time").click()
    card.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Tuesday: opens")).to_have_count(0)
    toasted(page, "Saved.")
    assert keeper.mine()["opening_hours"] is None


def test_a_special_day_is_added_and_removed(keeper: Keeper, visit: Visit) -> None:
    person = keeper.visit(visit, "business")
    page = person.page
    person.press("Add a day")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Date").fill("2027-12-24")
    dialog.get_by_label("Note").fill("Christmas Eve")
    dialog.get_by_role("button", name="Add hours").click()
    dialog.get_by_role("button", name="Save").click()
    page.locator(".row", has_text="Christmas Eve").wait_for()
    hours = [{"opens": "09:00", "closes": "18:00"}]
    assert keeper.mine()["special_hours"] == [{"date": "2027-12-24", "hours": hours, "note": "Christmas Eve"}]
    page.get_by_role("button", name="Remove Fri").click()
    page.get_by_text("Christmas Eve").wait_for(state="detached")
    assert keeper.mine()["special_hours"] == []


def test_a_pause_shows_at_once_on_every_page_of_every_window(keeper: Keeper, visit: Visit) -> None:
    person, other = keeper.visit(visit, "business"), keeper.visit(visit, "orders")
    state = other.page.locator(".bar .badge")
    expect(state).to_have_text("Open")
    person.press("30 min")
    expect(state).to_contain_text("Paused until")
    assert keeper.mine()["open_now"] is False
    assert keeper.mine()["paused_until"] is not None
    person.press("Take orders again")
    expect(state).to_have_text("Open")
    person.press("Until I resume")
    expect(state).to_have_text("Paused")
    assert keeper.mine()["accepting_orders"] is False
    person.press("Take orders again")
    person.press("Until tomorrow")
    expect(state).to_contain_text("Paused until")
    assert keeper.mine()["accepting_orders"] is True


def test_the_state_is_told_in_the_time_of_the_business(keeper: Keeper, visit: Visit) -> None:
    opens = datetime.now(UTC).date() + timedelta(days=3)
    day = {"date": opens.isoformat(), "hours": [{"opens": "09:30", "closes": "10:30"}]}
    keeper.change(time_zone="Pacific/Chatham", opening_hours={}, special_hours=[day])
    person = keeper.visit(visit, "orders", timezone_id="America/New_York")
    expect(person.page.locator(".bar .badge")).to_have_text(f"Closed until {opens:%a} 09:30")


def test_tomorrow_is_the_next_day_of_business(shop: PageShop, visit: Visit) -> None:
    page = visit(shop.url).open("/shop/none")
    for *asked, expected in TOMORROWS:
        assert page.evaluate(TOMORROW, asked) == expected, asked


def test_what_customers_know_is_changed_and_merged_with_what_others_change(keeper: Keeper, visit: Visit) -> None:
    person = keeper.visit(visit, "business")
    page = person.page
    card = page.get_by_role("region", name="About the business")
    person.fill(business_name="Zoë's Café", prepare_minutes="20")
    card.locator("select[name=business_type]").select_option("cafe")
    card.locator("select[name=mail_language]").select_option("de")
    card.get_by_text("Phone", exact=True).last.click()
    card.get_by_text("Email me each new order").click()
    card.get_by_text("Email me on Mondays").click()
    keeper.change(address="2 Main St")
    card.get_by_role("button", name="Save").click()
    page.get_by_text("This was changed elsewhere.").wait_for()
    expect(card.locator("input[name=address]")).to_have_value("2 Main St")
    expect(card.locator("input[name=business_name]")).to_have_value("Zoë's Café")
    card.get_by_role("button", name="Save").click()
    toasted(page, "Saved.")
    mine = keeper.mine()
    assert (mine["business_name"], mine["address"], mine["prepare_minutes"]) == ("Zoë's Café", "2 Main St", 20)
    assert (mine["business_type"], mine["public_contact"], mine["order_emails"]) == ("cafe", ["phone"], False)
    assert (mine["traffic_emails"], mine["mail_language"]) == (True, "de")
    expect(page.locator(".bar-title")).to_have_text("Zoë's Café")


def test_the_link_to_the_customers_page_is_copied(keeper: Keeper, visit: Visit) -> None:
    person = keeper.visit(visit, "business", permissions=["clipboard-read", "clipboard-write"])
    person.press("Copy")
    toasted(person.page, "Copied.")
    link = person.page.evaluate("navigator.clipboard.readText()")
    assert link == f"{keeper.url}/shop/{keeper.business_id}"
    person.open(link)
    person.see("Café Zoë")


def test_a_business_is_deleted_after_a_question_and_then_the_account(keeper: Keeper, visit: Visit) -> None:
    person = keeper.visit(visit, "account")
    page = person.page
    dialog = page.get_by_role("dialog")
    person.press("Delete the account")
    dialog.get_by_role("button", name="Delete the account").click()
    dialog.get_by_text("Delete the business first, on its page.").wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Business").click()
    person.press("Delete the business")
    dialog.get_by_role("button", name="Delete the business").click()
    person.see("No business yet")
    page.get_by_role("link", name="Account").click()
    person.press("Delete the account")
    dialog.get_by_role("button", name="Delete the account").click()
    person.see("Sign in")
    assert keeper.ask("GET", "/api/users/me").status == 401


def test_the_business_s_page_is_fit_for_everybody(keeper: Keeper, visit: Visit) -> None:
    keeper.change(opening_hours=WEEK, special_hours=[{"date": "2027-12-24", "hours": []}])
    person = keeper.visit(visit, "business", size=PHONE)
    person.page.get_by_label("Monday: opens").wait_for()
    assert person.small_targets() == []
    assert person.is_as_wide_as_the_screen()
    assert person.faults() == []
