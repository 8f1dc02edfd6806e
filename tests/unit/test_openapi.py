"""The OpenAPI document says what is so: versions, credentials, the forms of an answer, outages, HEAD."""

from typing import Any

import pytest

from shopkeeper.domains.visits.model import VISIT_ERRORS
from shopkeeper.functions.all import ON_ONE_MACHINE
from shopkeeper.functions.openapi import openapi_document
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.http.openapi import Described, Words, document
from tests.support.reads import COUNTING
from tests.support.things import ENDPOINTS as THINGS
from tests.unit.test_content import show

PATHS: dict[str, dict[str, Any]] = openapi_document()["paths"]
OPERATIONS = {f"{method.upper()} {path}": one for path, methods in PATHS.items() for method, one in methods.items()}

HEEDS_IF_MATCH = {
    "PATCH /api/items/{item_id}": True,
    "DELETE /api/items/{item_id}": True,
    "PATCH /api/businesses/{business_id}": False,
    "DELETE /api/businesses/{business_id}": False,
    "PATCH /api/businesses/{business_id}/webhooks/{webhook_id}": True,
    "DELETE /api/businesses/{business_id}/webhooks/{webhook_id}": True,
    "PATCH /api/users/me": False,
    "DELETE /api/users/me": False,
}
"""The operations that heed `If-Match`, and whether a request without it is a 428."""


def parameters(name: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in OPERATIONS[name].get("parameters", [])}


@pytest.mark.parametrize("name", OPERATIONS)
def test_if_match_is_a_parameter_where_it_is_heeded_and_required_where_428_threatens(name: str) -> None:
    found = parameters(name).get("If-Match")
    assert (found is not None) == (name in HEEDS_IF_MATCH)
    if found is not None:
        assert (found["in"], found["required"]) == ("header", HEEDS_IF_MATCH[name])
        assert "412" in OPERATIONS[name]["responses"]
    assert ("428" in OPERATIONS[name]["responses"]) == HEEDS_IF_MATCH.get(name, False)


TOKEN: dict[str, list[str]] = {"accessToken": []}
ORDER_TOKEN: dict[str, list[str]] = {"orderToken": []}

SECURITY = {
    "GET /api/orders/{order_id}": [TOKEN, ORDER_TOKEN],
    "HEAD /api/orders/{order_id}": [TOKEN, ORDER_TOKEN],
    "POST /api/orders/{order_id}/cancel": [TOKEN, ORDER_TOKEN],
    **{f"POST /api/orders/{{order_id}}/{step}": [TOKEN] for step in ("accept", "reject", "prepare", "ready")},
    "POST /api/orders/{order_id}/complete": [TOKEN],
    "GET /api/businesses/{business_id}": [TOKEN, {}],
    "HEAD /api/businesses/{business_id}": [TOKEN, {}],
    "POST /auth/register-business": [TOKEN, {}],
    "POST /api/items": [TOKEN],
    "GET /api/items": [],
    "POST /api/businesses/{business_id}/orders": [],
    "GET /counter": [],
}


@pytest.mark.parametrize("name", SECURITY)
def test_an_operation_names_the_credentials_that_it_takes(name: str) -> None:
    assert OPERATIONS[name]["security"] == SECURITY[name]


def test_credentials_are_schemes_and_no_parameters() -> None:
    schemes = openapi_document()["components"]["securitySchemes"]
    assert schemes["accessToken"]["scheme"] == "bearer"
    assert schemes["orderToken"].items() >= {"type": "apiKey", "in": "header", "name": "Order-Token"}.items()
    for name in OPERATIONS:
        assert {"Authorization", "Order-Token"}.isdisjoint(parameters(name))


def schemas(name: str, status: str, media_type: str = "application/json") -> list[str]:
    schema = OPERATIONS[name]["responses"][status]["content"][media_type]["schema"]
    return [one.get("$ref", "").rpartition("/")[2] for one in schema.get("anyOf", [schema])]


def test_a_business_has_the_owners_view_and_the_public_one() -> None:
    assert schemas("GET /api/businesses/{business_id}", "200") == ["OwnBusiness", "PublicBusiness"]


def test_any_operation_may_fail_in_the_form_of_its_function() -> None:
    for function in ON_ONE_MACHINE:
        forms = [(one, part.errors or function.errors) for part in function.parts for one in part.endpoints]
        for one, form_here in forms:
            responses = OPERATIONS[f"{one.method} {one.path}"]["responses"]
            visits = form_here is VISIT_ERRORS
            media_type = "application/json" if visits else "application/problem+json"
            shapes = {"500": "InternalErrorProblem", "503": "ServiceUnavailableProblem"}
            for status, shape in ({"500": "VisitError"} if visits else shapes).items():
                schema = responses[status]["content"][media_type]["schema"]
                assert {"$ref": f"#/components/schemas/{shape}"} in schema.get("anyOf", [schema])


def test_a_header_field_is_required_where_every_answer_of_the_status_carries_it() -> None:
    detailed = OPERATIONS["GET /health/detailed"]["responses"]["503"]["headers"]["Retry-After"]
    assert detailed["required"] is False, "a table that cannot be read is told without it"
    assert OPERATIONS["GET /api/items"]["responses"]["503"]["headers"]["Retry-After"]["required"] is True
    assert OPERATIONS["GET /api/items"]["responses"]["200"]["headers"]["Link"]["required"] is False
    assert OPERATIONS["GET /counter"]["responses"]["500"]["headers"]["Retry-After"]["required"] is False
    assert OPERATIONS["POST /api/items"]["responses"]["201"]["headers"]["Location"]["required"] is True


def test_head_is_documented_beside_every_get_that_is_safe_without_a_body() -> None:
    for path, methods in PATHS.items():
        assert ("head" in methods) == ("get" in methods and path not in COUNTING)
        if "head" in methods:
            head, got = methods["head"], methods["get"]
            name = got["operationId"]
            assert head["operationId"] == f"head{name[0].upper()}{name[1:]}"
            assert head.get("parameters") == got.get("parameters")
            assert list(head["responses"]) == list(got["responses"])
            for status, response in head["responses"].items():
                assert "content" not in response
                assert response.get("headers") == got["responses"][status].get("headers")


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = [one["operationId"] for one in OPERATIONS.values()]
    assert len(set(ids)) == len(ids)


def test_content_is_documented_by_its_media_type_and_a_docstring_by_its_parts() -> None:
    words = Words(title="T", version="1", description="D")
    made = document(words, [Described(one, PROBLEM_JSON) for one in (show, *THINGS)])["paths"]
    assert made["/content"]["get"]["responses"]["200"]["content"] == {"text/plain": {}}
    thing = made["/things/{thing_id}"]["get"]
    assert (thing["summary"], thing["description"]) == ("Show a thing", "There are many.")
    assert made["/things/{thing_id}"]["head"]["description"] != "There are many."
    assert set(made["/things"]["post"]["responses"]["201"]["headers"]) == {"Location", "X-Request-Id"}
