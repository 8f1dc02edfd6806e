"""What the steps of an order may say, on SQLite and on DynamoDB."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.http import send
from tests.support.processes import Shopkeeper
from tests.support.shop import Owner, order_for, place

STEPS_WITH_A_BODY: list[tuple[str, tuple[str, ...], dict[str, Any], dict[str, Any]]] = [
    ("reject", (), {"reason": "Sold out"}, {"reason": "Sold out", "ready_at": None}),
    ("cancel", ("accept",), {"reason": "  The oven broke "}, {"reason": "The oven broke", "ready_at": None}),
    ("accept", (), {"ready_at": "SOON+02:00"}, {"reason": None, "ready_at": "SOONZ"}),
    ("prepare", ("accept",), {"ready_at": "SOONZ"}, {"reason": None, "ready_at": "SOONZ"}),
    ("accept", (), {}, {"reason": None, "ready_at": None}),
    ("ready", ("accept", "prepare"), {}, {"reason": None, "ready_at": None}),
]


@pytest.mark.parametrize(("step", "before", "body", "shown"), STEPS_WITH_A_BODY, ids=lambda value: str(value)[:30])
def test_what_a_step_says_is_kept_shown_and_told_in_the_feed(
    site: Shopkeeper, step: str, before: tuple[str, ...], body: dict[str, Any], shown: dict[str, Any]
) -> None:
    owner = Owner(site.url)
    path = f"/api/orders/{place(owner, order_for(owner.add())).json['order_id']}"
    for earlier in before:
        assert owner.ask("POST", f"{path}/{earlier}").status == 200
    now = datetime.now(UTC)
    answer = owner.ask("POST", f"{path}/{step}", an_hour_after(now, body))
    assert answer.status == 200, answer
    wanted = an_hour_after(now, shown)
    for told in (answer.json, owner.ask("GET", path).json, owner.events()[-1]):
        assert {name: told[name] for name in wanted} == wanted


def an_hour_after(now: datetime, content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with the times in an hour from `now`: SOONZ in UTC, SOON+02:00 in another zone."""
    moment = now.replace(microsecond=0) + timedelta(hours=1)
    elsewhere = moment.astimezone(timezone(timedelta(hours=2))).isoformat()
    times = {"SOONZ": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "SOON+02:00": elsewhere}
    return {name: times.get(value, value) for name, value in content.items()}


def test_minutes_until_an_order_is_ready_become_a_moment(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    path = f"/api/orders/{place(owner, order_for(owner.add())).json['order_id']}"
    order = owner.ask("POST", f"{path}/accept", {"prepare_minutes": 20}).json
    took = datetime.fromisoformat(order["ready_at"]) - datetime.fromisoformat(order["history"][-1]["at"])
    assert timedelta(minutes=19) < took <= timedelta(minutes=20)
    later = owner.ask("POST", f"{path}/prepare", {"prepare_minutes": 45}).json
    assert later["ready_at"] > order["ready_at"]
    assert owner.ask("POST", f"{path}/ready").json["ready_at"] == later["ready_at"]


REFUSED_BODIES: list[tuple[str, object, str]] = [
    ("reject", {"reason": ""}, "reason"),
    ("reject", {"reason": "x" * 501}, "reason"),
    ("reject", {"reason": 5}, "reason"),
    ("reject", {"ready_at": "2999-01-01T00:00:00Z"}, "ready_at"),
    ("accept", {"reason": "no"}, "reason"),
    ("accept", {"estimatedPreparationTime": 20}, "estimatedPreparationTime"),
    ("accept", {"prepare_minutes": 0}, "prepare_minutes"),
    ("accept", {"prepare_minutes": 43201}, "prepare_minutes"),
    ("accept", {"prepare_minutes": "20"}, "prepare_minutes"),
    ("accept", {"ready_at": "2001-01-01T00:00:00Z"}, "ready_at"),
    ("accept", {"ready_at": "2999-01-01T00:00:00Z"}, "ready_at"),
    ("accept", {"ready_at": "2026-11-21T18:30:00"}, "ready_at"),
    ("accept", {"ready_at": "soon"}, "ready_at"),
    ("accept", {"ready_at": "SOONZ", "prepare_minutes": 5}, "prepare_minutes"),
    ("complete", {"reason": "why not"}, "reason"),
    ("ready", {"now": True}, "now"),
]


@pytest.mark.parametrize(("step", "body", "field"), REFUSED_BODIES)
def test_a_step_with_a_wrong_body_is_refused_and_changes_nothing(
    server: Shopkeeper, step: str, body: dict[str, Any], field: str
) -> None:
    owner = Owner(server.url)
    path = f"/api/orders/{place(owner, order_for(owner.add())).json['order_id']}"
    before = owner.ask("GET", path).json
    answer = owner.ask("POST", f"{path}/{step}", an_hour_after(datetime.now(UTC), body))
    assert (answer.status, [error["field"] for error in answer.json["errors"]]) == (400, [field])
    assert owner.ask("GET", path).json == before
    assert len(owner.events()) == 1


def test_a_step_may_come_without_a_body_or_with_an_empty_one_but_not_with_another_kind(server: Shopkeeper) -> None:
    owner = Owner(server.url)
    item = owner.add()
    for headers, content, status in (
        ({}, b"", 200),
        ({"Content-Type": "application/json"}, b"", 200),
        ({"Content-Type": "application/json"}, b"{}", 200),
        ({"Content-Type": "application/json"}, b"[]", 400),
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({}, b"{}", 415),
    ):
        path = f"/api/orders/{place(owner, order_for(item)).json['order_id']}/accept"
        fields = {"Authorization": f"Bearer {owner.tokens['access_token']}", **headers}
        assert send(server.url, "POST", path, content, fields).status == status
