"""Behind a real nginx: the API as it is, and each client with limits and a lock of its own."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.integration.test_collection import LEAST_ASSERTIONS, run_collection
from tests.support.http import Answer
from tests.support.nginx import nginx
from tests.support.processes import shopkeeper
from tests.support.shop import PASSWORD, Owner
from tests.support.strangers import connect, read_answer, request
from tests.support.tools import NEWMAN, need

MOST_ATTEMPTS = 300
TRAVERSAL = "A traversal"
"""The request of the collection that nginx refuses with a 400 of its own."""
PROXY = "127.0.0.1"
HEADERS = [("X-Forwarded-For", "{}"), ("Forwarded", "for={}")]
addresses = (f"127.0.{1 + number // 250}.{1 + number % 250}" for number in count())
"""Addresses of loopback, each for one client of one test."""


class Site(NamedTuple):
    """A server's own port, and that of the nginx in front of it."""

    direct: int
    proxied: int


@contextmanager
def site(folder: Path, **variables: str) -> Iterator[Site]:
    """Run a server that limits rates, with nginx in front of it."""
    with (
        shopkeeper(folder / "shop.db", {"RATE_LIMITS": "on", **variables}) as server,
        nginx(server.port, folder) as port,
    ):
        yield Site(server.port, port)


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that believes its proxy."""
    with site(tmp_path_factory.mktemp("trusting"), TRUSTED_PROXIES=PROXY) as running:
        yield running


@pytest.fixture(scope="module")
def unaware(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that was told of no proxy."""
    with site(tmp_path_factory.mktemp("unaware")) as running:
        yield running


def log_in(port: int, source: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    """Send a request to sign in from an address of loopback."""
    with connect(port, request("POST", "/api/auth/login", json.dumps(body).encode(), headers), source) as peer:
        return read_answer(peer)


def ask(port: int, source: str, headers: Mapping[str, str] | None = None) -> int:
    """Return the status of a request that is limited like any other to sign in, but costs no hash."""
    return log_in(port, source, {}, headers).status


def until_refused(port: int, source: str, header: str = "", value: str = "") -> Answer:
    """Ask until the rate limit refuses, with another `{}` in the header's value each time."""
    for number in range(MOST_ATTEMPTS):
        answer = log_in(port, source, {}, {header: value.format(number % 250 + 1)} if header else None)
        if answer.status == 429:
            return answer
        assert answer.status == 400
    raise AssertionError(f"none of {MOST_ATTEMPTS} requests was refused")


def test_the_whole_collection_passes_through_it_but_for_the_path_that_nginx_refuses(tmp_path: Path) -> None:
    need(NEWMAN)
    report = tmp_path / "r.json"
    with site(tmp_path, TRUSTED_PROXIES=PROXY) as running:
        run_collection("local", report, BASE_URL=f"http://127.0.0.1:{running.proxied}")
    run = json.loads(report.read_text())["run"]
    assert run["stats"]["assertions"]["total"] >= LEAST_ASSERTIONS
    assert {failure["source"]["name"] for failure in run["failures"]} <= {TRAVERSAL}
    (refused,) = [done["response"] for done in run["executions"] if done["item"]["name"] == TRAVERSAL]
    assert refused["code"] == 400


def test_each_client_has_a_rate_limit_of_its_own(trusting: Site) -> None:
    refused = until_refused(trusting.proxied, next(addresses))
    assert int(refused.headers["retry-after"]) > 0
    assert "ratelimit" in refused.headers
    assert ask(trusting.proxied, next(addresses)) == 400


@pytest.mark.parametrize(("header", "value"), HEADERS)
def test_a_client_that_names_other_addresses_has_still_one_rate_limit(trusting: Site, header: str, value: str) -> None:
    until_refused(trusting.proxied, next(addresses), header, value.format("198.51.100.{}"))


@pytest.mark.parametrize(("header", "value"), HEADERS)
def test_a_client_beside_the_proxy_is_not_believed(trusting: Site, header: str, value: str) -> None:
    until_refused(trusting.direct, next(addresses), header, value.format("198.51.100.{}"))


@pytest.mark.parametrize(("header", "value"), HEADERS)
def test_the_proxy_is_believed_in_either_header(trusting: Site, header: str, value: str) -> None:
    one, other = next(addresses), next(addresses)
    until_refused(trusting.direct, PROXY, header, value.format(one))
    assert ask(trusting.direct, PROXY, {header: value.format(other)}) == 400


def test_a_stranger_s_wrong_passwords_lock_the_stranger_out_and_not_the_owner(tmp_path: Path) -> None:
    with site(tmp_path, TRUSTED_PROXIES=PROXY) as running:
        owner = Owner(f"http://127.0.0.1:{running.proxied}")
        stranger = next(addresses)
        wrong, right = ({"email": owner.email, "password": password} for password in ("wrong", PASSWORD))
        statuses = [log_in(running.proxied, stranger, wrong).status for _ in range(12)]
        assert (statuses[0], statuses[-1]) == (401, 429)
        assert log_in(running.proxied, stranger, right).status == 429
        assert log_in(running.proxied, next(addresses), right).status == 200


def test_without_the_setting_the_header_is_ignored_and_all_share_the_address_of_the_proxy(unaware: Site) -> None:
    until_refused(unaware.direct, PROXY, "X-Forwarded-For", "198.51.100.{}")
    assert ask(unaware.proxied, next(addresses)) == 429
    assert ask(unaware.direct, next(addresses)) == 400
