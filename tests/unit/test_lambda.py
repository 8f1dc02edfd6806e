"""Lambda's adapter: proxy events of every kind to requests, and handlers against a DynamoDB-compatible server."""

import gc
import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.http import Request
from shopkeeper.identifiers import is_uuid
from shopkeeper.runtime.lambda_ import handlers as module
from shopkeeper.runtime.lambda_.events import read_http
from shopkeeper.runtime.lambda_.handler import Handler, invocation_of, lambda_handler
from shopkeeper.runtime.resources import open_store
from shopkeeper.storage import Store
from shopkeeper.storage.dynamodb.schema import create_tables
from shopkeeper.storage.tables import TABLES
from tests.support.stores import aws_environment, dynamodb_client, table_names

GATEWAY_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
LAMBDA_ID = "11111111-2222-4333-8444-555555555555"


class Context:
    """What Lambda passes."""

    aws_request_id = LAMBDA_ID

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


def proxy(method: str, path: str, resource: str | None = None, **more: Any) -> dict[str, Any]:
    """Return an event as API Gateway's REST APIs send it."""
    event: dict[str, Any] = {
        "resource": resource or path,
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "abc.execute-api.us-east-1.amazonaws.com", "User-Agent": "curl/8"},
        "multiValueHeaders": {"Host": ["abc.execute-api.us-east-1.amazonaws.com"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": GATEWAY_ID,
            "stage": "prod",
            "path": f"/prod{path}",
            "httpMethod": method,
            "identity": {"sourceIp": "203.0.113.9"},
        },
        "body": None,
        "isBase64Encoded": False,
    }
    return {**event, **more}


def to_request(event: dict[str, Any], invocation: str = LAMBDA_ID) -> Request:
    """Return the request of an event, for a function whose first endpoint is `/first`."""
    call = read_http(event)
    assert call is not None
    return call.request("/first", invocation)


PATHS: list[tuple[str, dict[str, Any], tuple[str, ...] | None, str]] = [
    # name, event, the segments that are routed, what stands before them in the caller's URL
    ("the stage is not in the path", proxy("GET", "/counter"), ("counter",), "/prod"),
    ("a base path mapping", proxy("GET", "/shop/counter", "/counter"), ("counter",), "/prod/shop"),
    (
        "a base path mapping of a domain",
        proxy("GET", "/shop/counter", "/counter", requestContext={"path": "/shop/counter"}),
        ("counter",),
        "/shop",
    ),
    ("a parameter", proxy("GET", "/shop/counter/a", "/counter/{counter_id}"), ("counter", "a"), "/prod/shop"),
    ("a slash at the end", proxy("GET", "/counter/", "/counter"), ("counter",), "/prod"),
    ("a base path mapping and a slash", proxy("GET", "/shop/counter/", "/counter"), ("counter",), "/prod/shop"),
    ("the root", proxy("GET", "/", "/"), (), "/prod"),
    ("the root under a base path", proxy("GET", "/shop", "/"), (), "/prod/shop"),
    ("a greedy resource", proxy("GET", "/counter", "/{proxy+}"), ("counter",), "/prod"),
    (
        "a greedy resource under a base path",
        proxy("GET", "/shop/counter", "/{proxy+}", pathParameters={"proxy": "counter"}),
        ("counter",),
        "/prod/shop",
    ),
    (
        "a greedy resource behind a literal",
        proxy("GET", "/shop/counter/a", "/counter/{proxy+}", pathParameters={"proxy": "a"}),
        ("counter", "a"),
        "/prod/shop",
    ),
    ("the stage in the path", {"path": "/prod/counter", "requestContext": {"stage": "prod"}}, ("counter",), "/prod"),
    ("a direct call", {"path": "/counter", "httpMethod": "GET"}, ("counter",), ""),
    ("nothing at all", {}, ("first",), ""),
    ("decoded once", {"path": "/counter/caf%C3%A9%2525"}, ("counter", "café%25"), ""),
    ("an encoded slash", {"path": "/counter/a%2Fb"}, None, ""),
    ("no UTF-8", {"path": "/counter/%ff"}, None, ""),
    ("no path", {"path": "counter"}, None, ""),
    ("an empty path", {"path": ""}, None, ""),
]


@pytest.mark.parametrize(("name", "event", "segments", "base"), PATHS, ids=[case[0] for case in PATHS])
def test_a_path_is_found_behind_whatever_stands_before_it(
    name: str, event: dict[str, Any], segments: tuple[str, ...] | None, base: str
) -> None:
    request = to_request(event)
    assert request.segments == segments
    assert segments is None or request.base_path == base


@pytest.mark.parametrize(
    ("event", "context", "expected"),
    [
        (proxy("GET", "/"), Context(), GATEWAY_ID),
        (proxy("GET", "/", requestContext={"requestId": "test-invoke-request"}), Context(), LAMBDA_ID),
        ({}, Context(), LAMBDA_ID),
        ({}, None, None),
    ],
)
def test_the_request_id_is_the_gateways_else_lambdas_else_new(
    event: dict[str, Any], context: Context | None, expected: str | None
) -> None:
    found = to_request(event, invocation_of(context)).request_id
    assert found == expected if expected else is_uuid(found)


def test_headers_are_lower_case_and_may_be_missing_altogether() -> None:
    event = {"headers": {"Content-Type": "application/json", "X-Null": None}, "queryStringParameters": {"a": "b"}}
    request = to_request(event)
    assert request.headers == {"content-type": "application/json"}
    assert request.query == {"a": "b"}
    assert to_request({"headers": None}).headers == {}


@pytest.fixture(params=["moto", "dynoxide"])
def handlers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Handler]]:
    """Every function's handler, on tables of their own; a Lambda never closes its store, a test does."""
    opened: list[Store] = []

    def open_and_note(*arguments: Any, **options: Any) -> Store:
        opened.append(open_store(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr("shopkeeper.runtime.resources.open_store", open_and_note)
    endpoint = str(request.getfixturevalue(request.param))
    names = table_names(TABLES)
    environment = {**aws_environment(endpoint), **{table.environment: name for table, name in names.items()}}
    client = dynamodb_client(environment)
    create_tables(client, names, lambda name, done: None)
    client.close()
    yield {function.name: lambda_handler(function, environment) for function in FUNCTIONS}
    for store in opened:
        store.close()


def test_garbage_is_collected_again_once_a_handler_is_built_or_was_not_found() -> None:
    with pytest.raises(AttributeError, match="there is no function nowhere"):
        _ = module.nowhere
    assert gc.isenabled()


FOUNDING_BODY = {
    "business_name": "Test Business",
    "email": "test@example.com",
    "phone": "+1234567890",
    "address": "123 Test St",
    "cognito_user_id": "test-user-123",
}


def test_the_smallest_events_work_as_in_the_founding_documents(handlers: dict[str, Handler]) -> None:
    visits = handlers["visits"]
    for count, event in enumerate([{}, {"path": "/counter", "httpMethod": "GET"}, proxy("GET", "/counter")], start=1):
        answer: Any = visits(event, Context())
        assert answer["statusCode"] == 200
        assert answer["isBase64Encoded"] is False
        body = json.loads(answer["body"])
        assert set(body) == {"count", "timestamp", "status", "requestId"}
        assert (body["count"], body["status"]) == (count, "success")
        assert body["requestId"] == answer["headers"]["X-Request-Id"]
    health: Any = visits({"path": "/health", "httpMethod": "GET"}, None)
    assert json.loads(health["body"])["counter_value"] == 3
    front: Any = handlers["health"]({}, None)
    assert json.loads(front["body"])["status"] == "healthy"
    auth: Any = handlers["registration"]({}, None)
    assert json.loads(auth["body"])["service"] == "auth"


def test_every_table_is_reached_by_its_own_variable(handlers: dict[str, Handler]) -> None:
    answer: Any = handlers["health"](proxy("GET", "/health/detailed"), Context())
    assert answer["statusCode"] == 200
    body = json.loads(answer["body"])
    assert body["database"] == {"type": "dynamodb", "status": "connected"}
    assert [table["table"] for table in body["tables"]] == [table.name for table in TABLES]


@pytest.mark.parametrize("encoded", [False, True])
def test_the_founding_registration_is_accepted_as_it_is(handlers: dict[str, Handler], encoded: bool) -> None:
    raw = json.dumps(FOUNDING_BODY)
    event = proxy(
        "POST",
        "/auth/register-business",
        headers={"content-type": "application/json"},
        body=b64encode(raw.encode()).decode() if encoded else raw,
        isBase64Encoded=encoded,
    )
    answer: Any = handlers["registration"](event, Context())
    assert answer["statusCode"] == 201
    body = json.loads(answer["body"])
    assert body["message"] == "Business registered successfully"
    assert FOUNDING_BODY.items() <= body.items()
    assert answer["headers"]["Location"] == f"/prod/api/businesses/{body['business_id']}"
    assert handlers["registration"](event, Context()) == answer


@pytest.mark.parametrize(
    ("body", "encoded", "status"),
    [("not base64!", True, 400), (b64encode(b"\xff").decode(), True, 400), ("{", False, 400), (None, False, 400)],
)
def test_a_body_that_cannot_be_read_is_a_400(
    handlers: dict[str, Handler], body: str | None, encoded: bool, status: int
) -> None:
    event = proxy("POST", "/auth/register-business", headers={"content-type": "application/json"}, body=body)
    answer: Any = handlers["registration"]({**event, "isBase64Encoded": encoded}, Context())
    assert answer["statusCode"] == status
    assert json.loads(answer["body"])["code"] == "malformed_body"


def test_a_function_serves_its_own_endpoints_only(handlers: dict[str, Handler]) -> None:
    for name, path in [
        ("visits", "/auth/health"),
        ("health", "/counter"),
        ("registration", "/"),
        ("visits", "/openapi.json"),
    ]:
        answer: Any = handlers[name](proxy("GET", path), Context())
        assert answer["statusCode"] == 403
