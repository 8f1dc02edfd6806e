"""What a developer of a site reads in the OpenAPI document is there, for every operation, property and header field.

Whoever adds an endpoint is told here what is missing. The words of properties are in the `vocabulary.py` of the domain.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from shopkeeper.functions.openapi import openapi_document
from shopkeeper.functions.vocabulary import PARTS, VOCABULARY

Json = dict[str, Any]
DOCUMENT: Json = openapi_document()
COMPONENTS: Json = DOCUMENT["components"]
SCHEMAS: dict[str, Json] = COMPONENTS["schemas"]
OPERATIONS: dict[str, Json] = {
    f"{method.upper()} {path}": one for path, methods in DOCUMENT["paths"].items() for method, one in methods.items()
}
SENT: dict[str, Json] = {name: methods["post"] for name, methods in DOCUMENT["webhooks"].items()}


def properties(schema: Json) -> dict[str, Json]:
    """Return the properties of a component, with those of its parts."""
    own = [schema, *schema.get("allOf", [])]
    return {name: one for part in own for name, one in part.get("properties", {}).items()}


PROPERTIES = {f"{owner}.{name}": one for owner, schema in SCHEMAS.items() for name, one in properties(schema).items()}


def parts(schema: object) -> Iterator[Json]:
    """Yield a schema and every schema in it."""
    if isinstance(schema, list):
        for one in schema:
            yield from parts(one)
    if isinstance(schema, dict):
        yield schema
        for name, one in schema.items():
            if name not in ("examples", "example", "enum"):
                yield from parts(one)


def fits(schema: Json, value: object) -> bool:
    """Return whether a value is what a schema allows, with the formats."""
    return validator(json.dumps(schema)).is_valid(value)


@cache
def validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    components = {"components": {"schemas": SCHEMAS}} if "$ref" in schema else {}
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), **components}, validate_formats=True)


@pytest.mark.parametrize("name", [*OPERATIONS, *SENT])
def test_an_operation_has_a_tag_a_summary_a_description_and_its_security(name: str) -> None:
    operation = {**OPERATIONS, **SENT}[name]
    assert len(operation["tags"]) == 1
    assert operation["summary"], "the first sentence of the handler's docstring"
    assert not operation["summary"].endswith(".")
    assert len(operation["summary"]) <= 80, "a summary is a short sentence; the rest belongs after it"
    assert operation.get("description", "").endswith("."), "the handler's docstring needs a second sentence"
    assert "security" in operation


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_has_examples_of_what_it_takes_and_gives_that_fit(name: str) -> None:
    operation = OPERATIONS[name]
    success = operation["responses"][min(operation["responses"])]
    for content in [one["content"] for one in (operation.get("requestBody", {}), success) if "content" in one]:
        if "application/json" in content:
            assert fits(content["application/json"]["schema"], content["application/json"]["example"])
    for parameter in operation.get("parameters", []):
        assert parameter.get("description"), f"{parameter['name']} has no words: add them to a vocabulary.py"
        assert "example" in parameter, f"{parameter['name']} has no example: add it to a vocabulary.py"
        assert fits(parameter["schema"], parameter["example"]), parameter


def test_a_property_has_a_description() -> None:
    missing = [name for name, one in PROPERTIES.items() if not one.get("description")]
    assert missing == [], "add them to the vocabulary.py of their domain"
    assert [name for name, one in PROPERTIES.items() if one["description"].endswith(".")] == []


def test_a_property_has_an_example_that_fits() -> None:
    missing = [name for name, one in PROPERTIES.items() if not one.get("examples") and not is_shaped(one)]
    assert missing == [], "add them to the vocabulary.py of their domain"
    for name, one in PROPERTIES.items():
        bare = {key: value for key, value in one.items() if key not in ("examples", "description")}
        for example in one.get("examples", []):
            assert fits(bare, example), (name, example)


def is_shaped(schema: Json) -> bool:
    """Return whether a schema says by itself what a value looks like, or refers to one that does."""
    return any(word in part for part in parts(schema) for word in ("$ref", "const", "enum"))


def test_a_schema_has_a_description_and_a_plain_name() -> None:
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []
    odd = [name for name in SCHEMAS if not re.fullmatch("[A-Z][A-Za-z0-9]*", name)]
    assert odd == [], "two types have one name: rename one"


def test_a_header_field_has_a_description_and_an_example_that_fits() -> None:
    responses = [response for one in OPERATIONS.values() for response in one["responses"].values()]
    fields = [field for one in responses for field in one["headers"].values() if "$ref" not in field]
    for field in [*fields, *COMPONENTS["headers"].values()]:
        assert field["description"]
        assert fits(field["schema"], field["example"])
    assert all("X-Request-Id" in response["headers"] for response in responses)


def test_a_tag_is_described_and_used() -> None:
    used = {tag for one in [*OPERATIONS.values(), *SENT.values()] for tag in one["tags"]}
    assert {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]} == used


def test_a_term_stands_in_one_vocabulary_and_is_used() -> None:
    counts = Counter(name for part in PARTS for name in part)
    assert [name for name, count in counts.items() if count > 1] == []
    owners = {name.removesuffix("Input") for name in SCHEMAS}
    inner = {name.rpartition(".")[2] for name in PROPERTIES}
    named = {parameter["name"] for one in OPERATIONS.values() for parameter in one.get("parameters", [])}
    for term in VOCABULARY:
        owner, _, name = term.rpartition(".")
        assert (
            (term in PROPERTIES or f"{owner}Input.{name}" in PROPERTIES or owner in ("Problem", "OrderListParameters"))
            if owner
            else (term in owners or name in inner | named)
        ), f"nothing has the term {term}"


FORMATS = {
    "date-time": ("_at", "_until", "_since", ".timestamp"),
    "email": (".email",),
    "uuid": (".requestId",),
    "date": (".date", ".day"),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_property_has_the_format_that_its_name_promises(kind: str) -> None:
    named = {name: one for name, one in PROPERTIES.items() if name.endswith(FORMATS[kind])}
    assert named
    assert [name for name, one in named.items() if not any(part.get("format") == kind for part in parts(one))] == []


def test_no_schema_has_defaults_for_generators_take_them_for_fields_that_must_be_sent() -> None:
    assert [part for part in parts(SCHEMAS) if "default" in part and not isinstance(part["default"], dict)] == []


def test_a_shape_that_is_used_twice_has_a_name() -> None:
    inner = [
        json.dumps(
            {key: value for key, value in part.items() if key not in ("description", "examples")}, sort_keys=True
        )
        for schema in SCHEMAS.values()
        for name, one in properties(schema).items()
        for part in parts(one)
        if len(part.get("enum", [])) > 1 or part.get("type") == "object"
    ]
    repeated = [shape for shape, count in Counter(inner).items() if count > 1]
    assert repeated == [], "name it in NAMED of functions/vocabulary.py"


def test_an_error_has_a_shape_for_each_code_and_an_operation_lists_its_codes() -> None:
    problems = {name: properties(schema) for name, schema in SCHEMAS.items() if "allOf" in schema}
    codes = [schema["code"]["const"] for schema in problems.values()]
    assert len(set(codes)) == len(codes)
    for name, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            schema = response.get("content", {}).get("application/problem+json", {}).get("schema")
            listed = schema.get("anyOf", [schema]) if schema else []
            for one in listed:
                assert problems[one["$ref"].rpartition("/")[2]]["status"]["const"] == int(status), name


def test_the_gateways_error_has_one_name_and_belongs_to_no_operation() -> None:
    assert "GatewayError" in SCHEMAS
    assert "GatewayError" not in json.dumps(DOCUMENT["paths"])
    assert json.dumps(DOCUMENT).count("#/components/schemas/GatewayError") == 1


def test_every_kind_of_event_that_is_sent_is_a_webhook_with_its_payload() -> None:
    kinds = {kind for name, schema in SCHEMAS.items() if name.endswith("Event") for kind in kinds_of(schema)}
    assert set(DOCUMENT["webhooks"]) == kinds
    for kind, operation in SENT.items():
        payload = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert kind in kinds_of(SCHEMAS[payload])


def kinds_of(schema: Json) -> list[str]:
    kind = schema["properties"]["type"]
    return kind.get("enum") or ([kind["const"]] if "const" in kind else [])
