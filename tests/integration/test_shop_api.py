"""Businesses, catalogue and orders over HTTP, on SQLite and on DynamoDB."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shopkeeper.identifiers import is_uuid
from tests.support.http import post_json, send
from tests.support.processes import Shopkeeper
from tests.support.shop import Owner, Person, new_key, order_for, place

# Businesses


def test_a_business_is_shown_whole_to_its_owner_alone(site: Shopkeeper) -> None:
    owner, other = Owner(site.url), Person(site.url)
    path = f"/api/businesses/{owner.business_id}"
    mine = owner.ask("GET", path)
    assert mine.json["phone"] == "+14155550123"
    assert mine.headers["etag"] == '"1"'
    assert owner.ask("GET", "/api/businesses/mine").json == mine.json
    for answer in (send(site.url, "GET", path), other.ask("GET", path)):
        assert not {*answer.json} & {"phone", "email", "address", "owner_name", "cognito_user_id"}
    assert other.ask("GET", "/api/businesses/mine").status == 404
    assert send(site.url, "GET", "/api/businesses/mine").status == 401
    assert send(site.url, "GET", "/api/businesses/nowhere").status == 404


def test_only_the_owner_changes_a_business(site: Shopkeeper) -> None:
    owner, other, rival = Owner(site.url), Person(site.url), Owner(site.url)
    path = f"/api/businesses/{owner.business_id}"
    changed = owner.ask("PATCH", path, {"accepting_orders": False, "owner_name": "Zoë"}, **{"If-Match": '"1"'})
    assert (changed.status, changed.json["accepting_orders"], changed.json["version"]) == (200, False, 2)
    assert owner.ask("PATCH", path, {"phone": "+12"}, **{"If-Match": '"1"'}).status == 412
    assert owner.ask("PATCH", path, {"phone": "12"}).status == 400
    assert owner.ask("PATCH", path, {"email": rival.email}).json["code"] == "email_taken"
    for method in ("PATCH", "DELETE"):
        assert other.ask(method, path, {}).status == 404
        assert send(site.url, method, path, b"{}", {"Content-Type": "application/json"}).status == 401
    new_email = f"new-{owner.email}"
    assert owner.ask("PATCH", path, {"email": new_email.upper()}).json["email"] == new_email
    assert rival.ask("PATCH", f"/api/businesses/{rival.business_id}", {"email": owner.email}).status == 200


def test_a_token_of_another_identity_registers_nothing(site: Shopkeeper) -> None:
    ann, bob = Person(site.url), Person(site.url)
    body = {
        "business_name": "B",
        "email": ann.email,
        "phone": "+14155550123",
        "address": "1 Main St",
        "cognito_user_id": bob.user["user_id"],
    }
    assert ann.ask("POST", "/auth/register-business", body).json["code"] == "forbidden"
    assert bob.ask("POST", "/auth/register-business", body).status == 201


def test_an_account_that_owns_a_business_stays_until_that_is_deleted(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    owner.add()
    assert owner.ask("DELETE", "/api/users/me").json["code"] == "owns_business"
    assert owner.ask("DELETE", f"/api/businesses/{owner.business_id}").status == 204
    assert send(site.url, "GET", f"/api/businesses/{owner.business_id}").status == 404
    assert send(site.url, "GET", f"/api/items?business_id={owner.business_id}").json["items"] == []
    assert owner.ask("DELETE", "/api/users/me").status == 204


def test_a_deleted_identity_has_no_business_and_never_will(site: Shopkeeper) -> None:
    ann = Person(site.url)
    assert ann.ask("DELETE", "/api/users/me").status == 204
    assert ann.ask("GET", "/api/businesses/mine").status == 404
    body = {
        "business_name": "B",
        "email": ann.email,
        "phone": "+14155550123",
        "address": "1 Main St",
        "cognito_user_id": ann.user["user_id"],
    }
    refused = ann.ask("POST", "/auth/register-business", body)
    assert (refused.status, refused.json["code"]) == (409, "identity_taken")


# Catalogue


def test_an_item_from_its_making_to_its_end(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    item = owner.add(description="Strong")
    path = f"/api/items/{item['item_id']}"
    assert is_uuid(item["item_id"])
    assert (item["available"], item["version"]) == (True, 1)
    assert send(site.url, "GET", path).json == item
    assert owner.ask("PATCH", path, {"price_minor": 300}).status == 428
    assert owner.ask("PATCH", path, {"price_minor": 300}, **{"If-Match": '"9"'}).status == 412
    changed = owner.ask("PATCH", path, {"price_minor": 300, "description": None}, **{"If-Match": '"1"'})
    assert (changed.status, changed.json["price_minor"], changed.json["description"]) == (200, 300, None)
    assert changed.headers["etag"] == '"2"'
    assert owner.ask("DELETE", path).status == 428
    assert owner.ask("DELETE", path, **{"If-Match": '"1"'}).status == 412
    assert owner.ask("DELETE", path, **{"If-Match": '"2"'}).status == 204
    assert send(site.url, "GET", path).status == 404


def test_someone_elses_catalogue_is_not_to_be_changed(site: Shopkeeper) -> None:
    owner, other = Owner(site.url), Owner(site.url)
    item = owner.add()
    path = f"/api/items/{item['item_id']}"
    new = {"business_id": owner.business_id, "name": "X", "price_minor": 1, "currency": "EUR"}
    assert other.ask("POST", "/api/items", new).status == 404
    assert other.ask("PATCH", path, {"price_minor": 1}, **{"If-Match": '"1"'}).status == 404
    assert other.ask("DELETE", path, **{"If-Match": '"1"'}).status == 404
    assert send(site.url, "GET", path).json == item


BAD_ITEMS: list[dict[str, Any]] = [
    {"price_minor": -1},
    {"price_minor": 1.5},
    {"price_minor": "1"},
    {"price_minor": 10**13},
    {"currency": "eur"},
    {"currency": "XXX"},
    {"name": ""},
    {"available": "yes"},
    {"item_id": "mine"},
]


@pytest.mark.parametrize("other", BAD_ITEMS, ids=str)
def test_an_item_that_is_refused(server: Shopkeeper, other: dict[str, Any]) -> None:
    owner = Owner(server.url)
    good = {"business_id": owner.business_id, "name": "X", "price_minor": 1, "currency": "EUR"}
    assert owner.ask("POST", "/api/items", {**good, **other}).status == 400
    assert send(server.url, "GET", f"/api/items?business_id={owner.business_id}").json["items"] == []


def test_items_are_listed_page_by_page_and_searched_without_accents(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    names = [f"Café {number:02}" for number in range(12)] + ["Tea", "CAFE au lait", "Water"]
    made = [owner.add(name=name)["item_id"] for name in names]
    base = f"/api/items?business_id={owner.business_id}"

    def walk(path: str) -> list[str]:
        seen: list[str] = []
        follow: str | None = path
        while follow:
            answer = send(site.url, "GET", follow)
            assert answer.status == 200
            seen += [item["item_id"] for item in answer.json["items"]]
            cursor = answer.json["next"]
            follow = f"{path}&cursor={cursor}" if cursor else None
            assert ("link" in answer.headers) == bool(cursor)
        return seen

    assert walk(f"{base}&limit=4") == made
    assert walk(f"{base}&limit=15") == made
    assert walk(f"{base}&skip=13&limit=1") == made[13:]
    assert walk(f"{base}&search=caf%C3%89&limit=5") == [*made[:12], made[13]]
    assert walk(f"{base}&search=nothing") == []
    assert walk(f"{base}&search=cafe&skip=11&limit=1") == [made[11], made[13]]
    cursor = send(site.url, "GET", f"{base}&limit=4").json["next"]
    for wrong in (f"/api/items?cursor={cursor}", f"{base}&search=x&cursor={cursor}", f"{base}&cursor=AAAA"):
        assert send(site.url, "GET", wrong).status == 400
    for query in ("limit=0", "limit=101", "skip=-1", "skip=1001"):
        assert send(site.url, "GET", f"{base}&{query}").status == 400
    assert send(site.url, "GET", "/api/items?limit=1").json["items"]


# Orders


def test_an_order_is_priced_by_the_server_and_shown_to_its_two_parties(site: Shopkeeper) -> None:
    owner, other = Owner(site.url), Person(site.url)
    espresso, cake = owner.add(), owner.add(name="Cake", price_minor=390)
    placed = place(owner, order_for(espresso, cake, quantity=2, note="No sugar", expected_total_minor=1280))
    assert placed.status == 201
    order = placed.json
    token = order.pop("order_token")
    assert (order["status"], order["total_minor"], order["currency"], order["version"]) == ("received", 1280, "EUR", 1)
    assert [line["total_minor"] for line in order["lines"]] == [500, 780]
    assert placed.headers["location"] == f"/api/orders/{order['order_id']}"
    path = f"/api/orders/{order['order_id']}"
    assert owner.ask("GET", path).json == order
    assert send(site.url, "GET", path, headers={"Order-Token": token}).json == order
    for headers in ({}, {"Order-Token": "x"}, {"Order-Token": token[:-1]}):
        assert send(site.url, "GET", path, headers=headers).status == 404
    assert other.ask("GET", path).status == 404
    assert token not in "\n".join(site.lines)


def test_the_same_key_is_the_same_order_whatever_prices_do(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    item = owner.add()
    key, body = new_key(), order_for(item, expected_total_minor=250)
    first = place(owner, body, key)
    owner.ask("PATCH", f"/api/items/{item['item_id']}", {"price_minor": 999}, **{"If-Match": '"1"'})
    owner.ask("POST", f"/api/orders/{first.json['order_id']}/accept")
    owner.ask("PATCH", f"/api/businesses/{owner.business_id}", {"accepting_orders": False})
    for again in (place(owner, body, key), place(owner, dict(reversed(body.items())), f'"{key}"')):
        assert (again.status, again.body) == (201, first.body)
    reused = place(owner, order_for(item, quantity=2), key)
    assert (reused.status, reused.json["code"]) == (422, "idempotency_key_reused")
    assert [event["type"] for event in owner.events()] == ["order.received", "order.accepted", "business.paused"]


def test_two_identical_orders_under_two_keys_are_two(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    body = order_for(owner.add())
    assert place(owner, body).json["order_id"] != place(owner, body).json["order_id"]


def test_what_cannot_be_ordered(site: Shopkeeper) -> None:
    owner, other = Owner(site.url), Owner(site.url)
    good, away, dollars = owner.add(), owner.add(available=False), owner.add(currency="USD")
    dear, foreign = owner.add(price_minor=10**12), other.add()
    cases: list[tuple[dict[str, Any], int, str]] = [
        (order_for({"item_id": "unknown"}), 422, "item_unavailable"),
        (order_for(good, away), 422, "item_unavailable"),
        (order_for(foreign), 422, "item_unavailable"),
        (order_for(good, dollars), 422, "mixed_currencies"),
        (order_for(dear, quantity=10_000), 422, "total_too_large"),
        (order_for(good, expected_total_minor=1), 409, "total_differs"),
        (order_for(good, good), 400, "invalid_input"),
        (order_for(), 400, "invalid_input"),
        ({**order_for(good), "customer": {"name": "Bob"}}, 400, "invalid_input"),
    ]
    for quantity in (0, -1, 1.5, "2", 10_001, None):
        body = order_for(good)
        body["lines"][0]["quantity"] = quantity
        cases.append((body, 400, "invalid_input"))
    for body, status, code in cases:
        refused = place(owner, body)
        assert (refused.status, refused.json["code"]) == (status, code), body
    named = place(owner, order_for(good, away)).json
    assert named["item_id"] == away["item_id"]
    assert place(owner, order_for(good, expected_total_minor=1)).json["total_minor"] == 250
    assert owner.ask("GET", owner.orders).json["orders"] == []
    assert owner.events() == []


@pytest.mark.parametrize("key", [None, "short", "x" * 129, "spaces are not good", '"unclosed-quote-0000'])
def test_an_order_needs_a_good_idempotency_key(server: Shopkeeper, key: str | None) -> None:
    owner = Owner(server.url)
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = post_json(server.url, owner.orders, order_for(owner.add()), **headers)
    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == ["Idempotency-Key"]


def test_a_business_that_takes_no_orders_or_is_none(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    body = order_for(owner.add())
    owner.ask("PATCH", f"/api/businesses/{owner.business_id}", {"accepting_orders": False})
    assert place(owner, body).json["code"] == "not_accepting_orders"
    owner.business_id = "nowhere"
    assert place(owner, body).status == 404


def test_the_life_of_an_order(site: Shopkeeper) -> None:
    owner, other = Owner(site.url), Owner(site.url)
    item = owner.add()
    order = place(owner, order_for(item)).json
    path = f"/api/orders/{order['order_id']}"
    for stranger in (other.ask("POST", f"{path}/accept"), send(site.url, "POST", f"{path}/accept")):
        assert stranger.status == 404
    early = owner.ask("POST", f"{path}/complete")
    assert (early.status, early.json["code"], early.json["order_status"]) == (409, "out_of_turn", "received")
    for step, status in [
        ("accept", "accepted"),
        ("prepare", "preparing"),
        ("ready", "ready"),
        ("complete", "completed"),
    ]:
        moved = owner.ask("POST", f"{path}/{step}")
        assert (moved.status, moved.json["status"]) == (200, status)
        again = owner.ask("POST", f"{path}/{step}")
        assert (again.status, again.json["order_status"]) == (409, status)
    history = owner.ask("GET", path).json["history"]
    assert [entry["status"] for entry in history] == ["received", "accepted", "preparing", "ready", "completed"]
    assert [entry["by"] for entry in history] == ["customer", *["business"] * 4]
    types = [event["type"] for event in owner.events()]
    assert types == [f"order.{entry['status']}" for entry in history]


def test_who_may_cancel_and_when(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    item = owner.add()

    def cancel_as_customer(order: dict[str, Any]) -> int:
        path = f"/api/orders/{order['order_id']}/cancel"
        return send(site.url, "POST", path, headers={"Order-Token": order["order_token"]}).status

    received, accepted = place(owner, order_for(item)).json, place(owner, order_for(item)).json
    assert owner.ask("POST", f"/api/orders/{received['order_id']}/cancel").status == 409
    assert cancel_as_customer(received) == 200
    owner.ask("POST", f"/api/orders/{accepted['order_id']}/accept")
    assert cancel_as_customer(accepted) == 409
    assert owner.ask("POST", f"/api/orders/{accepted['order_id']}/cancel").status == 200
    statuses = [order["status"] for order in owner.ask("GET", owner.orders).json["orders"]]
    assert statuses == ["cancelled", "cancelled"]


def test_orders_are_listed_newest_first_and_by_status(site: Shopkeeper) -> None:
    owner, other = Owner(site.url), Owner(site.url)
    item = owner.add()
    made = [place(owner, order_for(item)).json["order_id"] for _ in range(5)]
    owner.ask("POST", f"/api/orders/{made[2]}/accept")
    seen: list[str] = []
    path: str | None = f"{owner.orders}?limit=2"
    while path:
        page = owner.ask("GET", path).json
        seen += [order["order_id"] for order in page["orders"]]
        path = f"{owner.orders}?limit=2&cursor={page['next']}" if page["next"] else None
    assert seen == made[::-1]
    listed = owner.ask("GET", f"{owner.orders}?status=accepted").json["orders"]
    assert [order["order_id"] for order in listed] == [made[2]]
    assert len(owner.ask("GET", f"{owner.orders}?status=received").json["orders"]) == 4
    assert owner.ask("GET", f"{owner.orders}?status=expired").json["orders"] == []
    for word in ("lost", "null", "NULL"):
        refused = owner.ask("GET", f"{owner.orders}?status={word}")
        assert (refused.status, [error["field"] for error in refused.json["errors"]]) == (400, ["status"])
    assert owner.ask("GET", f"/api/items?business_id={owner.business_id}&search=null").json["items"] == []
    assert other.ask("GET", owner.orders).status == 404
    assert send(site.url, "GET", owner.orders).status == 401


def test_a_business_with_open_orders_stays(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    order = place(owner, order_for(owner.add())).json
    path = f"/api/businesses/{owner.business_id}"
    assert owner.ask("DELETE", path).json["code"] == "orders_open"
    owner.ask("POST", f"/api/orders/{order['order_id']}/reject")
    assert owner.ask("DELETE", path).status == 204


def test_the_feed_is_the_owners_and_holds_no_more_of_the_customer_than_the_first_name(site: Shopkeeper) -> None:
    owner, other = Owner(site.url), Owner(site.url)
    customer = {"name": "Bob Miller", "phone": "+14155550199", "email": "bob@example.com"}
    address = {"type": "delivery", "address": "7 Side St", "instructions": "Ring twice"}
    place(owner, order_for(owner.add(), customer=customer, fulfilment=address, note="Surprise"))
    path = f"/api/businesses/{owner.business_id}/events"
    answer = owner.ask("GET", path)
    former = {"seq", "type", "order_id", "status", "at", "reason", "ready_at"}
    assert set(answer.json["events"][0]) == former | {"subject", "data"}
    assert answer.headers["retry-after"] == "5"
    assert answer.json["events"][0]["data"]["customer"] == "Bob"
    for secret in ("Miller", "55550199", "bob@", "Side St", "Ring", "Surprise"):
        assert secret not in answer.body.decode()
    assert owner.ask("GET", f"{path}?after=1").json == {"events": [], "next": None}
    assert other.ask("GET", path).status == 404
    assert send(site.url, "GET", path).status == 401
    assert owner.ask("GET", f"{path}?after=-1").status == 400


def test_a_number_that_the_feed_has_not_come_to_is_refused(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    path = f"/api/businesses/{owner.business_id}/events"
    assert owner.ask("GET", f"{path}?after=0").json == {"events": [], "next": None}
    for number in (1, 2**53):
        answer = owner.ask("GET", f"{path}?after={number}")
        assert (answer.status, answer.json["errors"]) == (
            400,
            [{"field": "after", "message": "must be at most 0, the number of the newest event"}],
        )


def test_two_hundred_orders_under_one_key_are_one(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    body, key = order_for(owner.add()), new_key()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: place(owner, body, key), range(200)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert len(owner.ask("GET", owner.orders).json["orders"]) == 1
    assert [event["seq"] for event in owner.events()] == [1]


def test_two_hundred_orders_under_their_own_keys_are_numbered_1_to_200(site: Shopkeeper) -> None:
    owner = Owner(site.url)
    body = order_for(owner.add())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: place(owner, body), range(200)))
    assert {answer.status for answer in answers} == {201}
    assert [event["seq"] for event in owner.events()] == list(range(1, 201))
    assert {event["order_id"] for event in owner.events()} == {answer.json["order_id"] for answer in answers}
