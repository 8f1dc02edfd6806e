"""The pictures of the pages in the documents: `python -m tests.support.screenshots` (`make pictures`) makes them anew.

They show a shop on a server of its own, with the same data at the same time each time. Beside them stand the texts that
they show, by which a test finds out whether they are still true.
"""

import base64
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Browser, Page, Route

from tests.support.browser import DESKTOP, PHONE, SCHEMES, Person, chromium
from tests.support.http import post_json, send
from tests.support.jumping import JUMPING, stop_clock
from tests.support.pages import FIRST_RUN, OWNER
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.shop import PASSWORD, new_key
from tests.support.tools import ROOT

FOLDER = ROOT / "docs" / "images"
TEXTS = "texts.json"
QUALITY = 82
NOW = datetime(2026, 6, 12, 16, 40, 15, tzinfo=UTC)
ZONE = "Europe/Berlin"
LYING_TABLET = (1180, 820)
DAY = [{"opens": "08:00", "closes": "22:00"}]
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

MENU: tuple[tuple[str, str, int, str], ...] = (
    ("Coffee", "Flat white", 380, "Double ristretto with silky milk"),
    ("Coffee", "Espresso", 250, "From Ethiopia, with a hint of bergamot"),
    ("Coffee", "Iced latte", 450, "With oat milk, if you like"),
    ("Bakery", "Cinnamon bun", 420, "Baked each morning"),
    ("Bakery", "Lemon cake", 390, "A slice with a lot of zest"),
    ("Bakery", "Croissant", 280, "With good butter"),
    ("Kitchen", "Tomato soup", 690, "With basil and sourdough bread"),
    ("Kitchen", "Cheese toast", 590, "Mountain cheese and mustard"),
)
SOLD_OUT = "Lemon cake"

DELIVERY = {"type": "delivery", "address": "12 Side St", "instructions": "Second floor"}


class Placed(msgspec.Struct, frozen=True):
    """An order of the pictures: when it was placed, by whom, what it is and how far it has been led."""

    ago: timedelta
    customer: str
    lines: dict[str, int]
    steps: tuple[str, ...] = ()
    fulfilment: dict[str, str] | None = None
    note: str | None = None


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


ORDERS = (
    Placed(_minutes(52), "Mia", {"Tomato soup": 1}, ("accept", "prepare", "ready", "complete")),
    Placed(_minutes(41), "Ben", {"Croissant": 3, "Espresso": 2}, ("accept", "prepare", "ready", "complete")),
    Placed(_minutes(24), "Lea", {"Iced latte": 2}, ("accept", "prepare", "ready")),
    Placed(_minutes(17), "Tom", {"Tomato soup": 2, "Cheese toast": 1}, ("accept", "prepare"), DELIVERY),
    Placed(_minutes(11), "Ida", {"Cinnamon bun": 4}, ("accept",), None, "Please cut them in half."),
    Placed(_minutes(3.2), "Ann", {"Flat white": 2, "Cinnamon bun": 1}, (), None, "One with oat milk, please."),
    Placed(_minutes(1.1), "Max", {"Cheese toast": 2, "Iced latte": 2}, (), {"type": "table", "table": "7"}),
)


class Scene:
    """A server whose clock stands still, and the shop on it."""

    def __init__(self, server: Shopkeeper, clock: Path) -> None:
        self.url = server.url
        self.clock = clock
        stop_clock(clock, NOW - timedelta(hours=2))
        done = post_json(self.url, "/api/setup", FIRST_RUN)
        assert done.status == 201, done
        self.business_id = str(done.json["business"]["business_id"])
        hours = {"opening_hours": {**dict.fromkeys(WEEK, DAY), "sunday": []}, "time_zone": ZONE}
        self._change(
            f"/api/businesses/{self.business_id}", {**hours, "prepare_minutes": 15, "public_contact": ["phone"]}
        )
        self.items = {name: self._add(category, name, price, about) for category, name, price, about in MENU}
        self._change(f"/api/items/{self.items[SOLD_OUT]}", {"available": False})
        for placed in ORDERS:
            self._place(placed)
        stop_clock(clock, NOW)

    @property
    def known(self) -> dict[str, str]:
        """The header field of the owner, by a token that is good at the present time."""
        tokens = post_json(self.url, "/api/auth/login", {"email": OWNER, "password": PASSWORD}).json
        return {"Authorization": f"Bearer {tokens['access_token']}"}

    def _change(self, path: str, change: dict[str, Any]) -> None:
        headers = {**self.known, "Content-Type": "application/json", "If-Match": "*"}
        answer = send(self.url, "PATCH", path, json.dumps(change).encode(), headers)
        assert answer.status == 200, answer

    def _add(self, category: str, name: str, price: int, about: str) -> str:
        item = {"name": name, "price_minor": price, "currency": "EUR", "category": category, "description": about}
        answer = post_json(self.url, "/api/items", {"business_id": self.business_id, **item}, **self.known)
        return str(answer.json["item_id"])

    def _place(self, placed: Placed) -> None:
        stop_clock(self.clock, NOW - placed.ago)
        lines = [{"item_id": self.items[name], "quantity": count} for name, count in placed.lines.items()]
        body = {
            "customer": {"name": placed.customer, "phone": "+4915112345678"},
            "lines": lines,
            "note": placed.note,
            "fulfilment": placed.fulfilment or {"type": "pickup"},
        }
        path = f"/api/businesses/{self.business_id}/orders"
        answer = post_json(self.url, path, body, **{"Idempotency-Key": new_key()})
        assert answer.status == 201, answer
        for number, step in enumerate(placed.steps, 1):
            stop_clock(self.clock, NOW - placed.ago + number * placed.ago / 8)
            done = post_json(self.url, f"/api/orders/{answer.json['order_id']}/{step}", {}, **self.known)
            assert done.status == 200, done


@contextmanager
def scene() -> Iterator[Scene]:
    """Run the server of the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        clock = Path(folder) / "clock"
        stop_clock(clock, NOW)
        with shopkeeper(Path(folder) / "shop.db", {"CLOCK": str(clock)}, JUMPING) as server:
            yield Scene(server, clock)


def take(browser: Browser, shop: Scene, folder: Path) -> None:
    """Write all pictures and their texts into a folder."""
    texts: dict[str, dict[str, Any]] = {}

    def keep(page: Page, name: str) -> None:
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement?.blur()")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            options = {"format": "webp", "quality": QUALITY}
            shot = page.context.new_cdp_session(page).send("Page.captureScreenshot", options)
            (folder / f"{name}-{scheme}.webp").write_bytes(base64.b64decode(shot["data"]))
        texts[name] = {"size": page.viewport_size, "text": _lines(page.locator("body").inner_text())}

    def somebody(size: tuple[int, int]) -> Person:
        person = Person(browser, shop.url, size=size, timezone_id=ZONE)
        person.page.clock.set_fixed_time(NOW)
        person.context.route("**/api/**", _on_time)
        return person

    owner = somebody(LYING_TABLET)
    owner.open()
    owner.sign_in(OWNER, PASSWORD)
    owner.page.locator(".board .order").nth(len(ORDERS) - 1).wait_for()
    owner.press("Start shift")
    owner.page.get_by_text("New orders ring.").wait_for()
    keep(owner.page, "board")
    owner.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    owner.page.get_by_role("link", name="Catalogue").click()
    owner.page.locator(".row").nth(len(MENU) - 1).wait_for()
    keep(owner.page, "catalogue")

    guest = somebody(PHONE)
    guest.open(f"/shop/{shop.business_id}?table=4")
    for name in ("Flat white", "Cinnamon bun"):
        guest.page.locator(".item", has_text=name).locator(".round-more").click()
    guest.page.evaluate("scrollTo(0, 0)")
    keep(guest.page, "shop")
    for person in (owner, guest):
        person.context.unroute_all(behavior="ignoreErrors")
        person.leave()
        assert person.complaints == []
    (folder / TEXTS).write_text(json.dumps(texts, ensure_ascii=False, indent=1) + "\n")


def _on_time(route: Route) -> None:
    """Pass an answer on without the hour of the machine, which is not the server's."""
    if "/events" in route.request.url:
        route.fallback()  # it waits
        return
    answer = route.fetch()
    route.fulfill(response=answer, headers={**answer.headers, "date": ""})


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def main() -> None:
    """Make all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    with scene() as shop, chromium() as browser:
        take(browser, shop, FOLDER)


if __name__ == "__main__":
    main()
