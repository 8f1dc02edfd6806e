"""The pages over HTTP: for browsers alone, under a strict policy, kept by browsers, and never another file."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.pages.files import assets
from tests.support.http import Answer, post_json, send
from tests.support.processes import Shopkeeper, shopkeeper

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FIRST_RUN = {
    "email": "zoe@example.com",
    "password": "correct horse battery",
    "business": {"business_name": "Café Zoë", "phone": "+4930123456", "address": "1 Main St"},
}


def get(server: Shopkeeper, path: str, **headers: str) -> Answer:
    return send(server.url, "GET", path, None, {name.replace("_", "-"): text for name, text in headers.items()})


def test_the_front_door_is_a_page_for_browsers_and_json_for_all_others(site: Shopkeeper) -> None:
    seen = get(site, "/", **BROWSER)
    assert (seen.status, seen.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert seen.headers["vary"] == "Origin, Accept, Accept-Encoding"
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        told = get(site, "/", **headers)
        assert told.json["status"] == "healthy"
        assert told.headers["vary"] == "Origin, Accept"
        assert told.headers["cache-control"] == "no-cache, no-store, must-revalidate"


def test_every_page_and_file_has_the_strict_headers_and_no_body_for_head(server: Shopkeeper) -> None:
    for path in ("/", "/reset", "/shop/anything", *(f"/assets/{name}" for name in assets())):
        seen = get(server, path, **BROWSER)
        assert seen.status == 200, path
        assert "default-src 'none'" in seen.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in seen.headers["content-security-policy"]
        assert seen.headers["x-content-type-options"] == "nosniff"
        assert seen.headers["referrer-policy"] == "no-referrer"
        assert seen.headers["cache-control"] == "no-cache"
        head = send(server.url, "HEAD", path, None, BROWSER)
        assert (head.status, head.body) == (200, b"")
        assert {**head.headers, "date": ""}.keys() == seen.headers.keys()
        assert head.headers["content-length"] == str(len(seen.body))


def test_a_file_is_sent_compressed_to_who_takes_that_and_not_again_to_who_has_it(server: Shopkeeper) -> None:
    plain, zipped = get(server, "/assets/main.js"), get(server, "/assets/main.js", Accept_Encoding="gzip, br")
    assert gzip.decompress(zipped.body) == plain.body
    for seen, coding in ((plain, "identity"), (zipped, "gzip")):
        again = get(server, "/assets/main.js", If_None_Match=seen.headers["etag"], Accept_Encoding=coding)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", seen.headers["etag"])
        assert "content-length" not in again.headers
    assert get(server, "/assets/main.js", If_None_Match='"another"').status == 200
    head = send(server.url, "HEAD", "/assets/main.js", None, {"If-None-Match": plain.headers["etag"]})
    assert (head.status, "content-length" in head.headers) == (304, False)


@pytest.mark.parametrize(
    "name",
    ["index.html", "vendor/NOTICE", "vendor/preact.d.ts", "views", "views/", "none.js", "..%2ffiles.py", "../files.py"],
)
def test_what_is_not_listed_is_not_served(name: str, server: Shopkeeper) -> None:
    assert get(server, f"/assets/{name}").status in (403, 404)
    assert get(server, f"/assets/views/{name}").status in (403, 404)


def test_other_unknown_paths_are_refused_as_before(server: Shopkeeper) -> None:
    for path in ("/assets", "/shop", "/index.html", "/assets/a/b/c", "/setup"):
        assert get(server, path, **BROWSER).status == 403
    assert send(server.url, "POST", "/assets/main.js").status == 403


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopkeeper]:
    """A server with a fresh data file, and rates that are limited."""
    with shopkeeper(tmp_path_factory.mktemp("fresh") / "shop.db", {"RATE_LIMITS": "on"}) as running:
        yield running


def test_first_run_over_http(fresh: Shopkeeper) -> None:
    code = fresh.line_with("to set up your shop").rpartition(" ")[2].rstrip(".")
    assert get(fresh, "/api/setup").json == {"needed": True, "code_required": False, "sign_in": "accounts"}
    through = {"X-Forwarded-For": "203.0.113.7"}
    assert send(fresh.url, "GET", "/api/setup", None, through).json["code_required"] is True
    refused = post_json(fresh.url, "/api/setup", FIRST_RUN, **through)
    assert (refused.status, refused.json["code"]) == (403, "wrong_code")
    assert post_json(fresh.url, "/api/setup", FIRST_RUN, Host="shop.example").status == 403
    done = post_json(fresh.url, "/api/setup", {**FIRST_RUN, "code": code}, **through)
    assert done.status == 201
    signed_in = {"Authorization": f"Bearer {done.json['tokens']['access_token']}"}
    mine = send(fresh.url, "GET", "/api/businesses/mine", None, signed_in).json
    assert mine["business_id"] == done.json["business"]["business_id"]
    assert send(fresh.url, "GET", "/api/users/me", None, signed_in).json["role"] == "admin"
    again = post_json(fresh.url, "/api/setup", {**FIRST_RUN, "email": "other@example.com"})
    assert (again.status, again.json["code"]) == (409, "already_set_up")
    assert get(fresh, "/api/setup").json == {"needed": False, "code_required": False, "sign_in": "accounts"}
    assert [line for line in fresh.lines if code in line and line.startswith("{")] == []


def changed(**other: Any) -> dict[str, Any]:
    return {**FIRST_RUN, "business": {**FIRST_RUN["business"], **other}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({**FIRST_RUN, "password": "short"}, "password"),
        ({**FIRST_RUN, "email": "zoe"}, "email"),
        ({**FIRST_RUN, "admin": True}, "admin"),
        (changed(phone="12"), "business.phone"),
        (changed(address=""), "business.address"),
        (changed(address={}), "business.address"),
        (changed(cognito_user_id="me"), "business.cognito_user_id"),
        (changed(business_name=""), "business.business_name"),
    ],
)
def test_bad_input_of_a_first_run_is_named_by_field(body: object, field: str, server: Shopkeeper) -> None:
    refused = post_json(server.url, "/api/setup", body)
    assert refused.status == 400
    assert field in [error["field"] for error in refused.json["errors"]]


def test_attempts_at_a_first_run_are_limited(fresh: Shopkeeper) -> None:
    statuses = [post_json(fresh.url, "/api/setup", FIRST_RUN).status for _ in range(25)]
    assert statuses[-1] == 429


def test_where_proxies_are_named_everybody_needs_the_code(tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db", {"TRUSTED_PROXIES": "127.0.0.1"}) as running:
        assert get(running, "/api/setup").json["code_required"] is True
        assert post_json(running.url, "/api/setup", FIRST_RUN).status == 403
