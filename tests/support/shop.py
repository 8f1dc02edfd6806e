"""People of a shop over HTTP: owners with a business and items, and customers who order."""

import json
import uuid
from typing import Any

from tests.support.http import Answer, post_json, send

PASSWORD = "correct horse battery"


class Person:
    """Someone who has just registered and signed in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.email = f"{uuid.uuid4().hex}@example.com"
        body = {"email": self.email, "password": PASSWORD, "name": "Ann"}
        self.registered = post_json(url, "/api/auth/register", body)
        self.user = self.registered.json
        self.signed_in = post_json(url, "/api/auth/login", {"email": self.email, "password": PASSWORD})
        self.tokens = self.signed_in.json

    def ask(self, method: str, path: str, content: object = None, **headers: str) -> Answer:
        """Send a request with this person's access token."""
        fields = {"Authorization": f"Bearer {self.tokens['access_token']}", **headers}
        if content is None:
            return send(self.url, method, path, headers=fields)
        fields["Content-Type"] = "application/json"
        return send(self.url, method, path, json.dumps(content).encode(), fields)

    def leave(self) -> None:
        """End the orders of this person's business, and remove the business and the account."""
        for _ in range(ATTEMPTS):
            mine = self.ask("GET", "/api/businesses/mine")
            if mine.status != 200:
                break
            path = f"/api/businesses/{mine.json['business_id']}"
            for status, step in LAST_STEPS.items():
                for order in self.ask("GET", f"{path}/orders?status={status}&limit=100").json["orders"]:
                    self.ask("POST", f"/api/orders/{order['order_id']}/{step}")
            self.ask("DELETE", path)
        gone = self.ask("DELETE", "/api/users/me")
        assert gone.status in (204, 401), gone


LAST_STEPS = {
    "received": "reject",
    "accepted": "cancel",
    "preparing": "cancel",
    "ready": "complete",
    "out_for_delivery": "complete",
}
ATTEMPTS = 5
"""An index may lag behind for a moment, so that an open order is not listed yet."""


class Owner(Person):
    """Someone with a business."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        business = {
            "business_name": "Café Zoë",
            "email": self.email,
            "phone": "+14155550123",
            "address": "1 Main St",
            "cognito_user_id": self.user["user_id"],
        }
        self.business = self.ask("POST", "/auth/register-business", business).json
        assert "business_id" in self.business, self.business
        self.business_id = self.business["business_id"]

    def add(self, **other: Any) -> dict[str, Any]:
        """Add an item to the catalogue and return it."""
        item = {"business_id": self.business_id, "name": "Espresso", "price_minor": 250, "currency": "EUR"}
        answer = self.ask("POST", "/api/items", {**item, **other})
        assert answer.status == 201, answer
        content: dict[str, Any] = answer.json
        return content

    @property
    def orders(self) -> str:
        """The path of the business's orders."""
        return f"/api/businesses/{self.business_id}/orders"

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """Read the whole feed after a number."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.ask("GET", f"/api/businesses/{self.business_id}/events?after={after}").json
            found += page["events"]
            if page["next"] is None:
                return found
            after = int(page["next"])


def order_for(*items: dict[str, Any], quantity: int = 1, **other: Any) -> dict[str, Any]:
    """Return the body of an order for some items."""
    lines = [{"item_id": item["item_id"], "quantity": quantity} for item in items]
    return {"customer": {"name": "Bob", "phone": "+14155550199"}, "lines": lines, **other}


def new_key() -> str:
    """Return an idempotency key that nobody used."""
    return uuid.uuid4().hex


def place(owner: Owner, body: dict[str, Any], key: str | None = None) -> Answer:
    """Place an order, as anybody can."""
    return post_json(owner.url, owner.orders, body, **{"Idempotency-Key": key or new_key()})
