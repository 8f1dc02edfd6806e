"""Behind nginx and Caddy with TLS, as `deploy/` sets them up: everything works, and each limit is where it belongs."""

import gzip
import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.integration.test_behind_a_proxy import TRAVERSAL
from tests.integration.test_collection import LEAST_ASSERTIONS, run_collection
from tests.support.fronts import Front, caddy_front, nginx_front
from tests.support.http import Answer, send
from tests.support.pictures import PNG, encoded, of_type, start
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.shop import Owner, order_for, place
from tests.support.tools import NEWMAN, need

FRONTS: dict[str, Callable[[int, Path], AbstractContextManager[Front]]] = {"nginx": nginx_front, "caddy": caddy_front}
REFUSED_BY_A_FRONT = {TRAVERSAL}
"""nginx refuses this request with a 400 of its own."""


class Site:
    """A server, and the proxy in front of it."""

    def __init__(self, server: Shopkeeper, front: Front) -> None:
        self.server = server
        self.front = front

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request through the proxy, whose certificate is not checked."""
        trusting = ssl._create_unverified_context()  # it was made for this test
        connection = http.client.HTTPSConnection("localhost", self.front.port, timeout=30, context=trusting)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, fields, answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="module", params=FRONTS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(request.param)
    variables = {"TRUSTED_PROXIES": "127.0.0.1", "RATE_LIMITS": "on"}
    with (
        shopkeeper(folder / "shop.db", variables) as server,
        FRONTS[request.param](server.port, folder) as front,
    ):
        yield Site(server, front)


def test_the_whole_collection_passes_through_it(site: Site, tmp_path: Path) -> None:
    need(NEWMAN)
    report = tmp_path / "r.json"
    run_collection("local", report, "--insecure", BASE_URL=site.front.url)
    run = json.loads(report.read_text())["run"]
    assert run["stats"]["assertions"]["total"] >= LEAST_ASSERTIONS
    failed = {failure["source"]["name"]: failure["error"] for failure in run["failures"]}
    assert failed.keys() <= REFUSED_BY_A_FRONT, failed


def test_plain_http_leads_to_tls(site: Site) -> None:
    connection = http.client.HTTPConnection("localhost", site.front.plain, timeout=30)
    connection.request("GET", "/counter?a=b")
    answer = connection.getresponse()
    assert answer.status in (301, 308)
    assert str(answer.getheader("Location")).startswith("https://localhost")
    assert str(answer.getheader("Location")).endswith("/counter?a=b")
    connection.close()


def test_browsers_are_told_to_stay_with_tls(site: Site) -> None:
    assert site.ask("GET", "/health").headers["strict-transport-security"] == "max-age=31536000"


def test_pages_are_compressed_for_those_who_take_that_and_answers_of_the_api_are_not(site: Site) -> None:
    takes = {"Accept-Encoding": "gzip"}
    plain, small = (site.ask("GET", "/assets/main.css", headers=headers) for headers in ({}, takes))
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body
    assert len(small.body) < len(plain.body) / 2
    assert "content-encoding" not in site.ask("GET", "/openapi.json", headers=takes).headers


def test_a_picture_may_be_large_and_nothing_else(site: Site) -> None:
    owner = Owner(site.server.url)
    picture = PNG + b"x" * 1_900_000
    form = start(owner, owner.add(), size=len(picture))["upload"]
    assert site.ask("POST", form["url"], encoded(form["fields"], picture), of_type()).status == 204
    json_type = {"Content-Type": "application/json"}
    assert site.ask("POST", "/api/auth/login", b"x" * 300_000, json_type).status == 413


def test_who_waits_for_events_is_answered_when_one_comes(site: Site) -> None:
    owner = Owner(site.server.url)
    item = owner.add()
    newest = max((event["seq"] for event in owner.events()), default=0)
    path = f"/api/businesses/{owner.business_id}/events?after={newest}&wait=20"
    token = {"Authorization": f"Bearer {owner.tokens['access_token']}"}
    answers: list[Answer] = []
    waiting = threading.Thread(target=lambda: answers.append(site.ask("GET", path, headers=token)))
    waiting.start()
    assert place(owner, order_for(item)).status == 201
    waiting.join(60)
    assert [event["type"] for event in answers[0].json["events"]] == ["order.received"]


def test_a_client_cannot_choose_its_address(site: Site) -> None:
    for number in range(300):
        spoofed = {
            "X-Forwarded-For": f"198.51.100.{number % 250 + 1}",
            "Forwarded": f"for=198.51.100.{number % 250 + 1}",
            "Content-Type": "application/json",
        }
        if site.ask("POST", "/api/auth/login", b"{}", spoofed).status == 429:
            break
    else:
        raise AssertionError("none of 300 requests was refused")
    another = {"X-Forwarded-For": "198.51.100.1", "Content-Type": "application/json"}
    assert send(site.server.url, "POST", "/api/auth/login", b"{}", another).status == 400
