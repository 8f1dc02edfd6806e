"""Links that share the traffic of a site, and the page of numbers that they open."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.domains.traffic.page_words import language_of
from shopkeeper.domains.traffic.shares import Shares
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Store
from shopkeeper.storage.tables import TABLES
from tests.support.application import SECRET, whole
from tests.support.stores import ATOMIC, open_store
from tests.support.visited import HOST, Visited

READ = ("", "/pages", "/dimensions", "/live", "/sites", "/export.csv", "/export.jsonl")
"""What a link opens."""


@pytest.fixture(params=ATOMIC)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    kind: str = request.param
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    store = open_store(kind, endpoints, tmp_path, TABLES)
    yield store
    store.close()


class Shared(Visited):
    """A site whose people are there."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.business_id = self.with_people()


@pytest.fixture
def site(store: Store) -> Shared:
    return Shared(store)


def shared(site: Visited, name: str | None = None, by: str = "ann") -> str:
    """Share a site and return the token."""
    query = {} if name is None else {"site": name}
    return str(site.give("POST", "/api/traffic/share", by=by, query=query)["token"])


def status(visited: Visited, path: str, token: str, **query: str) -> int:
    """Return the status of a reading by a token, which is the same in the header and in the query."""
    address = f"/api/traffic{path}"
    by_header = visited.ask("GET", address, query=query, headers={"traffic-share": token}).status
    assert visited.ask("GET", address, query={**query, "share": token}).status == by_header
    return by_header


def test_who_has_a_link_reads_the_shared_site_and_no_other(site: Shared) -> None:
    business_id = site.business_id
    site.visit(n=business_id, origin="https://ann.example")
    token = shared(site)
    for path in READ:
        assert status(site, path, token) == 200, path
        assert status(site, path, token, site=business_id) == 200, path
        assert status(site, path, token, site=HOST) == 404, path
    by_link = site.give("GET", "/api/traffic", headers={"traffic-share": token})
    assert by_link == site.read(reader="ann")
    assert by_link["totals"]["views"] == 1
    only = {"site": business_id, "name": "Café Zoë", "time_zone": "UTC"}
    assert site.give("GET", "/api/traffic/sites", query={"share": token}) == {"sites": [only]}


def test_a_link_never_lets_anybody_change_or_share_anything(site: Shared) -> None:
    token = shared(site)
    for method in ("GET", "POST", "DELETE"):
        for headers in ({}, {"traffic-share": token}):
            answer = site.ask(method, "/api/traffic/share", headers=headers)
            assert answer.status == 401, method


def test_a_revoked_link_is_never_valid_again(site: Shared) -> None:
    first = shared(site)
    assert shared(site) == first, "a site has one link"
    assert site.give("GET", "/api/traffic/share", by="ann")["token"] == first
    for _ in range(2):
        assert site.ask("DELETE", "/api/traffic/share", by="ann").status == 204
    assert status(site, "", first) == 404
    assert site.ask("GET", "/api/traffic/share", by="ann").status == 404
    second = shared(site)
    assert second != first
    assert (status(site, "", first), status(site, "", second)) == (404, 200)


@pytest.mark.parametrize(
    ("reader", "of_host", "of_business"), [("root", 200, 200), ("ann", 404, 200), ("bob", 404, 404), ("", 401, 401)]
)
def test_owners_share_their_business_and_admins_every_site(
    site: Shared, reader: str, of_host: int, of_business: int
) -> None:
    business_id = site.business_id
    for name, expected in (
        (HOST, of_host),
        (business_id, of_business),
        ("elsewhere.example", 401 if not reader else 404),
    ):
        answer = site.ask("POST", "/api/traffic/share", by=reader, query={"site": name})
        assert answer.status == expected, name


def test_where_traffic_is_public_only_owners_and_admins_share_and_revoke(store: Store) -> None:
    site = Visited(store, TRAFFIC_PUBLIC="true")
    business_id = site.with_people()
    token = shared(site)
    for method in ("GET", "POST", "DELETE"):
        assert site.ask(method, "/api/traffic/share", by="bob", query={"site": business_id}).status == 404
    assert status(site, "", token) == 200


def test_a_host_is_shared_under_its_name_with_and_without_www(site: Shared) -> None:
    token = shared(site, f"www.{HOST}", by="root")
    assert shared(site, HOST, by="root") == token
    assert status(site, "", token, site=f"www.{HOST}") == 200


def test_no_other_token_opens_anything(site: Shared) -> None:
    token = shared(site)
    site_part, version, code = token.split(".")
    keyring = Keyring(lambda: [SECRET])
    others = [
        "x",
        "a.b.c",
        f"{site_part}.{version}",
        f"{site_part}.{version}.{code[:-1]}{'A' if code[-1] != 'A' else 'B'}",
        f"{site_part}.{'0' * len(version)}.{code}",
        Shares(site.store, Keyring(lambda: [b"another secret of thirty-two byt"])).share(site.business_id),
        keyring.seal("order token", site_part, version),
    ]
    for other in others:
        assert status(site, "", other) == 404, other
        assert site.ask("GET", "/traffic", query={"share": other}).status == 404
    assert site.ask("GET", "/api/traffic", headers={"traffic-share": "ä"}).status == 400
    assert site.ask("GET", "/api/traffic", query={"share": "x" * 401}).status == 400


def test_the_link_of_a_deleted_business_opens_nothing(site: Shared) -> None:
    token = shared(site)
    site.give("DELETE", f"/api/businesses/{site.business_id}", by="ann")
    assert status(site, "", token) == 404


def test_those_who_share_a_site_at_once_get_the_same_link(store: Store) -> None:
    shares = Shares(store, Keyring(lambda: [SECRET]))
    with ThreadPoolExecutor(4) as pool:
        tokens = set(pool.map(lambda _: shares.share(HOST), range(8)))
    assert len(tokens) == 1
    assert shares.opened(tokens.pop()) == HOST


def page(site: Visited, **query: str) -> str:
    """Return the page of numbers as a browser of nobody in particular gets it."""
    answer = site.ask("GET", "/traffic", query=query)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    return whole(answer).decode()


def test_the_page_has_the_numbers_of_the_shared_site_without_a_script(site: Shared) -> None:
    business_id = site.business_id
    for visitor in range(3):
        site.visit("/menu", visitor=visitor, n=business_id, origin="https://ann.example")
    text = page(site, share=shared(site))
    assert '<th scope="row">/menu</th><td>3</td>' in text
    assert '<th scope="row">2026-11-21</th><td>3</td><td>3</td><td>0</td>' in text
    assert "Café Zoë" in text
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", text), "nothing is inline"


def test_the_page_offers_other_times_under_the_same_link(site: Shared) -> None:
    token = shared(site)
    text = page(site, share=token)
    links = re.findall(r'href="(/traffic\?[^"]+)"', text)
    assert len(links) == 4
    assert all(f"share={token}" in link for link in links)
    assert text.count('aria-current="page"') == 1
    assert 'aria-current="page">12 months' in page(site, share=token, by="month")


@pytest.mark.parametrize("name", ['/<script>alert("1")</script>', "/a&b='c'", '/"><img src=x onerror=y>'])
def test_names_that_visitors_send_are_escaped_on_the_page(site: Shared, name: str) -> None:
    business_id = site.business_id
    site.visit(name, n=business_id, origin="https://ann.example", e=name)
    text = page(site, share=shared(site))
    assert "<img" not in text
    assert not re.search(r"<script(?! type=\"module\" src=\"/assets/shared.js\"></script>)", text)


def test_without_a_link_the_page_is_for_nobody_unless_traffic_is_public(site: Shared, store: Store) -> None:
    refused = site.ask("GET", "/traffic")
    assert refused.status == 404
    assert b"There is nothing here" in whole(refused)
    public = Visited(store, TRAFFIC_PUBLIC="true")
    assert "Traffic of example.com" in page(public)


def test_the_page_speaks_german_to_who_prefers_it(site: Shared) -> None:
    answer: Any = site.ask("GET", "/traffic", query={"share": shared(site)}, headers={"accept-language": "de-AT,en"})
    assert b"<h1>Besuche auf " in whole(answer)
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("field", "language"),
    [("", "en"), ("de", "de"), ("fr, de;q=0.5, en;q=0.4", "de"), ("en-GB, de", "en"), ("*", "en")],
)
def test_the_first_language_that_there_is_is_taken(field: str, language: str) -> None:
    assert language_of(field) == language


def test_all_dimensions_are_read_at_once_as_each_is_alone(site: Shared) -> None:
    for number in range(4):
        site.visit(f"/{number % 2}", visitor=number, r="https://news.example/", z="Europe/Berlin", w=1280)
    site.crawl()
    for ranking in site.read("/dimensions", site=HOST, limit="1")["dimensions"]:
        alone = site.read(f"/{ranking['dimension']}", site=HOST, limit="1")
        assert {name: alone[name] for name in ranking} == ranking
