"""Pools of threads: bounded, in order, and not ended by an error."""

import threading

import pytest

from shopkeeper.runtime.machine.pool import Pool

WITHIN_SECONDS = 30


def test_what_does_not_fit_into_the_queue_is_refused_at_once() -> None:
    pool, go_on, begun = Pool("sample", threads=1, most_waiting=2), threading.Event(), threading.Event()
    done: list[int] = []
    ended = threading.Event()

    def first() -> None:
        begun.set()
        go_on.wait(WITHIN_SECONDS)

    assert pool.submit(first)
    assert begun.wait(WITHIN_SECONDS)
    assert pool.submit(lambda: done.append(1))
    assert pool.submit(lambda: done.append(2))
    assert not pool.submit(lambda: done.append(3))
    go_on.set()
    while not pool.submit(ended.set):
        pass
    assert ended.wait(WITHIN_SECONDS)
    assert done == [1, 2]


def test_as_many_jobs_run_at_once_as_there_are_threads() -> None:
    pool = Pool("sample", threads=3, most_waiting=10)
    together = threading.Barrier(4)

    def meet() -> None:
        together.wait(WITHIN_SECONDS)

    for _ in range(3):
        assert pool.submit(meet)
    together.wait(WITHIN_SECONDS)


def test_an_error_in_a_job_is_told_and_ends_no_thread(capsys: pytest.CaptureFixture[str]) -> None:
    pool, ended = Pool("sample", threads=1, most_waiting=10, niceness=1), threading.Event()

    def fail() -> None:
        raise ZeroDivisionError

    pool.submit(fail)
    pool.submit(ended.set)
    assert ended.wait(WITHIN_SECONDS)
    assert "ZeroDivisionError" in capsys.readouterr().err
