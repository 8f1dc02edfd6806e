"""Traces for X-Ray: what a function tells of an invocation, where it was sampled, and that it never fails for it."""

import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from contextvars import copy_context
from typing import Any

import pytest
from jsonschema_rs import ValidationError

from shopkeeper.aws.s3 import Bucket
from shopkeeper.aws.ses import SesSender
from shopkeeper.clock import utc_now
from shopkeeper.domains.feed.crew import Crew
from shopkeeper.domains.webhooks.message import Message
from shopkeeper.domains.webhooks.sending import Sender
from shopkeeper.domains.webhooks.signing import new_secret
from shopkeeper.functions import orders, visits
from shopkeeper.functions.declaration import Function
from shopkeeper.net.guard import Guard
from shopkeeper.net.request import request
from shopkeeper.net.spans import MOST_SPANS, Call, Root, Span, current_root
from shopkeeper.runtime.lambda_.events import UnsupportedEvent
from shopkeeper.runtime.lambda_.handler import lambda_handler
from shopkeeper.runtime.resources import open_store
from shopkeeper.runtime.telemetry import xray
from shopkeeper.settings import read
from shopkeeper.storage import Check, Put
from shopkeeper.storage.dynamodb import DynamoDBClient, DynamoDBStore
from shopkeeper.storage.tables import ITEMS, TABLES, VISITOR_COUNTER
from tests.support.faults import Behaviour, FaultyServer, answers, fails, hangs_up, well
from tests.support.processes import free_port
from tests.support.stores import aws_environment
from tests.support.xray import PARENT, SAMPLED, SCHEMA, TRACE, Daemon, Document, calls

COUNTED = well(Attributes={"count": {"N": "1"}, "counter_id": {"S": "main_counter"}})
THROTTLED = fails(400, "ProvisionedThroughputExceededException")
BROKEN = fails(400, "ValidationException")


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    made = Daemon()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", SAMPLED)


Invoke = Callable[..., Any]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What handlers open. A Lambda never closes it, a test does."""
    found: list[Any] = []

    def noting(kind: Callable[..., Any]) -> Callable[..., Any]:
        def make(*arguments: Any, **options: Any) -> Any:
            found.append(kind(*arguments, **options))
            return found[-1]

        return make

    monkeypatch.setattr("shopkeeper.runtime.resources.open_store", noting(open_store))
    monkeypatch.setattr(xray, "Daemon", noting(xray.Daemon))
    yield found
    for one in found:
        one.close()


@pytest.fixture
def invoke(opened: list[Any]) -> Invoke:
    """Put events to a function whose DynamoDB behaves as told, and return its last reply."""

    def put(function: Function, address: str, event: object, *behaviours: Behaviour, times: int = 1) -> Any:
        with FaultyServer(*behaviours) as server:
            environment = {**aws_environment(server.url), "AWS_XRAY_DAEMON_ADDRESS": address}
            handler = lambda_handler(function, environment)
            return [handler(event, None) for _ in range(times)][-1]

    return put


def traced(daemon: Daemon, work: Callable[[], object]) -> Document:
    """Return the document of some work."""
    with Root("work") as root:
        work()
    with closing(xray.Daemon(daemon.address)) as sending:
        sending.send(xray.document_of(root, TRACE, PARENT))
    return daemon.document()


# What is told


def test_a_visit_is_told_with_its_phases_its_route_and_its_call_of_the_store(invoke: Invoke, daemon: Daemon) -> None:
    began = time.time()
    invoke(visits.FUNCTION, daemon.address, {"path": "/counter/about", "httpMethod": "GET"}, COUNTED)
    document = daemon.document()
    assert document["annotations"] == {"stage": "dev", "route": "GET /counter/{counter_id}", "status": 200}
    assert [part["name"] for part in document["subsegments"]] == ["read", "answer", "log"]
    (call,) = calls(document)
    assert call["name"] == "DynamoDB"
    assert call["aws"] == {"operation": "UpdateItem", "retries": 0, "table_name": "visitor-counter-dev"}
    assert call["http"] == {"response": {"status": 200}}
    assert document["subsegments"][1]["subsegments"] == [call]
    assert began <= document["start_time"] <= call["start_time"] <= call["end_time"] <= document["end_time"]
    assert not {"fault", "error", "throttle"} & (document.keys() | call.keys())


OUTCOMES: dict[str, tuple[Function, object, tuple[Behaviour, ...], set[str], dict[str, object]]] = {
    "an answer of the caller's fault": (
        visits.FUNCTION,
        {"path": "/counter/a b", "httpMethod": "GET"},
        (COUNTED,),
        {"error"},
        {"route": "GET /counter/{counter_id}", "status": 400},
    ),
    "a path that is not declared": (
        visits.FUNCTION,
        {"path": "/nowhere", "httpMethod": "GE\ud800T"},
        (COUNTED,),
        {"error"},
        {"status": 403},
    ),
    "a store that refuses": (visits.FUNCTION, {}, (BROKEN,), {"fault"}, {"route": "GET /counter", "status": 500}),
    "a job that is done": (orders.FUNCTION, {"schedule": "order-expiry"}, (well(Items=[]),), set(), {}),
    "a job that fails": (orders.FUNCTION, {"schedule": "order-expiry"}, (BROKEN,), {"fault"}, {}),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_an_outcome_is_told(invoke: Invoke, daemon: Daemon, case: str) -> None:
    function, event, behaviours, outcome, facts = OUTCOMES[case]
    try:
        invoke(function, daemon.address, event, *behaviours)
    except Exception:  # noqa: BLE001  # a job's own
        assert "fault" in outcome
    document = daemon.document()
    assert {"fault", "error", "throttle"} & document.keys() == outcome
    schedule = {"schedule": event["schedule"]} if isinstance(event, dict) and "schedule" in event else {}
    assert document["annotations"] == {"stage": "dev", **facts, **schedule}


def test_an_event_that_is_refused_is_a_fault(invoke: Invoke, daemon: Daemon) -> None:
    with pytest.raises(UnsupportedEvent):
        invoke(visits.FUNCTION, daemon.address, {"Records": []})
    assert daemon.document()["fault"] is True


def test_attempts_are_counted_and_the_last_answer_is_told(invoke: Invoke, daemon: Daemon) -> None:
    invoke(visits.FUNCTION, daemon.address, {}, THROTTLED, THROTTLED, COUNTED)
    (call,) = calls(daemon.document())
    assert (call["aws"]["retries"], call["http"]) == (2, {"response": {"status": 200}})
    invoke(visits.FUNCTION, daemon.address, {}, hangs_up)
    (call,) = calls(daemon.document())
    assert (call["fault"], call["http"]) == (True, {})


def test_a_transaction_names_its_tables_once(daemon: Daemon) -> None:
    with FaultyServer(well(), well(Responses={}, UnprocessedKeys={})) as server:
        settings = read(aws_environment(server.url), TABLES)
        client = DynamoDBClient(settings.region, settings.aws)
        store = DynamoDBStore(client, {table: settings.table_name(table) for table in TABLES})

        def work() -> None:
            checks = [Check(ITEMS, {"item_id": name}, expect={"version": 1}) for name in ("a", "b")]
            store.transact([*checks, Put(VISITOR_COUNTER, {"counter_id": "c"})])
            store.get_many(ITEMS, [{"item_id": "a"}])

        transaction, batch = calls(traced(daemon, work))
        store.close()
    assert transaction["aws"]["operation"] == "TransactWriteItems"
    assert transaction["aws"]["table_name"] == "items-dev,visitor-counter-dev"
    assert batch["aws"]["table_name"] == "items-dev"


def test_outgoing_requests_tell_host_method_and_status_and_no_secret(daemon: Daemon) -> None:
    """A key, a path, a query, a field or a body may be secret."""
    gone = f"http://127.0.0.1:{free_port()}/secret-path"
    with FaultyServer(answers(202, b"secret-body")) as server:
        settings = read({**aws_environment(server.url), "AWS_ENDPOINT_URL": server.url}, TABLES)
        bucket = Bucket("secret-bucket", "us-east-1", settings.aws, 1000)
        ends = time.monotonic() + 20
        fields = {"X-Secret": "secret-field"}

        def work() -> None:
            request("GET", f"{server.url}/secret-path?secret=query", headers=fields, deadline=ends, max_body=100)
            sender = Sender(Guard(allows_loopback=True), utc_now)
            message = Message("secret-id", b'{"secret":"body"}')
            assert sender.send(f"{server.url}/secret-path", [new_secret()], message).status == 202
            assert sender.send(gone, [new_secret()], message).error == "not_connected"
            bucket.write("secret-key", b"secret-body", fields)

        document = traced(daemon, work)
        bucket.close()
    asked, hook, missed, written = calls(document)
    assert asked["http"] == {"request": {"method": "GET", "url": "https://127.0.0.1/"}, "response": {"status": 202}}
    assert hook["http"] == {"request": {"method": "POST", "url": "https://127.0.0.1/"}, "response": {"status": 202}}
    assert (missed["http"].keys(), missed["fault"]) == ({"request"}, True)
    assert (written["name"], written["aws"]["operation"]) == ("S3", "PUT")
    assert "secret" not in json.dumps(document)


def test_a_mail_by_ses_is_told_without_its_addresses(daemon: Daemon) -> None:
    with FaultyServer(well(MessageId="1")) as server:
        settings = read({**aws_environment(server.url), "AWS_ENDPOINT_URL": server.url}, TABLES)
        sender = SesSender("us-east-1", settings.aws)
        document = traced(daemon, lambda: sender.send("shop@example.com", "ann@example.com", b"Hello"))
        sender.close()
    (call,) = calls(document)
    assert (call["name"], call["aws"]["operation"]) == ("SES", "SendEmail")
    assert "example.com" not in json.dumps(document)


def test_work_in_threads_is_told_too(daemon: Daemon) -> None:
    def work() -> None:
        crew = Crew(2, 1)
        for name in "ab":
            crew.submit((name, name), lambda: Call("host.example", "POST").__enter__().__exit__(None, None, None))
        crew.wait(20)

    assert [call["name"] for call in calls(traced(daemon, work))] == ["host.example"] * 2


def test_what_goes_on_after_its_invocation_is_not_told(daemon: Daemon) -> None:
    contexts = []

    def work() -> None:
        with Span("part"):
            contexts.append(copy_context())
        contexts.append(copy_context())

    document = traced(daemon, work)
    assert [part["name"] for part in document["subsegments"]] == ["part"]
    assert [context.run(current_root) for context in contexts] == [None, None]


# Limits


def test_the_longest_document_is_within_the_limit_and_says_what_is_left_out(daemon: Daemon) -> None:
    def work() -> None:
        for number in range(MOST_SPANS + 7):
            tables = tuple(f"{'t' * 250}{part}" for part in range(100))
            with Call(
                "h" * 253, "POST", service="s" * 300 * (number % 2), operation="TransactWriteItems", tables=tables
            ):
                pass

    document = traced(daemon, work)
    assert len(calls(document)) == MOST_SPANS
    assert document["annotations"]["left_out"] == 7


def test_nothing_of_an_invocation_is_left_to_the_collector(invoke: Invoke, daemon: Daemon) -> None:
    gc.collect()
    gc.disable()
    try:
        invoke(visits.FUNCTION, daemon.address, {}, COUNTED)
        left = [one for one in gc.get_objects() if isinstance(one, Span)]
    finally:
        gc.enable()
    assert len(calls(daemon.document())) == 1
    assert left == []


def test_a_name_has_only_the_signs_that_are_allowed(daemon: Daemon) -> None:
    def work() -> None:
        with Span("<é$[x]?>"):
            pass

    assert traced(daemon, work)["subsegments"][0]["name"] == "éx"


def test_the_schema_refuses_what_is_not_documented(daemon: Daemon) -> None:
    document = traced(daemon, lambda: None)
    for wrong in ({"id": "x"}, {"start_time": "now"}, {"secret": 1}, {"annotations": {"a-b": 1}}, {"name": ""}):
        with pytest.raises(ValidationError):
            SCHEMA.validate({**document, **wrong})


# Where nothing is sent, and nothing fails

HEADERS = {
    "none": "",
    "not sampled": SAMPLED.replace("Sampled=1", "Sampled=0"),
    "no decision": SAMPLED.replace(";Sampled=1", ""),
    "another field that is like it": SAMPLED.replace("Sampled=1", "Sampled=0;Self=Sampled=1"),
    "no parent": SAMPLED.replace("Parent=53995c3f42cd8ad8;", ""),
    "a parent that is none": SAMPLED.replace("53995c3f42cd8ad8", "53995C3F42CD8AD"),
    "a root that is none": SAMPLED.replace("1-5759e988", "2-5759e988"),
    "a short root": SAMPLED.replace("272793", ""),
    "nonsense": ";;=;Sampled=1;\ud800",
}


@pytest.mark.parametrize("header", HEADERS)
def test_an_invocation_that_is_not_sampled_is_not_told(
    invoke: Invoke, daemon: Daemon, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADERS[header].encode("utf-8", "replace").decode())
    assert invoke(visits.FUNCTION, daemon.address, {}, COUNTED)["statusCode"] == 200
    assert list(daemon.documents()) == []
    assert current_root() is None


def test_lambda_may_say_more_of_a_trace(invoke: Invoke, daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", SAMPLED + ";Lineage=1:a87bd80c:0; Self=x")
    invoke(visits.FUNCTION, daemon.address, {}, COUNTED)
    assert daemon.document()["trace_id"] == TRACE


ADDRESSES = ["", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:0", "127.0.0.1:99999", "localhost:2000", "a b:1"]
ADDRESSES += ["[::1]:2000", "255.255.255.255:2000", "127.0.0.1:-1", "udp:127.0.0.1:2000", ":2000", "127.0.0.1:²"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_wrong_address_fails_nothing(invoke: Invoke, address: str) -> None:
    assert invoke(visits.FUNCTION, address, {}, COUNTED)["statusCode"] == 200


def test_no_daemon_fails_nothing(invoke: Invoke) -> None:
    assert invoke(visits.FUNCTION, f"127.0.0.1:{free_port()}", {}, COUNTED, times=3)["statusCode"] == 200


def test_a_process_has_one_socket(invoke: Invoke, daemon: Daemon, opened: list[Any]) -> None:
    invoke(visits.FUNCTION, daemon.address, {}, COUNTED, times=3)
    assert len([one for one in opened if one.__class__.__name__ == "Daemon"]) == 1
    assert len(list(daemon.documents())) == 3
