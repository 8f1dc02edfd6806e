"""Orders, their steps, and the feed that tells of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.http import Answer, post_json, send
from tests.support.shop import Owner, Person, new_key, order_for, place
from tests.support.stage import NewOwner, assert_problem

CUSTOMER = {"name": "Bob", "phone": "+14155550199"}


def path_of(order: dict[str, Any]) -> str:
    return f"/api/orders/{order['order_id']}"


def as_customer(url: str, method: str, path: str, token: str) -> Answer:
    return send(url, method, path, headers={"Order-Token": token})


def end(owner: Owner, order: dict[str, Any]) -> None:
    assert owner.ask("POST", f"{path_of(order)}/reject").status == 200


def test_the_server_prices_an_order_and_shows_it_to_its_two_parties_alone(
    url: str, owner: Owner, other: Person
) -> None:
    espresso, tea = owner.add(), owner.add(name="Thé", price_minor=300)
    body = order_for(espresso, tea, quantity=2, expected_total_minor=1100)
    placed = place(owner, body)
    order = placed.json
    token, path = order.pop("order_token"), path_of(order)
    assert (placed.status, order["status"], order["total_minor"], order["currency"]) == (201, "received", 1100, "EUR")
    lines = [(line["name"], line["quantity"], line["price_minor"], line["total_minor"]) for line in order["lines"]]
    assert lines == [("Espresso", 2, 250, 500), ("Thé", 2, 300, 600)]
    assert [(entry["status"], entry["by"]) for entry in order["history"]] == [("received", "customer")]
    assert placed.headers["location"].endswith(path)
    assert placed.headers["etag"] == '"1"'

    seen = owner.ask("GET", path)
    assert (seen.json["customer"]["name"], seen.json["customer"]["phone"]) == tuple(CUSTOMER.values())
    assert seen.json == order == as_customer(url, "GET", path, token).json
    second = place(owner, body).json
    strangers = [
        other.ask("GET", path),
        send(url, "GET", path),
        as_customer(url, "GET", path, "wrong"),
        as_customer(url, "GET", path_of(second), token),
        other.ask("POST", f"{path}/accept"),
        send(url, "POST", f"{path}/cancel"),
    ]
    for answer in strangers:
        assert_problem(answer, 404, "not_found")
        assert b"+14155550199" not in answer.body
    assert owner.ask("GET", path).json == order
    for one in (order, second):
        end(owner, one)


def test_a_key_is_one_order_whatever_becomes_of_its_items(owner: Owner) -> None:
    item = owner.add()
    key, body = new_key(), order_for(item, expected_total_minor=250)
    first = place(owner, body, key)
    assert owner.ask("DELETE", f"/api/items/{item['item_id']}", **{"If-Match": '"1"'}).status == 204
    again = place(owner, body, key)
    assert (again.status, again.json) == (201, first.json)
    assert_problem(place(owner, order_for(item, quantity=2), key), 422, "idempotency_key_reused")
    end(owner, first.json)


def test_a_key_sent_many_times_at_once_is_one_order(url: str, new_owner: NewOwner) -> None:
    owner = new_owner()
    key, body = new_key(), order_for(owner.add())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: place(owner, body, key), range(8)))
    # A stage may ask a caller to try again while the first is under way, and never makes a second order.
    assert {answer.status for answer in answers} <= {201, 409, 503}
    assert place(owner, body, key).status == 201
    assert len({answer.json["order_id"] for answer in answers if answer.status == 201}) <= 1
    assert [event["type"] for event in owner.events()] == ["order.received"]


@pytest.mark.parametrize("key", [None, "short", "x" * 129, "spaces are not good"])
def test_an_order_needs_a_good_key(url: str, owner: Owner, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = post_json(url, owner.orders, order_for({"item_id": "any"}), **headers)
    assert_problem(answer, 400, "invalid_input", "Idempotency-Key")


def test_an_order_that_is_refused_leaves_nothing(new_owner: NewOwner) -> None:
    owner = new_owner()
    good, away, dollars = owner.add(), owner.add(available=False), owner.add(currency="USD")
    cases: list[tuple[dict[str, Any], int, str]] = [
        (order_for({"item_id": "no-such-item"}), 422, "item_unavailable"),
        (order_for(good, away), 422, "item_unavailable"),
        (order_for(good, dollars), 422, "mixed_currencies"),
        (order_for(good, expected_total_minor=1), 409, "total_differs"),
        (order_for(good, good), 400, "invalid_input"),
        (order_for(), 400, "invalid_input"),
        (order_for(good, quantity=0), 400, "invalid_input"),
        ({**order_for(good), "customer": {"name": "Bob"}}, 400, "invalid_input"),
        ({**order_for(good), "total_minor": 1}, 400, "invalid_input"),
    ]
    for body, status, code in cases:
        refused = place(owner, body)
        assert (refused.status, refused.json["code"]) == (status, code), body
    assert place(owner, order_for(good, away)).json["item_id"] == away["item_id"]
    assert place(owner, order_for(good, expected_total_minor=1)).json["total_minor"] == 250
    assert owner.ask("GET", owner.orders).json["orders"] == []
    assert owner.events() == []


def test_a_business_may_pause_its_orders_and_a_refused_key_is_free(new_owner: NewOwner) -> None:
    owner = new_owner()
    path, body, key = f"/api/businesses/{owner.business_id}", order_for(owner.add()), new_key()
    assert owner.ask("PATCH", path, {"accepting_orders": False}).json["accepting_orders"] is False
    assert_problem(place(owner, body, key), 409, "not_accepting_orders")
    assert owner.ask("PATCH", path, {"accepting_orders": True}).json["accepting_orders"] is True
    assert place(owner, body, key).status == 201
    nowhere = post_json(owner.url, "/api/businesses/no-such-business/orders", body, **{"Idempotency-Key": key})
    assert_problem(nowhere, 404, "not_found")


STEPS = (("accept", "accepted"), ("prepare", "preparing"), ("ready", "ready"), ("complete", "completed"))


def test_an_order_goes_its_way_step_by_step_and_the_feed_tells_each_once(url: str, new_owner: NewOwner) -> None:
    owner = new_owner()
    feed = f"/api/businesses/{owner.business_id}/events"
    empty = owner.ask("GET", feed)
    assert empty.json == {"events": [], "next": None}
    assert int(empty.headers["retry-after"]) > 0
    waited = owner.ask("GET", f"{feed}?wait=1")
    assert (waited.json, waited.headers["retry-after"] in ("0", "2")) == (empty.json, True)
    order = place(owner, order_for(owner.add())).json
    path, token = path_of(order), order["order_token"]
    refused = [("complete", "received"), ("prepare", "received"), ("cancel", "received")]
    for version, (step, status) in enumerate(STEPS, 2):
        for early, at in refused:
            answer = owner.ask("POST", f"{path}/{early}")
            assert_problem(answer, 409, "out_of_turn")
            assert answer.json["order_status"] == at
        moved = owner.ask("POST", f"{path}/{step}")
        assert (moved.status, moved.json["status"], moved.headers["etag"]) == (200, status, f'"{version}"')
        assert_problem(as_customer(url, "POST", f"{path}/cancel", token), 409, "out_of_turn")
        refused = [(step, status)]
    assert_problem(owner.ask("POST", f"{path}/cancel"), 409, "out_of_turn")

    told = ["received", *(status for _, status in STEPS)]
    history = as_customer(url, "GET", path, token).json["history"]
    assert [(entry["status"], entry["by"]) for entry in history] == list(
        zip(told, ["customer", *["business"] * 4], strict=True)
    )
    whole = owner.ask("GET", feed)
    events = whole.json["events"]
    assert [(event["seq"], event["type"]) for event in events] == list(enumerate((f"order.{one}" for one in told), 1))
    assert whole.json["next"] is None
    assert {event["data"]["customer"] for event in events} == {"Bob"}
    assert b"+14155550199" not in whole.body
    page = owner.ask("GET", f"{feed}?limit=2")
    assert (page.json["events"], page.json["next"], page.headers["retry-after"]) == (events[:2], "2", "0")
    assert owner.ask("GET", f"{feed}?after=2").json["events"] == events[2:]


DELIVERY = {"type": "delivery", "address": {"street": "7 Side St", "city": "Testville"}, "instructions": "Ring twice"}
WAY_OF_A_DELIVERY = (*STEPS[:3], ("dispatch", "out_for_delivery"), ("deliver", "delivered"), ("complete", "completed"))


def test_a_delivery_goes_its_way_to_the_customer(new_owner: NewOwner) -> None:
    owner = new_owner()
    customer = {"name": "Ann Example", "email": "ann@example.com"}
    order = place(owner, order_for(owner.add(), quantity=2, customer=customer, fulfilment=DELIVERY)).json
    path = path_of(order)
    assert order["fulfilment"] == DELIVERY
    for step, status in WAY_OF_A_DELIVERY:
        assert owner.ask("POST", f"{path}/{step}").json["status"] == status
    assert_problem(owner.ask("POST", f"{path}/deliver"), 409, "out_of_turn")
    events = owner.events()
    assert [event["type"] for event in events] == [
        "order.received",
        *(f"order.{status}" for _, status in WAY_OF_A_DELIVERY),
    ]
    for event in events:
        board = {"number": 1, "day": order["day"], "total_minor": 500, "currency": "EUR", "customer": "Ann"}
        assert event["data"] == {**board, "fulfilment": "delivery", "status": event["status"]}


def test_an_order_at_a_table_is_brought_there(new_owner: NewOwner) -> None:
    owner = new_owner()
    item = owner.add()
    first = place(owner, order_for(item)).json
    body = order_for(item, fulfilment={"type": "table", "table": "Terrace 7"})
    body["lines"][0]["note"] = "Without sugar"
    order = place(owner, body).json
    assert (first["number"], first["fulfilment"], first["lines"][0]["note"]) == (1, {"type": "pickup"}, None)
    # A new day may begin between the two.
    assert order["number"] == (2 if order["day"] == first["day"] else 1)
    assert (order["fulfilment"], order["lines"][0]["note"]) == (body["fulfilment"], "Without sugar")
    for step in ("accept", "prepare", "ready"):
        owner.ask("POST", f"{path_of(order)}/{step}")
    refused = owner.ask("POST", f"{path_of(order)}/dispatch")
    assert_problem(refused, 409, "out_of_turn")
    assert "delivery" in refused.json["detail"]
    assert owner.ask("POST", f"{path_of(order)}/complete").json["status"] == "completed"


WRONG_FULFILMENTS: list[tuple[dict[str, Any], str]] = [
    ({}, "fulfilment.type"),
    ({"type": "courier"}, "fulfilment.type"),
    ({"type": "table"}, "fulfilment.table"),
    ({"type": "delivery", "address": {}}, "fulfilment.address"),
    ({"type": "pickup", "address": "7 Side St"}, "fulfilment.address"),
]


def test_an_order_with_a_wrong_fulfilment_is_refused_and_uses_no_number(new_owner: NewOwner) -> None:
    owner = new_owner()
    item = owner.add()
    for fulfilment, field in WRONG_FULFILMENTS:
        assert_problem(place(owner, order_for(item, fulfilment=fulfilment)), 400, "invalid_input", field)
    assert place(owner, order_for(item)).json["number"] == 1


def test_who_may_cancel_and_when(url: str, new_owner: NewOwner) -> None:
    owner = new_owner()
    item = owner.add()
    early, late = (place(owner, order_for(item)).json for _ in range(2))
    cancelled = as_customer(url, "POST", f"{path_of(early)}/cancel", early["order_token"])
    assert (cancelled.status, [entry["by"] for entry in cancelled.json["history"]]) == (200, ["customer"] * 2)
    assert owner.ask("POST", f"{path_of(late)}/accept").status == 200
    ended = owner.ask("POST", f"{path_of(late)}/cancel", {"reason": "The oven broke"})
    assert (ended.json["status"], ended.json["reason"]) == ("cancelled", "The oven broke")


STEP_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("reject", {"reason": "x" * 501}, "reason"),
    ("accept", {"prepare_minutes": 0}, "prepare_minutes"),
    ("accept", {"ready_at": "soon"}, "ready_at"),
    ("accept", {"ready_at": "2001-01-01T00:00:00Z"}, "ready_at"),
]


def test_a_step_with_a_wrong_body_changes_nothing(owner: Owner) -> None:
    order = place(owner, order_for(owner.add())).json
    for step, body, field in STEP_BODIES:
        assert_problem(owner.ask("POST", f"{path_of(order)}/{step}", body), 400, "invalid_input", field)
    assert owner.ask("GET", path_of(order)).json["version"] == 1
    end(owner, order)


def test_of_two_steps_at_once_one_is_taken(new_owner: NewOwner) -> None:
    owner = new_owner()
    order = place(owner, order_for(owner.add())).json
    with ThreadPoolExecutor(6) as pool:
        steps = ["accept", "reject"] * 3
        answers = list(pool.map(lambda step: owner.ask("POST", f"{path_of(order)}/{step}"), steps))
    assert {answer.status for answer in answers} <= {200, 409, 503}
    assert [answer.status for answer in answers].count(200) == 1
    assert len(owner.events()) == 2


def test_orders_are_listed_newest_first_by_status_and_to_their_owner_alone(new_owner: NewOwner, other: Person) -> None:
    owner = new_owner()
    item = owner.add()
    made = [place(owner, order_for(item)).json["order_id"] for _ in range(3)]
    assert owner.ask("POST", f"/api/orders/{made[1]}/accept").status == 200

    def listed(query: str) -> list[str]:
        """Follow the cursors of a query, and return the ids of all orders."""
        page = owner.ask("GET", f"{owner.orders}?{query}").json
        assert all("order_token" not in order for order in page["orders"])
        found = [str(order["order_id"]) for order in page["orders"]]
        return found + listed(f"{query.partition('&cursor')[0]}&cursor={page['next']}") if page["next"] else found

    assert listed("limit=2") == made[::-1]
    assert listed("status=received&limit=1") == [made[2], made[0]]
    assert listed("status=accepted") == [made[1]]
    assert owner.ask("GET", f"{owner.orders}?status=nothing").status == 400
    assert_problem(other.ask("GET", owner.orders), 404, "not_found")
    assert_problem(other.ask("GET", f"/api/businesses/{owner.business_id}/events"), 404, "not_found")
