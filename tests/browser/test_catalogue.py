"""The catalogue in the browser: by clicks and by keys, and what others change meanwhile."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import PHONE, Person
from tests.support.http import send
from tests.support.keeping import Keeper, jpeg_size, png, toasted
from tests.support.pages import PageShop

Visit = Callable[..., Person]


@pytest.fixture
def keeper(shop: PageShop) -> Keeper:
    return Keeper(shop.url)


def test_an_owner_adds_an_item_changes_it_and_deletes_it(keeper: Keeper, visit: Visit) -> None:
    person = keeper.visit(visit, "catalogue")
    page = person.page
    person.press("Add an item")
    person.press("Save")
    expect(page.locator("[aria-invalid=true]")).to_have_count(2)
    person.fill(name="Crème brûlée", price_minor="6,5", category="Desserts")
    page.locator("textarea[name=description]").fill("With vanilla.")
    person.press("Save")
    page.get_by_text("€6.50").wait_for()
    made = keeper.items()["Crème brûlée"]
    assert (made["price_minor"], made["currency"], made["category"]) == (650, "EUR", "Desserts")
    assert made["description"] == "With vanilla."

    person.page.get_by_role("button", name="Change Crème brûlée").click()
    person.fill(price_minor="7.255")
    person.press("Save")
    page.get_by_text("Please enter an amount of this currency.").wait_for()
    person.fill(price_minor="700")
    page.locator("select[name=currency]").select_option("JPY")
    person.press("Save")
    page.get_by_text("JP¥700").wait_for()
    changed = keeper.items()["Crème brûlée"]
    assert (changed["price_minor"], changed["currency"], changed["version"]) == (700, "JPY", 2)

    person.page.get_by_role("button", name="Change Crème brûlée").click()
    person.press("Delete")
    page.get_by_role("dialog", name="Delete Crème brûlée?").get_by_role("button", name="Delete").click()
    person.see("Nothing to sell yet")
    assert keeper.items() == {}


def test_a_photo_of_a_phone_is_made_small_and_shown(keeper: Keeper, visit: Visit) -> None:
    person = keeper.visit(visit, "catalogue")
    page = person.page
    person.press("Add an item")
    person.fill(name="Cake", price_minor="4")
    file = page.locator("input[type=file]")
    file.set_input_files({"name": "cake.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    person.press("Save")
    page.get_by_text("This file is not a picture.").wait_for()
    assert keeper.items()["Cake"]["picture_url"] is None
    file.set_input_files({"name": "cake.png", "mimeType": "image/png", "buffer": png(3000, 2000)})
    person.press("Save")
    toasted(page, "Saved.")
    shown = page.locator(".row img")
    shown.wait_for()
    address = keeper.items()["Cake"]["picture_url"]
    assert shown.get_attribute("src") == address
    stored = send(keeper.url, "GET", address).body
    assert jpeg_size(stored) == (1600, 1067)
    assert len(stored) <= 2_000_000
    expect(shown).to_have_js_property("naturalWidth", 1600)

    person.page.get_by_role("button", name="Change Cake").click()
    person.press("Remove")
    person.press("Save")
    shown.wait_for(state="detached")
    assert keeper.items()["Cake"]["picture"] is None


def test_an_item_is_sold_out_until_tomorrow_with_one_tap_and_back_with_another(keeper: Keeper, visit: Visit) -> None:
    keeper.add(name="Soup")
    keeper.change(time_zone="Pacific/Auckland")
    person = keeper.visit(visit, "catalogue", size=PHONE)
    page = person.page
    person.press("Mark sold out Soup")
    person.see("Back again Soup", role="button")
    soup = keeper.items()["Soup"]
    assert soup["available"] is True
    # The next midnight in Auckland: it is 12 or 13 hours ahead of UTC.
    assert soup["unavailable_until"][11:16] in ("11:00", "12:00")
    page.get_by_text("00:00").wait_for()
    person.press("Back again Soup")
    person.see("Mark sold out Soup", role="button")
    assert keeper.items()["Soup"]["unavailable_until"] is None

    person.page.get_by_role("button", name="Change Soup").click()
    page.get_by_text("Sold out for now").click()
    person.press("Save")
    page.locator(".row-state", has_text="Sold out").wait_for()
    assert keeper.items()["Soup"]["available"] is False


def test_what_was_changed_elsewhere_is_said_and_nothing_typed_is_lost(keeper: Keeper, visit: Visit) -> None:
    item = keeper.add(name="Bread", price_minor=300)
    first, second = (keeper.visit(visit, "catalogue") for _ in range(2))
    for person in (first, second):
        person.page.get_by_role("button", name="Change Bread").click()
    second.fill(price_minor="3.50")
    second.press("Save")
    second.page.get_by_text("€3.50").wait_for()
    first.fill(name="Rye bread")
    first.press("Save")
    first.page.get_by_text("This was changed elsewhere.").wait_for()
    assert first.page.locator("input[name=price_minor]").input_value() == "3.50"
    assert first.page.locator("input[name=name]").input_value() == "Rye bread"
    first.press("Save")
    first.page.locator(".row", has_text="Rye bread").wait_for()
    rye = keeper.items()["Rye bread"]
    assert (rye["price_minor"], rye["version"]) == (350, 3)

    # The second window still shows the former version.
    second.press("Mark sold out Bread")
    toasted(second.page, "This was changed elsewhere.")
    second.see("Mark sold out Rye bread", role="button")
    keeper.change_item(item, available=False)
    second.see("Back again Rye bread", role="button")  # the feed tells it
    first.see("Back again Rye bread", role="button")


def test_items_are_sorted_by_keys_alone(keeper: Keeper, visit: Visit) -> None:
    for name in ("Ale", "Beer", "Cider"):
        keeper.add(name=name, category="Drinks")
    person = keeper.visit(visit, "catalogue")
    page = person.page
    page.get_by_role("button", name="Sort").focus()
    page.keyboard.press("Enter")
    names = page.locator(".row-name")
    down = page.get_by_role("button", name="Move Ale down")
    down.focus()
    for order in (["Beer", "Ale", "Cider"], ["Beer", "Cider", "Ale"]):
        expect(down).to_be_focused()
        page.keyboard.press("Enter")
        expect(names).to_have_text(order)
    expect(down).to_be_focused()
    page.get_by_role("button", name="Move Cider up").focus()
    page.keyboard.press("Enter")
    expect(names).to_have_text(["Cider", "Beer", "Ale"])
    items = keeper.items()
    versions = {name: item["version"] for name, item in items.items()}
    assert sorted(items, key=lambda name: items[name]["position"]) == ["Cider", "Beer", "Ale"]
    person.press("Move Ale up")
    expect(names).to_have_text(["Cider", "Ale", "Beer"])
    changed = [name for name, item in keeper.items().items() if item["version"] != versions[name]]
    assert changed == ["Ale"]


def test_a_long_catalogue_is_read_whole_and_searched_whatever_the_accents(keeper: Keeper, visit: Visit) -> None:
    for number in range(101):
        keeper.add(name=f"Item {number}", category="Many")
    keeper.add(name="Crème brûlée", category="Desserts")
    person = keeper.visit(visit, "catalogue")
    page = person.page
    expect(page.locator(".row")).to_have_count(102)
    page.locator("input[type=search]").fill("CREME BR")
    expect(page.locator(".row-name")).to_have_text(["Crème brûlée"])
    page.locator("input[type=search]").fill("xyz")
    person.see("Nothing found")


def test_a_catalogue_that_does_not_load_says_so_and_is_asked_for_again(keeper: Keeper, visit: Visit) -> None:
    keeper.add(name="Soup")
    person = keeper.visit(visit, "orders")
    page = person.page
    page.route("**/api/items?**", lambda route: route.abort())
    page.get_by_role("link", name="Catalogue").click()
    page.get_by_text("The server cannot be reached.").wait_for()
    page.unroute("**/api/items?**")
    person.press("Try again")
    page.locator(".row", has_text="Soup").wait_for()


def test_the_catalogue_is_fit_for_everybody(keeper: Keeper, visit: Visit) -> None:
    word = "Donaudampfschifffahrtsgesellschaftskapitänstörtchen"
    item = keeper.add(name=word, category="Kuchen", description=word * 3)
    keeper.change_item(keeper.add(name="Tee", category="Kuchen"), available=False)
    person = keeper.visit(visit, "catalogue", size=PHONE, locale="de-DE")
    person.page.locator(".row").first.wait_for()
    checked = [person.small_targets(), person.is_as_wide_as_the_screen(), person.faults()]
    opener = person.page.get_by_role("button", name=f"Ändern {item['name']}")
    opener.click()
    person.page.get_by_role("dialog").wait_for()
    checked += [person.small_targets(), person.faults()]
    assert checked == [[], True, [], [], []]
    person.page.keyboard.press("Escape")
    expect(person.page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()
