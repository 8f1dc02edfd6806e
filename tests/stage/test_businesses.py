"""The registration of businesses, and what becomes of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.http import post_json, send
from tests.support.shop import Owner, Person, order_for, place
from tests.support.stage import UUID, NewOwner, NewPerson, assert_problem

REGISTER = "/auth/register-business"
PUBLIC = {
    *("business_id", "business_name", "business_type", "accepting_orders", "paused_until", "location"),
    *("time_zone", "opening_hours", "special_hours", "open_now", "opens_at", "closes_at"),
}


def business_of(person: Person, **changed: object) -> dict[str, object]:
    """Return a registration of a business of this person's."""
    return {
        "business_name": "Café O'Brien & Söhne",
        "email": person.email,
        "phone": "+14155550123",
        "address": "123 Test St",
        "cognito_user_id": person.user["user_id"],
        "owner_name": "Ada Example",
        "business_type": "cafe",
        **changed,
    }


def test_a_business_is_registered_once_however_often_it_is_sent(new_person: NewPerson) -> None:
    ann = new_person()
    first = ann.ask("POST", REGISTER, business_of(ann))
    assert (first.status, first.json["message"]) == (201, "Business registered successfully"), first
    assert {name: first.json[name] for name in business_of(ann)} == business_of(ann)
    assert UUID.fullmatch(first.json["business_id"])
    assert first.headers["location"].endswith(f"/api/businesses/{first.json['business_id']}")
    for email in (ann.email, ann.email.upper()):
        again = ann.ask("POST", REGISTER, business_of(ann, email=email))
        assert (again.status, again.json, again.headers["location"]) == (201, first.json, first.headers["location"])


def test_an_email_and_an_identity_have_one_business_each_and_a_refusal_takes_neither(new_person: NewPerson) -> None:
    ann, bob = new_person(), new_person()
    made = ann.ask("POST", REGISTER, business_of(ann))
    assert_problem(ann.ask("POST", REGISTER, business_of(ann, business_name="Another")), 409, "email_taken")
    assert_problem(bob.ask("POST", REGISTER, business_of(bob, email=ann.email)), 409, "email_taken")
    assert_problem(ann.ask("POST", REGISTER, business_of(ann, email=bob.email)), 409, "identity_taken")
    free = bob.ask("POST", REGISTER, business_of(bob))
    assert free.status == 201
    assert free.json["business_id"] != made.json["business_id"]


def test_a_business_is_registered_by_its_own_identity_alone(url: str, owner: Owner, other: Person) -> None:
    assert_problem(other.ask("POST", REGISTER, business_of(owner)), 403, "forbidden")
    anonymous = post_json(url, REGISTER, business_of(owner))
    assert anonymous.status in (401, 409)  # a stage may require a token; where not, this email is taken


MISSING = ("business_name", "email", "phone", "address", "cognito_user_id")
REFUSED: list[tuple[dict[str, object], tuple[str, ...]]] = [
    ({"is_admin": True}, ("is_admin",)),
    ({"business_name": "   "}, ("business_name",)),
    ({"email": "nobody", "phone": "555-0123"}, ("email", "phone")),
    ({"business_type": "x" * 1000}, ("business_type",)),
    ({"address": None, "owner_name": 5}, ("address", "owner_name")),
]


@pytest.mark.parametrize(("changed", "fields"), REFUSED)
def test_every_wrong_field_is_named(other: Person, changed: dict[str, object], fields: tuple[str, ...]) -> None:
    answer = other.ask("POST", REGISTER, business_of(other, **changed))
    assert_problem(answer, 400, "invalid_input", *fields)
    assert other.ask("GET", "/api/businesses/mine").status == 404


def test_every_missing_field_is_named(url: str) -> None:
    assert_problem(post_json(url, REGISTER, {"owner_name": "Ada"}), 400, "invalid_input", *MISSING)


def test_a_business_is_shown_whole_to_its_owner_alone(url: str, owner: Owner, other: Person) -> None:
    path = f"/api/businesses/{owner.business_id}"
    mine = owner.ask("GET", "/api/businesses/mine")
    assert (mine.status, mine.json["phone"], mine.json["email"]) == (200, "+14155550123", owner.email)
    assert mine.headers["etag"] == f'"{mine.json["version"]}"'
    assert owner.ask("GET", path).json == mine.json
    for answer in (send(url, "GET", path), other.ask("GET", path)):
        assert (answer.status, set(answer.json)) == (200, PUBLIC)
        assert b"@" not in answer.body
    assert_problem(other.ask("GET", "/api/businesses/mine"), 404, "not_found")
    assert_problem(send(url, "GET", "/api/businesses/no-such-business"), 404, "not_found")


def test_nobody_else_changes_or_deletes_a_business(owner: Owner, other: Person) -> None:
    path = f"/api/businesses/{owner.business_id}"
    before = owner.ask("GET", path).json
    assert_problem(other.ask("PATCH", path, {"accepting_orders": False}), 404, "not_found")
    assert_problem(other.ask("DELETE", path), 404, "not_found")
    assert owner.ask("GET", path).json == before


def test_a_business_changes_by_version_and_frees_the_email_that_it_leaves(new_owner: NewOwner) -> None:
    owner, rival = new_owner(), new_owner()
    path = f"/api/businesses/{owner.business_id}"
    moved = owner.ask("PATCH", path, {"email": f"new-{owner.email}".upper()}, **{"If-Match": '"1"'})
    assert (moved.status, moved.json["email"], moved.json["version"]) == (200, f"new-{owner.email}", 2)
    assert_problem(owner.ask("PATCH", path, {"phone": "+12"}, **{"If-Match": '"1"'}), 412, "precondition_failed")
    assert_problem(owner.ask("PATCH", path, {"phone": "12"}), 400, "invalid_input", "phone")
    assert_problem(owner.ask("PATCH", path, {"email": rival.email}), 409, "email_taken")
    taken = rival.ask("PATCH", f"/api/businesses/{rival.business_id}", {"email": owner.email})
    assert (taken.status, taken.json["email"]) == (200, owner.email)


def test_a_business_goes_with_its_catalogue_but_not_while_an_order_is_open(url: str, new_owner: NewOwner) -> None:
    owner = new_owner()
    item = owner.add()
    path = f"/api/businesses/{owner.business_id}"
    order: dict[str, Any] = place(owner, order_for(item)).json
    assert_problem(owner.ask("DELETE", path), 409, "orders_open")
    assert send(url, "GET", f"/api/items/{item['item_id']}").status == 200
    assert owner.ask("POST", f"/api/orders/{order['order_id']}/reject").status == 200
    gone = owner.ask("DELETE", path)
    assert (gone.status, gone.body) == (204, b"")
    for missing in (path, f"/api/items/{item['item_id']}"):
        assert_problem(send(url, "GET", missing), 404, "not_found")
    assert send(url, "GET", f"/api/items?business_id={owner.business_id}").json["items"] == []


def test_a_business_takes_orders_within_its_hours(url: str, new_owner: NewOwner) -> None:
    owner = new_owner()
    path, order = f"/api/businesses/{owner.business_id}", order_for(owner.add())
    opens = (datetime.now(UTC) + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    hours = [{"opens": f"{opens:%H:%M}", "closes": f"{opens + timedelta(hours=1):%H:%M}"}]
    special = [{"date": f"{opens:%Y-%m-%d}", "hours": hours, "note": "Open late"}]
    closed = owner.ask("PATCH", path, {"opening_hours": {}, "special_hours": special})
    assert (closed.status, closed.json["open_now"]) == (200, False), closed
    refused = place(owner, order)
    assert_problem(refused, 409, "closed")
    assert refused.json["opens_at"] == f"{opens:%Y-%m-%dT%H:%M:%S}.000Z"
    seen = send(url, "GET", path).json
    assert (seen["open_now"], seen["opens_at"], seen["closes_at"]) == (False, refused.json["opens_at"], None)
    tokyo = owner.ask("PATCH", path, {"time_zone": "Asia/Tokyo", "opening_hours": None, "special_hours": []})
    assert (tokyo.json["time_zone"], tokyo.json["open_now"]) == ("Asia/Tokyo", True)
    assert_problem(owner.ask("PATCH", path, {"time_zone": "Asia/Nowhere"}), 422, "unknown_time_zone")
    assert place(owner, order).status == 201


def test_a_business_pauses_and_the_feed_tells(url: str, new_owner: NewOwner) -> None:
    owner = new_owner()
    path, order = f"/api/businesses/{owner.business_id}", order_for(owner.add())
    until = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}.000Z"
    assert owner.ask("PATCH", path, {"paused_until": until, "public_contact": ["phone"]}).status == 200
    refused = place(owner, order)
    assert_problem(refused, 409, "paused")
    assert (refused.json["paused_until"], refused.json["opens_at"]) == (until, until)
    seen = send(url, "GET", path).json
    assert (seen["paused_until"], seen["open_now"], seen["phone"]) == (until, False, "+14155550123")
    assert owner.ask("PATCH", path, {"paused_until": None}).json["open_now"]
    placed = place(owner, order)
    assert placed.status == 201
    told = [(event["type"], event["data"].get("until")) for event in owner.events()[:2]]
    assert told == [("business.paused", until), ("business.resumed", None)]
