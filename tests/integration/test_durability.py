"""Nothing counted is lost: exact counts under load, and after `kill -9` in the middle of it."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.integration.test_server import REGISTER, business
from tests.support.http import Client, post_json, send
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.shop import Owner, new_key, order_for, place

THREADS = 64
VISITS = 1000


@pytest.fixture(params=["server", "dynamodb_server"])
def site(request: pytest.FixtureRequest) -> Shopkeeper:
    running: Shopkeeper = request.getfixturevalue(request.param)
    return running


def load(url: str, path: str, visits: int, threads: int) -> list[int]:
    """Visit `path` from many threads, each on a connection of its own, and return the counts they got."""
    start = threading.Barrier(threads)

    def visit(number: int) -> list[int]:
        with Client(url) as client:
            start.wait()
            share = visits // threads + (number < visits % threads)
            return [client.send("GET", path).json["count"] for _ in range(share)]

    with ThreadPoolExecutor(threads) as pool:
        return [count for counts in pool.map(visit, range(threads)) for count in counts]


def test_a_thousand_visits_of_64_threads_are_a_thousand_from_the_very_first(site: Shopkeeper) -> None:
    page = f"/counter/{uuid.uuid4()}"
    counts = load(site.url, page, VISITS, THREADS)
    assert sorted(counts) == list(range(1, VISITS + 1))
    assert send(site.url, "GET", page).json["count"] == VISITS + 1


def test_of_two_registrations_that_race_for_an_email_one_wins(site: Shopkeeper) -> None:
    for _ in range(10):
        one = business()
        other = business(email=one["email"])
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda body: post_json(site.url, REGISTER, body), [one, other]))
        assert sorted(answer.status for answer in answers) == [201, 409]


def test_a_lost_reply_is_made_good_by_repeating(site: Shopkeeper) -> None:
    mine = business()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post_json(site.url, REGISTER, mine), range(8)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1


def under_load(data: Path, kill: Callable[[Shopkeeper], None]) -> int:
    """Kill a server in the middle of a load and return how many visits it had answered."""
    answered: list[int] = []
    server = Shopkeeper(data)
    try:

        def visit() -> None:
            try:
                with Client(server.url) as client:
                    while True:
                        answered.append(client.send("GET", "/counter").json["count"])
            except (OSError, HTTPException, ValueError):
                pass

        threads = [threading.Thread(target=visit) for _ in range(16)]
        for thread in threads:
            thread.start()
        while len(answered) < 300:
            time.sleep(0.005)
        kill(server)
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
    finally:
        server.stop(signal.SIGKILL)
    assert len(set(answered)) == len(answered), "no count is given twice"
    return max(answered)


def counted(data: Path) -> int:
    """Return the count that a new server finds."""
    with shopkeeper(data) as server:
        return int(send(server.url, "GET", "/health").json["counter_value"])


def test_killing_the_process_group_loses_no_visit_that_was_answered(tmp_path: Path) -> None:
    data = tmp_path / "killed.db"
    highest = under_load(data, lambda server: os.killpg(server.process.pid, signal.SIGKILL))
    found = counted(data)
    assert highest <= found <= highest + 16, "at most the visits in flight were counted unanswered"


def test_killing_the_parent_alone_leaves_no_worker_behind(tmp_path: Path) -> None:
    data = tmp_path / "orphan.db"
    highest = under_load(data, lambda server: os.kill(server.process.pid, signal.SIGKILL))
    assert counted(data) >= highest, "the port and the data file are free again, so the worker is gone"


def test_killing_the_server_loses_no_order_that_was_answered_and_leaves_no_half_one(tmp_path: Path) -> None:
    data = tmp_path / "orders.db"
    server = Shopkeeper(data)
    answered: dict[str, str] = {}
    owner = Owner(server.url)
    body = order_for(owner.add())
    try:

        def order() -> None:
            try:
                while True:
                    key = new_key()
                    answer = place(owner, body, key)
                    if answer.status == 201:
                        answered[key] = answer.json["order_id"]
            except (OSError, HTTPException, ValueError):
                pass

        threads = [threading.Thread(target=order) for _ in range(8)]
        for thread in threads:
            thread.start()
        while len(answered) < 60:
            time.sleep(0.005)
        os.killpg(server.process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join(20)
    finally:
        server.stop(signal.SIGKILL)
    with shopkeeper(data) as again:
        owner.url = again.url
        events = owner.events()
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        stored = {event["order_id"] for event in events}
        assert set(answered.values()) <= stored
        assert len(stored) == len(events) <= len(answered) + 8, "at most those in flight were kept unanswered"
        for order_id in stored:
            assert owner.ask("GET", f"/api/orders/{order_id}").status == 200
        for key, order_id in list(answered.items())[:10]:
            assert place(owner, body, key).json["order_id"] == order_id, "a repeat finds the first"


def test_a_polite_end_finishes_what_is_at_work(tmp_path: Path) -> None:
    data = tmp_path / "polite.db"
    highest = under_load(data, lambda server: os.kill(server.process.pid, signal.SIGTERM))
    assert counted(data) >= highest
