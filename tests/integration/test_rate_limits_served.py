"""Rate limits of a running server, and whose they are behind a proxy."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shopkeeper.domains.accounts.endpoints import PASSWORDS
from tests.support.http import Client, send
from tests.support.processes import shopkeeper
from tests.support.shop import Owner
from tests.support.stores import aws_environment

JSON = {"Content-Type": "application/json"}
ANN, BOB = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "203.0.113.10"}


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[Client]:
    """A server that trusts a proxy on this machine."""
    environment = {"RATE_LIMITS": "on", "TRUSTED_PROXIES": "127.0.0.1"}
    with shopkeeper(tmp_path / "shop.db", environment) as server, Client(server.url) as client:
        yield client


def sign_in(client: Client, times: int = PASSWORDS.requests + 5, *, of: dict[str, str] | None = None) -> list[int]:
    """Send sign-ins that are no JSON, which costs no hash, and return the statuses."""
    return [client.send("POST", "/api/auth/login", b"", {**JSON, **(of or {})}).status for _ in range(times)]


def test_a_client_behind_a_proxy_has_limits_of_its_own(proxied: Client) -> None:
    assert sign_in(proxied, of=ANN).count(429) >= 1
    assert sign_in(proxied, 1, of=BOB) == [400]
    refusal = proxied.send("POST", "/api/auth/login", b"", {**JSON, **ANN})
    assert refusal.json["code"] == "rate_limited"
    assert int(refusal.headers["retry-after"]) >= 1
    assert refusal.headers["ratelimit-policy"] == '"passwords";q=120;w=600'


def test_without_a_trusted_proxy_a_header_makes_no_other_client(tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db", {"RATE_LIMITS": "on"}) as server, Client(server.url) as client:
        assert 429 in sign_in(client, of=ANN)
        assert 429 in sign_in(client, 5, of=BOB)


def test_a_server_limits_rates_unless_that_is_off(tmp_path: Path) -> None:
    for setting, limited in {"": True, "on": True, "off": False}.items():
        with shopkeeper(tmp_path / "shop.db", {"RATE_LIMITS": setting}) as server, Client(server.url) as client:
            assert (429 in sign_in(client)) is limited


def test_a_wrong_setting_stops_the_start(tmp_path: Path) -> None:
    refused = pytest.raises(AssertionError, match=r"TRUSTED_PROXIES must be IP addresses or networks")
    with refused, shopkeeper(tmp_path / "shop.db", {"TRUSTED_PROXIES": "proxy.example"}):
        pass


def test_one_client_cannot_take_the_searches_from_all(tmp_path: Path) -> None:
    """Searches of one address are bounded, so that those of another find room."""
    environment = {"RATE_LIMITS": "on", "TRUSTED_PROXIES": "127.0.0.1"}
    with shopkeeper(tmp_path / "shop.db", environment) as server:
        owner = Owner(server.url)
        for number in range(200):
            owner.add(name=f"Tea {number}", description="y" * 500)
        search = "/api/items?search=nothing-of-this-name"
        with ThreadPoolExecutor(40) as strangers:
            ours = [strangers.submit(send, server.url, "GET", search, None, ANN) for _ in range(200)]
            with Client(server.url) as client:
                honest = [client.send("GET", search, None, BOB).status for _ in range(20)]
            statuses = {answer.result().status for answer in ours}
    assert honest == [200] * 20
    assert statuses == {200, 503}


def test_light_requests_of_one_address_are_not_bounded_by_what_hashes_and_searches_may_take(dynoxide: str) -> None:
    """With a store on a network all requests run in threads, and a proxy has one address."""
    environment = {"STORE_URL": "dynamodb:", "RATE_LIMITS": "on", **aws_environment(dynoxide)}
    with shopkeeper(None, environment) as server, ThreadPoolExecutor(40) as clients:
        answers = clients.map(lambda _: send(server.url, "GET", "/").status, range(400))
        assert set(answers) == {200}
