"""The recipes that are pages, in Chromium, on another origin than the API."""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.support.browser import Person, need_chromium
from tests.support.http import send
from tests.support.processes import shopkeeper
from tests.support.recipes import filled, recipe
from tests.support.shop import Owner
from tests.support.sites import Site, listening

Visit = Callable[..., Person]


class Stand:
    """A server with an owner's shop, and a site of the owner on another port."""

    def __init__(self, site: Site, url: str, owner: Owner) -> None:
        self.site = site
        self.url = url
        self.owner = owner


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    need_chromium()
    site = Site()
    data = tmp_path_factory.mktemp("recipes") / "shop.db"
    with listening(site) as port, shopkeeper(data, {"SITES": f"127.0.0.1:{port}"}) as server:
        owner = Owner(server.url)
        owner.add()
        yield Stand(site, f"http://127.0.0.1:{port}", owner)


def test_the_page_in_plain_javascript_counts_shows_and_takes_an_order(stand: Stand, visit: Visit) -> None:
    stand.site.pages["/"] = filled(recipe("Plain JavaScript", "html"), stand.owner)
    person = visit(stand.url)
    person.open("/")
    person.page.get_by_role("button", name="Espresso €2.50").click()
    person.page.get_by_text("received", exact=True).wait_for()
    assert person.page.locator("#visits").inner_text() == "1"
    assert len(stand.owner.ask("GET", f"{stand.owner.orders}?status=received").json["orders"]) == 1


def test_the_partial_for_hugo_counts_each_page_by_its_name(stand: Stand, visit: Visit) -> None:
    # Hugo itself is not run: the two expressions are replaced as it would replace them.
    values = {".Site.Params.api": stand.owner.url, ".File.ContentBaseName | urlize": "about-us"}
    template = recipe("Hugo and other static sites", "html")
    expressions = re.findall(r"\{\{ (.+?) \}\}", template)
    assert set(expressions) == set(values)
    stand.site.pages["/about"] = re.sub(r"\{\{ (.+?) \}\}", lambda match: values[match[1]], template)
    person = visit(stand.url)
    person.open("/about")
    person.page.get_by_text("Views: 1").wait_for()
    assert send(stand.owner.url, "GET", "/counter/about-us").json["count"] == 2


def test_the_tag_sends_a_view_and_the_badge_shows_a_count(stand: Stand, visit: Visit) -> None:
    tag, badge = (filled(recipe("Visitors in depth", "html", number), stand.owner) for number in (0, 1))
    # The site is one of SITES here, and on this machine, of which the script sends nothing unless it is told to.
    tag = tag.replace(f'data-site="{stand.owner.business_id}"', "data-local")
    assert "data-local" in tag
    stand.site.pages["/tagged"] = f"<!doctype html><title>Tagged</title>{tag}{badge}"
    person = visit(stand.url)
    with person.page.expect_response(lambda response: response.url.endswith("/hit")) as sent:
        person.open("/tagged")
    assert sent.value.status == 204
    assert person.page.evaluate("document.images[0].decode().then(() => document.images[0].naturalWidth > 20)")
