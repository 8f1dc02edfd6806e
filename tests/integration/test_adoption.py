"""Taking over from the founding order receiver: its app's registrations, and its table of businesses."""

from typing import Any

import boto3
import pytest

from tests.support.http import post_json, send
from tests.support.processes import Shopkeeper, run_cli, shopkeeper
from tests.support.shop import Person
from tests.support.stores import aws_environment

PARTS = {"street": "123 Test St", "city": "Testville", "zipCode": "94103"}


def registration(person: Person, **other: Any) -> dict[str, Any]:
    return {
        "business_name": "Old App",
        "email": person.email,
        "phone_number": "+14155550123",
        "address": PARTS,
        **other,
    }


def test_the_founding_app_registers_with_its_own_names_and_without_naming_itself(site: Shopkeeper) -> None:
    person = Person(site.url)
    answer = person.ask("POST", "/auth/register-business", registration(person))
    assert answer.status == 201
    assert answer.json["phone"] == "+14155550123"
    assert answer.json["address"] == PARTS
    assert answer.json["cognito_user_id"] == person.user["user_id"]
    again = person.ask("POST", "/auth/register-business", registration(person))
    assert again.json["business_id"] == answer.json["business_id"]
    mine = person.ask("GET", "/api/businesses/mine").json
    assert mine["address"] == PARTS
    path = f"/api/businesses/{mine['business_id']}"
    assert person.ask("PATCH", path, {"address": "1 Main St"}).json["address"] == "1 Main St"
    assert person.ask("PATCH", path, {"address": {"city": "Elsewhere"}}).json["address"] == {"city": "Elsewhere"}


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"phone": "+14155550123"}, ["phone_number"]),
    ({"phone_number": "0123"}, ["phone_number"]),
    ({"address": {}}, ["address"]),
    ({"address": {str(number): "x" for number in range(21)}}, ["address"]),
    ({"address": {"city": ""}}, ["address.city"]),
    ({"address": {"city": "x" * 201}}, ["address.city"]),
    ({"address": {"": "x"}}, ["address"]),
    ({"address": {"n" * 51: "x"}}, ["address"]),
    ({"address": ""}, ["address"]),
    ({"address": "x" * 501}, ["address"]),
]


@pytest.mark.parametrize(("other", "fields"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_with_such_a_registration_is_named(
    server: Shopkeeper, other: dict[str, Any], fields: list[str]
) -> None:
    person = Person(server.url)
    answer = person.ask("POST", "/auth/register-business", registration(person, **other))
    assert (answer.status, [error["field"] for error in answer.json["errors"]]) == (400, fields)
    assert person.ask("GET", "/api/businesses/mine").status == 404


@pytest.mark.parametrize("address", [5, ["1 Main St"], {"zip": 94103}, None])
def test_an_address_of_another_kind_is_refused(server: Shopkeeper, address: Any) -> None:
    person = Person(server.url)
    answer = person.ask("POST", "/auth/register-business", registration(person, address=address))
    assert answer.status == 400
    assert answer.json["errors"][0]["field"].startswith("address")


def test_without_a_token_a_registration_names_its_identity(server: Shopkeeper) -> None:
    person = Person(server.url)
    answer = post_json(server.url, "/auth/register-business", registration(person))
    assert answer.json["errors"] == [{"field": "cognito_user_id", "message": "is required"}]


OLD_TABLE = "order-receiver-businesses-prod"
OLD = {
    "business_id": "0c6f8a52-0000-4000-8000-00000000000a",
    "business_name": "Old Bakery",
    "email": "Baker@Example.com",
    "phone_number": "+14155550100",
    "address": PARTS,
    "cognito_user_id": "old-owner",
    "created_at": "2024-05-01T10:00:00.123456",
    "updated_at": "2024-05-02T10:00:00",
    "status": "active",
}


def make_old_table(endpoint: str) -> None:
    """Make the founding table with a record, as its own deployment made it."""
    client: Any = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    names = {"email-index": "email", "cognito-user-index": "cognito_user_id"}
    client.create_table(
        TableName=OLD_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("business_id", *names.values())
        ],
        KeySchema=[{"AttributeName": "business_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, name in names.items()
        ],
    )
    parts = {name: {"S": part} for name, part in PARTS.items()}
    item = {name: {"M": parts} if name == "address" else {"S": value} for name, value in OLD.items()}
    client.put_item(TableName=OLD_TABLE, Item=item)


def test_a_founding_table_is_adopted(moto: str) -> None:
    make_old_table(moto)
    environment = {"STORE_URL": "dynamodb:", "DYNAMODB_TABLE_NAME": OLD_TABLE, **aws_environment(moto)}
    made = run_cli("tables", **environment)
    assert made.returncode == 0, made.stderr
    with shopkeeper(None, environment) as running:
        path = f"/api/businesses/{OLD['business_id']}"
        shown = {"business_id": OLD["business_id"], "business_name": "Old Bakery", "accepting_orders": True}
        public = send(running.url, "GET", path).json
        assert {name: public[name] for name in shown} == shown
        assert not public.keys() & {"phone", "email", "address", "cognito_user_id"}
        done = run_cli("tables", "--backfill", **environment)
        assert done.returncode == 0, done.stderr
        assert "businesses: 1, 1 adopted, 0 recounted" in done.stdout
        person = Person(running.url)
        for other, code in (
            ({"email": "BAKER@example.com"}, "email_taken"),
            ({"cognito_user_id": "old-owner"}, "identity_taken"),
        ):
            answer = post_json(
                running.url, "/auth/register-business", registration(person, cognito_user_id="new-owner") | other
            )
            assert (answer.status, answer.json["code"]) == (409, code)
        public = send(running.url, "GET", path).json
        assert {name: public[name] for name in shown} == shown
        assert not public.keys() & {"phone", "email", "address", "cognito_user_id"}
        assert "businesses: 1, 0 adopted" in run_cli("tables", "--backfill", **environment).stdout
