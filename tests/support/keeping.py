"""An owner who keeps a business in the browser, and receivers of webhooks."""

import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.browser import Person
from tests.support.faults import Exchange
from tests.support.http import post_json, send
from tests.support.shop import PASSWORD, Owner, new_key

Visit = Callable[..., Person]


class Keeper(Owner):
    """An owner with a business of their own, who looks at it in the browser and by the API."""

    def visit(self, visit: Visit, place: str, **options: Any) -> Person:
        """Open a window at one of the pages, signed in."""
        person = visit(self.url, **options)
        person.open(f"/#/{place}")
        person.page.locator("input[name=email]").wait_for()
        person.fill(email=self.email, password=PASSWORD)
        person.page.locator("button[type=submit]").click()
        person.page.locator(".nav").wait_for()
        person.page.locator("h1").wait_for()
        return person

    def items(self) -> dict[str, dict[str, Any]]:
        """Return the items by their names."""
        found = send(self.url, "GET", f"/api/items?business_id={self.business_id}&limit=100").json["items"]
        return {item["name"]: item for item in found}

    def change_item(self, item: dict[str, Any], **change: Any) -> None:
        """Change an item in whatever version."""
        answer = self.ask("PATCH", f"/api/items/{item['item_id']}", change, **{"If-Match": "*"})
        assert answer.status == 200, answer

    def change(self, **change: Any) -> None:
        """Change the business in whatever version."""
        answer = self.ask("PATCH", f"/api/businesses/{self.business_id}", change)
        assert answer.status == 200, answer

    def mine(self) -> dict[str, Any]:
        """Return the business."""
        found: dict[str, Any] = self.ask("GET", "/api/businesses/mine").json
        return found

    def webhooks(self) -> list[dict[str, Any]]:
        """Return the webhooks of the business."""
        found: list[dict[str, Any]] = self.ask("GET", f"/api/businesses/{self.business_id}/webhooks").json["webhooks"]
        return found

    def order(self, item: dict[str, Any]) -> None:
        """Let somebody order an item."""
        body = {
            "customer": {"name": "Ann", "phone": "+4915112345678"},
            "lines": [{"item_id": item["item_id"], "quantity": 1}],
        }
        path = f"/api/businesses/{self.business_id}/orders"
        assert post_json(self.url, path, body, **{"Idempotency-Key": new_key()}).status == 201


def toasted(page: Page, text: str) -> None:
    """Wait until a message is shown."""
    expect(page.locator(".toast", has_text=text).first).to_be_visible()


def png(width: int, height: int) -> bytes:
    """Return a picture of these many pixels."""
    row = b"\0" + bytes(value % 256 for x in range(width) for value in (x, x // 7, 90))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height, 1)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return the width and height that a JPEG file tells (ITU-T T.81, B.2.2)."""
    assert data[:2] == b"\xff\xd8"
    at = 2
    while data[at + 1] not in (0xC0, 0xC2):
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    height, width = struct.unpack(">HH", data[at + 5 : at + 9])
    return width, height


def ok(exchange: Exchange) -> None:
    """Take a delivery."""
    exchange.answer(200, b"thanks")


def sequences(requests: list[Exchange]) -> list[str]:
    """Return the kinds of the events that a receiver was sent."""
    return [str(json.loads(one.body)["type"]) for one in requests]
