"""Webhooks in the browser, with receivers that answer."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.support.browser import PHONE, Person
from tests.support.faults import Exchange, FaultyServer
from tests.support.keeping import Keeper, ok, sequences, toasted
from tests.support.pages import PageShop

Visit = Callable[..., Person]


@pytest.fixture
def keeper(shop: PageShop) -> Keeper:
    return Keeper(shop.url)


@pytest.fixture
def receiver() -> Iterator[FaultyServer]:
    with FaultyServer(ok) as server:
        yield server


def test_a_webhook_is_made_tested_watched_replayed_and_removed(
    keeper: Keeper, visit: Visit, receiver: FaultyServer
) -> None:
    person = keeper.visit(visit, "webhooks")
    page = person.page
    dialog = page.get_by_role("dialog")
    person.press("Add a webhook")
    person.fill(url="ftp://example.com")
    person.press("Save")
    page.locator("input[name=url][aria-invalid=true]").wait_for()
    person.fill(url=f"{receiver.url}/hooks", description="Printer")
    page.get_by_text("All events").click()
    page.get_by_text("Items that sell out").click()
    person.press("Save")
    secret = dialog.get_by_label("Secret").input_value()
    assert secret.startswith("whsec_")
    person.press("Close")
    [made] = keeper.webhooks()
    assert (made["url"], made["description"]) == (f"{receiver.url}/hooks", "Printer")
    assert made["kinds"] == ["order.*", "item.*"]

    person.press("Test now")
    page.get_by_text("It answered 200").wait_for()
    keeper.order(keeper.add())
    person.press("Deliveries")
    delivery = page.locator(".delivery")
    expect(delivery.get_by_text("Delivered")).to_be_visible(timeout=40_000)
    expect(delivery).to_contain_text("order.received")
    assert sequences(receiver.requests) == ["webhook.test", "order.received"]

    page.locator(".delivery button").click()
    person.press("Send")
    toasted(page, "Sending again from 1 on.")
    person.press("Send again")
    page.get_by_text("From a time on").click()
    page.get_by_label("From a time on", exact=True).last.fill("2001-01-01T00:00")
    person.press("Send")
    dialog.wait_for(state="detached")

    person.press("New secret")
    other = dialog.get_by_label("Secret").input_value()
    assert other.startswith("whsec_")
    assert other != secret
    person.press("Close")

    person.press("Switch off")
    page.get_by_text("Switched off").wait_for()
    assert keeper.webhooks()[0]["status"] == "off"
    person.press("Switch on")
    page.get_by_text("Delivering").wait_for()
    assert keeper.webhooks()[0]["status"] == "on"

    person.press("Change")
    person.fill(description="Kitchen")
    person.press("Save")
    person.see("Kitchen")
    person.press("Change")
    person.press("Delete")
    page.get_by_role("dialog", name="Delete the webhook?").get_by_role("button", name="Delete").click()
    person.see("No webhooks yet")
    assert keeper.webhooks() == []


def test_a_webhook_whose_server_fails_says_since_when_and_what_came_back(keeper: Keeper, visit: Visit) -> None:
    def broken(exchange: Exchange) -> None:
        exchange.answer(500, b"sorry")

    with FaultyServer(broken) as receiver:
        person = keeper.visit(visit, "webhooks", size=PHONE)
        page = person.page
        person.press("Add a webhook")
        person.fill(url=receiver.url)
        person.press("Save")
        page.get_by_role("dialog").get_by_label("Secret").wait_for()
        person.press("Close")
        person.press("Test now")
        page.get_by_text("The test failed").wait_for()
        keeper.order(keeper.add())
        expect(page.locator(".card .badge")).to_have_text("Failing", timeout=40_000)
        page.get_by_text("1 waiting.").wait_for()
        person.press("Deliveries")
        expect(page.locator(".delivery")).to_contain_text("500")
        assert person.small_targets() == []
        assert person.is_as_wide_as_the_screen()
        assert person.faults() == []
        page.locator("body").press("Escape")
        person.press("Change")
        assert person.small_targets() == []
        assert person.faults() == []


def test_what_was_changed_elsewhere_is_not_overwritten(keeper: Keeper, visit: Visit, receiver: FaultyServer) -> None:
    path = f"/api/businesses/{keeper.business_id}/webhooks"
    made = keeper.ask("POST", path, {"url": receiver.url, "description": "One"}).json
    person = keeper.visit(visit, "webhooks")
    person.press("Change")
    person.fill(url=f"{receiver.url}/new")
    changed = keeper.ask("PATCH", f"{path}/{made['webhook_id']}", {"description": "Two"}, **{"If-Match": "*"})
    assert changed.status == 200
    person.press("Save")
    person.page.get_by_text("This was changed elsewhere.").wait_for()
    expect(person.page.locator("input[name=description]")).to_have_value("Two")
    person.press("Save")
    toasted(person.page, "Saved.")
    assert [(one["url"], one["description"]) for one in keeper.webhooks()] == [(f"{receiver.url}/new", "Two")]
