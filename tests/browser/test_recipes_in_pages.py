"""The recipes that are pages, in Chromium, on another origin than the API."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.browser import Person, need_chromium
from tests.support.http import send
from tests.support.processes import shopkeeper
from tests.support.recipes import filled, recipe
from tests.support.shop import Owner
from tests.support.sites import Site, listening
from tests.support.tools import need

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


def test_hugo_makes_pages_of_the_partial_that_count_themselves_by_name(
    stand: Stand, visit: Visit, tmp_path: Path
) -> None:
    hugo = need("hugo")
    page = '<!doctype html><title>{{ .Title }}</title>{{ partial "visits.html" . }}'
    files = {
        "hugo.toml": f'baseURL = "{stand.url}/"\n[params]\napi = "{stand.owner.url}"\n',
        "layouts/partials/visits.html": recipe("Hugo and other static sites", "html"),
        "layouts/_default/single.html": page,
        "layouts/_default/list.html": page,
        "content/_index.md": "",
        "content/About Us.md": "",
        "content/menu/tea/index.md": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    done = subprocess.run([hugo], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "WARN" in done.stdout + done.stderr) == (0, False), done.stdout + done.stderr
    public = {
        path: (tmp_path / "public" / path / "index.html").read_text() for path in ("", "about-us", "menu/tea", "menu")
    }
    for path, name in (("about-us", "about-us"), ("menu/tea", "tea")):
        stand.site.pages[f"/{path}"] = public[path]
        person = visit(stand.url)
        person.open(f"/{path}")
        person.page.get_by_text("Views: 1").wait_for()
        assert send(stand.owner.url, "GET", f"/counter/{name}").json["count"] == 2
    assert f'"{stand.owner.url}/counter/home"' in public[""]
    assert "data-counter=" not in public["menu"], "a list without a file of its own has no name"


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
