"""Every answer of a long journey is what the OpenAPI document says of it, and nothing more; so is every message."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from shopkeeper.clock import utc_now
from shopkeeper.domains.accounts import passwords
from shopkeeper.domains.feed.model import event_from
from shopkeeper.domains.webhooks.message import message_of, message_of_test
from shopkeeper.functions.openapi import openapi_document
from shopkeeper.http import Response
from shopkeeper.storage.pictures.folder import PictureFolder
from shopkeeper.storage.tables import EVENTS, TABLES
from tests.support.application import whole
from tests.support.stores import open_store
from tests.unit.test_declared_headers import Operation, Sometimes, Watched, fail, keep_webhooks, lead_orders, live

Json = dict[str, Any]
DOCUMENT = openapi_document()


def strict(schema: Any) -> Any:
    """Return a schema that refuses properties that it does not name."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(one) for name, one in schema.items()}
    if "allOf" in schema:
        return {**closed, "allOf": schema["allOf"], "unevaluatedProperties": False}
    open_ended = "additionalProperties" in schema or not isinstance(schema.get("properties"), dict)
    return closed if open_ended or schema.get("type") != "object" else {**closed, "additionalProperties": False}


SCHEMAS = {
    name: schema if name == "Problem" else strict(schema) for name, schema in DOCUMENT["components"]["schemas"].items()
}


class Checked(Watched):
    """A shop that holds every answer to the document."""

    def __init__(self, store: Any, pictures: PictureFolder, **environment: str) -> None:
        self.validators: dict[str, Any] = {}
        self.faults: list[str] = []
        self.checked: set[tuple[str, str, int]] = set()
        super().__init__(store, pictures, **environment)

    def ask(self, method: str, path: str, body: object = None, **more: Any) -> Response:
        response = super().ask(method, path, body, **more)
        if method != "HEAD" and response.status != 204:
            self.check(method, self.template(path), response)
        return response

    def check(self, method: str, path: str, response: Response) -> None:
        declared = DOCUMENT["paths"][path][method.lower()]["responses"]
        content = declared[str(response.status)]["content"][response.headers["Content-Type"]]
        is_json = response.headers["Content-Type"] in ("application/json", "application/problem+json")
        fault = self.fault(content["schema"], msgspec.json.decode(whole(response))) if is_json else ""
        self.checked.add((method, path, response.status))
        if fault:
            self.faults.append(f"{method} {path} {response.status}: {fault}")

    def fault(self, schema: Json, value: Any) -> str:
        key = str(schema)
        if key not in self.validators:
            whole_schema = {**schema, "components": {"schemas": SCHEMAS}}
            self.validators[key] = jsonschema_rs.Draft202012Validator(whole_schema)
        return next((str(error) for error in self.validators[key].iter_errors(value)), "")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checked]:
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    store = open_store("sqlite", {}, tmp_path, TABLES)
    folder = PictureFolder(tmp_path / "pictures")
    yield Checked(Sometimes(store), folder, COUNTER_IDS="*", SITES="example.com", MAIL_FROM="shop@example.com")
    store.close()


def test_every_answer_has_what_its_schema_requires_and_nothing_that_it_does_not_name(shop: Checked) -> None:
    live(shop)
    provoke(shop)
    documented: dict[Operation, Json] = {
        (method.upper(), path): one for path, methods in DOCUMENT["paths"].items() for method, one in methods.items()
    }
    fail(shop, documented)
    assert shop.faults == []
    operations = {(method, path) for method, path in documented if method != "HEAD"}
    assert {(method, path) for method, path, _ in shop.checked} >= operations - {("POST", "/api/auth/logout")}


def provoke(shop: Checked) -> None:
    """Get the errors that tell more than all errors do."""
    shop.add_account("cal")
    business = shop.add_business("cal")
    item = shop.add_item("cal", business)
    place = f"/api/businesses/{business}/orders"
    order = {"customer": {"name": "Bob", "phone": "+14155550199"}, "lines": [{"item_id": item, "quantity": 1}]}
    keys = iter("ABCDEF")

    def refused(body: Json) -> Json:
        answer = shop.ask("POST", place, body, headers={"idempotency-key": next(keys) * 16})
        told: Json = msgspec.json.decode(whole(answer))
        return told

    assert "total_minor" in refused({**order, "expected_total_minor": 1})
    assert "item_id" in refused({**order, "lines": [{"item_id": "none", "quantity": 1}]})
    placed = shop.add_order(business, item, "G" * 16)
    told = shop.ask("POST", f"/api/orders/{placed['order_id']}/ready", by="cal")
    assert "order_status" in msgspec.json.decode(whole(told))
    path = f"/api/businesses/{business}"
    shop.give("PATCH", path, {"opening_hours": {}}, by="cal")
    assert refused(order)["code"] == "closed"
    assert "newest" in msgspec.json.decode(whole(shop.ask("GET", f"{path}/events", by="cal", query={"after": "99"})))


def test_every_message_of_a_webhook_is_what_the_document_says_of_its_kind(shop: Checked) -> None:
    shop.add_account("ann")
    business = shop.add_business("ann")
    item = shop.add_item("ann", business)
    lead_orders(shop, business, item)
    keep_webhooks(shop, business)
    path = f"/api/businesses/{business}"
    for accepting in (False, True):
        shop.give("PATCH", path, {"accepting_orders": accepting}, by="ann")
    shop.give("PATCH", f"/api/items/{item}", {"available": False}, by="ann", headers={"if-match": "*"})
    events = [event_from(record) for record in shop.store.query(EVENTS, business, limit=100).items if "type" in record]
    sent = [message_of(business, event).body for event in events]
    sent.append(message_of_test(business, "w", "2026-11-21T12:00:00.000Z", utc_now()).body)
    told = {}
    for message in map(msgspec.json.decode, sent):
        told[message["type"]] = message
        webhook = DOCUMENT["webhooks"][message["type"]]["post"]["requestBody"]["content"]["application/json"]
        assert shop.fault(webhook["schema"], message) == "", message
    assert set(DOCUMENT["webhooks"]) - set(told) == {"order.expired", "webhook.disabled"}
