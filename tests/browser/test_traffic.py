"""The page of traffic: for its owner, for who has a link, and for who has no JavaScript."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import DESKTOP, PHONE, TABLET, Person, need_chromium
from tests.support.http import send
from tests.support.pages import NAME, OWNER, PageShop
from tests.support.past import give_past
from tests.support.processes import shopkeeper
from tests.support.shop import PASSWORD

Visit = Callable[..., Person]
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:68.0) Gecko/20100101 Firefox/68.0"
SITE = "http://localhost:4000"


SHIFTS = """
window.shifts = [];
const told = (one) => one.sources.map(({ node, previousRect, currentRect }) =>
    `${node?.className} ${previousRect.y} ${currentRect.y}`);
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(told)))
    .observe({ type: "layout-shift", buffered: true });
"""


class VisitedShop:
    """A shop whose business has a site, and a past."""

    def __init__(self, shop: PageShop, data: Path) -> None:
        self.url = shop.url
        self.business_id = shop.business_id
        self.signed_in = shop.signed_in
        change, path = json.dumps({"site": SITE}).encode(), f"/api/businesses/{self.business_id}"
        headers = {"Content-Type": "application/json", **self.signed_in}
        assert send(self.url, "PATCH", path, change, headers).status == 200
        give_past(data, self.business_id, datetime.now(UTC).date(), days=70, size=400, pages=30)

    def hit(self, path: str) -> None:
        """Send the hit of a page of the site."""
        headers = {"Origin": SITE, "User-Agent": FIREFOX, "Content-Type": "text/plain"}
        hit = {"p": path, "n": self.business_id, "w": 1280, "z": "Europe/Berlin"}
        assert send(self.url, "POST", "/hit", json.dumps(hit).encode(), headers).status == 204

    def share(self, method: str) -> str:
        """Ask for the link, make it or revoke it, and return its path."""
        answer = send(self.url, method, "/api/traffic/share", None, self.signed_in)
        return str(answer.json["path"]) if answer.status == 200 else ""

    def open(self, visit: Visit, address: str = "/#/traffic", **options: object) -> Person:
        """Open the page as the owner."""
        person = visit(self.url, **options)
        person.open(address)
        person.page.locator("input[name=email]").wait_for()
        person.fill(email=OWNER, password=PASSWORD)
        person.page.locator("button[type=submit]").click()
        person.page.locator(".traffic[aria-busy=false]").wait_for()
        return person


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VisitedShop]:
    need_chromium()
    data = tmp_path_factory.mktemp("visited") / "shop.db"
    with shopkeeper(data) as running:
        yield VisitedShop(PageShop(running), data)


@pytest.mark.parametrize("size", [PHONE, TABLET, DESKTOP], ids=["phone", "tablet", "desktop"])
def test_the_page_is_fit_for_everybody_and_every_finger(
    size: tuple[int, int], visited: VisitedShop, visit: Visit
) -> None:
    person = visited.open(visit, size=size)
    person.page.get_by_text("Show as a table").click()
    person.page.get_by_text("How do I count visits?").click()
    assert person.small_targets() == []
    assert person.is_as_wide_as_the_screen()
    assert person.faults() == []


def test_a_hit_is_in_the_totals_the_table_the_lists_and_the_last_hour(visited: VisitedShop, visit: Visit) -> None:
    for _ in range(3):
        visited.hit("/only-today")
    person = visited.open(visit, "/#/traffic?period=today")
    page = person.page
    expect(page.locator(".total").first).to_contain_text("3")
    expect(page.get_by_role("region", name="Pages").locator("tbody tr")).to_have_text(re.compile("/only-today"))
    expect(page.get_by_role("region", name="Last hour").locator(".total-count")).to_have_text("3")
    expect(page.get_by_role("region", name="Countries")).to_contain_text("Germany")
    page.get_by_text("Widths", exact=True).click()
    expect(page.get_by_role("region", name="Widths")).to_contain_text("Desktop")
    page.get_by_text("Show as a table").click()
    rows = page.locator(".chart-table tbody tr")
    assert sum(int(row.locator("td").first.inner_text()) for row in rows.all()) == 3


def test_another_time_is_kept_through_a_reload(visited: VisitedShop, visit: Visit) -> None:
    person = visited.open(visit)
    page = person.page
    expect(page.locator(".chart-point")).to_have_count(30)
    page.get_by_label("Time").select_option("days_7")
    expect(page.locator(".chart-point")).to_have_count(7)
    page.reload()
    expect(page.locator(".chart-point")).to_have_count(7)
    page.get_by_label("Time").select_option("custom")
    last = date.fromisoformat(page.locator("input[name=to]").input_value())
    page.locator("input[name=from]").fill((last - timedelta(days=16)).isoformat())
    expect(page.locator(".chart-point")).to_have_count(17)


def test_nothing_moves_while_the_page_fills(visited: VisitedShop, visit: Visit) -> None:
    visited.hit("/now")
    person = visited.open(visit, size=(PHONE[0], 4000))  # what moves below the screen does not count
    person.context.add_init_script(SHIFTS)
    for address in ("/#/traffic", visited.share("POST")):
        page = person.open(address)
        page.reload()
        page.locator(".traffic[aria-busy=false]").wait_for()
        expect(page.get_by_role("region", name="Last hour").locator("li").first).to_be_visible()
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("window.shifts") == []
    visited.share("DELETE")


def test_all_names_are_shown_on_demand(visited: VisitedShop, visit: Visit) -> None:
    page = visited.open(visit).page
    card = page.get_by_role("region", name="Pages")
    expect(card.locator("tbody tr")).to_have_count(11)
    card.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("dialog")).to_contain_text("/archive/29")
    assert page.get_by_role("dialog").get_by_text("Other", exact=True).count() == 0


def test_the_counts_are_saved_as_a_file(visited: VisitedShop, visit: Visit) -> None:
    page = visited.open(visit).page
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    text = Path(download.value.path()).read_text()
    assert text.startswith("period,dimension,name,count\n")
    assert ",pages,/menu," in text


def test_the_owner_shares_the_page_and_who_has_the_link_sees_it_until_it_is_revoked(
    visited: VisitedShop, visit: Visit
) -> None:
    owner = visited.open(visit)
    owner.press("Make a link")
    link = owner.page.get_by_role("textbox", name="Link").input_value()
    guest = visit(visited.url, size=PHONE)
    guest.open(link)
    guest.page.locator(".traffic[aria-busy=false]").wait_for()
    assert guest.page.locator("#plain").count() == 0
    expect(guest.page.get_by_role("region", name="Countries")).to_contain_text("Austria")
    assert guest.page.get_by_role("region", name="Share").count() == 0
    assert guest.small_targets() == []
    assert guest.is_as_wide_as_the_screen()
    assert guest.faults() == []
    owner.press("Revoke the link")
    owner.page.get_by_role("dialog").get_by_role("button", name="Revoke the link").click()
    owner.page.get_by_role("button", name="Make a link").wait_for()
    guest.page.reload()
    guest.see("There is nothing here")


def test_the_shared_page_has_its_numbers_without_javascript(visited: VisitedShop, visit: Visit) -> None:
    person = visit(visited.url, size=PHONE, java_script_enabled=False)
    page = person.open(visited.share("POST"))
    person.see(f"Traffic of {NAME}")
    expect(page.get_by_role("table", name="Pages")).to_contain_text("/menu")
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "page")
    assert page.get_by_role("table", name="By day").locator("tbody tr").count() <= 7
    visited.share("DELETE")


def test_without_a_script_nothing_is_missing_for_a_screen_reader(visited: VisitedShop, visit: Visit) -> None:
    person = visit(visited.url, size=PHONE)
    person.context.route("**/assets/shared.js", lambda route: route.abort())
    person.open(visited.share("POST"))
    person.see(f"Traffic of {NAME}")
    assert person.small_targets() == []
    assert person.is_as_wide_as_the_screen()
    assert person.faults() == []


def test_a_shop_without_a_visit_is_told_how_to_count(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    page = person.open("/#/traffic")
    person.sign_in(OWNER, PASSWORD)
    person.see("No visits yet")
    tag = page.get_by_role("textbox", name="Line for your pages").input_value()
    assert tag == f'<script src="{shop.url}/shop.js" data-site="{shop.business_id}" defer></script>'
    assert page.get_by_role("link", name="To the business").get_attribute("href") == "#/business"
    assert person.faults() == []
    assert person.small_targets() == []


def test_a_view_that_could_not_be_loaded_is_loaded_on_demand(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    page = person.open("/#/account")
    person.sign_in(OWNER, PASSWORD)
    person.see("This device")
    page.route("**/assets/traffic.css", lambda route: route.abort())
    page.get_by_role("link", name="Traffic").click()
    page.get_by_role("button", name="Try again").wait_for()
    page.unroute("**/assets/traffic.css")
    person.press("Try again")
    person.see("No visits yet")


def test_a_failure_is_told_and_what_was_shown_stays(visited: VisitedShop, visit: Visit) -> None:
    person = visited.open(visit)
    page = person.page
    page.route("**/api/traffic?*", lambda route: route.fulfill(status=503, body="{}"))
    page.get_by_label("Time").select_option("days_7")
    page.get_by_text("Nothing was lost").wait_for()
    expect(page.locator(".chart-point")).to_have_count(30)
    page.unroute("**/api/traffic?*")
    person.press("Try again")
    expect(page.locator(".chart-point")).to_have_count(7)
