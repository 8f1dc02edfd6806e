"""The counter of a shop in the browser: who sells, and who orders there."""

from typing import Any, Protocol

from playwright.sync_api import Locator, Page

from tests.support.browser import PHONE, Person
from tests.support.shop import Owner

ITEMS: tuple[dict[str, Any], ...] = (
    {"name": "Flat white", "price_minor": 380, "category": "Coffee", "position": 1, "description": "With silky milk"},
    {"name": "Espresso", "price_minor": 250, "category": "Coffee", "position": 2},
    {"name": "Cinnamon bun", "price_minor": 420, "category": "Bakery", "position": 3},
    {"name": "Soup <b>of the day</b>", "price_minor": 790},
)


class Seller(Owner):
    """An owner whose business has some items."""

    def __init__(self, url: str, items: tuple[dict[str, Any], ...] = ITEMS) -> None:
        super().__init__(url)
        self.items = {item["name"]: self.add(**item) for item in items}

    @property
    def path(self) -> str:
        """The path of the business."""
        return f"/api/businesses/{self.business_id}"

    def alter(self, **change: Any) -> None:
        """Change the business."""
        self._patch(self.path, change)

    def reprice(self, name: str, **change: Any) -> None:
        """Change an item."""
        self._patch(f"/api/items/{self.items[name]['item_id']}", change)

    def placed(self) -> list[dict[str, Any]]:
        """Return the orders of the business, newest first."""
        orders: list[dict[str, Any]] = self.ask("GET", f"{self.orders}?limit=100").json["orders"]
        return orders

    def lead(self, order_id: str, step: str, **details: Any) -> None:
        """Lead an order on."""
        answer = self.ask("POST", f"/api/orders/{order_id}/{step}", details)
        assert answer.status == 200, answer

    def _patch(self, path: str, change: dict[str, Any]) -> None:
        etag = self.ask("GET", path).headers["etag"]
        answer = self.ask("PATCH", path, change, **{"If-Match": etag})
        assert answer.status == 200, answer


class Sells(Protocol):
    """A business and the server that it is on."""

    url: str
    business_id: str


class Guest:
    """Somebody who orders, on a phone unless told otherwise."""

    def __init__(self, visit: Any, seller: Sells, query: str = "", **options: Any) -> None:
        self.person: Person = visit(seller.url, **{"size": PHONE, **options})
        self.page: Page = self.person.open(f"/shop/{seller.business_id}{query}")
        self.button = self.page.locator("button[type=submit]")

    def add(self, name: str) -> None:
        """Put one of an item into the basket."""
        self.item(name).locator(".round-more").click()

    def item(self, name: str) -> Locator:
        """Return the card of an item."""
        return self.page.locator(".item", has_text=name)

    def checkout(self, **details: str) -> None:
        """Go to the basket, and say who orders."""
        self.page.locator("a[href='#/basket']:visible").click()
        self.button.wait_for()
        self.person.fill(**{"name": "Bob Brown", "phone": "+49 151 1234567", **details})

    def order(self) -> str:
        """Press the button, wait for the order and return its identifier."""
        self.button.click()
        return self.followed()

    def followed(self) -> str:
        """Wait for the page of an order, and return its identifier."""
        self.page.locator(".ticket").wait_for()
        return str(self.page.evaluate("location.hash")).rpartition("/")[2]

    def status(self, text: str) -> None:
        """Wait until the order stands so."""
        self.page.locator(".ticket-status", has_text=text).wait_for()


def at_checkout(visit: Any, seller: Sells, item: str = "Espresso") -> Guest:
    """Return a guest with an item in the basket, who only has to order."""
    guest = Guest(visit, seller)
    guest.add(item)
    guest.checkout()
    return guest
