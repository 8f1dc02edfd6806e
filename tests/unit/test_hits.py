"""Hits: which are taken, and what each of them counts."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from shopkeeper.domains.traffic import sites
from shopkeeper.domains.traffic.hit_endpoints import PIXEL
from shopkeeper.domains.traffic.hit_model import UnknownSite
from shopkeeper.domains.traffic.records import hours_between
from shopkeeper.domains.traffic.rollup import Rollup, merged
from shopkeeper.http import Response
from shopkeeper.storage import Changes
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import BUSINESSES, TABLES, VISITORS
from tests.support.application import Shop
from tests.support.traffic import ELSEWHERE, FIREFOX, ORIGIN, SITE, Pages, Steps, check_sums

PAGE = {"origin": ORIGIN, "user-agent": FIREFOX}
SHOPS_PAGE = {**PAGE, "origin": "https://shop.example"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(
        SQLiteStore(tmp_path / "shop.db", TABLES), SITES="www.example.com, blog.example.com:8443,localhost:3000"
    )
    yield shop
    shop.store.close()


def counted(shop: Shop, site: str = SITE) -> Rollup:
    found = merged(rollup for _, rollup in hours_between(shop.store, site, "2000-01-01T00", "2099-12-31T23"))
    check_sums(found)
    return found


def hit(shop: Shop, body: object, headers: Mapping[str, str] = PAGE) -> Response:
    return shop.ask("POST", "/hit", body, headers=headers)


# Which hits are taken


@pytest.mark.parametrize(
    ("headers", "site"),
    [
        ({"origin": "https://example.com"}, SITE),
        ({"origin": "https://www.example.com"}, SITE),
        ({"origin": "http://EXAMPLE.com"}, SITE),
        ({"origin": "https://example.com:443"}, SITE),
        ({"referer": "https://www.example.com/menu?x=https://other.example/"}, SITE),
        ({"origin": "null", "referer": "https://example.com/"}, SITE),
        ({"origin": "https://blog.example.com:8443"}, "blog.example.com:8443"),
        ({"origin": "http://localhost:3000"}, "localhost:3000"),
    ],
)
def test_a_page_of_a_site_is_counted_for_it(shop: Shop, headers: dict[str, str], site: str) -> None:
    response = hit(shop, {"p": "/"}, {**headers, "user-agent": FIREFOX})
    assert (response.status, response.body) == (204, b"")
    assert counted(shop, site).views == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://other.example"},
        {"origin": "https://example.com.other.example"},
        {"origin": "https://example.com@other.example"},
        {"origin": "https://other.example/https://example.com"},
        {"origin": "https://example.com:8443"},
        {"origin": "https://blog.example.com"},
        {"origin": "https://sub.example.com"},
        {"origin": "https://other.example", "referer": "https://example.com/"},
        {"referer": "https://other.example/?https://example.com/"},
        {"referer": "https://other.example\\@example.com/"},
        {"referer": "example.com"},
        {"origin": "|open"},
    ],
)
def test_a_page_of_no_site_is_refused(shop: Shop, headers: dict[str, str]) -> None:
    response = hit(shop, {"p": "/"}, headers)
    assert (response.status, msgspec.json.decode(response.body)["code"]) == (403, "unknown_site")  # type: ignore[arg-type]
    assert counted(shop).views == 0
    assert shop.store.scan(VISITORS).items == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"p": 1}, 400, "invalid_input"),
        ({"p": "/", "x": 1}, 400, "invalid_input"),
        ({"p": "/", "w": -1}, 400, "invalid_input"),
        ({"p": "/", "b": 2}, 400, "invalid_input"),
        ({"p": "/", "e": "x" * 65}, 400, "invalid_input"),
        ({"p": "/", "z": "x" * 65}, 400, "invalid_input"),
        ({"p": "/a\x00b"}, 400, "invalid_input"),
        ({"p": ""}, 400, "invalid_input"),
        ({"p": "menu"}, 400, "invalid_input"),
        ({"p": "https://example.com/"}, 400, "invalid_input"),
        ({"p": "/" + "x" * 512}, 400, "invalid_hit"),
        ({"p": "/" + "é" * 256}, 400, "invalid_hit"),
        ({"p": "/?utm_source=" + "x" * 512}, 400, "invalid_hit"),
        ({"p": "/", "r": "x" * 4096}, 413, "content_too_large"),
        ([], 400, "malformed_body"),
    ],
)
def test_what_is_no_hit_is_refused_and_counts_nothing(shop: Shop, body: object, status: int, code: str) -> None:
    response = hit(shop, body)
    assert (response.status, msgspec.json.decode(response.body)["code"]) == (status, code)  # type: ignore[arg-type]
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (counted(shop).views, shop.store.scan(VISITORS).items) == (0, [])


def test_the_query_of_a_long_address_does_not_count_against_its_length(shop: Shop) -> None:
    assert hit(shop, {"p": "/" + "x" * 511 + "?" + "q" * 2000 + "#" + "f" * 1000}).status == 204


@pytest.mark.parametrize(("media_type", "status"), [("text/plain;charset=UTF-8", 204), ("text/html", 415)])
def test_a_hit_comes_as_plain_text_or_json(shop: Shop, media_type: str, status: int) -> None:
    assert hit(shop, {"p": "/"}, {**PAGE, "content-type": media_type}).status == status


def test_the_site_may_read_the_answer(shop: Shop) -> None:
    assert hit(shop, {"p": "/"}).headers["Access-Control-Allow-Origin"] == ORIGIN


def test_an_image_counts_the_same_and_no_cache_keeps_it(shop: Shop) -> None:
    query = {"p": "/menu?utm_source=letter", "r": ELSEWHERE, "w": "800", "z": "Europe/Berlin", "e": ""}
    response = shop.ask("GET", "/hit.gif", query=query, headers={"referer": f"{ORIGIN}/menu", "user-agent": FIREFOX})
    assert (response.status, response.body, len(PIXEL)) == (200, PIXEL, 43)
    assert (response.headers["Content-Type"], response.headers["Cache-Control"]) == ("image/gif", "no-store")
    found = counted(shop)
    assert (found.views, found.uniques, found.of("c"), found.of("l")) == (1, 1, {"letter": 1}, {"DE": 1})


@pytest.mark.parametrize("query", [{}, {"p": "menu"}, {"p": "/a\nb"}, {"p": "/", "w": "wide"}])
def test_a_wrong_image_is_refused(shop: Shop, query: dict[str, str]) -> None:
    assert shop.ask("GET", "/hit.gif", query=query, headers=PAGE).status == 400
    assert counted(shop).views == 0


def test_head_of_the_image_is_not_answered_since_get_counts(shop: Shop) -> None:
    assert shop.ask("HEAD", "/hit.gif", query={"p": "/"}, headers=PAGE).status == 403


def test_another_path_takes_the_place_of_the_usual_one(tmp_path: Path) -> None:
    shop = Shop(SQLiteStore(tmp_path / "shop.db", TABLES), SITES=SITE, HIT_PATH="/seen")
    assert shop.ask("POST", "/seen", {"p": "/"}, headers=PAGE).status == 204
    assert shop.ask("GET", "/seen.gif", query={"p": "/"}, headers=PAGE).status == 200
    assert hit(shop, {"p": "/"}).status == shop.ask("GET", "/hit.gif", query={"p": "/"}, headers=PAGE).status == 403
    assert counted(shop).views == 2
    shop.store.close()


# The sites of businesses


@pytest.fixture
def business(shop: Shop) -> str:
    business_id = shop.add_business("ann")
    shop.give("PATCH", f"/api/businesses/{business_id}", {"site": "https://shop.example"}, by="ann")
    return business_id


def test_a_page_of_a_businesss_site_is_counted_for_the_business(shop: Shop, business: str) -> None:
    assert hit(shop, {"p": "/", "n": business}, SHOPS_PAGE).status == 204
    assert hit(shop, {"p": "/", "n": business}, {**PAGE, "origin": "https://www.shop.example"}).status == 204
    assert counted(shop, business).views == 2


@pytest.mark.parametrize("origin", [ORIGIN, "http://shop.example", "https://shop.example:8443", "", "null"])
def test_another_page_counts_nothing_for_a_business(shop: Shop, business: str, origin: str) -> None:
    assert hit(shop, {"p": "/", "n": business}, {**PAGE, "origin": origin}).status == 403


@pytest.mark.parametrize("named", ["other", "x" * 129, "|open", "salt|example.com"])
def test_there_is_no_site_of_an_unknown_business(shop: Shop, named: str) -> None:
    assert hit(shop, {"p": "/", "n": named}, SHOPS_PAGE).status == 403


def test_a_business_without_a_site_has_no_hits(shop: Shop) -> None:
    assert hit(shop, {"p": "/", "n": shop.add_business("bob")}, SHOPS_PAGE).status == 403


@pytest.mark.parametrize(
    "site", ["https://shop.example/", "http://shop.example", "shop.example", "https://", "HTTPS://A"]
)
def test_a_site_of_another_form_is_refused(shop: Shop, business: str, site: str) -> None:
    assert shop.ask("PATCH", f"/api/businesses/{business}", {"site": site}, by="ann").status == 400


def test_a_business_is_read_once_a_minute_also_one_that_there_is_not(
    shop: Shop, business: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites, "MOST_KEPT", 2)
    steps = Steps(shop.store)
    pages = Pages(steps)

    def look(named: str) -> int:
        """Send a hit, and return how often a business was read so far."""
        try:
            pages.send(n=named, origin="https://shop.example")
        except UnknownSite:
            assert named != business
        return steps.of("get", BUSINESSES)

    assert [look(named) for named in (business, "other", business, "other")] == [1, 2, 2, 2]
    pages.wait(seconds=60)
    assert [look(named) for named in (business, business, "other", "third", business)] == [3, 3, 4, 5, 6]


def test_a_business_that_is_being_deleted_has_no_hits_any_more(shop: Shop, business: str) -> None:
    shop.store.update(BUSINESSES, {"business_id": business}, Changes(set={"closing_since": "2026-11-21T08:00:00.000Z"}))
    assert hit(shop, {"p": "/", "n": business}, SHOPS_PAGE).status == 403
