"""No change of the API breaks clients of the last release; docs/compatibility.md has the rules, and each is tried."""

import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import compatibility
import pytest

from shopkeeper.functions.openapi import openapi_document

Json = dict[str, Any]
Change = Callable[[Json], object]
TODAY = date(2026, 11, 21)
NOW: Json = compatibility.contract(openapi_document())
SCHEMAS = "components/schemas"


def test_nothing_breaks_clients_of_the_last_release() -> None:
    released = json.loads(compatibility.RELEASED.read_text())
    faults = compatibility.breaking(released, NOW, date.today())  # noqa: DTZ011  # a day more or less
    assert faults == [], "docs/compatibility.md says what to do instead"


def test_the_contract_has_no_words_and_keeps_properties_that_are_called_like_some() -> None:
    assert "summary" not in json.dumps(NOW["paths"])
    assert "description" in NOW["components"]["schemas"]["Item"]["properties"]
    assert "example" not in NOW["components"]["schemas"]["Item"]["properties"]["description"]


def at(document: Json, path: str) -> Json:
    """Return a part of a document by its place: names with ` > ` between."""
    part = document
    for name in path.split(" > "):
        part = part[name]
    return part


def schema(name: str) -> str:
    return f"components > schemas > {name}"


def put(path: str, **values: Any) -> Change:
    return lambda document: at(document, path).update({name.strip("_"): value for name, value in values.items()})


def drop(path: str, name: str) -> Change:
    return lambda document: at(document, path).pop(name)


def require(path: str, *names: str) -> Change:
    return lambda document: at(document, path).update(required=list(names))


PLACE = "paths > /api/businesses/{business_id}/orders > post"
LIST = "paths > /api/items > get"

BREAKING: dict[str, tuple[Change, str]] = {
    "an operation is gone": (drop("paths > /api/items", "post"), "POST /api/items is gone"),
    "an operation has another name": (put(LIST, operationId="items"), "GET /api/items: is called items"),
    "credentials are needed": (put(LIST, security=[{"accessToken": []}]), "GET /api/items: needs credentials now"),
    "a parameter is gone": (
        lambda document: at(document, LIST)["parameters"].pop(0),
        "GET /api/items: the parameter business_id is gone",
    ),
    "a parameter is required": (
        lambda document: at(document, LIST)["parameters"][0].update(required=True),
        "GET /api/items: the parameter business_id is required now",
    ),
    "a parameter has less room": (
        lambda document: at(document, LIST)["parameters"][2]["schema"].update(maximum=50),
        "GET /api/items: the parameter limit: maximum is 100",
    ),
    "a field of a request is required": (
        require(schema("NewItem"), "business_id", "name", "price_minor", "currency", "category"),
        "POST /api/items: the body.category may be missing",
    ),
    "a field of a request is unknown": (
        drop(f"{schema('NewItem')} > properties", "category"),
        "POST /api/items: the body.category is not known any more",
    ),
    "a field of a request has another pattern": (
        put(f"{schema('NewItem')} > properties > currency", pattern="^EUR$"),
        "POST /api/items: the body.currency: pattern",
    ),
    "a field of a request may not be null": (
        put(f"{schema('NewItem')} > properties", category={"type": "string"}),
        "POST /api/items: the body.category may be null, and could not",
    ),
    "a condition of a request is another": (
        put(f"{schema('NewOrder')} > properties > customer", anyOf=[{"required": ["phone"]}]),
        "the body.customer: condition",
    ),
    "a value of a request is refused": (
        put(f"{schema('NewPicture')} > properties > media_type", enum=["image/png"]),
        "the body.media_type has values that one side does not know: ['image/jpeg', 'image/webp']",
    ),
    "a property of a response is gone": (
        lambda document: (
            at(document, schema("Item"))["properties"].pop("position"),
            at(document, schema("Item"))["required"].remove("position"),
        ),
        "the body.position may be missing",
    ),
    "a property of a response may be null": (
        put(f"{schema('Item')} > properties", name={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        "the body.name may be null, and could not",
    ),
    "a property of a response has another type": (
        put(f"{schema('Item')} > properties", price_minor={"type": "string"}),
        "the body.price_minor may be string, and could not",
    ),
    "a response has a new value": (
        lambda document: at(document, f"{schema('OrderStatus')}")["enum"].append("lost"),
        "the body.status has values that one side does not know: ['lost']",
    ),
    "a success has another status": (
        lambda document: at(document, f"{PLACE} > responses").update(
            {"200": at(document, f"{PLACE} > responses").pop("201")}
        ),
        "succeeds with 200, and did with 201",
    ),
    "a header field is not always sent": (
        put(f"{PLACE} > responses > 201 > headers > ETag", required=False),
        "201 need not have the header field ETag any more",
    ),
    "an error has another status": (
        lambda document: at(document, schema("ClosedProblem"))["allOf"][1]["properties"]["status"].update(const=422),
        "the error closed: the body.status has values that one side does not know: [422]",
    ),
    "an error does not tell what it told": (
        lambda document: at(document, schema("TotalDiffersProblem"))["allOf"][1]["required"].remove("total_minor"),
        "the error total_differs: the body.total_minor may be missing",
    ),
    "a kind of event is not sent": (drop("webhooks", "order.ready"), "the webhook order.ready is gone"),
    "an event tells less": (
        lambda document: at(document, schema("OrderEventData"))["properties"].pop("ready_at"),
        "the webhook order.received: the body.data.ready_at is gone",
    ),
}

ALLOWED: dict[str, Change] = {
    "an operation is new": lambda document: document["paths"].update({"/new": document["paths"]["/health"]}),
    "an operation is deprecated": put(LIST, deprecated=True),
    "credentials are optional": put(PLACE, security=[{"accessToken": []}, {}]),
    "a parameter is new": lambda document: at(document, LIST)["parameters"].append(
        {"name": "color", "in": "query", "required": False, "schema": {"type": "string"}}
    ),
    "a field of a request is new": put(f"{schema('NewItem')} > properties", color={"type": "string"}),
    "a field of a request need not be sent": require(schema("NewItem"), "business_id", "name"),
    "a field of a request has more room": put(f"{schema('NewItem')} > properties > name", maxLength=300),
    "a property of a response is new": put(f"{schema('Item')} > properties", color={"type": "string"}),
    "a property of a response is always sent": require(
        schema("Event"), "seq", "type", "at", "subject", "data", "status"
    ),
    "an error is new": lambda document: at(document, f"{LIST} > responses").update({"418": {"description": "Tea"}}),
    "an error is gone": drop(f"{LIST} > responses", "503"),
    "a kind of event is new": lambda document: document["webhooks"].update(
        {"order.moved": document["webhooks"]["order.ready"]}
    ),
}


def changed(change: Change) -> Json:
    document = copy.deepcopy(NOW)
    change(document)
    return document


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_that_breaks_clients_is_named(name: str) -> None:
    change, fault = BREAKING[name]
    faults = compatibility.breaking(NOW, changed(change), TODAY)
    assert any(fault in one for one in faults), faults


@pytest.mark.parametrize("name", ALLOWED)
def test_a_change_that_breaks_nobody_is_allowed(name: str) -> None:
    assert compatibility.breaking(NOW, changed(ALLOWED[name]), TODAY) == []


@pytest.mark.parametrize(("day", "gone"), [(date(2026, 12, 31), False), (date(2027, 1, 1), True)])
def test_an_operation_may_go_on_the_day_of_its_sunset(day: date, gone: bool) -> None:
    released = changed(put(LIST, deprecated=True, **{"x-sunset": "2027-01-01"}))
    faults = compatibility.breaking(released, changed(drop("paths > /api/items", "get")), day)
    assert (faults == []) == gone
