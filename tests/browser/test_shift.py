"""A whole shift, from a stranger's first run to the last order, in which everything happens that may happen."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.board import HEAR, Board, Cook
from tests.support.browser import PHONE, Person, need_chromium
from tests.support.counter import Guest, at_checkout
from tests.support.http import post_json, send
from tests.support.pages import NAME, OWNER
from tests.support.processes import Shopkeeper
from tests.support.shop import PASSWORD

Visit = Callable[..., Person]
FOCUSED = """(document.activeElement.labels?.[0] ?? document.activeElement).innerText.trim()
    || document.activeElement.getAttribute("aria-label")"""
ITEM = "Flat white"
MOST_TABS = 40
LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"
"""Somebody takes the device up, so that it asks at once, and not only after its pause."""

EXPIRED = '{"code": "unauthenticated", "detail": "The access token has expired."}'


class Shift:
    """A server that can be killed and comes back on the same port, and what its API tells the owner."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.server = Shopkeeper(data)
        self.url = self.server.url
        self.business_id = ""

    def kill(self) -> None:
        self.server.stop(signal.SIGKILL)

    def come_back(self) -> None:
        self.server = Shopkeeper(self.data, int(self.url.rpartition(":")[2]))

    def ask(self, path: str) -> Any:
        tokens = post_json(self.url, "/api/auth/login", {"email": OWNER, "password": PASSWORD}).json
        return send(self.url, "GET", path, None, {"Authorization": f"Bearer {tokens['access_token']}"}).json

    def statuses(self) -> dict[str, str]:
        """Return the status of each order."""
        found = self.ask(f"/api/businesses/{self.business_id}/orders?limit=100")["orders"]
        return {one["order_id"]: one["status"] for one in found}


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    need_chromium()
    running = Shift(tmp_path / "shop.db")
    yield running
    running.server.stop()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if (page.evaluate(FOCUSED) or "").startswith(name):
            return
    raise AssertionError(f"no Tab leads to {name}")


def type_into(page: Page, *texts: str) -> None:
    """Type into the field with the focus, and into those after it."""
    for text in texts:
        page.keyboard.type(text)
        page.keyboard.press("Tab")


def open_by_keys(page: Page) -> None:
    """Do the first run, add an item, and start the shift, by the keyboard alone."""
    page.get_by_role("heading", name="Set up your shop").wait_for()
    expect(page.locator("input[name=business_name]")).to_be_focused()
    type_into(page, NAME, "+4930123456", "1 Main St", OWNER, PASSWORD)
    tab_to(page, "Open the shop")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="No orders yet").wait_for()
    tab_to(page, "Catalogue")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Nothing to sell yet").wait_for()
    tab_to(page, "Add an item")
    page.keyboard.press("Enter")
    expect(page.locator("input[name=name]")).to_be_focused()
    type_into(page, ITEM)
    page.keyboard.type("3.80")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"Change {ITEM}").wait_for()
    tab_to(page, "Orders")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="No orders yet").wait_for()
    tab_to(page, "Start shift")
    page.keyboard.press("Enter")
    page.get_by_text("New orders ring.").wait_for()


def test_a_whole_shift_loses_no_order_and_shows_each_once(shift: Shift, visit: Visit) -> None:
    owner = visit(shift.url)
    owner.context.add_init_script(HEAR)
    open_by_keys(owner.open())
    shift.business_id = shift.ask("/api/businesses/mine")["business_id"]
    with owner.context.expect_page() as opened:
        owner.page.evaluate("window.open('/', '_blank') && null")
    first = order(shift, visit)  # from here on there is a board
    phone = Cook(visit(shift.url, size=PHONE))
    boards = [Board(owner.page), Board(opened.value), phone]  # two tabs and another device

    it_rings_everywhere_until_it_is_accepted(first, boards)
    late, while_lost = a_customer_orders_while_the_server_is_killed(shift, visit, boards)
    the_phone_was_offline_even_longer(while_lost, phone)
    last = the_session_of_the_phone_is_ended(shift, visit, phone)
    orders = (first, while_lost, last)
    for one, board in zip(orders, boards, strict=True):
        lead_to_the_end(one, board)
    late.status("Done")
    for board in boards:
        board.await_ringing("")
        for one in orders:
            board.await_status(one, "completed")
        assert board.page.locator(".board .order").count() == len(orders)
    assert shift.statuses() == dict.fromkeys(orders, "completed")


def it_rings_everywhere_until_it_is_accepted(order_id: str, boards: list[Board]) -> None:
    for board in boards[1:]:
        board.page.get_by_role("button", name="Start shift").click()
    for board in boards:
        board.await_status(order_id, "received")
        board.await_ringing("order")
        assert board.page.evaluate("window.sounding") == 1
    boards[1].press(order_id, "Accept")
    for board in boards:
        board.await_status(order_id, "accepted")
        board.await_ringing("")
        assert board.page.evaluate("window.sounding") == 0


def a_customer_orders_while_the_server_is_killed(shift: Shift, visit: Visit, boards: list[Board]) -> tuple[Guest, str]:
    """Return the customer, and the order's identifier. The last of the boards loses its network at the same time."""
    late = at_checkout(visit, shift, ITEM)
    shift.kill()
    boards[-1].page.context.set_offline(True)
    for board in boards:
        board.await_ringing("lost")
    late.button.click()
    late.page.get_by_text("We keep trying.").wait_for()
    shift.come_back()
    order_id = late.followed()
    for board in boards[:-1]:
        board.page.evaluate(LOOKED_AT)
        board.await_status(order_id, "received")
        board.await_ringing("order")
    return late, order_id


def the_phone_was_offline_even_longer(order_id: str, phone: Cook) -> None:
    assert phone.page.get_by_text("No connection. New orders do not arrive here.").is_visible()
    assert phone.count(order_id) == 0
    phone.page.context.set_offline(False)
    phone.page.evaluate(LOOKED_AT)
    phone.await_status(order_id, "received")
    phone.await_ringing("order")


def the_session_of_the_phone_is_ended(shift: Shift, visit: Visit, phone: Cook) -> str:
    """Return an order that is placed meanwhile. An access token is good for half an hour, which is not waited for."""
    refresh = phone.page.evaluate("sessionStorage.getItem('shopkeeper.refresh')")
    assert post_json(shift.url, "/api/auth/logout", {"refresh_token": refresh}).status == 204
    problem = "application/problem+json"
    phone.page.route(
        "**/events?*", lambda route: route.fulfill(status=401, content_type=problem, body=EXPIRED), times=1
    )
    phone.page.evaluate(LOOKED_AT)
    phone.person.see("Please sign in again")
    phone.await_ringing("lost")
    order_id = order(shift, visit)
    dialog = phone.page.get_by_role("dialog")
    dialog.locator("input[name=email]").fill(OWNER)
    dialog.locator("input[name=password]").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    phone.await_status(order_id, "received")
    return order_id


def lead_to_the_end(order_id: str, board: Board) -> None:
    if board.card(order_id).get_attribute("data-status") == "received":
        board.press(order_id, "Accept")
        board.await_status(order_id, "accepted")
    for step, status in (("Start", "preparing"), ("Ready", "ready"), ("Complete", "completed")):
        button = board.card(order_id).locator(f'button:has-text("{step}")').first
        button.dispatch_event("click")  # on a phone its column is not shown
        board.await_status(order_id, status)


def order(shift: Shift, visit: Visit) -> str:
    """Order on the customers' page, and return the order's identifier."""
    return at_checkout(visit, shift, ITEM).order()
