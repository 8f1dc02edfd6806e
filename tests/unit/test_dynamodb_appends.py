"""What DynamoDB is asked for an append that follows a certain event."""

import json

import pytest

from shopkeeper.storage import Append, ExpectationFailed, Put
from tests.support.dynamodb import cancelled, store_at, token_of
from tests.support.faults import FaultyServer, hangs_up, well
from tests.support.stores import FEED, PLAIN

NEXT = Append(FEED, "f", {"what": "x"}, tally={"open": 1}, after=5, head={"day": "monday"})


def test_it_is_one_request_that_reads_nothing_first() -> None:
    with FaultyServer(well()) as server:
        assert store_at(server.url).transact([NEXT]) == [6]
        (request,) = server.requests
    event, move = json.loads(request.body)["TransactItems"]
    assert event["Put"]["Item"] == {"feed": {"S": "f"}, "seq": {"N": "6"}, "what": {"S": "x"}}
    names, values = (move["Update"][f"ExpressionAttribute{part}"] for part in ("Names", "Values"))
    assert set(names.values()) == {"head", "day", "open"}
    assert sorted(values.values(), key=str) == [{"N": "1"}, {"N": "5"}, {"N": "6"}, {"S": "monday"}]


def test_a_head_that_has_moved_is_the_callers_to_read_again() -> None:
    with FaultyServer(cancelled("None", "None", "ConditionalCheckFailed")) as server:
        with pytest.raises(ExpectationFailed) as failed:
            store_at(server.url).transact([Put(PLAIN, {"id": "x"}), NEXT])
        assert len(server.requests) == 1
    assert failed.value.position == 1


def test_a_lost_reply_is_asked_for_again_under_the_same_token() -> None:
    with FaultyServer(hangs_up, well()) as server:
        assert store_at(server.url).transact([NEXT]) == [6]
        first, second = server.requests
        assert token_of(first) == token_of(second)
