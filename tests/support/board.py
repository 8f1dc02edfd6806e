"""The board of orders in a browser: orders that come to it, and what people see and press on it."""

from typing import Any

from playwright.sync_api import Locator, Page

from tests.support.browser import Person
from tests.support.http import post_json, send
from tests.support.pages import OWNER, PageShop
from tests.support.shop import PASSWORD, new_key

HEAR = """
window.sounding = 0;
for (const [name, change] of [["start", 1], ["stop", -1]]) {
    const original = AudioBufferSourceNode.prototype[name];
    AudioBufferSourceNode.prototype[name] = function () {
        window.sounding += this.loop ? change : 0;
        return original.call(this);
    };
}
window.print = () => { window.printed = document.querySelector(".ticket").innerText; };
"""
"""Counts the sounds that repeat in `sounding`, and keeps the text of the ticket that was printed last in `printed`."""

DELIVERY = {"type": "delivery", "address": {"street": "12 Main St", "city": "Berlin"}, "instructions": "Ring twice"}


def order(shop: PageShop, customer: str, **more: Any) -> str:
    """Place an order by a customer of this name, and return its id."""
    body = {
        "customer": {"name": customer, "phone": "+4915112345678"},
        "lines": [{"item_id": shop.item["item_id"], "quantity": 2, "note": "extra hot"}],
        **more,
    }
    path = f"/api/businesses/{shop.business_id}/orders"
    answer = post_json(shop.url, path, body, **{"Idempotency-Key": new_key()})
    assert answer.status == 201, answer
    return str(answer.json["order_id"])


def lead(shop: PageShop, order_id: str, *steps: str) -> None:
    """Lead an order through steps, as another device does."""
    for step in steps:
        answer = post_json(shop.url, f"/api/orders/{order_id}/{step}", {}, **shop.signed_in)
        assert answer.status == 200, answer


def read(shop: PageShop, order_id: str) -> Any:
    """Return an order as the server has it."""
    return send(shop.url, "GET", f"/api/orders/{order_id}", None, shop.signed_in).json


def history(shop: PageShop, order_id: str) -> list[str]:
    """Return the statuses that an order has had."""
    return [change["status"] for change in read(shop, order_id)["history"]]


def answer_all(shop: PageShop) -> None:
    """Reject every order that waits for an answer."""
    path = f"/api/businesses/{shop.business_id}/orders?status=received&limit=100"
    for one in send(shop.url, "GET", path, None, shop.signed_in).json["orders"]:
        lead(shop, one["order_id"], "reject")


class Board:
    """A board that is open in a tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def card(self, order_id: str) -> Locator:
        """Return an order's card."""
        return self.page.locator(f'.board [aria-labelledby="order-{order_id}"]')

    def await_status(self, order_id: str, status: str) -> Locator:
        """Wait until an order shows a status, and return its card."""
        card = self.page.locator(f'.board [aria-labelledby="order-{order_id}"][data-status={status}]')
        card.wait_for(state="attached")
        return card

    def press(self, order_id: str, step: str) -> None:
        """Press a button of an order's card."""
        self.card(order_id).locator(f'button:has-text("{step}")').first.click()

    def await_ringing(self, sound: str) -> None:
        """Wait until something rings, or nothing does: `order`, `lost` or an empty text."""
        self.page.locator(f'html[data-ringing="{sound}"]').wait_for(state="attached", timeout=60_000)

    def await_true(self, expression: str) -> None:
        """Wait until an expression is true in the page. The policy of the pages refuses `wait_for_function`."""
        for _ in range(1000):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"{expression} stays false")

    def count(self, order_id: str) -> int:
        """Return how often an order is on the board."""
        return self.card(order_id).count()


class Cook(Board):
    """Somebody at the board."""

    def __init__(self, person: Person) -> None:
        """Sign in and wait for the board."""
        super().__init__(person.page)
        self.person = person
        person.context.add_init_script(HEAR)
        person.open()
        person.sign_in(OWNER, PASSWORD)
        self.page.locator(".board").wait_for()
