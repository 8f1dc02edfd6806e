"""The script on real pages in Chromium, in front of a real server: which views and events it sends, and when none."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from shopkeeper.domains.traffic.records import hours_between
from shopkeeper.domains.traffic.rollup import Rollup, merged
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES
from tests.support.browser import chromium_alone, need_chromium
from tests.support.http import post_json, send
from tests.support.pages import FIRST_RUN
from tests.support.processes import shopkeeper
from tests.support.sites import API, SITE, Gate, Hit, Site, Stand, listening

PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
RESOLVED = (f"--host-resolver-rules=MAP {SITE} 127.0.0.1, MAP {API} 127.0.0.1",)
AS_A_PERSON = ("--no-sandbox", "--disable-blink-features=AutomationControlled", *RESOLVED)
LINK = '<a id="link" href="/second">Second</a>'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    need_chromium()
    data = tmp_path_factory.mktemp("traffic") / "shop.db"
    site = Site()
    with listening(site) as port:
        sites = {"SITES": f"{SITE}:{port},127.0.0.1:{port}", "HIT_PATH": "/seen"}
        with shopkeeper(data, sites) as server:
            gate = Gate(server.url, below="/stage")
            with listening(gate) as at:
                yield Stand(site, gate, f"http://{SITE}:{port}", f"http://{API}:{at}/stage", data)


@pytest.fixture
def stand(served: Stand) -> Stand:
    """The site with two pages, and nothing noted yet."""
    served.gate.hits.clear()
    served.gate.asked.clear()
    served.site.asked.clear()
    served.site.policies.clear()
    served.site.pages.clear()
    served.site.held.clear()
    served.site.pages |= {"/": served.tag("defer") + LINK, "/second": served.tag("defer")}
    return served


@pytest.fixture(scope="module")
def persons(browser: Browser) -> Iterator[Browser]:
    """A Chromium that does not tell that a program drives it, and keeps pages to go back to, as for people."""
    running = browser.browser_type.launch(
        executable_path=need_chromium(), args=AS_A_PERSON, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield running
    running.close()


@pytest.fixture(scope="module")
def context(persons: Browser) -> Iterator[BrowserContext]:
    opened = persons.new_context(user_agent=PERSON, timezone_id="Europe/Berlin", viewport={"width": 800, "height": 600})
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page in which no error may happen."""
    errors: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close()
    assert errors == []


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Let the page go on until something is so. Raises AssertionError if it never is."""
    for _ in range(3000):
        if is_so():
            return
        page.wait_for_timeout(10)
    raise AssertionError("it never was so")


def hits_of(stand: Stand, page: Page) -> list[Hit]:
    """Return the hits after all that the page has sent: what it sends now comes after them."""
    stand.gate.asked.clear()
    page.evaluate("(url) => void fetch(url, { mode: 'no-cors' })", f"{stand.api}/counter/after-all")
    until(page, lambda: bool(stand.gate.asked))
    page.wait_for_timeout(50)
    return stand.gate.hits


def test_a_view_is_one_simple_request_that_tells_the_page_and_little_more(stand: Stand, page: Page) -> None:
    page.goto(f"{stand.address}/?token=secret#part", referer="https://search.example/found?q=illness")
    (hit,) = stand.gate.wait_for(1)
    referrer = hit.sent.pop("r")
    assert hit.sent == {"p": "/", "w": 800, "z": "Europe/Berlin", "b": 0}
    assert referrer.startswith("https://search.example/")
    assert "illness" not in referrer
    assert (hit.path, hit.status) == ("/stage/seen", 204)
    assert hit.headers["content-type"].startswith("text/plain")
    assert "cookie" not in hit.headers
    assert "OPTIONS /stage/seen" not in stand.gate.asked, "it needs no preflight"


QUERIES: list[tuple[str, str]] = [
    ("?utm_source=letter&utm_medium=mail&x=1&utm_campaign=may", "?utm_source=letter&utm_medium=mail&utm_campaign=may"),
    ("?x=1&ref=friend", "?ref=friend"),
    ("?source=a%26b&href=no", "?source=a%26b"),
    ("?xref=no&utm=no", ""),
    ("#?ref=no", ""),
    ("?", ""),
]


@pytest.mark.parametrize(("query", "kept"), QUERIES)
def test_of_the_query_only_campaigns_leave_the_page(query: str, kept: str, stand: Stand, page: Page) -> None:
    page.goto(f"{stand.address}/{query}")
    assert stand.paths(1) == [f"/{kept}"]


CANONICAL: list[tuple[str, str]] = [
    ("{site}/shoes?size=1#part", "/shoes"),
    ("/shoes", "/shoes"),
    ("https://other.example/shoes", "/second"),
    ("{site}.evil.example/shoes", "/second"),
    ("http://[", "/second"),
    ("", "/second"),
]


@pytest.mark.parametrize(("address", "counted"), CANONICAL)
def test_a_page_is_counted_as_its_canonical_address_of_the_same_site(
    address: str, counted: str, stand: Stand, page: Page
) -> None:
    link = f'<link rel="canonical" href="{address.format(site=stand.address)}">'
    stand.site.pages["/second"] = link + stand.tag()
    page.goto(f"{stand.address}/second?utm_source=a")
    assert stand.paths(1) == [f"{counted}?utm_source=a"]


NAVIGATIONS: list[tuple[str, list[str]]] = [
    ("history.pushState(null, '', '/a')", ["/", "/a"]),
    ("history.replaceState(null, '', '/a')", ["/", "/a"]),
    ("history.pushState(null, '', '/?x=1')", ["/"]),
    ("history.replaceState({ kept: 1 }, '')", ["/"]),
    ("history.pushState(null, '', '/a'); history.replaceState(null, '', '/b')", ["/", "/b"]),
    ("location.hash = 'part'", ["/"]),
]


@pytest.mark.parametrize(("script", "counted"), NAVIGATIONS)
def test_a_change_of_the_path_is_a_view(script: str, counted: list[str], stand: Stand, page: Page) -> None:
    page.goto(f"{stand.address}/")
    stand.gate.wait_for(1)
    page.evaluate(f"() => {{ {script} }}")
    stand.gate.wait_for(len(counted))
    assert [hit.sent["p"] for hit in hits_of(stand, page)] == counted
    assert [hit.sent["r"] for hit in stand.gate.hits[1:]] == [stand.address] * (len(counted) - 1)


def test_going_back_in_a_page_of_one_document_is_a_view(stand: Stand, page: Page) -> None:
    page.goto(f"{stand.address}/")
    stand.gate.wait_for(1)
    page.evaluate("history.pushState(null, '', '/a')")
    stand.gate.wait_for(2)
    page.evaluate("history.back()")
    assert stand.paths(3) == ["/", "/a", "/"]


def test_the_canonical_address_of_the_former_page_is_not_that_of_the_next(stand: Stand, page: Page) -> None:
    stand.site.pages["/"] = f'<link rel="canonical" href="/first">{stand.tag()}'
    page.goto(f"{stand.address}/")
    stand.gate.wait_for(1)
    page.evaluate("history.pushState(null, '', '/a?x=1')")
    stand.gate.wait_for(2)
    page.evaluate("history.pushState(null, '', '/b'); document.querySelector('[rel=canonical]').href = '/second'")
    assert stand.paths(3) == ["/first", "/a", "/second"]


def test_a_page_that_a_browser_kept_to_go_back_to_is_seen_again(stand: Stand, page: Page) -> None:
    page.goto(f"{stand.address}/")
    stand.gate.wait_for(1)
    page.goto(f"{stand.address}/second")
    stand.gate.wait_for(2)
    page.evaluate("void setTimeout(() => history.back())")
    assert stand.paths(3) == ["/", "/second", "/"]
    assert stand.gate.hits[2].sent["r"] == stand.address, "it is no entry"
    assert [path for path, _ in stand.site.asked].count("/") == 1, "it came from the browser's own memory"


def test_a_page_that_is_rendered_in_advance_is_counted_when_it_is_seen(stand: Stand, tmp_path: Path) -> None:
    """Chromium renders nothing in advance while a tool controls it, so here it runs by itself."""
    rules = '<script type="speculationrules">{"prerender": [{"urls": ["/second"], "eagerness": "immediate"}]}</script>'
    goes_on = "<script>fetch('/go').then(() => document.querySelector('#link').click())</script>"
    stand.site.pages["/"] += rules + goes_on
    in_advance = "<script>shopkeeper('loaded'); if (document.prerendering) fetch('/in-advance')</script>"
    stand.site.pages["/second"] = stand.tag() + in_advance
    may_go = stand.site.held["/go"] = threading.Event()
    with chromium_alone(f"{stand.address}/", tmp_path, *RESOLVED):
        stand.site.wait_for("/in-advance")
        assert stand.paths(1) == ["/"], "nobody has seen the other one"
        may_go.set()
        seen = stand.gate.wait_for(3)[1:]
    assert sorted((hit.sent["p"], hit.sent.get("e", "")) for hit in seen) == [("/second", ""), ("/second", "loaded")]
    assert [purpose for path, purpose in stand.site.asked if path == "/second"] == ["prefetch;prerender"], "once"
    assert [hit.headers.get("sec-purpose") for hit in seen] == [None, None]


OFF: list[tuple[str, str]] = [
    ("Global Privacy Control", "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"),
    ("Do Not Track", "Object.defineProperty(navigator, 'doNotTrack', { value: '1' })"),
    ("the owner's own browser", "localStorage.shopkeeper = 'off'"),
]


@pytest.mark.parametrize("script", [script for _, script in OFF], ids=[name for name, _ in OFF])
def test_nothing_is_sent_of_who_does_not_want_to_be_counted(script: str, stand: Stand, page: Page) -> None:
    page.add_init_script(script)
    page.goto(f"{stand.address}/")
    page.evaluate("shopkeeper('order'); history.pushState(null, '', '/a')")
    assert hits_of(stand, page) == []
    page.evaluate("localStorage.clear()")


ON: list[tuple[str, str]] = [
    ("no Global Privacy Control", "Object.defineProperty(navigator, 'globalPrivacyControl', { value: false })"),
    ("Do Not Track is off", "Object.defineProperty(navigator, 'doNotTrack', { value: '0' })"),
    ("another value", "localStorage.shopkeeper = 'on'"),
    ("no storage", "Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } })"),
    ("an element of that name", "document.addEventListener('DOMContentLoaded', () => document.body.id = 'shopkeeper')"),
]


@pytest.mark.parametrize("script", [script for _, script in ON], ids=[name for name, _ in ON])
def test_everybody_else_is_counted(script: str, stand: Stand, page: Page) -> None:
    page.add_init_script(script)
    page.goto(f"{stand.address}/")
    assert stand.paths(1) == ["/"]


def test_pages_on_the_developers_machine_are_counted_only_if_they_say_so(stand: Stand, page: Page) -> None:
    page.goto(f"{stand.local}/")
    page.goto(f"{stand.local.replace('127.0.0.1', 'my.localhost')}/")
    assert hits_of(stand, page) == []
    stand.site.pages["/second"] = stand.tag("data-local")
    page.goto(f"{stand.local}/second")
    assert stand.paths(1) == ["/second"]


def test_a_browser_that_a_program_drives_says_so(stand: Stand, browser: Browser) -> None:
    driven = browser.new_page()
    stand.site.pages["/"] = stand.tag("data-local").replace(API, "127.0.0.1")
    driven.goto(f"{stand.local}/")
    assert [hit.sent["b"] for hit in stand.gate.wait_for(1)] == [1]
    driven.close()


def test_events_are_told_by_a_function_and_by_an_attribute(stand: Stand, page: Page) -> None:
    stand.site.pages["/"] += '<button data-event="menu"><b id="inner">Menu</b></button><i id="other">No</i>'
    stand.site.pages["/"] += '<a data-event="" href="#a">Nameless</a>'
    page.goto(f"{stand.address}/")
    stand.gate.wait_for(1)
    page.click("#inner")
    page.click("#other")
    page.click("text=Nameless")
    stand.gate.wait_for(2)
    page.evaluate("shopkeeper('order'); shopkeeper(''); shopkeeper(); document.dispatchEvent(new Event('click'))")
    stand.gate.wait_for(3)
    assert [hit.sent.get("e") for hit in hits_of(stand, page)] == [None, "menu", "order"]
    assert {hit.status for hit in stand.gate.hits} == {204}


def test_what_is_sent_while_the_page_is_left_arrives(stand: Stand, page: Page) -> None:
    stand.site.pages["/"] = stand.tag() + '<a id="out" data-event="out" href="/second">Out</a>'
    stand.site.pages["/"] += "<script>document.querySelector('#out').click()</script>"
    stand.gate.open.clear()
    page.goto(f"{stand.address}/", wait_until="commit")
    page.wait_for_url("**/second", wait_until="commit")
    stand.gate.open.set()
    told = [(hit.sent["p"], hit.sent.get("e")) for hit in stand.gate.wait_for(3)]
    assert sorted(told, key=str) == [("/", "out"), ("/", None), ("/second", None)]


@pytest.mark.parametrize("beacon", ["() => false", "undefined"])
def test_where_a_beacon_cannot_be_sent_a_request_is_that_outlives_the_page(
    beacon: str, stand: Stand, page: Page
) -> None:
    page.add_init_script(f"navigator.sendBeacon = {beacon}")
    page.goto(f"{stand.address}/")
    page.goto(f"{stand.address}/second")
    assert sorted(stand.paths(2)) == ["/", "/second"], "each on a connection of its own, so either may arrive first"
    assert {hit.status for hit in stand.gate.hits} == {204}


def test_a_tag_that_stands_there_twice_counts_once(stand: Stand, page: Page) -> None:
    stand.site.pages["/"] = stand.tag() + stand.tag("defer")
    page.goto(f"{stand.address}/")
    stand.gate.wait_for(1)
    assert [hit.sent["p"] for hit in hits_of(stand, page)] == ["/"]


POLICIES: list[tuple[str, list[str]]] = [
    ("default-src 'none'; script-src {api}; connect-src {api}", ["/"]),
    ("default-src 'self' {api}", ["/"]),
    ("default-src 'none'; script-src {api}", []),
    ("default-src 'none'; connect-src {api}", []),
]


@pytest.mark.parametrize(("policy", "counted"), POLICIES)
def test_a_site_must_permit_the_script_and_its_requests(
    policy: str, counted: list[str], stand: Stand, page: Page
) -> None:
    origin = stand.api.removesuffix("/stage")
    stand.site.policies["/"] = policy.format(api=origin)
    page.goto(f"{stand.address}/")
    stand.gate.wait_for(len(counted))
    page.goto("about:blank")
    page.goto(f"{stand.address}/second")
    assert stand.paths(len(counted) + 1) == [*counted, "/second"]


@pytest.mark.parametrize("blocked", ["**/shop.js", "**/seen"])
def test_a_page_does_not_notice_that_somebody_blocks_its_hits(blocked: str, stand: Stand, page: Page) -> None:
    page.route(blocked, lambda route: route.abort("blockedbyclient"))
    page.goto(f"{stand.address}/")
    page.evaluate("window.shopkeeper?.('order')")
    page.click("#link")
    page.wait_for_url("**/second")


def test_a_business_counts_the_pages_of_its_own_site(stand: Stand, page: Page) -> None:
    done = post_json(stand.gate.upstream, "/api/setup", FIRST_RUN).json
    name = done["business"]["business_id"]
    signed_in = {"Authorization": f"Bearer {done['tokens']['access_token']}", "Content-Type": "application/json"}
    body = json.dumps({"site": stand.local}).encode()
    assert send(stand.gate.upstream, "PATCH", f"/api/businesses/{name}", body, signed_in).status == 200
    stand.site.pages["/"] = stand.tag(f'data-site="{name}" data-local')
    page.goto(f"{stand.local}/")
    stand.gate.wait_for(1, name)  # a hit of the test before may be late
    page.goto(f"{stand.address}/")
    assert [hit.status for hit in stand.gate.wait_for(2, name)] == [204, 403]


def counted_in(data: Path, site: str) -> Rollup:
    """Return all that was counted for a site."""
    store = SQLiteStore(data, TABLES)
    try:
        return merged(rollup for _, rollup in hours_between(store, site, "2026-01-01T00", "2099-12-31T23"))
    finally:
        store.close()


def test_what_the_script_sends_is_what_is_counted(
    tmp_path: Path, persons: Browser, browser: Browser, context: BrowserContext
) -> None:
    need_chromium()
    site = Site()
    with listening(site) as port, shopkeeper(tmp_path / "shop.db", {"SITES": f"{SITE}:{port}"}) as server:
        gate = Gate(server.url)
        with listening(gate) as at:
            tag = f'<script src="http://{API}:{at}/shop.js"></script>'
            site.pages |= {"/": tag + LINK, "/second": f'{tag}<a href="#" id="order" data-event="order">Order</a>'}
            page = context.new_page()
            page.goto(f"http://{SITE}:{port}/?utm_source=letter", referer="https://search.example/")
            page.click("#link")
            gate.wait_for(2)
            page.click("#order")
            assert [hit.status for hit in gate.wait_for(3)] == [204] * 3
            page.close()
    found = counted_in(tmp_path / "shop.db", f"{SITE}:{port}")
    assert (found.views, found.uniques, found.bots) == (2, 1, 0)
    wanted = {
        "p": {"/": 1, "/second": 1},
        "e": {"/": 1},
        "s": {"search.example": 1},
        "c": {"letter": 1},
        "l": {"DE": 1},
        "w": {"tablet": 1},
        "n": {"order": 1},
    }
    assert {letter: found.counts[letter] for letter in wanted} == wanted
