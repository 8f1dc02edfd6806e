"""How orders come to their customers, over HTTP, on SQLite and on DynamoDB: what is kept, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.http import Answer
from tests.support.processes import Shopkeeper
from tests.support.shop import Owner, order_for, place

ADDRESS = {"street": "7 Side St", "city": "Testville"}
FIELD = "must not be empty or hold control characters"

KEPT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"type": "pickup"}),
    ({"fulfilment": {"type": "pickup"}}, {"type": "pickup"}),
    ({"fulfilment": {"type": "table", "table": " Terrace 7 "}}, {"type": "table", "table": "Terrace 7"}),
    ({"fulfilment": {"type": "delivery", "address": "7 Side St"}}, {"type": "delivery", "address": "7 Side St"}),
    (
        {"fulfilment": {"type": "delivery", "address": ADDRESS, "instructions": "Ring twice"}},
        {"type": "delivery", "address": ADDRESS, "instructions": "Ring twice"},
    ),
    (
        {"fulfilment": {"instructions": None, "address": {"a" * 50: "x" * 200}, "type": "delivery"}},
        {"type": "delivery", "address": {"a" * 50: "x" * 200}},
    ),
]


@pytest.mark.parametrize(("given", "kept"), KEPT, ids=str)
def test_the_fulfilment_of_an_order_is_kept_shown_and_told(
    site: Shopkeeper, given: dict[str, Any], kept: dict[str, Any]
) -> None:
    owner = Owner(site.url)
    placed = place(owner, order_for(owner.add(), **given))
    assert (placed.status, placed.json["fulfilment"]) == (201, kept)
    path = f"/api/orders/{placed.json['order_id']}"
    assert owner.ask("GET", path).json["fulfilment"] == kept
    assert owner.ask("POST", f"{path}/accept").json["fulfilment"] == kept
    assert [event["data"]["fulfilment"] for event in owner.events()] == [kept["type"]] * 2


def test_lines_keep_their_notes(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    body = order_for(owner.add(), owner.add())
    body["lines"][1]["note"] = " without sugar "
    placed = place(owner, body).json
    assert [line["note"] for line in placed["lines"]] == [None, "without sugar"]
    assert owner.ask("GET", f"/api/orders/{placed['order_id']}").json["lines"] == placed["lines"]


def fulfilment(**fields: Any) -> dict[str, Any]:
    return {"fulfilment": fields}


def delivery(address: object, **other: Any) -> dict[str, Any]:
    return fulfilment(type="delivery", address=address, **other)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"fulfilment": "pickup"}, "fulfilment", "must be an object, not text"),
    ({"fulfilment": None}, "fulfilment", "must be an object, not null"),
    ({"fulfilment": [{"type": "pickup"}]}, "fulfilment", "must be an object, not a list"),
    (fulfilment(), "fulfilment.type", "is required"),
    (fulfilment(address="7 Side St"), "fulfilment.type", "is required"),
    (fulfilment(type="courier"), "fulfilment.type", "must be one of pickup, delivery, table"),
    (fulfilment(type="Pickup"), "fulfilment.type", "must be one of pickup, delivery, table"),
    (fulfilment(type=None), "fulfilment.type", "must be one of pickup, delivery, table"),
    (fulfilment(type=["table"]), "fulfilment.type", "must be one of pickup, delivery, table"),
    (fulfilment(type="pickup", table="7"), "fulfilment.table", "is not a known field"),
    (fulfilment(type="table"), "fulfilment.table", "is required"),
    (fulfilment(type="table", table=""), "fulfilment.table", "must not be empty"),
    (fulfilment(type="table", table="x" * 51), "fulfilment.table", "must have at most 50 characters"),
    (fulfilment(type="table", table=7), "fulfilment.table", "must be text, not a number"),
    (fulfilment(type="table", table="7\n8"), "fulfilment.table", "must not hold control characters"),
    (fulfilment(type="table", table="7", address="x"), "fulfilment.address", "is not a known field"),
    (fulfilment(type="delivery"), "fulfilment.address", "is required"),
    (delivery(None), "fulfilment.address", "must be a text, or an object whose parts are texts"),
    (delivery(5), "fulfilment.address", "must be a text, or an object whose parts are texts"),
    (delivery(""), "fulfilment.address", FIELD),
    (delivery("x" * 501), "fulfilment.address", "must have at most 500 characters"),
    (delivery({}), "fulfilment.address", "must have 1 to 20 parts"),
    (delivery({f"{n}": "x" for n in range(21)}), "fulfilment.address", "must have 1 to 20 parts"),
    (delivery({"": "x"}), "fulfilment.address", FIELD),
    (delivery({"a" * 51: "x"}), "fulfilment.address", "must have at most 50 characters"),
    (delivery({"street": ""}), "fulfilment.address.street", FIELD),
    (delivery({"street": "x" * 201}), "fulfilment.address.street", "must have at most 200 characters"),
    (delivery({"street": 7}), "fulfilment.address.street", "must be text, not a number"),
    (delivery("7 Side St", instructions=""), "fulfilment.instructions", "must not be empty"),
    (delivery("7 Side St", instructions="x" * 501), "fulfilment.instructions", "must have at most 500 characters"),
    (delivery("7 Side St", table="7"), "fulfilment.table", "is not a known field"),
    ({"notes": [""]}, "lines[0].note", "must not be empty"),
    ({"notes": ["x" * 301]}, "lines[0].note", "must have at most 300 characters"),
    ({"notes": [None, 5]}, "lines[1].note", "must be text, not a number"),
    ({"notes": ["x" * 300] * 10 + ["x"]}, "lines", "must have notes of at most 3000 characters together"),
]


@pytest.fixture(scope="module")
def shop(server: Shopkeeper) -> tuple[Owner, list[dict[str, Any]]]:
    """An owner with enough items."""
    owner = Owner(server.url)
    return owner, [owner.add() for _ in range(11)]


@pytest.mark.parametrize(("given", "field", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_is_wrong_with_an_order_is_told_by_its_field_and_changes_nothing(
    shop: tuple[Owner, list[dict[str, Any]]], given: dict[str, Any], field: str, message: str
) -> None:
    owner, items = shop
    notes = given.get("notes", [None])
    body = order_for(*items[: len(notes)], **{name: value for name, value in given.items() if name != "notes"})
    for line, note in zip(body["lines"], notes, strict=True):
        line["note"] = note
    refused = place(owner, body)
    assert (refused.status, refused.json["code"]) == (400, "invalid_input")
    assert refused.json["errors"] == [{"field": field, "message": message}]
    assert owner.events() == []


def test_notes_of_3000_characters_fit(server: Shopkeeper) -> None:
    owner = Owner(server.url)
    body = order_for(*(owner.add() for _ in range(10)))
    for line in body["lines"]:
        line["note"] = "é" * 300
    assert place(owner, body).status == 201


def lead(owner: Owner, order: dict[str, Any], *steps: str) -> Answer:
    """Take steps of an order, and return the last answer."""
    for step in steps:
        answer = owner.ask("POST", f"/api/orders/{order['order_id']}/{step}")
    return answer


def test_only_deliveries_are_dispatched_and_delivered(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    item = owner.add()
    for kind in ({"type": "pickup"}, {"type": "table", "table": "7"}):
        order = place(owner, order_for(item, fulfilment=kind)).json
        for step in ("dispatch", "deliver"):
            refused = lead(owner, order, step)
            assert (refused.status, refused.json["code"], refused.json["order_status"]) == (
                409,
                "out_of_turn",
                "received",
            )
            sentence = f"The step {step} is for orders of the type delivery; this one is {kind['type']}."
            assert refused.json["detail"] == sentence
        assert lead(owner, order, "accept", "prepare", "ready", "complete").json["status"] == "completed"


def test_a_delivery_is_completed_from_wherever_it_is(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    item = owner.add()
    business = f"/api/businesses/{owner.business_id}"
    for steps in ((), ("dispatch",), ("dispatch", "deliver")):
        order = place(owner, order_for(item, fulfilment={"type": "delivery", "address": "7 Side St"})).json
        assert lead(owner, order, "deliver").json["detail"] == "The order is received."
        status = lead(owner, order, "accept", "prepare", "ready", *steps).json["status"]
        assert [one["order_id"] for one in owner.ask("GET", f"{business}/orders?status={status}").json["orders"]] == [
            order["order_id"]
        ]
        assert lead(owner, order, "cancel").status == 409
        completed = lead(owner, order, "complete").json
        assert (completed["status"], completed["version"]) == ("completed", 5 + len(steps))
        assert lead(owner, order, "complete").status == 409


def test_a_business_may_go_once_its_orders_are_delivered(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    order = place(owner, order_for(owner.add(), fulfilment={"type": "delivery", "address": "7 Side St"})).json
    business = f"/api/businesses/{owner.business_id}"
    for step in ("accept", "prepare", "ready", "dispatch"):
        lead(owner, order, step)
        assert owner.ask("DELETE", business).json["code"] == "orders_open"
    assert lead(owner, order, "deliver").json["status"] == "delivered"
    assert owner.ask("DELETE", business).status == 204


def test_orders_placed_at_once_are_numbered_without_gap_or_repeat(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    item = owner.add()
    refused = place(owner, order_for(item, expected_total_minor=1))
    assert refused.status == 409
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: place(owner, order_for(item)), range(20)))
    numbers = {(answer.json["day"], answer.json["number"]) for answer in answers}
    days = {day for day, _ in numbers}
    # The day may end meanwhile; each day counts for itself.
    assert len(numbers) == 20
    for day in days:
        of_day = sorted(number for other, number in numbers if other == day)
        assert of_day == list(range(1, len(of_day) + 1))
    told = [(event["data"]["day"], event["data"]["number"]) for event in owner.events()]
    assert told == sorted(numbers)
