"""Conditional writes, transactions and feeds before servers that misbehave: once, and truly answered."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shopkeeper.storage import (
    AlreadyExists,
    Append,
    Conflict,
    ExpectationFailed,
    Put,
    Store,
    StoreUnavailable,
    Throttled,
    Update,
)
from tests.support.dynamodb import (
    ITEM,
    KEY,
    VISIT,
    cancelled,
    create,
    get,
    store_at,
    token_of,
    visit,
)
from tests.support.faults import (
    FaultyServer,
    fails,
    hangs_up,
    well,
)
from tests.support.stores import FEED, PLAIN


def test_what_may_have_been_applied_is_never_said_not_to_be() -> None:
    for last in (fails(400, "ThrottlingException"), cancelled("TransactionConflict")):
        with FaultyServer(hangs_up, last) as server, pytest.raises(StoreUnavailable, match="may have been applied"):
            create(store_at(server.url, seconds=3))


def test_conflicts_do_not_use_up_the_attempts_for_a_lost_reply() -> None:
    with FaultyServer(*[cancelled("TransactionConflict")] * 4, hangs_up, well()) as server:
        create(store_at(server.url))
        assert len(server.requests) == 6


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
        create(store_at(server.url))
        assert len(server.requests) == 6
        assert len({token_of(request) for request in server.requests}) == 1


def test_a_conflict_within_a_transaction_is_waited_for_too() -> None:
    with FaultyServer(*[cancelled("None", "TransactionConflict")] * 5, well()) as server:
        store_at(server.url).transact([Put(PLAIN, {"id": "a"}), Put(PLAIN, {"id": "b"})])
        assert len(server.requests) == 6


def test_a_conflict_that_does_not_end_is_a_conflict_in_time() -> None:
    with FaultyServer(cancelled("TransactionConflict")) as server:
        with pytest.raises(Conflict):
            create(store_at(server.url, seconds=3))
        assert len(server.requests) > 1


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


def test_an_answer_that_lacks_what_was_asked_for_is_none() -> None:
    with FaultyServer(well()) as server:
        for operation in (visit, lambda store: store.query(PLAIN, "x"), lambda store: store.get_many(PLAIN, [KEY])):
            with pytest.raises(StoreUnavailable):
                operation(store_at(server.url))


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
        store = store_at(server.url)
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
