"""The trace of a request or a run on one machine: its parts, when they are told, and what spans are called."""

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from shopkeeper.domains.feed.crew import Crew
from shopkeeper.http import Request, Response
from shopkeeper.net.spans import MOST_SPANS, Call, Operation, Root, Span, current_root
from shopkeeper.runtime.machine.conventions import part_attributes, part_fault, part_name, request_attributes
from shopkeeper.runtime.machine.trace import NoTrace, Trace
from shopkeeper.runtime.machine.traced_store import traced
from shopkeeper.storage import Changes, Check, ExpectationFailed, Put
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import ITEMS, MARKERS, TABLES, VISITOR_COUNTER

WITHIN_SECONDS = 30


class Told(list[Span]):
    """The spans that a trace told of."""

    def trace(self) -> Trace:
        return Trace("work", "0af7", 1, count(2).__next__, lambda _, span: self.append(span))

    @property
    def names(self) -> list[str]:
        return [span.name for span in self]


@pytest.fixture
def told() -> Told:
    return Told()


# What is a part, and when it is told


def test_parts_are_told_when_the_whole_has_ended_and_the_whole_is_the_last(told: Told) -> None:
    trace = told.trace()
    with trace, Span("outer"), Span("inner"):
        pass
    assert told == []
    trace.end()
    assert told.names == ["inner", "outer", "work"]
    inner, outer, whole = told
    assert (inner.around, outer.around, whole.around) == (outer, trace, None)
    assert len({span.span_id for span in told}) == 3
    assert whole.began <= outer.began <= inner.began <= inner.ended <= outer.ended <= whole.ended


def test_a_trace_that_is_not_ended_is_not_told(told: Told) -> None:
    with told.trace(), Span("part"):
        pass
    assert told == []


def test_work_may_go_on_at_other_times_and_in_other_threads(told: Told) -> None:
    trace = told.trace()

    def work() -> None:
        with trace, Span("work of a thread"):
            pass

    with trace:
        pass
    trace.waits("queue")
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(WITHIN_SECONDS)
    trace.waits("commit")
    trace.goes_on("StoreUnavailable")
    trace.end()
    assert told.names == ["queue", "work of a thread", "commit", "work"]
    assert [span.failure for span in told] == ["", "", "StoreUnavailable", ""]
    assert told[0].ended <= told[1].began


def test_a_wait_that_has_no_end_ends_with_the_whole(told: Told) -> None:
    trace = told.trace()
    trace.waits("feed")
    trace.end()
    assert told.names == ["feed", "work"]
    assert told[0].ended <= told[1].ended


def test_parts_that_end_later_are_told_when_they_end(told: Told) -> None:
    """A delivery may take longer than the run that has begun it."""
    crew, go_on, begun = Crew(1, 1), threading.Event(), threading.Event()

    def deliver() -> None:
        with Call("slow.example", "POST"):
            begun.set()
            assert go_on.wait(WITHIN_SECONDS)

    trace = told.trace()
    with trace:
        crew.submit(("a", "b"), deliver)
        assert begun.wait(WITHIN_SECONDS)
    trace.end()
    assert told.names == ["work"]
    go_on.set()
    crew.wait(WITHIN_SECONDS)
    assert told.names == ["work", "slow.example"]
    assert told[1].around is trace


def test_every_part_is_told_once_while_many_threads_end_theirs(told: Told) -> None:
    """Each thread ends its part about when the whole ends."""
    for _ in range(50):
        told.clear()
        trace, together = told.trace(), threading.Barrier(5)
        crew = Crew(4, 4)

        def part(together: threading.Barrier = together) -> None:
            with Span("part"):
                together.wait(WITHIN_SECONDS)

        with trace:
            for number in range(4):
                crew.submit(("a", str(number)), part)
        together.wait(WITHIN_SECONDS)
        trace.end()
        crew.wait(WITHIN_SECONDS)
        assert sorted(told.names) == ["part"] * 4 + ["work"]


def test_only_so_many_parts_are_told_and_the_others_are_counted(told: Told) -> None:
    trace = told.trace()
    with trace:
        for _ in range(MOST_SPANS + 7):
            with Span("part"):
                pass
    trace.waits("commit")
    trace.end()
    assert len(told) == MOST_SPANS + 1
    assert trace.left_out == 8


def test_what_is_not_sampled_is_no_part_of_what_is_around_it() -> None:
    """A step of the loop may inherit the context of another request."""
    root = Root("another")
    untold = NoTrace()
    with root:
        with untold, Span("part"):
            assert current_root() is None
        assert current_root() is root
    untold.waits("commit")
    untold.goes_on()
    assert (root.parts, untold.trace_id) == ([], "")


# The store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    made = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield made
    made.close()


def test_every_operation_of_a_store_is_a_part_that_names_its_tables(store: SQLiteStore, told: Told) -> None:
    seen, trace, key = traced(store), told.trace(), {"counter_id": "c"}
    with trace:
        seen.put(VISITOR_COUNTER, key)
        assert seen.get(VISITOR_COUNTER, key) == key
        assert seen.get_many(VISITOR_COUNTER, [key]) == [key]
        assert seen.update(VISITOR_COUNTER, key, Changes(add={"count": 1}))["count"] == 1
        assert len(seen.scan(VISITOR_COUNTER).items) == 1
        seen.transact([Put(VISITOR_COUNTER, key), Put(MARKERS, {"marker": "a"}), Put(MARKERS, {"marker": "b"})])
        seen.delete(VISITOR_COUNTER, key)
        seen.ping(VISITOR_COUNTER)
        with pytest.raises(ExpectationFailed):
            seen.transact([Check(ITEMS, {"item_id": "none"}, expect={"version": 1})])
    trace.end()
    *parts, _ = told
    names = ["put", "get", "get_many", "update", "scan", "transact", "delete", "ping", "transact"]
    assert [part.name for part in parts] == names
    assert part_attributes(parts[3]) == {
        "db.system.name": "sqlite",
        "db.operation.name": "update",
        "db.collection.name": "visitor-counter",
    }
    assert part_attributes(parts[5])["db.query.summary"] == "transact visitor-counter markers"
    assert part_fault(parts[8]) == "ExpectationFailed"
    assert seen.kind == store.kind


# What spans are called


def ended(call: Call, status: int = 0, attempts: int = 1, failure: str = "") -> Call:
    call.status, call.attempts, call.failure = status, attempts, failure
    return call


CALLS: dict[str, tuple[Call, tuple[str, str, dict[str, object]]]] = {
    "a request that is taken": (
        ended(Call("a.example", "POST"), 204),
        ("POST", "", {"http.request.method": "POST", "http.response.status_code": 204}),
    ),
    "a request that is refused": (
        ended(Call("a.example", "POST"), 410),
        ("POST", "410", {"http.request.method": "POST", "http.response.status_code": 410}),
    ),
    "a request without an answer": (
        ended(Call("a.example", "GET"), failure="NotSent"),
        ("GET", "NotSent", {"http.request.method": "GET"}),
    ),
    "an operation of DynamoDB": (
        ended(Call("a.example", "POST", service="dynamodb", operation="GetItem", tables=("items",)), 200, 3),
        (
            "dynamodb.GetItem",
            "",
            {
                "db.system.name": "aws.dynamodb",
                "db.operation.name": "GetItem",
                "db.collection.name": "items",
                "http.response.status_code": 200,
                "http.request.resend_count": 2,
            },
        ),
    ),
    "another service of AWS": (
        ended(Call("a.example", "PUT", service="s3"), 200),
        (
            "s3.PUT",
            "",
            {"rpc.system": "aws-api", "rpc.service": "s3", "rpc.method": "PUT", "http.response.status_code": 200},
        ),
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_a_call_is_told_by_the_conventions(case: str) -> None:
    call, (name, fault, attributes) = CALLS[case]
    assert (part_name(call), part_fault(call)) == (name, fault)
    error = {"error.type": fault} if fault else {}
    assert part_attributes(call) == {"server.address": "a.example", **attributes, **error}


def test_a_long_path_is_cut() -> None:
    request = Request("GET", "/counter/" + "x" * 1000, ("counter", "x"), "id")
    path = request_attributes(request, "/counter/{counter_id}", Response(200, {}))["url.path"]
    assert len(str(path)) == 200


def test_an_answer_that_broke_off_is_a_fault_whatever_its_status() -> None:
    request = Request("GET", "/api/items", ("api", "items"), "id")
    attributes = request_attributes(request, "/api/items", Response(200, {}, b"", OSError()))
    assert attributes["error.type"] == "OSError"


def test_an_operation_of_many_tables_is_called_by_its_name_alone() -> None:
    assert part_name(Operation("sqlite", "transact", ("a", "b"))) == "transact"
    assert part_name(Operation("sqlite", "get", ("a",))) == "get a"
