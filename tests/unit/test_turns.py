"""Turns of the loop: nothing is told before the COMMIT that it depends on, and a failed COMMIT fails what it must."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shopkeeper.runtime.machine.relay import relayed
from shopkeeper.runtime.machine.turns import Turns
from shopkeeper.storage import AlreadyExists, Changes, Store, StoreOutage, StoreUnavailable
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import MARKERS, TABLES, VISITOR_COUNTER

COUNTER = {"counter_id": "main_counter"}
WITHIN_SECONDS = 30


class Answer:
    """An outcome that notes what it was told, and how much was durable then."""

    def __init__(self, durable: Callable[[], int]) -> None:
        self.error: StoreOutage | None = None
        self.durable_when_it_left: int | None = None
        self.has_left = False
        self._durable = durable

    def leave(self) -> None:
        self.has_left = True
        if self.error is None:
            self.durable_when_it_left = self._durable()

    def fail(self, error: StoreOutage) -> None:
        self.error = error


class Machine:
    """A store in one file, and another that reads the same file: it sees what is durable."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shop.db"
        self.store = SQLiteStore(self.path, TABLES)
        self.store.defer()
        self.others = SQLiteStore(self.path, TABLES)
        self.loop = asyncio.new_event_loop()
        self.ended = 0
        self.clients = 1
        self.turns = Turns(self.loop, self.store, lambda: self.clients, self._count_end)

    def _count_end(self) -> None:
        self.ended += 1

    def count(self) -> int:
        """Return the visits in the file, as another process reads them."""
        item = self.others.get(VISITOR_COUNTER, COUNTER) or {}
        count = item.get("visit_count", 0)
        assert isinstance(count, int)
        return count

    def visit(self) -> Answer:
        """Count a visit, as a request does, and return its held answer."""
        return self.hold(lambda: self.store.update(VISITOR_COUNTER, COUNTER, Changes(add={"visit_count": 1})))

    def read(self) -> Answer:
        """Read the counter, as a request does, and return its held answer."""
        return self.hold(lambda: self.store.get(VISITOR_COUNTER, COUNTER))

    def hold(self, work: Callable[[], object]) -> Answer:
        answer = Answer(lambda: self.count())
        _, depends = self.turns.run(work)
        self.turns.hold(answer, depends=depends)
        return answer

    def lose_the_file(self) -> None:
        """Take the data file away, so that nothing can be committed any more, and nobody can look into it."""
        self.path.rename(self.path.with_name("away.db"))
        self.count = lambda: 0  # type: ignore[method-assign]

    def turn(self) -> None:
        """Let the loop come round once."""
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()

    def until(self, done: threading.Event) -> None:
        """Let the loop run until a thread is done."""
        self.loop.run_until_complete(self.loop.run_in_executor(None, done.wait, WITHIN_SECONDS))

    def close(self) -> None:
        self.store.close()
        self.others.close()
        self.loop.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with closing(Machine(tmp_path)) as made:
        yield made


def test_no_answer_leaves_before_the_commit_of_its_turn_and_one_commit_is_for_all(machine: Machine) -> None:
    answers = [machine.visit() for _ in range(3)]
    assert machine.count() == 0
    assert [answer.durable_when_it_left for answer in answers] == [None] * 3
    machine.turn()
    assert [answer.durable_when_it_left for answer in answers] == [3] * 3
    assert machine.ended == 1


def test_a_turn_goes_on_while_each_round_of_the_loop_brings_more_and_ends_when_one_does_not(machine: Machine) -> None:
    machine.clients = 10
    answers = [machine.visit()]
    machine.turn()
    answers.append(machine.visit())
    machine.turn()
    assert [answer.has_left for answer in answers] == [False, False]
    machine.turn()
    assert [answer.durable_when_it_left for answer in answers] == [2, 2]


def test_a_turn_ends_when_every_client_has_asked(machine: Machine) -> None:
    machine.clients = 2
    answers = [machine.visit(), machine.visit()]
    machine.turn()
    assert [answer.durable_when_it_left for answer in answers] == [2, 2]


def test_an_answer_that_saw_a_write_leaves_after_its_commit_or_fails_with_it(machine: Machine) -> None:
    before = machine.read()
    write, after = machine.visit(), machine.read()
    machine.lose_the_file()
    machine.turn()
    assert before.error is None
    assert isinstance(write.error, StoreUnavailable)
    assert isinstance(after.error, StoreUnavailable)
    assert (before.has_left, write.has_left, after.has_left) == (True, True, True)


def test_an_error_while_one_answer_leaves_keeps_no_other_from_leaving(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = machine.visit()
    bad._durable = lambda: 1 // 0
    good = machine.visit()
    machine.turn()
    assert good.durable_when_it_left == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_answers_that_depend_on_no_write_leave_although_a_commit_fails(machine: Machine) -> None:
    machine.visit()
    refusal = machine.hold(lambda: None)
    machine.lose_the_file()
    machine.turn()
    assert (refusal.error, refusal.durable_when_it_left) == (None, 0)


def test_what_was_not_committed_is_gone_and_the_next_turn_begins_anew(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.visit()
    machine.turn()
    with monkeypatch.context() as patched:
        patched.setattr(machine.store, "commit", lambda: _fail(machine.store))
        lost = machine.visit()
        machine.turn()
    assert isinstance(lost.error, StoreUnavailable)
    kept = machine.visit()
    machine.turn()
    assert (kept.error, kept.durable_when_it_left) == (None, 2)


def _fail(store: SQLiteStore) -> None:
    store._transaction.rollback()
    raise StoreUnavailable("the disk is full")


def test_what_waits_for_durable_changes_is_called_after_the_commit_and_not_without_it(machine: Machine) -> None:
    told: list[int] = []
    machine.visit()
    machine.turns.when_durable(lambda: told.append(machine.count()))
    machine.turn()
    assert told == [1]
    machine.visit()
    machine.turns.when_durable(lambda: told.append(machine.count()))
    machine.lose_the_file()
    machine.turn()
    assert told == [1]


def in_a_thread(machine: Machine, work: Callable[[Store], object]) -> object:
    """Return what a thread gets of the store that is relayed to the loop, or the error that it raises."""
    found: list[object] = []
    done = threading.Event()

    def run() -> None:
        try:
            found.append(work(relayed(machine.store, machine.turns)))
        except Exception as error:  # noqa: BLE001  # it is what is asked for
            found.append(error)
        done.set()

    threading.Thread(target=run, daemon=True).start()
    machine.until(done)
    return found[0]


def test_a_thread_gets_the_result_of_its_operation_once_that_is_durable(machine: Machine) -> None:
    def visit(store: Store) -> int:
        store.update(VISITOR_COUNTER, COUNTER, Changes(add={"visit_count": 1}))
        return machine.count()

    assert in_a_thread(machine, visit) == 1


def test_a_thread_gets_the_error_of_its_operation(machine: Machine) -> None:
    def put_twice(store: Store) -> None:
        store.put(MARKERS, {"marker": "a"}, if_absent=True)
        store.put(MARKERS, {"marker": "a"}, if_absent=True)

    assert isinstance(in_a_thread(machine, put_twice), AlreadyExists)


def test_a_thread_is_told_that_its_change_was_not_committed(machine: Machine) -> None:
    machine.lose_the_file()
    change = Changes(add={"visit_count": 1})
    assert isinstance(
        in_a_thread(machine, lambda store: store.update(VISITOR_COUNTER, COUNTER, change)), StoreUnavailable
    )


def test_after_the_end_of_the_loop_a_thread_is_told_so(machine: Machine) -> None:
    machine.loop.close()
    with pytest.raises(StoreUnavailable, match="ended"):
        relayed(machine.store, machine.turns).get(VISITOR_COUNTER, COUNTER)
