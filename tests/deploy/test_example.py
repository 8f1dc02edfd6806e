"""The Next.js example, built and started, in a real browser: a customer orders, and the owner sees it at once."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import chromium, need_chromium
from tests.support.processes import Shopkeeper, free_port, running, shopkeeper
from tests.support.shop import PASSWORD, Owner
from tests.support.tools import ROOT, need

EXAMPLE = ROOT / "clients" / "typescript" / "example"
BUILDS_WITHIN_SECONDS = 600
SETTINGS = {"NEXT_TELEMETRY_DISABLED": "1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopkeeper]:
    """A server for the site."""
    need_chromium()
    with shopkeeper(tmp_path_factory.mktemp("example") / "shop.db") as one:
        yield one


@pytest.fixture(scope="module")
def owner(server: Shopkeeper) -> Owner:
    """The owner of the shop, with two items."""
    one = Owner(server.url)
    one.add(name="Espresso", price_minor=250)
    one.add(name="Flat white", price_minor=380)
    return one


@pytest.fixture(scope="module")
def site(server: Shopkeeper, owner: Owner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example, built for that server and started."""
    program = need(EXAMPLE / "node_modules" / ".bin" / "next")
    settings = {**SETTINGS, "SHOPKEEPER_URL": server.url, "BUSINESS_ID": owner.business_id}
    built = subprocess.run(
        [program, "build"],
        cwd=EXAMPLE,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILDS_WITHIN_SECONDS,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    port = free_port()
    variables = [f"{name}={value}" for name, value in settings.items()]
    start = ["env", *variables, program, "start", "--port", str(port), "--hostname", "127.0.0.1"]
    command = ["sh", "-c", 'cd "$0" && exec "$@"', str(EXAMPLE), *start]
    log = tmp_path_factory.mktemp("next") / "next.log"
    with running(command, port, log):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium."""
    with chromium() as one:
        yield one


@pytest.fixture
def asked(site: str) -> list[str]:
    """The addresses that pages asked for."""
    return []


def open_page(browser: Browser, asked: list[str], address: str) -> Page:
    """Open an address in a window of its own, which notes what is asked for."""
    page = browser.new_context().new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    return page


def test_a_customer_orders_and_the_owner_accepts(site: str, owner: Owner, browser: Browser, asked: list[str]) -> None:
    staff = open_page(browser, asked, f"{site}/owner")
    staff.get_by_label("Email").fill(owner.email)
    staff.get_by_label("Password").fill("wrong password")
    staff.get_by_role("button", name="Sign in").click()
    expect(staff.get_by_role("alert").first).to_have_text("Email and password do not belong together.")
    staff.get_by_label("Password").fill(PASSWORD)
    staff.get_by_role("button", name="Sign in").click()
    staff.get_by_role("heading", name="Orders").wait_for()

    customer = open_page(browser, asked, site)
    assert "Espresso" in customer.request.get(site).text(), "the catalogue is in the page that the server sends"
    customer.get_by_role("heading", name="Café Zoë").wait_for()
    customer.get_by_text("You are visitor").wait_for()
    customer.get_by_role("button", name="Add Espresso").click()
    customer.get_by_role("button", name="Add Espresso").click()
    customer.get_by_role("button", name="Add Flat white").click()
    customer.get_by_text("Total: €8.80").wait_for()
    customer.get_by_label("Name").fill("Bob")
    customer.get_by_label("Phone").fill("+14155550199")
    customer.get_by_role("button", name="Order").click()
    customer.get_by_role("heading", name="Order 1").wait_for()
    expect(customer.get_by_role("status")).to_have_text("received")

    staff.get_by_role("button", name="Accept order 1").click()
    expect(customer.get_by_role("status")).to_have_text("accepted")
    staff.get_by_text("1: Bob, accepted").wait_for()
    assert [order["status"] for order in owner.ask("GET", owner.orders).json["orders"]] == ["accepted"]
    assert {address.split("/")[2] for address in asked} == {site.split("/")[2]}, "no page asks another origin"


def test_the_session_survives_a_reload_and_no_script_can_read_its_cookie(
    site: str, owner: Owner, browser: Browser, asked: list[str]
) -> None:
    staff = open_page(browser, asked, f"{site}/owner")
    staff.get_by_label("Email").fill(owner.email)
    staff.get_by_label("Password").fill(PASSWORD)
    staff.get_by_role("button", name="Sign in").click()
    staff.get_by_role("heading", name="Orders").wait_for()
    cookies = staff.context.cookies(f"{site}/session")
    assert [(one["name"], one["httpOnly"], one["secure"], one["sameSite"]) for one in cookies] == [
        ("shopkeeper", True, True, "Strict")
    ]
    assert staff.evaluate("document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })") == "{}"
    staff.reload()
    staff.get_by_role("heading", name="Orders").wait_for()
    staff.get_by_role("button", name="Sign out").click()
    staff.get_by_role("heading", name="Sign in").wait_for()
    staff.reload()
    staff.get_by_role("heading", name="Sign in").wait_for()
    assert staff.context.cookies(f"{site}/session") == []


def test_another_site_cannot_sign_anybody_in_or_out(site: str, browser: Browser, asked: list[str]) -> None:
    page = open_page(browser, asked, site)
    for method in ("POST", "DELETE"):
        answer = page.request.fetch(f"{site}/session", method=method, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status == 403
