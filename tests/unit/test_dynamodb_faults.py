"""The DynamoDB client against servers that misbehave: the right error, in time, and nothing done twice."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shopkeeper.net.connection import Socket
from shopkeeper.net.deadline import ending_in
from shopkeeper.storage import (
    AccessDenied,
    ItemTooLarge,
    StoreError,
    StoreUnavailable,
    TableMissing,
    Throttled,
)
from tests.support.dynamodb import (
    ITEM,
    KEY,
    SECONDS,
    SHORT_SECONDS,
    create,
    get,
    store_at,
    store_in,
    visit,
)
from tests.support.faults import (
    Behaviour,
    Exchange,
    FaultyServer,
    answers,
    answers_and_hangs_up,
    chunked,
    drips,
    drips_the_body,
    fails,
    hangs_up,
    never_answers,
    stalls_in_the_body,
    well,
)
from tests.support.processes import free_port


def half_a_number(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2_0\r\n\r\n")


OVERSIZED = answers(200, b'{"Item": {"id": {"S": "' + b"x" * 3000 + b'"}}}')

WAITING: list[tuple[str, Behaviour]] = [
    ("never answers", never_answers),
    ("stalls in the body", stalls_in_the_body),
    ("drips the header", drips),
    ("drips the body", drips_the_body),
]


@pytest.mark.parametrize(("name", "behaviour"), WAITING, ids=[case[0] for case in WAITING])
def test_a_server_that_keeps_one_waiting_is_given_up_at_the_deadline(name: str, behaviour: Behaviour) -> None:
    with FaultyServer(behaviour) as server:
        with pytest.raises(StoreUnavailable):
            get(store_at(server.url, seconds=SHORT_SECONDS))
        assert not server.outwaited
        assert len(server.requests) <= 1, "there is no time for another"


LASTING: list[tuple[str, Behaviour, type[StoreError], int]] = [
    # what the server always does, the error of a read, and how many requests it gets
    ("hangs up", hangs_up, StoreUnavailable, 3),
    ("answers 500", fails(500, "InternalServerError"), StoreUnavailable, 3),
    ("answers 503 without a word", answers(503, b""), StoreUnavailable, 3),
    ("throttles", fails(400, "ThrottlingException"), Throttled, 3),
    ("has too little throughput", fails(400, "ProvisionedThroughputExceededException"), Throttled, 3),
    ("sends a wrong checksum", answers(200, b"{}", x_amz_crc32="1"), StoreUnavailable, 3),
    ("sends too much", OVERSIZED, StoreUnavailable, 3),
    ("sends half of a JSON text", answers(200, b'{"Item":'), StoreUnavailable, 3),
    ("sends a JSON text that is no object", answers(200, b"[]"), StoreUnavailable, 3),
    ("announces half a number", half_a_number, StoreUnavailable, 3),
    ("compresses", answers(200, b"{}", Transfer_Encoding="gzip, chunked"), StoreUnavailable, 3),
    ("speaks no HTTP", lambda exchange: exchange.send(b"220 mail ready\r\n\r\n"), StoreUnavailable, 3),
    ("sends a header without an end", lambda exchange: exchange.send(b"x" * 70_000), StoreUnavailable, 3),
    ("refuses access", fails(400, "AccessDeniedException"), AccessDenied, 1),
    ("does not know the key", fails(400, "UnrecognizedClientException"), AccessDenied, 1),
    ("finds the signature wrong", fails(400, "InvalidSignatureException"), AccessDenied, 1),
    ("finds the credentials expired", fails(400, "ExpiredTokenException"), AccessDenied, 2),
    ("has no such table", fails(400, "ResourceNotFoundException"), TableMissing, 1),
    ("refuses the request", fails(400, "ValidationException"), StoreError, 1),
    (
        "finds the item too large",
        fails(400, "ValidationException", "Item size has exceeded the maximum allowed size"),
        ItemTooLarge,
        1,
    ),
    ("answers 404 as no DynamoDB does", answers(404, b"<html>"), StoreError, 1),
]


@pytest.mark.parametrize(("name", "behaviour", "error", "requests"), LASTING, ids=[case[0] for case in LASTING])
def test_a_server_that_always(name: str, behaviour: Behaviour, error: type[StoreError], requests: int) -> None:
    with FaultyServer(behaviour) as server:
        store = store_at(server.url, max_body=2048)
        with pytest.raises(StoreError) as raised:
            get(store)
        assert type(raised.value) is error
        assert len(server.requests) == requests


PASSING: list[tuple[str, Behaviour, bool]] = [
    # what the server does once, and whether a visit may be tried again after it
    ("answers 500", fails(500, "InternalServerError"), False),
    ("throttles", fails(400, "ThrottlingException"), True),
    ("hangs up", hangs_up, False),
    ("sends a wrong checksum", answers(200, b"{}", x_amz_crc32="1"), False),
]


@pytest.mark.parametrize(("name", "behaviour", "again"), PASSING, ids=[case[0] for case in PASSING])
def test_a_server_that_once(name: str, behaviour: Behaviour, again: bool) -> None:
    with FaultyServer(behaviour, well(**ITEM, Attributes=ITEM["Item"])) as server:
        assert get(store_at(server.url)) == KEY
        assert len(server.requests) == 2
    with FaultyServer(behaviour, well(Attributes=ITEM["Item"])) as server:
        if again:
            assert visit(store_at(server.url)) == KEY
            assert len(server.requests) == 2
        else:
            with pytest.raises(StoreUnavailable):
                visit(store_at(server.url))
            assert len(server.requests) == 1, "a visit that may have been counted is not counted again"


def test_a_passing_500_costs_a_pause_of_at_most_25_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with FaultyServer(fails(500, "InternalServerError"), well(**ITEM)) as server:
        get(store_at(server.url))
    assert len(pauses) == 1
    assert 0 <= pauses[0] <= 0.025


def test_a_server_that_refuses_connections_was_sent_nothing() -> None:
    store = store_at(f"http://127.0.0.1:{free_port()}")
    for operation in (get, visit, create):
        with pytest.raises(StoreUnavailable):
            operation(store)


def test_a_visit_is_tried_again_when_the_connection_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyServer(well(Attributes=ITEM["Item"])) as server:
        store = store_at(server.url)
        connect = Socket.connect
        refusals = [ConnectionRefusedError(), ConnectionRefusedError()]

        def refuse_twice(self: Socket, address: Any) -> None:
            if refusals:
                raise refusals.pop()
            connect(self, address)

        monkeypatch.setattr(Socket, "connect", refuse_twice)
        assert visit(store) == KEY
        assert len(server.requests) == 1


def await_closed(exchange: Exchange) -> None:
    """Wait until the server has closed the connection of a request."""
    ends = time.monotonic() + SECONDS
    while exchange.connection.fileno() != -1:
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_connection_that_was_closed_while_idle_is_not_used_again() -> None:
    with FaultyServer(answers_and_hangs_up, well(Attributes=ITEM["Item"])) as server:
        store = store_at(server.url)
        get(store)
        await_closed(server.requests[0])
        assert visit(store) == KEY, "the visit went out once, on a connection that was open"
        assert server.accepted == 2


def test_a_connection_is_kept_and_shared_but_never_by_two_at_once() -> None:
    with FaultyServer(well(**ITEM)) as server:
        store = store_at(server.url)
        for _ in range(20):
            get(store)
        assert server.accepted == 1
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda _: get(store), range(200))) == [KEY] * 200
        assert server.accepted <= 8


def test_chunked_answers_are_read_whole() -> None:
    with FaultyServer(chunked(b'{"Item": {"id"', b': {"S": "x"}}}')) as server:
        store = store_at(server.url)
        assert get(store) == KEY
        assert get(store) == KEY
        assert server.accepted == 1


def test_expired_credentials_are_fetched_anew() -> None:
    given = iter(["first", "second"])

    def credentials(exchange: Any) -> None:
        body = {"AccessKeyId": next(given), "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
        exchange.answer(200, json.dumps(body).encode())

    with (
        FaultyServer(fails(400, "ExpiredTokenException"), well(**ITEM)) as server,
        FaultyServer(credentials) as container,
    ):
        environment = {"AWS_ENDPOINT_URL": server.url, "AWS_CONTAINER_CREDENTIALS_FULL_URI": container.url + "/creds"}
        assert get(store_in(environment, seconds=SECONDS)) == KEY
        assert [b"Credential=first/" in request.header for request in server.requests] == [True, False]
        assert b"Credential=second/" in server.requests[1].header


def test_the_time_of_the_invocation_bounds_that_of_the_store() -> None:
    with FaultyServer(never_answers) as server:
        store = store_at(server.url, seconds=60)
        with ending_in(0.8), pytest.raises(StoreUnavailable):  # of which 0.3 are kept back
            get(store)
        assert not server.outwaited
