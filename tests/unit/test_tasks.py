"""Schedules and streams on one machine: threads beside the requests."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from shopkeeper.clock import utc_now
from shopkeeper.domains.feed.offers import append
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Metrics, Stream
from shopkeeper.runtime.machine import additions
from shopkeeper.runtime.machine.meters import Meters
from shopkeeper.runtime.machine.tasks import LONGEST_PAUSE_SECONDS, Tasks
from shopkeeper.runtime.telemetry.log import Telemetry
from shopkeeper.settings import read
from shopkeeper.storage import Append, Changes, ConditionFailed, Item, Put, Update
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import EVENTS, MARKERS, TABLES
from tests.unit.test_lambda_events import environment
from tests.unit.test_triggers import Log, fails, sample, schedule

WITHIN_SECONDS = 30


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


class Machine:
    """Tasks on one machine, with a store and a log."""

    def __init__(self, folder: Path, output: Log, *functions: Function) -> None:
        settings = read(environment(folder), TABLES)
        self.store = SQLiteStore(folder / "shop.db", TABLES)
        self.output = output
        self.appended: list[str] = []
        streams = [(stream, additions.Additions()) for function in functions for stream in function.streams]
        self.watched = additions.watched(self.store, streams, lambda tell: tell(), self.appended.append)
        resources = Resources(settings, self.watched)
        self.tasks = Tasks(
            functions, resources, streams, Telemetry("shopkeeper", settings), Meters(), lambda step: step()
        )

    def close(self) -> None:
        self.tasks.stop()
        self.tasks.join(WITHIN_SECONDS)
        self.store.close()


@pytest.fixture
def machine(tmp_path: Path, output: Log) -> Iterator[Callable[..., Machine]]:
    made: list[Machine] = []

    def make(*functions: Function) -> Machine:
        made.append(Machine(tmp_path, output, *functions))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_schedule_runs_from_the_start_on_and_after_failures(machine: Callable[..., Machine]) -> None:
    enough = threading.Event()
    runs: list[int] = []

    def job() -> Metrics:
        runs.append(len(runs))
        if len(runs) == 4:
            enough.set()
        return fails() if len(runs) == 2 else {"Tidied": 3} if len(runs) == 3 else {}

    running = machine(sample(schedule(job, seconds=0)))
    assert runs == []
    running.tasks.start()
    assert enough.wait(WITHIN_SECONDS)
    running.close()
    lines = running.output.lines()
    failed, tidied = lines
    assert (failed["message"], failed["level"], failed["errorType"]) == ("schedule", "ERROR", "ZeroDivisionError")
    assert "in fails" in failed["exception"]
    assert (tidied["message"], tidied["name"], tidied["Tidied"]) == ("schedule", "tidy", 3)


class Pauses(threading.Event):
    """An event that is never waited for; it notes for how long it would have been."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.pauses: list[float | None] = []
        self._most = most

    def wait(self, timeout: float | None = None) -> bool:
        """Note the pause, and return whether there were enough."""
        self.pauses.append(timeout)
        return len(self.pauses) > self._most


@pytest.mark.parametrize(
    ("seconds", "pauses"),
    [
        (1, [0, 1, 2, 4, 8, 16, 32, 60, 60, 1, 1]),
        (3600, [0, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600]),
    ],
)
def test_a_job_that_keeps_failing_is_tried_less_often_up_to_a_bound(
    machine: Callable[..., Machine], seconds: int, pauses: list[int]
) -> None:
    runs: list[int] = []

    def job() -> Metrics:
        runs.append(0)
        return fails() if 2 <= len(runs) <= 8 else {}

    declared = schedule(job, seconds)
    running = machine(sample(declared))
    noted = running.tasks._stopping = Pauses(len(pauses) - 1)
    running.tasks._repeat(declared, job)
    assert noted.pauses == pauses
    assert max(pauses) in (LONGEST_PAUSE_SECONDS, seconds)


def test_a_stop_waits_for_the_run_that_has_begun_and_begins_no_other(machine: Callable[..., Machine]) -> None:
    begun, go_on = threading.Event(), threading.Event()
    runs: list[int] = []

    def job() -> Metrics:
        runs.append(0)
        begun.set()
        go_on.wait(WITHIN_SECONDS)
        return {}

    running = machine(sample(schedule(job, seconds=0)))
    running.tasks.start()
    assert begun.wait(WITHIN_SECONDS)
    running.tasks.stop()
    leaving = threading.Thread(target=running.tasks.join, args=(WITHIN_SECONDS,))
    leaving.start()
    leaving.join(0.05)
    assert leaving.is_alive()
    go_on.set()
    leaving.join(WITHIN_SECONDS)
    assert not leaving.is_alive()
    assert len(runs) == 1


class Consumer:
    """Keeps what it is given until it has some number of items; it may be told to fail first."""

    def __init__(self, expected: int, failures: int = 0) -> None:
        self.items: list[Item] = []
        self.enough = threading.Event()
        self._expected = expected
        self._failures = failures

    def __call__(self, items: Sequence[Item]) -> Metrics:
        if self._failures:
            self._failures -= 1
            return fails()
        self.items += items
        if len(self.items) >= self._expected:
            self.enough.set()
        return {"Told": len(items)}


def event(number: int) -> Append:
    return append("b", "sample.happened", "s", {"number": number}, "2026-11-24T00:00:00.000Z", utc_now())


def test_a_stream_tells_of_what_was_added_after_it_is_durable(machine: Callable[..., Machine]) -> None:
    consumer, markers = Consumer(2), Consumer(2)
    running = machine(
        sample(Stream("told", EVENTS, lambda resources: consumer, fallback="")),
        sample(Stream("marked", MARKERS, lambda resources: markers, fallback="")),
    )
    running.tasks.start()
    store = running.watched
    store.transact([event(1), Put(MARKERS, {"marker": "a"}, if_absent=True)])
    with pytest.raises(ConditionFailed):
        store.transact([event(2), Put(MARKERS, {"marker": "a"}, if_absent=True)])
    store.transact([event(3), Update(MARKERS, {"marker": "a"}, Changes(set={"x": "y"}))])
    store.put(MARKERS, {"marker": "a", "replaced": True})
    store.put(MARKERS, {"marker": "b"}, if_absent=True)
    store.update(EVENTS, {"business_id": "b", "seq": 1}, Changes(set={"x": "y"}))
    assert consumer.enough.wait(WITHIN_SECONDS)
    assert markers.enough.wait(WITHIN_SECONDS)
    assert [(item["business_id"], item["seq"], item["data"]) for item in consumer.items] == [
        ("b", 1, {"number": 1}),
        ("b", 2, {"number": 3}),
    ]
    assert markers.items == [{"marker": "a"}, {"marker": "b"}]


def test_a_consumer_that_fails_gets_what_comes_next(machine: Callable[..., Machine]) -> None:
    consumer = Consumer(1, failures=1)
    running = machine(sample(Stream("told", EVENTS, lambda resources: consumer, fallback="")))
    running.tasks.start()
    store = running.watched
    number = 0
    while not consumer.enough.wait(0.05):
        number += 1
        store.transact([event(number)])
    running.close()
    assert [line["errorType"] for line in running.output.lines() if line.get("level") == "ERROR"] == [
        "ZeroDivisionError"
    ]


def test_a_consumer_that_is_slow_delays_nobody_and_what_it_cannot_take_is_counted(
    machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(additions, "MOST_WAITING", 5)
    consumer = Consumer(5)
    running = machine(sample(Stream("told", EVENTS, lambda resources: consumer, fallback="")))
    store = running.watched
    for number in range(8):
        store.transact([event(number)])
    running.tasks.start()
    assert consumer.enough.wait(WITHIN_SECONDS)
    store.transact([event(8)])
    while len(consumer.items) < 6:
        assert not threading.Event().wait(0.01)
    running.close()
    assert [item["seq"] for item in consumer.items] == [1, 2, 3, 4, 5, 9]
    (warning,) = [line for line in running.output.lines() if line.get("level") == "WARNING"]
    assert (warning["message"], warning["name"], warning["items"]) == ("stream items dropped", "told", 3)


def test_a_feed_that_grows_is_told(machine: Callable[..., Machine]) -> None:
    running = machine()
    store = running.watched
    store.transact([event(1), Put(MARKERS, {"marker": "a"}, if_absent=True)])
    with pytest.raises(ConditionFailed):
        store.transact([event(2), Put(MARKERS, {"marker": "a"}, if_absent=True)])
    store.put(MARKERS, {"marker": "b"})
    assert running.appended == ["b"]
