"""The customers' page: what they see, choose and order, and how they follow it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.browser import DESKTOP, PHONE, TABLET, Person
from tests.support.counter import Guest, Seller
from tests.support.pages import PageShop
from tests.support.pictures import PNG, show
from tests.support.shop import Owner

Visit = Callable[..., Person]


@pytest.fixture(scope="module")
def seller(shop: PageShop) -> Seller:
    """A business on the server of all pages."""
    return Seller(shop.url)


def test_a_stranger_orders_at_a_table_and_follows_the_order_to_its_end(seller: Seller, visit: Visit) -> None:
    guest = Guest(visit, seller, "?table=7")
    guest.add("Flat white")
    guest.add("Flat white")
    guest.item("Cinnamon bun").locator(".item-open").click()
    guest.person.fill(wish="Warm, <i>please</i>")
    guest.person.press("Add for €4.20")
    guest.checkout(email="bob@example.com")
    assert guest.page.locator("input[name=table]").input_value() == "7"
    guest.page.get_by_label("Email me about this order").check()
    guest.person.fill(note="We sit outside")
    guest.person.see("Order for €11.80", role="button")
    order_id = guest.order()

    placed = seller.placed()[0]
    assert placed["order_id"] == order_id
    assert placed["customer"] == {
        "name": "Bob Brown",
        "phone": "+491511234567",
        "email": "bob@example.com",
        "notify": True,
    }
    assert placed["fulfilment"] == {"type": "table", "table": "7"}
    lines = [(line["name"], line["quantity"], line["note"]) for line in placed["lines"]]
    assert lines == [("Flat white", 2, None), ("Cinnamon bun", 1, "Warm, <i>please</i>")]
    assert (placed["total_minor"], placed["note"]) == (1180, "We sit outside")

    guest.status("Waiting for the shop to accept")
    assert f"#{placed['number']}" in guest.page.locator("h1").inner_text()
    assert guest.page.get_by_text("Warm, <i>please</i>").is_visible()
    seller.lead(order_id, "accept", prepare_minutes=20)
    guest.status("Accepted")
    assert guest.page.get_by_text("Ready at about").is_visible()
    for step, text in (("prepare", "Being prepared"), ("ready", "Ready"), ("complete", "Done")):
        seller.lead(order_id, step)
        guest.status(text)
    assert guest.page.locator(".way-done").count() == 5
    guest.person.press("Put it into the basket again")
    guest.person.see("Order for €11.80", role="button")


def test_delivery_needs_an_address_and_a_way_to_reach_the_customer(seller: Seller, visit: Visit) -> None:
    guest = Guest(visit, seller)
    guest.add("Espresso")
    guest.checkout(name="", phone="030 123456")
    guest.page.get_by_text("Delivery").click()
    before = len(seller.placed())
    guest.button.click()
    assert guest.page.locator("[aria-invalid=true]").count() == 3
    guest.page.get_by_text("Please begin with the country code").wait_for()
    assert len(seller.placed()) == before
    guest.person.fill(
        name="Bob", phone="", email="bob@example.com", address="Allee 12, Berlin", instructions="Ring twice"
    )
    order_id = guest.order()
    placed = seller.placed()[0]
    assert placed["fulfilment"] == {"type": "delivery", "address": "Allee 12, Berlin", "instructions": "Ring twice"}
    for step, text in (
        ("accept", "Accepted"),
        ("prepare", "Being prepared"),
        ("ready", "Ready"),
        ("dispatch", "On its way to you"),
        ("deliver", "Delivered"),
    ):
        seller.lead(order_id, step)
        guest.status(text)


def test_a_customer_cancels_until_the_shop_was_faster(seller: Seller, visit: Visit) -> None:
    guest = Guest(visit, seller)
    guest.add("Espresso")
    guest.checkout()
    order_id = guest.order()
    guest.person.press("Cancel this order")
    guest.page.locator("dialog").get_by_role("button", name="Cancel this order").click()
    guest.status("Cancelled")
    assert seller.placed()[0]["status"] == "cancelled"

    guest.person.press("Put it into the basket again")
    guest.button.wait_for()
    order_id = guest.order()
    guest.person.press("Cancel this order")
    guest.person.context.route(f"**/api/orders/{order_id}", lambda route: route.abort())  # the page does not know yet
    seller.lead(order_id, "reject", reason="The oven is cold")
    guest.page.locator("dialog").get_by_role("button", name="Cancel this order").click()
    guest.page.get_by_text("Too late: the shop was faster.").wait_for()
    guest.person.context.unroute_all()
    guest.status("The shop cannot take this order")
    assert guest.page.get_by_text("Reason: The oven is cold").is_visible()


def test_orders_are_remembered_on_the_device_and_nowhere_else(seller: Seller, visit: Visit) -> None:
    guest = Guest(visit, seller)
    for name in ("Espresso", "Cinnamon bun"):
        guest.add(name)
        guest.checkout()
        order_id = guest.order()
        token = guest.page.evaluate("Object.values(localStorage).map(String).join()")
        assert order_id in token
        guest.page.locator(".ticket-acts").get_by_role("link", name="Back to the shop").click()
        guest.page.locator(".item").first.wait_for()
    assert guest.page.locator("nav.yours a").count() == 2
    address = f"/shop/{seller.business_id}#/order/{order_id}"
    other = visit(seller.url)
    other.open(address)
    other.see("This order is not on this device")


def test_what_is_sold_out_cannot_be_added_and_is_marked_in_the_basket(seller: Seller, visit: Visit) -> None:
    guest = Guest(visit, seller)
    guest.add("Espresso")
    guest.add("Flat white")
    guest.checkout()
    seller.reprice("Espresso", available=False)
    try:
        guest.button.click()
        guest.page.get_by_text("Something is sold out.").wait_for()
        guest.page.get_by_text("Not available. Please remove it.").wait_for()
        assert guest.button.is_disabled()
        guest.person.press("Remove Espresso")
        assert [line["name"] for line in seller.ask("GET", f"/api/orders/{guest.order()}").json["lines"]] == [
            "Flat white"
        ]
        guest.page.locator(".ticket-acts").get_by_role("link", name="Back to the shop").click()
        guest.item("Espresso").get_by_text("Sold out").wait_for()
        assert guest.item("Espresso").locator(".round").count() == 0
    finally:
        seller.reprice("Espresso", available=True)


def test_a_changed_price_is_shown_before_anything_is_ordered(seller: Seller, visit: Visit) -> None:
    guest = Guest(visit, seller)
    guest.add("Espresso")
    guest.checkout()
    before = len(seller.placed())
    seller.reprice("Espresso", price_minor=300)
    try:
        guest.button.click()
        guest.page.get_by_text("Prices have changed.").wait_for()
        guest.page.get_by_text("Was €2.50").wait_for()
        assert len(seller.placed()) == before
        guest.person.see("Order for €3.00", role="button")
        guest.order()
        assert seller.placed()[0]["total_minor"] == 300
    finally:
        seller.reprice("Espresso", price_minor=250)


def test_a_closed_shop_says_when_it_opens_by_its_own_clocks_and_the_basket_stays(shop: PageShop, visit: Visit) -> None:
    seller = Seller(shop.url)
    guest = Guest(visit, seller, timezone_id="America/New_York")
    guest.add("Espresso")
    guest.checkout()
    there = datetime.now(UTC) + timedelta(days=1, hours=14)  # in Kiritimati, tomorrow
    opening = {there.strftime("%A").lower(): [{"opens": "09:30", "closes": "18:00"}]}
    seller.alter(time_zone="Pacific/Kiritimati", opening_hours=opening)
    guest.button.click()
    guest.page.get_by_text("The shop has just closed.").wait_for()
    guest.page.get_by_text("Opens tomorrow at 9:30").wait_for()
    assert guest.button.is_disabled()
    guest.page.reload()
    guest.page.get_by_text("Opens tomorrow at 9:30").wait_for()
    assert guest.page.locator("input[name=name]").input_value() == "Bob Brown"
    until = (datetime.now(UTC) + timedelta(minutes=90)).isoformat()
    seller.alter(opening_hours=None, paused_until=until)
    guest.page.reload()
    guest.page.locator(".bar").get_by_text("Paused").wait_for()
    guest.page.get_by_text("Takes orders again").wait_for()
    seller.alter(paused_until=None)
    guest.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    guest.page.locator(".bar").get_by_text("Open").wait_for()
    guest.order()


def test_the_catalogue_is_by_category_as_the_owner_sorted_it_and_can_be_searched(shop: PageShop, visit: Visit) -> None:
    many = tuple({"name": f"Item {n}", "price_minor": 100 + n, "category": f"Shelf {n % 3}"} for n in range(118))
    seller = Seller(shop.url, (*many, {"name": "Crème brûlée", "price_minor": 1, "category": "Sweet", "position": 1}))
    show(seller, seller.items["Crème brûlée"], PNG)
    guest = Guest(visit, seller)
    guest.item("Crème brûlée").wait_for()
    names = guest.page.locator(".category h2").all_inner_texts()
    assert names == ["Sweet", "Shelf 0", "Shelf 1", "Shelf 2"]
    assert guest.page.locator(".item").count() == 119
    picture = guest.page.locator(".picture")
    assert picture.get_attribute("src").startswith("/pictures/")  # type: ignore[union-attr]
    assert picture.get_attribute("loading") == "lazy"
    guest.page.get_by_label("Search").fill("CREME bru")
    guest.page.get_by_text("1 found").wait_for()
    assert guest.page.locator(".item").count() == 1
    guest.page.get_by_label("Search").fill("nowhere")
    guest.page.get_by_text("Nothing matches “nowhere”").wait_for()


def test_the_way_back_from_the_basket_leads_to_where_it_was_left(shop: PageShop, visit: Visit) -> None:
    seller = Seller(shop.url, tuple({"name": f"Item {n:02}", "price_minor": 100} for n in range(40)))
    guest = Guest(visit, seller)
    guest.add("Item 30")
    where = "document.querySelectorAll('.item')[30].getBoundingClientRect().top"
    before = guest.page.evaluate(where)
    guest.page.locator(".basket-bar a").dispatch_event("click")  # a real click may scroll
    guest.button.wait_for()
    assert guest.page.evaluate("scrollY") < 200
    guest.page.go_back()
    guest.item("Item 30").get_by_text("1", exact=True).wait_for()
    assert guest.page.evaluate("scrollY") > 1000
    assert abs(guest.page.evaluate(where) - before) < 100


def test_a_shop_without_a_catalogue_and_a_lost_network_are_said(shop: PageShop, visit: Visit) -> None:
    bare = Owner(shop.url)
    person = visit(shop.url, size=PHONE)
    person.open(f"/shop/{bare.business_id}")
    person.see("Nothing to order yet")
    assert person.faults() == []
    person.context.route("**/api/items*", lambda route: route.abort())
    person.page.reload()
    person.see("The server cannot be reached. Please check the connection.")
    person.context.unroute_all()
    person.press("Try again")
    person.see("Nothing to order yet")


@pytest.mark.parametrize("size", [PHONE, TABLET, DESKTOP], ids=["phone", "tablet", "desktop"])
def test_the_shop_is_fit_for_everybody_and_every_finger(size: tuple[int, int], seller: Seller, visit: Visit) -> None:
    guest = Guest(visit, seller, "?table=7", size=size)

    def look() -> None:
        assert guest.person.small_targets() == []
        assert guest.person.is_as_wide_as_the_screen()
        if size == PHONE:
            assert guest.person.faults() == []

    guest.add("Espresso")
    guest.item("Flat white").locator(".item-open").click()
    guest.person.see("Flat white")
    look()
    guest.page.keyboard.press("Escape")
    look()
    guest.checkout(name="")
    guest.button.click()
    guest.page.get_by_text("Please fill this in.").wait_for()
    look()
    guest.person.fill(name="Bob")
    guest.order()
    look()
    guest.person.press("Cancel this order")
    guest.page.get_by_role("dialog").wait_for()
    look()


def test_the_keyboard_alone_orders_in_german(seller: Seller, visit: Visit) -> None:
    guest = Guest(visit, seller, locale="de-DE", size=DESKTOP)
    keys = guest.page.keyboard
    guest.page.get_by_role("button", name="Espresso hinzufügen").focus()
    keys.press("Enter")
    guest.page.get_by_role("link", name="Zur Kasse").focus()
    keys.press("Enter")
    guest.person.see("Dein Warenkorb")
    assert guest.page.evaluate("document.activeElement.id") == "content"
    reached = []
    for _ in range(12):
        keys.press("Tab")
        reached.append(guest.page.evaluate("document.activeElement.name || document.activeElement.ariaLabel"))
        if reached[-1] == "way":
            keys.press("ArrowRight")
            keys.press("ArrowRight")
            guest.page.locator("input[name=table]").wait_for()
        if reached[-1] in ("table", "name", "phone"):
            keys.type({"table": "3", "name": "Jürgen", "phone": "0049 151 1234567"}[reached[-1]])
        if reached[-1] == "note":
            break
    assert reached[-6:] == ["way", "table", "name", "phone", "email", "note"]
    keys.press("Enter")
    guest.followed()
    guest.status("Wartet auf die Annahme")
    placed = seller.placed()[0]
    assert (placed["customer"]["name"], placed["fulfilment"]["table"]) == ("Jürgen", "3")
    assert json.dumps(placed).count("+491511234567") == 1
