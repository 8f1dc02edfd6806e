"""Hits of a running server: each that was answered is kept, whatever ends the server, and an outage is told."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path

import pytest

from shopkeeper.clock import utc_now
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES
from tests.support.faults import FaultyServer, hangs_up
from tests.support.http import Client
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.stores import aws_environment
from tests.support.traffic import FIREFOX, ORIGIN, SITE, check_sums, of_hours

SETTINGS = {"SITES": SITE}
PAGE = {"Origin": ORIGIN, "User-Agent": FIREFOX, "Content-Type": "text/plain"}


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopkeeper]:
    with shopkeeper(tmp_path_factory.mktemp("hits") / "shop.db", SETTINGS) as server:
        yield server


def test_a_hit_is_answered_without_a_body(counting: Shopkeeper) -> None:
    with Client(counting.url) as client:
        answer = client.send("POST", "/hit", b'{"p":"/"}', PAGE)
        assert (answer.status, answer.body, answer.headers["access-control-allow-origin"]) == (204, b"", ORIGIN)
        image = client.send("GET", "/hit.gif?p=/", headers={"Referer": f"{ORIGIN}/", "User-Agent": FIREFOX})
        assert (image.status, image.headers["content-type"], len(image.body)) == (200, "image/gif", 43)


def test_killing_the_server_loses_no_view_that_was_answered(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    answered: list[int] = []
    server = Shopkeeper(data, **SETTINGS)

    def visit() -> None:
        try:
            with Client(server.url) as client:
                while True:
                    answer = client.send("POST", "/hit", b'{"p":"/%d"}' % (len(answered) % 50), PAGE)
                    answered.append(answer.status)
        except (OSError, HTTPException, ValueError):
            pass

    visitors = [threading.Thread(target=visit) for _ in range(8)]
    try:
        for visitor in visitors:
            visitor.start()
        while len(answered) < 400 and any(visitor.is_alive() for visitor in visitors):
            time.sleep(0.01)
    finally:
        server.stop(signal.SIGKILL)
        for visitor in visitors:
            visitor.join()
    assert set(answered) == {204}
    with closing(SQLiteStore(data, TABLES)) as store:
        now = utc_now()
        days = [of_hours(store, f"{now - timedelta(days=ago):%Y-%m-%d}") for ago in (0, 1)]
    for day in days:
        check_sums(day)
    assert len(answered) <= sum(day.views for day in days) <= len(answered) + len(visitors)


def test_a_hit_that_cannot_be_kept_is_an_outage_in_the_form_of_the_api() -> None:
    with FaultyServer(hangs_up) as away:
        environment = {"STORE_URL": "dynamodb:", **aws_environment(away.url), **SETTINGS}
        with shopkeeper(None, environment) as server, Client(server.url) as client:
            for answer in (
                client.send("POST", "/hit", b'{"p":"/"}', PAGE),
                client.send("GET", "/hit.gif?p=/", headers={"Referer": f"{ORIGIN}/", "User-Agent": FIREFOX}),
            ):
                assert (answer.status, answer.json["code"]) == (503, "service_unavailable")
                assert answer.headers["content-type"] == "application/problem+json"
                assert "retry-after" in answer.headers
