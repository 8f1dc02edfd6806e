"""The pages in Chromium: how soon an order is on the board, the first paints, and interactions in a full shop."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.honest import spread
from tests.support.board import answer_all, lead, order
from tests.support.browser import DESKTOP, PHONE, TABLET, Person, chromium, find_chromium
from tests.support.http import post_json
from tests.support.pages import OWNER, PageShop
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.shop import PASSWORD
from tests.support.tools import ROOT

PROGRAM = (str(ROOT / ".venv" / "bin" / "shopkeeper"),)
ITEMS, OPEN_ORDERS = 500, 300
NOTICED_WITHIN_SECONDS = 20.0
REPORTED_WITHIN_MS = 400
"""How long after an interaction Chromium has told how long it, and all that follows, took."""

LEAST_MS = 16.0
"""Shorter interactions are not told, and count as so long. Sources: Event Timing API, Long Animation Frames API."""

SHOWN, HEARD = "an order shown", "an order heard"
LIVE = (SHOWN, HEARD)
SHOP, FIRST_RUN, SIGN_IN = "shop of a customer", "first run", "sign in"
ROUTES = ("orders", "catalogue", "business", "webhooks", "account")
PAGES = (FIRST_RUN, SIGN_IN, *ROUTES, SHOP)
ACCEPT, ASK = "board: accept", "board: ask for a reason, and close"
SEARCH, EDIT, SELL_OUT = "catalogue: search", "catalogue: open an item, and close", "catalogue: sold out"
ADD, LOOK, FIND = "shop: into the basket", "shop: open an item, and close", "shop: search"
INTERACTIONS = (ACCEPT, ASK, SEARCH, EDIT, SELL_OUT, ADD, LOOK, FIND)

NOW = "performance.timeOrigin + performance.now()"
PRESSED = f"""
addEventListener("click", (event) => {{
    if (event.target.closest("button[type=submit]")) window.pressed = {NOW};
}}, true);
"""
NOTICED = f"""
window.shown = {{}};
window.heard = 0;
const painted = (done) => requestAnimationFrame(() => {{
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done({NOW});
    channel.port2.postMessage(0);
}});
new MutationObserver(() => {{
    if (document.documentElement.dataset.ringing === "order") window.heard ||= {NOW};
    else window.heard = 0;
    for (const card of document.querySelectorAll(".column-new .order")) {{
        const id = card.getAttribute("aria-labelledby").slice("order-".length);
        if (!(id in window.shown)) {{
            window.shown[id] = 0;
            painted((at) => {{ window.shown[id] = at; }});
        }}
    }}
}}).observe(document, {{ subtree: true, childList: true, attributeFilter: ["data-ringing"] }});
"""
"""Notes when the card of each order has been painted, and since when new orders ring."""

PAINTS = """
window.paints = new Promise((done) => {
    const look = () => {
        const first = performance.getEntriesByName("first-contentful-paint")[0];
        const isReady = document.querySelector("h1") && !document.querySelector("[aria-busy=true]");
        if (first && isReady) requestAnimationFrame(() => setTimeout(() => done([first.startTime, performance.now()])));
        else setTimeout(look, 4);
    };
    look();
});
"""
TOOK = """
window.took = [];
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.interactionId) window.took.push(entry.duration);
}).observe({ type: "event", durationThreshold: 16 });
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.took.push(entry.duration);
}).observe({ type: "long-animation-frame" });
"""
"""Notes how long interactions took until the next paint, and each long frame that they cause later."""

Spreads = dict[str, dict[str, float]]


def measure(orders: int, rounds: int) -> dict[str, Spreads]:
    """Return latencies in ms: of orders on their way to the board, of first paints, and of interactions."""
    if not find_chromium():
        print("The pages are left out: Chromium is not installed.")
        return {}
    with (
        tempfile.TemporaryDirectory(dir=ROOT / "dist") as folder,
        shopkeeper(Path(folder) / "shop.db", program=PROGRAM) as server,
        chromium() as browser,
    ):
        paints = {FIRST_RUN: _paints(browser, rounds, lambda: (f"{server.url}/", ""))}
        shop = PageShop(server)
        answer_all(shop)
        live = _live(browser, shop, orders)
        _fill(shop)
        paints |= {name: _paints(browser, rounds, address) for name, address in _addresses(server, shop)}
        return {"live": live, "paints": paints, "interactions": _interactions(browser, shop, rounds)}


def _live(browser: Browser, shop: PageShop, orders: int) -> Spreads:
    """Place orders on the customers' page, and look at the board in another window."""
    board, customer = Person(browser, shop.url, size=TABLET), Person(browser, shop.url, size=PHONE)
    board.context.add_init_script(NOTICED)
    customer.context.add_init_script(PRESSED)
    _at_the_board(board)
    board.press("Start shift")
    customer.open(f"/shop/{shop.business_id}")
    found: dict[str, list[float]] = {name: [] for name in LIVE}
    for _ in range(orders):
        order_id, pressed = _place(customer)
        shown = _await(board.page, f"window.shown['{order_id}']")
        heard = _await(board.page, "window.heard")
        found[SHOWN].append(shown - pressed)
        found[HEARD].append(heard - pressed)
        lead(shop, order_id, "accept", "prepare", "ready", "complete")
        _await(board.page, "document.documentElement.dataset.ringing === ''")
    for person in (board, customer):
        person.context.close()
    return {name: spread("", latencies) for name, latencies in found.items()}


def _at_the_board(person: Person) -> None:
    person.open()
    person.sign_in(OWNER, PASSWORD)
    person.page.locator(".board").wait_for()


def _place(customer: Person) -> tuple[str, float]:
    """Order an item, and return the order's id and when the button was pressed."""
    page = customer.page
    page.locator(".item .round-more").first.click()
    page.locator("a[href='#/basket']:visible").click()
    page.locator("button[type=submit]").wait_for()
    customer.fill(name="Ann Example", phone="+4915112345678")
    page.locator("button[type=submit]").click()
    page.locator(".ticket").wait_for()
    order_id = str(page.evaluate("location.hash")).rpartition("/")[2]
    page.locator(".ticket-acts").get_by_role("link", name="Back to the shop").click()
    return order_id, float(page.evaluate("window.pressed"))


def _await(page: Page, expression: str) -> float:
    ends = time.monotonic() + NOTICED_WITHIN_SECONDS
    while time.monotonic() < ends:
        if found := page.evaluate(expression):
            return float(found)
        page.wait_for_timeout(5)
    raise RuntimeError(f"{expression} stays false")


def _fill(shop: PageShop) -> None:
    """Fill the catalogue, and place orders that wait, are accepted and are ready, a third of each."""
    for number in range(ITEMS):
        item = {"name": f"Item {number}", "price_minor": 100 + number, "category": f"Shelf {number % 12}"}
        about = {"business_id": shop.business_id, "currency": "EUR", "description": "In a few words."}
        post_json(shop.url, "/api/items", {**about, **item}, **shop.signed_in)
    steps: Sequence[tuple[str, ...]] = ((), ("accept",), ("accept", "prepare", "ready"))
    for number in range(OPEN_ORDERS):
        placed = order(shop, f"Guest {number}", note="No sugar, please.")
        lead(shop, placed, *steps[number % len(steps)])


Address = Callable[[], tuple[str, str]]
"""Returns the address of a page, and the refresh token of somebody who is signed in there."""


def _addresses(server: Shopkeeper, shop: PageShop) -> Iterator[tuple[str, Address]]:
    def token() -> str:
        tokens = post_json(shop.url, "/api/auth/login", {"email": OWNER, "password": PASSWORD}).json
        return str(tokens["refresh_token"])

    def address(route: str) -> Address:
        return lambda: (f"{server.url}/#/{route}", token())

    yield SIGN_IN, lambda: (f"{server.url}/", "")
    for route in ROUTES:
        yield route, address(route)
    yield SHOP, lambda: (f"{server.url}/shop/{shop.business_id}", "")


def _paints(browser: Browser, rounds: int, address: Address) -> dict[str, float]:
    """Load a page in new contexts, whose caches are empty. The first load warms up Chromium and is not counted."""
    firsts, readies = [], []
    for _ in range(rounds + 1):
        url, token = address()
        context = browser.new_context(viewport={"width": TABLET[0], "height": TABLET[1]}, locale="en-GB")
        context.add_init_script(PAINTS)
        if token:
            context.add_init_script(f"sessionStorage['shopkeeper.refresh'] ??= '{token}'")
        page = context.new_page()
        page.goto(url)
        first, ready = page.evaluate("window.paints")
        firsts.append(first)
        readies.append(ready)
        context.close()
    return spread("first_", firsts[1:]) | spread("ready_", readies[1:])


def _interactions(browser: Browser, shop: PageShop, rounds: int) -> Spreads:
    found: dict[str, list[float]] = {}

    def act(name: str, person: Person, *actions: Callable[[], object]) -> None:
        for action in actions:
            person.page.evaluate("window.took.length = 0")
            action()
            person.page.wait_for_timeout(REPORTED_WITHIN_MS)
            found.setdefault(name, []).append(max([LEAST_MS, *person.page.evaluate("window.took")]))

    def somebody(size: tuple[int, int]) -> Person:
        person = Person(browser, shop.url, size=size)
        person.context.add_init_script(TOOK)
        return person

    cook = somebody(DESKTOP)
    _at_the_board(cook)
    new = cook.page.locator(".column-new .order").first
    for _ in range(rounds):
        act(ACCEPT, cook, lambda: new.locator("button:has-text('Accept')").first.click())
        act(ASK, cook, lambda: new.locator("button:has-text('Reject')").click())
        act(ASK, cook, lambda: cook.page.keyboard.press("Escape"))
    _catalogue(somebody(TABLET), rounds, act)
    _shop(somebody(PHONE), shop, rounds, act)
    return {name: spread("", latencies) for name, latencies in found.items()}


Act = Callable[..., None]


def _catalogue(owner: Person, rounds: int, act: Act) -> None:
    page = owner.page
    owner.open("/#/catalogue")
    owner.sign_in(OWNER, PASSWORD)
    page.locator(".row").nth(ITEMS - 1).wait_for(state="attached")
    page.locator("input[type=search]").focus()
    for _ in range(rounds):
        act(SEARCH, owner, lambda: page.keyboard.press("4"))
        act(SEARCH, owner, lambda: page.keyboard.press("Backspace"))
    for number in range(rounds):
        row = page.locator(".row").nth(number)
        act(EDIT, owner, row.locator(".row-main").click)
        act(EDIT, owner, lambda: page.keyboard.press("Escape"))
        act(SELL_OUT, owner, row.get_by_role("button", name="Mark sold out").click)


def _shop(customer: Person, shop: PageShop, rounds: int, act: Act) -> None:
    page = customer.page
    customer.open(f"/shop/{shop.business_id}")
    page.locator(".item").nth(ITEMS - 1).wait_for(state="attached")
    for number in range(rounds):
        item = page.locator(".item", has=page.locator(".round-more")).nth(number)  # the others are sold out
        act(ADD, customer, item.locator(".round-more").click)
        act(LOOK, customer, item.locator(".item-open").click)
        act(LOOK, customer, lambda: page.keyboard.press("Escape"))
    page.get_by_label("Search").focus()
    for _ in range(rounds):
        act(FIND, customer, lambda: page.keyboard.press("4"))
        act(FIND, customer, lambda: page.keyboard.press("Backspace"))
