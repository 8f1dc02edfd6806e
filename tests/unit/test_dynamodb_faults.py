"""The DynamoDB client against servers that misbehave: the right error, in time, and nothing done twice."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shopkeeper.aws.deadline import ending_in
from shopkeeper.storage import (
    AccessDenied,
    AlreadyExists,
    Append,
    Changes,
    Conflict,
    ExpectationFailed,
    ItemTooLarge,
    Put,
    Store,
    StoreError,
    StoreUnavailable,
    TableMissing,
    Throttled,
    Update,
)
from shopkeeper.storage.dynamodb import DynamoDBClient, DynamoDBStore
from tests.support.faults import (
    Behaviour,
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
from tests.support.stores import FEED, PLAIN, aws_environment

SECONDS = 0.6
"""The deadline of these clients; a server that keeps one waiting does so for 20, and notes who outwaits it."""

KEY = {"id": "x"}
ITEM = {"Item": {"id": {"S": "x"}}}
VISIT = Changes(add={"n": 1})


_opened: list[DynamoDBClient] = []


@pytest.fixture(autouse=True)
def close_what_was_opened() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def store_at(url: str, seconds: float = SECONDS, **options: Any) -> DynamoDBStore:
    return store_in(aws_environment(url), seconds=seconds, **options)


def store_in(environment: dict[str, str], **options: Any) -> DynamoDBStore:
    client = DynamoDBClient("us-east-1", environment, **options)
    _opened.append(client)
    return DynamoDBStore(client, {PLAIN: "plain", FEED: "feed"})


def get(store: Store) -> object:
    return store.get(PLAIN, KEY)


def visit(store: Store) -> object:
    return store.update(PLAIN, KEY, VISIT)


def create(store: Store) -> object:
    store.put(PLAIN, KEY, if_absent=True)
    return KEY


def cancelled(*codes: str) -> Behaviour:
    reasons = [{"Code": code, "Message": code} for code in codes]
    return fails(400, "TransactionCanceledException", CancellationReasons=reasons)


OVERSIZED = answers(200, b'{"Item": {"id": {"S": "' + b"x" * 3000 + b'"}}}')

LASTING: list[tuple[str, Behaviour, type[StoreError], int | None]] = [
    # what the server always does, the error of a read, and how many requests it gets (None: not pinned)
    ("never answers", never_answers, StoreUnavailable, 1),
    ("stalls in the body", stalls_in_the_body, StoreUnavailable, 1),
    ("drips the header", drips, StoreUnavailable, 1),
    ("drips the body", drips_the_body, StoreUnavailable, 1),
    ("hangs up", hangs_up, StoreUnavailable, 3),
    ("answers 500", fails(500, "InternalServerError"), StoreUnavailable, 3),
    ("answers 503 without a word", answers(503, b""), StoreUnavailable, 3),
    ("throttles", fails(400, "ThrottlingException"), Throttled, 3),
    ("has too little throughput", fails(400, "ProvisionedThroughputExceededException"), Throttled, 3),
    ("sends a wrong checksum", answers(200, b"{}", x_amz_crc32="1"), StoreUnavailable, 3),
    ("sends too much", OVERSIZED, StoreUnavailable, 3),
    ("sends half of a JSON text", answers(200, b'{"Item":'), StoreUnavailable, 3),
    ("sends a JSON text that is no object", answers(200, b"[]"), StoreUnavailable, 3),
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
    ("keeps conflicting", fails(400, "TransactionConflictException"), Conflict, None),
]


@pytest.mark.parametrize(("name", "behaviour", "error", "requests"), LASTING, ids=[case[0] for case in LASTING])
def test_a_server_that_always(name: str, behaviour: Behaviour, error: type[StoreError], requests: int | None) -> None:
    with FaultyServer(behaviour) as server:
        store = store_at(server.url, max_body=2048)
        with pytest.raises(StoreError) as raised:
            get(store)
        assert type(raised.value) is error
        assert not server.outwaited
        if requests is not None:
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
        import socket

        connect = socket.socket.connect
        refusals = [ConnectionRefusedError(), ConnectionRefusedError()]

        def refuse_twice(self: socket.socket, address: Any) -> None:
            if refusals:
                raise refusals.pop()
            connect(self, address)

        monkeypatch.setattr(socket.socket, "connect", refuse_twice)
        assert visit(store) == KEY
        assert len(server.requests) == 1


def test_a_connection_that_was_closed_while_idle_is_not_used_again() -> None:
    with FaultyServer(answers_and_hangs_up, well(Attributes=ITEM["Item"])) as server:
        store = store_at(server.url)
        get(store)
        time.sleep(0.1)
        assert visit(store) == KEY, "the visit went out once, on a connection that was open"
        assert server.accepted == 2


def test_a_connection_is_kept_and_shared_but_never_by_two_at_once() -> None:
    with FaultyServer(well(**ITEM)) as server:
        store = store_at(server.url, seconds=10)
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


# Conditional writes: once, and truly answered.


def token_of(exchange: Any) -> str:
    return str(json.loads(exchange.body)["ClientRequestToken"])


def test_a_lost_reply_to_a_conditional_write_is_asked_for_again_under_the_same_token() -> None:
    with FaultyServer(hangs_up, well()) as server:
        create(store_at(server.url))
        first, second = server.requests
        assert first.body == second.body
        assert token_of(first) == token_of(second)


def test_every_conditional_write_is_a_transaction_with_a_token_of_its_own() -> None:
    writes: list[Callable[[Store], object]] = [
        create,
        lambda store: store.update(PLAIN, KEY, VISIT, expect={"n": 1}),
        lambda store: store.delete(PLAIN, KEY, expect={"n": 1}),
    ]
    with FaultyServer(well()) as server:
        store = store_at(server.url)
        for write in writes:
            write(store)
        assert all(b"TransactWriteItems" in request.header for request in server.requests)
        assert len({token_of(request) for request in server.requests}) == len(writes)


@pytest.mark.parametrize("code", ["TransactionConflictException", "TransactionInProgressException"])
def test_others_at_the_same_items_are_waited_for(code: str) -> None:
    with FaultyServer(*[fails(400, code)] * 5, well()) as server:
        create(store_at(server.url, seconds=5))
        assert len(server.requests) == 6
        assert len({token_of(request) for request in server.requests}) == 1


def test_a_conflict_within_a_transaction_is_waited_for_too() -> None:
    with FaultyServer(*[cancelled("None", "TransactionConflict")] * 5, well()) as server:
        store_at(server.url, seconds=5).transact([Put(PLAIN, {"id": "a"}), Put(PLAIN, {"id": "b"})])
        assert len(server.requests) == 6


def test_a_conflict_that_does_not_end_is_a_conflict_in_time() -> None:
    with FaultyServer(cancelled("TransactionConflict")) as server:
        with pytest.raises(Conflict):
            create(store_at(server.url))
        assert len(server.requests) > 3


def test_a_failed_condition_outranks_a_conflict() -> None:
    with FaultyServer(cancelled("TransactionConflict", "ConditionalCheckFailed", "ThrottlingError")) as server:
        with pytest.raises(ExpectationFailed) as raised:
            store_at(server.url).transact(
                [
                    Put(PLAIN, {"id": "a"}),
                    Update(PLAIN, {"id": "b"}, VISIT, expect={"n": 1}),
                    Put(PLAIN, {"id": "c"}, if_absent=True),
                ]
            )
        assert raised.value.position == 1
        assert len(server.requests) == 1


def test_a_failed_creation_is_named_as_such() -> None:
    with FaultyServer(cancelled("ConditionalCheckFailed")) as server, pytest.raises(AlreadyExists):
        create(store_at(server.url))


def test_a_throttled_transaction_is_throttled() -> None:
    with FaultyServer(cancelled("ThrottlingError")) as server:
        with pytest.raises(Throttled):
            create(store_at(server.url))
        assert len(server.requests) == 3


def test_an_append_whose_head_moved_is_made_anew_and_one_whose_reply_was_lost_is_not() -> None:
    head = [{"Item": {"feed": {"S": "f"}, "seq": {"N": "0"}, "head": {"N": str(n)}}} for n in (4, 5)]
    moved = cancelled("None", "ConditionalCheckFailed")
    with FaultyServer(well(**head[0]), moved, well(**head[1]), hangs_up, well()) as server:
        assert store_at(server.url).transact([Append(FEED, "f", {"what": "x"})]) == [6]
        tokens = [token_of(request) for request in server.requests if b"TransactWriteItems" in request.header]
        assert len(tokens) == 3
        assert tokens[0] != tokens[1]
        assert tokens[1] == tokens[2]


def test_pages_that_are_empty_are_followed_to_the_end() -> None:
    key = {"id": {"S": "x"}}
    pages = [
        well(Items=[], LastEvaluatedKey=key),
        well(Items=[key], LastEvaluatedKey=key),
        well(Items=[], LastEvaluatedKey=key),
        well(Items=[key]),
    ]
    with FaultyServer(*pages) as server:
        assert len(store_at(server.url).query(PLAIN, "x").items) == 2


def test_keys_left_unprocessed_are_asked_for_again() -> None:
    keys = [{"id": {"S": name}} for name in "abc"]
    left = {"plain": {"Keys": keys[1:], "ConsistentRead": True}}
    replies = [
        well(Responses={"plain": [keys[0]]}, UnprocessedKeys=left),
        well(Responses={"plain": []}, UnprocessedKeys=left),
        well(Responses={"plain": keys[1:]}, UnprocessedKeys={}),
    ]
    with FaultyServer(*replies) as server:
        found = store_at(server.url).get_many(PLAIN, [{"id": name} for name in "abc"])
        assert found == [{"id": "a"}, {"id": "b"}, {"id": "c"}]


def test_a_child_process_does_not_use_its_parents_connections() -> None:
    with FaultyServer(well(**ITEM)) as server:
        store = store_at(server.url)
        get(store)
        child = os.fork()
        if child == 0:
            get(store)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        get(store)
        assert server.accepted == 2


def test_threads_that_meet_a_fault_do_not_disturb_the_others() -> None:
    faults = [hangs_up, fails(500, "InternalServerError"), well(**ITEM)] * 20
    with FaultyServer(*faults, well(**ITEM)) as server:
        store = store_at(server.url, seconds=5)
        start = threading.Barrier(8)

        def read(_: int) -> object:
            start.wait()
            try:
                return get(store)
            except StoreUnavailable:
                return "away"

        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(read, range(64)))
    assert set(map(str, results)) <= {str(KEY), "away"}
    assert results.count(KEY) > 40
