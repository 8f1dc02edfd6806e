"""What runs a function beside requests: schedules and streams, on Lambda and on one machine."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.clock import utc_now
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.orders import FUNCTION as ORDERS_FUNCTION
from shopkeeper.functions.permissions import Permission, permissions_of
from shopkeeper.functions.queues import Queue
from shopkeeper.functions.triggers import Job, Metrics, Schedule, Stream
from shopkeeper.functions.visits import FUNCTION as VISITS
from shopkeeper.runtime.lambda_.events import UnsupportedEvent
from shopkeeper.runtime.lambda_.handler import lambda_handler
from shopkeeper.storage import Item
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import EVENTS, TABLES
from tests.support.shops import Shop
from tests.unit.test_lambda import LAMBDA_ID, Context
from tests.unit.test_lambda_events import environment, stream

WITHIN_SECONDS = 30


def sample(*triggers: Schedule | Stream, base: Function = VISITS) -> Function:
    """Return a function that is run by nothing but these."""
    return msgspec.structs.replace(base, name="sample", service="sample", triggers=triggers)


def schedule(job: Job, seconds: int = 1) -> Schedule:
    return Schedule("tidy", minutes=1, seconds=seconds, build=lambda resources: job)


class Log:
    """What was written to standard output."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    def lines(self) -> list[dict[str, Any]]:
        """Return every line so far."""
        self._text += self._capsys.readouterr().out
        return [json.loads(line) for line in self._text.splitlines()]


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


def fails() -> Metrics:
    raise ZeroDivisionError("the job is broken")


# Declarations


def test_what_a_role_must_allow_follows_from_the_triggers() -> None:
    job = schedule(dict)
    function = sample(job, Stream("told", EVENTS, lambda resources: lambda items: {}, fallback=""))
    function = msgspec.structs.replace(
        function, grants={}, queues={Queue("mail"): frozenset({"send"}), Queue("jobs"): frozenset({"receive"})}
    )
    assert function.dead_letters == (Queue("tidy-dead-letters"), Queue("told-dead-letters"))
    reading = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
    assert permissions_of(function) == {
        *(Permission(f"dynamodb:{action}", "stream", "events") for action in reading),
        *(Permission("sqs:SendMessage", "queue", name) for name in ("tidy-dead-letters", "told-dead-letters", "mail")),
        *(
            Permission(f"sqs:{action}", "queue", "jobs")
            for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        ),
    }


def test_a_function_of_requests_needs_no_queue() -> None:
    assert VISITS.dead_letters == ()
    assert {permission.kind for permission in permissions_of(VISITS)} == {"table"}


def test_the_orders_may_query_their_index_and_send_to_their_dead_letter_queue() -> None:
    allowed = permissions_of(ORDERS_FUNCTION)
    assert Permission("dynamodb:Query", "index", "orders", "awaiting") in allowed
    assert Permission("sqs:SendMessage", "queue", "order-expiry-dead-letters") in allowed


def test_a_schedule_of_the_same_function_finds_what_a_stream_missed() -> None:
    for function in FUNCTIONS:
        schedules = {schedule.name for schedule in function.schedules}
        assert {stream.fallback for stream in function.streams} <= schedules


def test_every_schedule_and_stream_has_a_name_of_its_own() -> None:
    names = [queue.name for function in FUNCTIONS for queue in function.dead_letters]
    assert len(set(names)) == len(names)
    assert "order-expiry-dead-letters" in names


# Lambda


def test_the_schedule_of_the_orders_tells_of_those_that_expired(output: Log, tmp_path: Path) -> None:
    settings = environment(tmp_path) | {"JWT_SECRET_KEY": "0123456789abcdef" * 2}
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    shop = Shop(store)
    shop.now = utc_now() - timedelta(hours=1)
    order = shop.place()
    handler = lambda_handler(ORDERS_FUNCTION, settings)
    assert handler({"schedule": "order-expiry"}, Context()) is None
    assert shop.orders.get(shop.owner, order.order_id, None).history[-1].by == "system"
    (line,) = output.lines()
    assert (line["level"], line["message"], line["name"]) == ("INFO", "schedule", "order-expiry")
    assert (line["requestId"], line["coldStart"], "durationMs" in line) == (LAMBDA_ID, True, True)
    assert (line["OrdersExpired"], line["ColdStart"], line["service"]) == (1, 1, "orders")
    assert "RequestCount" not in line
    handler({"schedule": "order-expiry"}, Context())
    (_, again) = output.lines()
    assert (again["message"], "_aws" in again) == ("schedule", False), "a run without metrics has none in its line"
    store.close()


def test_a_job_that_fails_fails_the_invocation_and_is_logged(output: Log, tmp_path: Path) -> None:
    handler = lambda_handler(sample(schedule(fails)), environment(tmp_path))
    with pytest.raises(ZeroDivisionError):
        handler({"schedule": "tidy"}, Context())
    line = output.lines()[0]
    assert (line["level"], line["message"], line["name"], line["requestId"]) == ("ERROR", "schedule", "tidy", LAMBDA_ID)
    assert (line["errorType"], line["errorMessage"]) == ("ZeroDivisionError", "the job is broken")
    assert "in fails" in line["exception"]


@pytest.mark.parametrize("event", [{}, {"path": "/counter"}, {"schedule": "order-expiry"}, {"schedule": None}])
def test_a_function_without_requests_serves_none(output: Log, tmp_path: Path, event: object) -> None:
    handler = lambda_handler(sample(schedule(lambda: {"Runs": 1})), environment(tmp_path))
    with pytest.raises(UnsupportedEvent):
        handler(event, Context())
    assert [line["message"] for line in output.lines()] == ["event refused"]
    assert handler({"schedule": "tidy"}, Context()) is None


def record(kind: str, image: dict[str, Any] | None) -> dict[str, Any]:
    (made,) = stream("events-dev")["Records"]
    return {**made, "eventName": kind, "dynamodb": {} if image is None else {"NewImage": image}}


def test_a_consumer_gets_the_items_that_were_added_as_the_store_gives_them(output: Log, tmp_path: Path) -> None:
    batches: list[Sequence[Item]] = []

    def consume(items: Sequence[Item]) -> Metrics:
        batches.append(items)
        return {"Told": len(items)}

    handler = lambda_handler(
        sample(Stream("told", EVENTS, lambda resources: consume, fallback="")), environment(tmp_path)
    )
    event = {"business_id": {"S": "a"}, "seq": {"N": "1"}, "data": {"M": {"n": {"N": "1.5"}, "b": {"B": "AAE="}}}}
    batch = [
        record("INSERT", {"business_id": {"S": "a"}, "seq": {"N": "0"}, "head": {"N": "1"}}),
        record("INSERT", event),
        record("MODIFY", {"business_id": {"S": "a"}, "seq": {"N": "0"}, "head": {"N": "2"}}),
        record("INSERT", {**event, "seq": {"N": "2"}}),
        record("REMOVE", None),
    ]
    assert handler({"Records": batch}, Context()) is None
    ((first, second),) = batches
    assert (first["seq"], second["seq"]) == (1, 2)
    assert str(first["data"]) == "{'n': Decimal('1.5'), 'b': b'\\x00\\x01'}"
    (line,) = output.lines()
    assert (line["message"], line["name"], line["requestId"], line["Told"]) == ("stream", "told", LAMBDA_ID, 2)
    handler({"Records": [record("REMOVE", None)]}, Context())
    assert len(batches) == 1, "there was nothing to consume"


def test_a_consumer_that_fails_fails_the_invocation(output: Log, tmp_path: Path) -> None:
    function = sample(Stream("told", EVENTS, lambda resources: lambda items: fails(), fallback=""))
    handler = lambda_handler(function, environment(tmp_path))
    with pytest.raises(ZeroDivisionError):
        handler(stream("events-dev"), Context())
    assert output.lines()[0]["message"] == "stream"


@pytest.mark.parametrize("records", [[record("INSERT", None)], [{**record("INSERT", {}), "dynamodb": 7}], ["x"], {}])
def test_a_batch_that_cannot_be_read_is_refused(output: Log, tmp_path: Path, records: object) -> None:
    function = sample(Stream("told", EVENTS, lambda resources: lambda items: {}, fallback=""))
    with pytest.raises(UnsupportedEvent):
        lambda_handler(function, environment(tmp_path))({"Records": records}, Context())
