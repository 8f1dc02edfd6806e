"""The API docs over HTTP: under the policy of the pages, compressed, kept by browsers, and found by programs."""

import gzip

import pytest

from shopkeeper.pages.docs import docs_assets
from shopkeeper.pages.headers import SECURITY_HEADERS
from tests.support.http import send
from tests.support.processes import Shopkeeper


def test_the_docs_have_the_policy_of_the_pages_and_loosen_nothing(server: Shopkeeper) -> None:
    for path in ("/api/docs", *(f"/assets/docs/{name}" for name in docs_assets())):
        seen = send(server.url, "GET", path, None, {"Accept-Encoding": "gzip"})
        assert seen.status == 200, path
        assert {name: seen.headers[name.lower()] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert "unsafe" not in seen.headers["content-security-policy"]
        again = send(server.url, "GET", path, None, {"Accept-Encoding": "gzip", "If-None-Match": seen.headers["etag"]})
        assert (again.status, again.body) == (304, b"")
        plain = send(server.url, "GET", path)
        assert gzip.decompress(seen.body) == plain.body
        assert len(seen.body) < len(plain.body)


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_the_front_door_says_where_the_api_is_described(accept: str, server: Shopkeeper) -> None:
    links = send(server.url, "GET", "/", None, {"Accept": accept}).headers["link"]
    assert links == (
        '</openapi.json>; rel="service-desc"; type="application/json", </api/docs>; rel="service-doc"; type="text/html"'
    )
    assert send(server.url, "GET", "/openapi.json").json["openapi"].startswith("3.1")


@pytest.mark.parametrize("name", ["NOTICE", "docs.html", "swagger-ui.css.gz", "swagger-ui.d.ts", "..%2ffiles.py"])
def test_only_what_the_page_loads_is_served(name: str, server: Shopkeeper) -> None:
    assert send(server.url, "GET", f"/assets/docs/{name}").status in (403, 404)
