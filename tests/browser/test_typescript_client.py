"""The TypeScript client in the tabs of a browser: they share one session, whose tokens are used once."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.support.browser import Person
from tests.support.pages import OWNER, PageShop
from tests.support.shop import PASSWORD
from tests.support.typescript import CLIENT, bundle

HERE = "/client.html"
PAGE = '<!doctype html><meta charset="utf-8"><title>A site</title><link rel="icon" href="data:,">'
OPEN = """async (script) => {
    const client = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    window.shop = client.createShopkeeper({ baseUrl: "", storage: client.webStorage(sessionStorage, "tabs") });
    return window.shop.session.isSignedIn();
}"""
SIGN_IN = "([email, password]) => window.shop.session.signIn(email, password)"
ME = "() => window.shop.get('/api/users/me').then((me) => me.email, (error) => error.code)"
TOKEN = "() => window.shop.session.accessToken()"
RENEW = "(stale) => { window.renewed = window.shop.session.renew(stale); }"
RENEWED = "() => window.renewed"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The client as one module."""
    return bundle(CLIENT / "src" / "index.ts", tmp_path_factory.mktemp("client") / "client.js").read_text()


def open_tab(person: Person, script: str) -> tuple[Page, bool]:
    """Open a page of a site with the client, and return whether somebody is signed in there."""
    page = person.context.new_page()
    page.goto(HERE)
    return page, bool(page.evaluate(OPEN, script))


def test_tabs_share_a_session_and_renew_it_once(shop: PageShop, visit: Callable[..., Person], script: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body=PAGE, content_type="text/html")

    person = visit(shop.url)
    person.context.route(f"**{HERE}", answer)
    first, signed_in = open_tab(person, script)
    assert not signed_in
    first.evaluate(SIGN_IN, [OWNER, PASSWORD])
    second, signed_in = open_tab(person, script)
    third, also = open_tab(person, script)
    assert signed_in
    assert also
    tabs: list[Any] = [first, second, third]
    assert [tab.evaluate(ME) for tab in tabs] == [OWNER] * 3
    assert person.refreshes == 0

    stale = first.evaluate(TOKEN)
    for tab in tabs:
        tab.evaluate(RENEW, stale)
    assert len({tab.evaluate(RENEWED) for tab in tabs}) == 1
    assert person.refreshes == 1

    first.reload()
    assert first.evaluate(OPEN, script)
    assert first.evaluate(ME) == OWNER
    assert person.refreshes == 1

    second.evaluate("() => window.shop.session.signOut()")
    assert [tab.evaluate(ME) for tab in tabs] == ["unauthenticated"] * 3
