"""A shop for tests of the pages: its owner, its items and its orders."""

from typing import Any

from tests.support.http import post_json, send
from tests.support.processes import Shopkeeper
from tests.support.shop import PASSWORD, new_key

OWNER = "zoe@example.com"
NAME = "Café Zoë"
FIRST_RUN: dict[str, Any] = {
    "email": OWNER,
    "password": PASSWORD,
    "name": "Zoë",
    "business": {"business_name": NAME, "phone": "+4930123456", "address": "1 Main St"},
}
STEPS: tuple[tuple[str, ...], ...] = (
    (),
    ("accept",),
    ("accept", "prepare"),
    ("accept", "prepare", "ready"),
    ("accept", "prepare", "ready", "complete"),
    ("reject",),
)
"""What was done with each order of the shop."""


class PageShop:
    """A server after its first run. It has an item, and an order in each state that the owner leads it to."""

    def __init__(self, server: Shopkeeper) -> None:
        self.server = server
        self.url = server.url
        done = post_json(server.url, "/api/setup", FIRST_RUN)
        assert done.status == 201, done.json
        self.business_id = str(done.json["business"]["business_id"])
        self.signed_in = {"Authorization": f"Bearer {done.json['tokens']['access_token']}"}
        item = {"business_id": self.business_id, "name": "Flat white", "price_minor": 380, "currency": "EUR"}
        self.item = post_json(self.url, "/api/items", item, **self.signed_in).json
        for steps in STEPS:
            order = self.order("Ann Example")
            for step in steps:
                post_json(self.url, f"/api/orders/{order['order_id']}/{step}", {}, **self.signed_in)

    def order(self, customer: str) -> Any:
        """Place an order by a customer of this name, and return it."""
        body = {
            "customer": {"name": customer, "phone": "+4915112345678"},
            "lines": [{"item_id": self.item["item_id"], "quantity": 2}],
            "note": "No sugar, please.",
        }
        path = f"/api/businesses/{self.business_id}/orders"
        return post_json(self.url, path, body, **{"Idempotency-Key": new_key()}).json

    def account(self, email: str) -> None:
        """Make another account, which owns nothing."""
        body = {"email": email, "password": PASSWORD, "name": "Ann Example"}
        assert post_json(self.url, "/api/auth/register", body).status == 201

    def end_session(self, refresh_token: str) -> None:
        """End a session, without its browser knowing."""
        assert post_json(self.url, "/api/auth/logout", {"refresh_token": refresh_token}).status == 204

    def name_of(self, email: str) -> str:
        """Return the name of an account."""
        tokens = post_json(self.url, "/api/auth/login", {"email": email, "password": PASSWORD}).json
        signed_in = {"Authorization": f"Bearer {tokens['access_token']}"}
        return str(send(self.url, "GET", "/api/users/me", None, signed_in).json["name"])
