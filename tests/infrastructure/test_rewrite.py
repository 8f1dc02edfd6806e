"""Under the distribution an address is the same page as on one machine, and no other path of either is in the way."""

from fnmatch import fnmatch

from shopkeeper.functions.facts import facts
from shopkeeper.http import Endpoint
from shopkeeper.pages.docs import DOCS_PAGE, docs_listed
from shopkeeper.pages.files import CUSTOMERS_PAGE, OWNERS_PAGE, listed
from shopkeeper.runtime.machine import pages
from tests.support.rewriting import rewritten

OWN_ROUTES = {
    "/": OWNERS_PAGE,
    "/reset": OWNERS_PAGE,
    "/confirm": OWNERS_PAGE,
    "/invite": OWNERS_PAGE,
    "/shop/{business_id}": CUSTOMERS_PAGE,
    "/api/docs": DOCS_PAGE,
    "/assets/docs/{name}": "",
    "/assets/{name}": "",
    "/assets/{folder}/{name}": "",
}
"""The paths of one machine's pages, and the page that each of them is."""

FILES = listed() | docs_listed("{}")


def test_each_page_of_one_machine_is_known() -> None:
    endpoints = [one for one in vars(pages).values() if isinstance(one, Endpoint)]
    assert {endpoint.path for endpoint in endpoints} == set(OWN_ROUTES)


def test_each_page_has_its_file() -> None:
    paths = {path.replace("{business_id}", "b-1"): file for path, file in OWN_ROUTES.items() if file}
    assert rewritten(*paths) == [f"/{file}" for file in paths.values()]
    others = ["/reset/", "/shop/b-1/", "/shop/%C3%A4", "/api/docs/"]
    assert rewritten(*others) == ["/index.html", "/shop.html", "/shop.html", "/docs.html"]


def test_every_other_address_stays() -> None:
    others = [f"/{name}" for name in FILES]
    others += [
        "/shop",
        "/shop/",
        "/shop/a/b",
        "/resets",
        "/reset/a",
        "//",
        "/shop.html/../x",
        "/nothing",
        "/api/docs/a",
        "/api/docsa",
    ]
    assert rewritten(*others) == others


def test_the_api_takes_all_of_its_own_paths_and_none_of_the_pages() -> None:
    known = facts()
    patterns = known["pages"]["api"]
    for path in set(known["paths"]) - {"/"}:
        assert any(fnmatch(path, pattern) for pattern in patterns), path
    # The descriptions have a behaviour for the API docs, which comes before those of the API.
    pages = set(OWN_ROUTES) - {"/api/docs"}
    for path in (*pages, *(f"/{name}" for name in FILES), "/pictures/a/b.png"):
        assert not any(fnmatch(path, pattern) for pattern in patterns), path


def test_a_bucket_gets_the_bytes_that_one_machine_sends() -> None:
    files = FILES
    assert {OWNERS_PAGE, CUSTOMERS_PAGE, "assets/main.js", "assets/views/orders.js"} <= set(files)
    assert {name.rpartition(".")[2] for name in files} <= {one[1:] for one in facts()["pages"]["media_types"]}
    assert b"/assets/main.js" in files[OWNERS_PAGE].plain
