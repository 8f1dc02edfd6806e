"""What a person is told of a wrong request: every fault at once, by its path, in sentences."""

import re
from itertools import chain
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.http import Endpoint, FieldError, InvalidInput, MalformedBody, Request
from shopkeeper.http.binding import MAX_ERRORS, bind
from shopkeeper.http.explanations import MAX_MESSAGE, explain
from shopkeeper.http.routing import is_parameter, template_segments

ENDPOINTS = {f"{one.method} {one.path}": one for function in FUNCTIONS for one in function.endpoints}
BODIES = sorted({one.body for one in ENDPOINTS.values() if one.takes_body}, key=lambda kind: kind.__name__)
PARAMETERS = sorted({one.parameters for one in ENDPOINTS.values()}, key=lambda kind: kind.__name__)

ORDER = "POST /api/businesses/{business_id}/orders"
REGISTER = "POST /auth/register-business"
KEY = {"idempotency-key": "table-4-first-round"}

GOOD: dict[str, dict[str, Any]] = {
    ORDER: {"customer": {"name": "Bob", "phone": "+14155550199"}, "lines": [{"item_id": "a", "quantity": 2}]},
    REGISTER: {
        "business_name": "Test Business",
        "email": "test@example.com",
        "phone": "+1234567890",
        "address": "123 Test St",
        "cognito_user_id": "test-user-123",
    },
    "POST /api/items": {"business_id": "b", "name": "Espresso", "price_minor": 250, "currency": "EUR"},
    "PATCH /api/items/{item_id}": {},
    "PATCH /api/businesses/{business_id}": {},
    "PATCH /api/users/me": {},
    "POST /api/auth/register": {"email": "ann@example.com", "password": "correct horse battery", "name": "Ann"},
    "POST /api/auth/reset": {"token": "a.1.b", "new_password": "correct horse battery"},
}

PHONE = "must be a phone number in E.164 form, like +14155550123"
EMAIL = "must be an email address, like name@example.com"
KINDS = "must be one of bakery, cafe, catering, food_truck, other, restaurant, retail"

Told = dict[str, str]

TABLE: list[tuple[str, dict[str, Any], Told]] = [
    (ORDER, {"customer": {"name": "Bob", "phone": "0123"}}, {"customer.phone": PHONE}),
    (ORDER, {"customer": {"name": "Bob", "email": "bob"}}, {"customer.email": EMAIL}),
    (ORDER, {"customer": {"name": "", "phone": "+12"}}, {"customer.name": "must not be empty"}),
    (ORDER, {"customer": {"name": "B" * 201}}, {"customer.name": "must have at most 200 characters"}),
    (ORDER, {"customer": {"phone": None}}, {"customer.name": "is required"}),
    (ORDER, {"customer": "Bob"}, {"customer": "must be an object, not text"}),
    (ORDER, {"customer": None}, {"customer": "must be an object, not null"}),
    (ORDER, {"customer": {"name": "B", "age": 7}}, {"customer.age": "is not a known field"}),
    (ORDER, {"lines": []}, {"lines": "must have at least 1 entry"}),
    (ORDER, {"lines": [{"item_id": "a", "quantity": 1}] * 101}, {"lines": "must have at most 100 entries"}),
    (ORDER, {"lines": {"item_id": "a"}}, {"lines": "must be a list, not an object"}),
    (ORDER, {"lines": ["a"]}, {"lines[0]": "must be an object, not text"}),
    (
        ORDER,
        {"lines": [{"item_id": "a", "quantity": 0}, {"quantity": "2"}, {"item_id": 7, "quantity": 1.5, "x": 1}]},
        {
            "lines[0].quantity": "must be a whole number from 1 to 10000",
            "lines[1].item_id": "is required",
            "lines[1].quantity": "must be a whole number, not text",
            "lines[2].x": "is not a known field",
            "lines[2].item_id": "must be text, not a number",
            "lines[2].quantity": "must be a whole number from 1 to 10000",
        },
    ),
    (ORDER, {"note": ""}, {"note": "must not be empty"}),
    (ORDER, {"note": 7}, {"note": "must be text, not a number"}),
    (ORDER, {"expected_total_minor": -1}, {"expected_total_minor": f"must be a whole number from 0 to {2**53}"}),
    (ORDER, {"expected_total_minor": 10**30}, {"expected_total_minor": f"must be a whole number from 0 to {2**53}"}),
    (
        ORDER,
        {"note": "\u0007", "lines": 1},
        {"note": "must not hold control characters", "lines": "must be a list, not a number"},
    ),
    (REGISTER, {"phone": 7}, {"phone": "must be text, not a number"}),
    (REGISTER, {"phone": True}, {"phone": "must be text, not true"}),
    (REGISTER, {"phone": None}, {"phone": "must be text, not null"}),
    (REGISTER, {"email": "a" * 300}, {"email": "must have at most 254 characters"}),
    (REGISTER, {"business_type": "bank"}, {"business_type": KINDS}),
    (REGISTER, {"business_type": 7}, {"business_type": KINDS}),
    (REGISTER, {"owner_name": []}, {"owner_name": "must be text, not a list"}),
    (REGISTER, {"address": {"street": 1}}, {"address.street": "must be text, not a number"}),
    ("POST /api/items", {"price_minor": "1"}, {"price_minor": "must be a whole number, not text"}),
    ("POST /api/items", {"price_minor": True}, {"price_minor": "must be a whole number, not true"}),
    ("POST /api/items", {"price_minor": 2.5}, {"price_minor": f"must be a whole number from 0 to {10**12}"}),
    ("POST /api/items", {"available": "yes"}, {"available": "must be true or false, not text"}),
    ("POST /api/items", {"currency": "eur"}, {"currency": "must be a currency of ISO 4217, like EUR"}),
    ("PATCH /api/items/{item_id}", {"name": None}, {"name": "must be text, not null"}),
    ("PATCH /api/items/{item_id}", {"description": 1}, {"description": "must be text, not a number"}),
    (
        "PATCH /api/businesses/{business_id}",
        {"accepting_orders": 1},
        {"accepting_orders": "must be true or false, not a number"},
    ),
    ("PATCH /api/users/me", {"name": "n" * 201}, {"name": "must have at most 200 characters"}),
    ("POST /api/auth/register", {"password": "short"}, {"password": "must have at least 12 characters"}),
    ("POST /api/auth/register", {"password": "x" * 129}, {"password": "must have at most 128 characters"}),
    ("POST /api/auth/reset", {"token": "no token"}, {"token": "must be a token that was given before"}),
]


def bound(name: str, body: object, headers: dict[str, str] | None = None, query: dict[str, str] | None = None) -> Told:
    """Return what a request to an endpoint is told, by field."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    fields = {"content-type": "application/json", **(KEY if headers is None else headers)}
    request = Request("POST", "/", (), "id", headers=fields, query=query or {}, body=raw)
    in_path = {segment[1:-1]: "x" for segment in template_segments(ENDPOINTS[name].path) if is_parameter(segment)}
    try:
        bind(ENDPOINTS[name], request, in_path)
    except InvalidInput as error:
        return by_field(error.errors)
    return {}


def by_field(faults: list[FieldError]) -> Told:
    """Return the messages of faults, of which no field has two."""
    told = {fault.field: fault.message for fault in faults}
    assert len(told) == len(faults)
    return told


@pytest.mark.parametrize("name", GOOD)
def test_a_good_body_is_told_nothing(name: str) -> None:
    assert bound(name, GOOD[name]) == {}


@pytest.mark.parametrize(("name", "change", "told"), TABLE, ids=lambda part: str(part)[:40])
def test_a_wrong_field_is_told_in_a_sentence(name: str, change: dict[str, Any], told: Told) -> None:
    assert bound(name, {**GOOD[name], **change}) == told


A_LIMIT, A_SKIP = "must be a whole number from 1 to 100", "must be a whole number from 0 to 1000"

QUERIES = [
    ({"limit": "ten"}, {"limit": A_LIMIT}),
    ({"limit": "0"}, {"limit": A_LIMIT}),
    ({"limit": "9" * 5000}, {"limit": A_LIMIT}),
    ({"limit": ""}, {"limit": A_LIMIT}),
    ({"skip": "-1"}, {"skip": A_SKIP}),
    ({"search": "x" * 101}, {"search": "must have at most 100 characters"}),
    ({"business_id": ""}, {"business_id": "must not be empty"}),
    ({"business_id": "  "}, {"business_id": "must not be empty or hold control characters"}),
    ({"search": "\ud800"}, {"search": "must be well-formed text"}),
    ({"limit": "\ud800", "skip": "x"}, {"limit": "must be well-formed text", "skip": A_SKIP}),
    ({"cursor": "c" * 2501, "limit": "x"}, {"cursor": "must have at most 2500 characters", "limit": A_LIMIT}),
]


@pytest.mark.parametrize(("query", "told"), QUERIES, ids=lambda part: str(part)[:40])
def test_a_wrong_query_is_told_in_a_sentence(query: dict[str, str], told: Told) -> None:
    assert bound("GET /api/items", {}, query=query) == told


def test_a_wrong_header_and_a_wrong_body_are_told_together() -> None:
    told = bound(ORDER, {**GOOD[ORDER], "note": 7}, {"idempotency-key": "short"})
    key = "must be 16 to 128 letters, digits, '_' or '-'"
    assert told == {"Idempotency-Key": key, "note": "must be text, not a number"}
    assert bound(ORDER, {}, {}) == dict.fromkeys(("Idempotency-Key", "customer", "lines"), "is required")
    assert set(bound("PATCH /api/users/me", {}, {"if-match": "null"})) == {"If-Match"}
    stale = bound("PATCH /api/items/{item_id}", {"available": 1}, {"if-match": ","})
    assert set(stale) == {"If-Match", "available"}


def test_a_wrong_header_and_a_body_that_is_no_json_are_told_together() -> None:
    told = bound(ORDER, b"{", {})
    assert told == {"Idempotency-Key": "is required", "body": "is not valid JSON in UTF-8"}
    with pytest.raises(MalformedBody, match=r"^The body is not valid JSON in UTF-8\.$"):
        bound(ORDER, b"{")


def test_a_thousand_faults_are_told_as_twenty() -> None:
    lines = [{"item_id": "", "quantity": 0}] * 500
    assert len(bound(ORDER, {**GOOD[ORDER], "lines": lines})) == MAX_ERRORS
    assert len(bound(ORDER, dict.fromkeys(map(str, range(500))), {})) == MAX_ERRORS


class Address(msgspec.Struct, forbid_unknown_fields=True):
    street: str


class Place(msgspec.Struct, forbid_unknown_fields=True):
    address: str | Address
    floor: int | str | None = None


def test_one_of_two_kinds_is_told_by_the_one_that_is_meant() -> None:
    def told(**values: object) -> Told:
        return {fault.field: fault.message for fault in explain(values, Place, strict=True)}

    assert (
        told(address="1 Main St")
        == told(address={"street": "Main St"}, floor=None)
        == told(address="a", floor="b")
        == {}
    )
    assert told(address={"street": 1}) == {"address.street": "must be text, not a number"}
    assert told(address=[]) == {"address": "must be text or an object, not a list"}
    assert told(address="a", floor=True) == {"floor": "must be a whole number or text, not true"}


FOREIGN = re.compile(r"`|Expected|expected|regex|\$\.|msgspec|str|int\b")
"""What only the library says."""

NAMES = sorted({name for body in GOOD.values() for name in [*body, "quantity", "item_id", "street"]})
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
NAME = st.sampled_from(NAMES) | st.text(max_size=3)
JSON = st.recursive(
    PLAIN | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAME, inner, max_size=5),
    max_leaves=12,
)


def accepts(values: object, kind: type[msgspec.Struct], *, strict: bool) -> bool:
    try:
        msgspec.convert(values, kind, strict=strict)
    except msgspec.ValidationError:
        return False
    return True


def check_told(values: dict[str, Any], kind: type[msgspec.Struct], *, strict: bool) -> None:
    faults = explain(values, kind, strict=strict)
    assert (faults == []) == accepts(values, kind, strict=strict)
    for fault in faults:
        assert not FOREIGN.search(fault.message)
        assert 0 < len(fault.message) <= MAX_MESSAGE


@settings(max_examples=200, deadline=None)
@given(values=st.dictionaries(NAME, JSON, max_size=6))
def test_any_json_is_told_in_sentences_exactly_where_it_is_wrong(values: dict[str, Any]) -> None:
    for kind in BODIES:
        check_told(values, kind, strict=True)


@pytest.mark.parametrize("name", GOOD)
@given(data=st.data())
def test_a_good_body_with_one_part_spoilt_is_told_where(name: str, data: st.DataObject) -> None:
    def spoilt(value: Any) -> Any:
        if isinstance(value, dict) and value and data.draw(st.booleans()):
            chosen = data.draw(st.sampled_from(sorted(value)))
            return {**value, chosen: spoilt(value[chosen])}
        if isinstance(value, list) and data.draw(st.booleans()):
            return [*value, spoilt(value[0])]
        return data.draw(JSON)

    body = GOOD[name]
    chosen = data.draw(st.sampled_from(NAMES if not body else sorted(body)))
    check_told({**body, chosen: spoilt(body.get(chosen))}, ENDPOINTS[name].body, strict=True)


IN_ADDRESSES = {kind: [field.encode_name for field in msgspec.structs.fields(kind)] for kind in PARAMETERS}
TEXT = st.text(max_size=300) | st.integers().map(str) | st.sampled_from(["", "1e1", "00", "-0", "received", '"1"'])
ANY_PARAMETERS = st.fixed_dictionaries({}, optional=dict.fromkeys(sorted({*chain(*IN_ADDRESSES.values())}), TEXT))


@settings(max_examples=200, deadline=None)
@given(values=ANY_PARAMETERS)
def test_any_parameter_is_told_in_sentences_exactly_where_it_is_wrong(values: dict[str, str]) -> None:
    for kind, names in IN_ADDRESSES.items():
        check_told({name: values[name] for name in names if name in values}, kind, strict=False)


def test_every_endpoint_with_a_body_is_among_those_tested() -> None:
    covered: set[type[msgspec.Struct]] = {ENDPOINTS[name].body for name in GOOD}
    assert covered <= set(BODIES)
    one: Endpoint[Any]
    for one in ENDPOINTS.values():
        assert one.body in BODIES or not one.takes_body
