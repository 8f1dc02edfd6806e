"""Orders expire by themselves on a server: each is told once, whatever happens to the server."""

import json
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.storage.tables import TABLES
from tests.support.processes import Shopkeeper, run_cli
from tests.support.shop import Owner, order_for, place
from tests.support.stores import aws_environment, table_names

WITHIN_SECONDS = 30
SETTINGS = {"ORDER_ACCEPT_SECONDS": "1", "JWT_SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}


def expired(owner: Owner) -> list[str]:
    return [event["subject"] for event in owner.events() if event["type"] == "order.expired"]


def await_expired(owner: Owner, number: int) -> list[str]:
    """Wait until so many orders are told as expired, and two runs longer, and return which."""
    ends = time.monotonic() + WITHIN_SECONDS
    while len(expired(owner)) < number and time.monotonic() < ends:
        time.sleep(0.1)
    time.sleep(2.5)
    return expired(owner)


def told(server: Shopkeeper) -> int:
    """Return how many orders the log says have expired."""
    lines: list[Mapping[str, Any]] = [json.loads(line) for line in server.lines if line.startswith("{")]
    assert not [line for line in lines if line.get("level") == "ERROR"]
    return sum(line.get("metrics", {}).get("OrdersExpired", 0) for line in lines)


@pytest.fixture(params=["sqlite", "dynamodb"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path | None, dict[str, str]]]:
    """The data file and the variables of a server on each store."""
    if request.param == "sqlite":
        yield tmp_path / "shop.db", SETTINGS
        return
    endpoint = request.getfixturevalue("dynoxide")
    names = {table.environment: name for table, name in table_names(TABLES).items()}
    variables = {"STORE_URL": "dynamodb:", **aws_environment(endpoint), **SETTINGS, **names}
    assert run_cli("tables", **variables).returncode == 0
    yield None, variables


def test_orders_that_nobody_accepts_expire_and_are_told_once_also_after_a_crash(
    settings: tuple[Path | None, dict[str, str]],
) -> None:
    data, variables = settings
    variables = {**variables, "ORDER_ACCEPT_SECONDS": "3"}  # one of the orders has to be accepted in time
    server = Shopkeeper(data, **variables)
    try:
        owner = Owner(server.url)
        item = owner.add()
        ids = [place(owner, order_for(item)).json["order_id"] for _ in range(3)]
        taken = place(owner, order_for(item)).json["order_id"]
        assert owner.ask("POST", f"/api/orders/{taken}/accept").status == 200
        assert sorted(await_expired(owner, 3)) == sorted(ids)
        assert told(server) == 3
        ids += [place(owner, order_for(item)).json["order_id"] for _ in range(3)]
        server.stop(signal.SIGKILL)
        server = Shopkeeper(data, **variables)
        owner.url = server.url
        assert sorted(await_expired(owner, 6)) == sorted(ids)
        events = owner.events()
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        for order_id in ids:
            order = owner.ask("GET", f"/api/orders/{order_id}").json
            assert (order["status"], order["history"][-1]["by"]) == ("expired", "system")
        assert owner.ask("GET", f"/api/orders/{taken}").json["status"] == "accepted"
        listed = owner.ask("GET", f"{owner.orders}?status=expired&limit=100").json["orders"]
        assert sorted(order["order_id"] for order in listed) == sorted(ids)
        server.stop()
        assert told(server) <= 3
        assert server.process.returncode == 0
    finally:
        server.stop()


def test_orders_that_expire_while_the_server_is_killed_again_and_again_are_told_once(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    server = Shopkeeper(data, **SETTINGS)
    try:
        owner = Owner(server.url)
        item = owner.add()
        ids = []
        for _ in range(4):
            ids += [place(owner, order_for(item)).json["order_id"] for _ in range(40)]
            time.sleep(0.95)
            server.stop(signal.SIGKILL)
            server = Shopkeeper(data, **SETTINGS)
            owner.url = server.url
        assert sorted(await_expired(owner, len(ids))) == sorted(ids)
        events = owner.events()
        assert [event["seq"] for event in events] == list(range(1, 2 * len(ids) + 1))
    finally:
        server.stop()
