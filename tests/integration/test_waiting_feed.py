"""Clients that wait for what happens to a business: they are answered as soon as it is durable."""

import os
import resource
import selectors
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http import Answer, Client, send
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.shop import Owner, order_for, place
from tests.support.strangers import read_answer

WITHIN_SECONDS = 30
MANY = 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopkeeper]:
    with shopkeeper(tmp_path_factory.mktemp("waiting") / "shop.db") as running:
        yield running


@pytest.fixture
def owner(server: Shopkeeper) -> Owner:
    return Owner(server.url)


def feed_of(owner: Owner, after: int = 0, **query: object) -> str:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/api/businesses/{owner.business_id}/events?after={after}{more}"


def wait_for_events(server: Shopkeeper, owner: Owner, after: int = 0, seconds: int = 25) -> socket.socket:
    """Send a request that waits, on a connection of its own, and return that."""
    peer = socket.create_connection(("127.0.0.1", server.port), timeout=WITHIN_SECONDS)
    token = owner.tokens["access_token"]
    path = feed_of(owner, after, wait=seconds)
    peer.sendall(f"GET {path} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    return peer


def is_answered(*peers: socket.socket) -> list[bool]:
    """Return for each connection whether something can be read from it now."""
    found = []
    for peer in peers:
        with selectors.DefaultSelector() as selector:
            selector.register(peer, selectors.EVENT_READ)
            found.append(bool(selector.select(0)))
    return found


def settle(server: Shopkeeper) -> None:
    """Let the server take in what was sent to it before."""
    for _ in range(3):
        assert send(server.url, "GET", "/health").status == 200


def numbers(answer: Answer) -> list[int]:
    return [event["seq"] for event in answer.json["events"]]


def test_a_client_that_waits_is_answered_when_an_order_comes_and_not_before(server: Shopkeeper, owner: Owner) -> None:
    item = owner.add()
    with wait_for_events(server, owner) as peer:
        settle(server)
        assert is_answered(peer) == [False]
        placed = place(owner, order_for(item))
        answer = read_answer(peer)
    assert (answer.status, numbers(answer)) == (200, [1])
    assert answer.json["events"][0]["subject"] == placed.json["order_id"]


def test_what_is_there_already_is_answered_at_once(server: Shopkeeper, owner: Owner) -> None:
    place(owner, order_for(owner.add()))
    assert numbers(owner.ask("GET", feed_of(owner, wait=25))) == [1]


def test_what_happens_to_another_business_wakes_nobody(server: Shopkeeper, owner: Owner) -> None:
    other = Owner(server.url)
    with wait_for_events(server, owner) as peer, wait_for_events(server, other) as woken:
        settle(server)
        place(other, order_for(other.add()))
        assert numbers(read_answer(woken)) == [1]
        assert is_answered(peer) == [False]


def test_after_the_time_the_answer_is_empty_and_says_to_ask_again_at_once(server: Shopkeeper, owner: Owner) -> None:
    answer = owner.ask("GET", feed_of(owner, wait=1))
    assert (answer.status, answer.json) == (200, {"events": [], "next": None})
    assert answer.headers["retry-after"] == "0"


def test_one_who_does_not_wait_is_told_when_to_ask_again(server: Shopkeeper, owner: Owner) -> None:
    assert owner.ask("GET", feed_of(owner)).headers["retry-after"] == "5"


@pytest.mark.parametrize("seconds", [-1, 26, "soon", ""])
def test_nobody_waits_longer_than_25_seconds(owner: Owner, seconds: object) -> None:
    answer = owner.ask("GET", feed_of(owner, wait=seconds))
    assert (answer.status, answer.json["errors"][0]["field"]) == (400, "wait")


def test_only_the_owner_may_wait(server: Shopkeeper, owner: Owner) -> None:
    assert Owner(server.url).ask("GET", feed_of(owner, wait=25)).status == 404
    assert send(server.url, "GET", feed_of(owner, wait=25)).status == 401


def test_a_client_that_leaves_while_it_waits_harms_nobody(server: Shopkeeper, owner: Owner) -> None:
    wait_for_events(server, owner).close()
    settle(server)
    assert place(owner, order_for(owner.add())).status == 201
    assert numbers(owner.ask("GET", feed_of(owner))) == [1]


def test_a_client_that_reconnects_again_and_again_sees_every_number_once(server: Shopkeeper, owner: Owner) -> None:
    item, seen = owner.add(), list[int]()
    for round_ in range(10):
        with wait_for_events(server, owner, after=len(seen)) as peer:
            if round_ % 3 == 2:
                continue  # it leaves, and may have missed the answer
            place(owner, order_for(item))
            seen += numbers(read_answer(peer))
    assert seen == list(range(1, len(seen) + 1))


def test_a_thousand_clients_wait_while_others_are_served_and_all_see_the_order(
    server: Shopkeeper, owner: Owner
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    item = owner.add()
    peers = [wait_for_events(server, owner) for _ in range(MANY)]
    try:
        with Client(server.url) as client:
            counts = [client.send("GET", f"/counter/{owner.business_id}").json["count"] for _ in range(50)]
        assert counts == list(range(1, 51))
        assert not any(is_answered(*peers))
        place(owner, order_for(item))
        assert [numbers(read_answer(peer)) for peer in peers] == [[1]] * MANY
    finally:
        for peer in peers:
            peer.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_server_that_ends_answers_those_who_wait(tmp_path: Path) -> None:
    server = Shopkeeper(tmp_path / "shop.db")
    try:
        with wait_for_events(server, Owner(server.url)) as peer:
            settle(server)
            os.kill(server.process.pid, signal.SIGTERM)
            answer = read_answer(peer)
        assert (answer.status, answer.json["events"]) == (200, [])
        assert answer.headers["retry-after"] == "2"
        assert server.process.wait(WITHIN_SECONDS) == 0
    finally:
        server.stop()


def test_a_server_on_dynamodb_does_not_wait_and_says_when_to_ask_again(dynamodb_server: Shopkeeper) -> None:
    owner = Owner(dynamodb_server.url)
    answer = owner.ask("GET", feed_of(owner, wait=25))
    assert (answer.status, answer.json, answer.headers["retry-after"]) == (200, {"events": [], "next": None}, "2")
