"""Which events a function serves, by whatever source, and which it refuses."""

import io
import json
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, Mock

import msgspec
import pytest

from shopkeeper.functions.triggers import Schedule, Stream
from shopkeeper.functions.visits import FUNCTION as VISITS
from shopkeeper.identifiers import is_uuid
from shopkeeper.runtime.lambda_.events import UnsupportedEvent, read_http
from shopkeeper.runtime.lambda_.handler import Handler, lambda_handler, remaining_seconds
from shopkeeper.storage.tables import EVENTS
from tests.unit.test_lambda import LAMBDA_ID, Context, proxy, to_request


def http_api(method: str, path: str, route: str = "$default", **more: Any) -> dict[str, Any]:
    """Return an event as HTTP APIs and function URLs send it (payload 2.0)."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "abc.lambda-url.us-east-1.on.aws", "user-agent": "curl/8"},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc",
            "domainName": "abc.lambda-url.us-east-1.on.aws",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"},
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route,
            "stage": "$default",
            "timeEpoch": 1795250000000,
        },
        "isBase64Encoded": False,
    }
    return {**event, **more}


def staged(stage: str, path: str, route: str = "$default", **more: Any) -> dict[str, Any]:
    event = http_api("GET", path, route, **more)
    event["requestContext"]["stage"] = stage
    return event


def balancer(path: str, **more: Any) -> dict[str, Any]:
    """Return an event as an Application Load Balancer sends it."""
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:r:1:targetgroup/t/1"}},
        "httpMethod": "GET",
        "path": path,
        "body": "",
        "isBase64Encoded": False,
        **more,
    }


# Payload 2.0

PATHS: list[tuple[str, dict[str, Any], tuple[str, ...] | None, str]] = [
    ("the stage $default", http_api("GET", "/counter"), ("counter",), ""),
    ("a named stage", staged("prod", "/prod/counter"), ("counter",), "/prod"),
    ("a named stage and a route", staged("prod", "/prod/counter", "GET /counter"), ("counter",), "/prod"),
    ("a mapping of a domain", staged("prod", "/shop/counter", "GET /counter"), ("counter",), "/shop"),
    ("a parameter", http_api("GET", "/counter/a", "GET /counter/{counter_id}"), ("counter", "a"), ""),
    (
        "a greedy route behind a stage",
        staged("prod", "/prod/counter/a", "ANY /{proxy+}", pathParameters={"proxy": "counter/a"}),
        ("counter", "a"),
        "/prod",
    ),
    ("the root", http_api("GET", "/", "GET /"), (), ""),
    ("the root of a named stage", staged("prod", "/prod/", "GET /"), (), "/prod"),
    ("decoded once", http_api("GET", "/counter/caf%C3%A9%2525"), ("counter", "café%25"), ""),
    ("an encoded slash", http_api("GET", "/counter/a%2Fb"), None, ""),
    ("no UTF-8", http_api("GET", "/counter/%ff"), None, ""),
]


@pytest.mark.parametrize(("name", "event", "segments", "base"), PATHS, ids=[case[0] for case in PATHS])
def test_payload_two_is_routed_without_its_stage(
    name: str, event: dict[str, Any], segments: tuple[str, ...] | None, base: str
) -> None:
    request = to_request(event)
    assert request.segments == segments
    assert segments is None or request.base_path == base


def test_payload_two_is_read_whole() -> None:
    event = http_api(
        "POST",
        "/x",
        rawQueryString="a=1&a=2&b=x%20y+z&c=&d",
        queryStringParameters={"a": "1,2"},
        headers={"Content-Type": "application/json"},
        cookies=["one=1", "two=2"],
        body=b64encode("é".encode()).decode(),
        isBase64Encoded=True,
    )
    request = to_request(event)
    assert (request.method, request.path) == ("POST", "/x")
    assert request.query == {"a": "1", "b": "x y z", "c": "", "d": ""}
    assert request.headers == {"content-type": "application/json", "cookie": "one=1; two=2"}
    assert request.content() == "é".encode()
    assert request.client_address == "203.0.113.9"
    assert request.request_id == LAMBDA_ID, "an HTTP API's own id is no UUID"


OF_URL = "abc.lambda-url.us-east-1.on.aws"
VIEWERS = [
    ("a URL of the distribution's alone", True, OF_URL, {"X-Viewer-Address": "2001:db8::7"}, "2001:db8::7"),
    ("the same, called by its owner", True, OF_URL, {}, "203.0.113.9"),
    ("the same, with no address in the header", True, OF_URL, {"x-viewer-address": ""}, "203.0.113.9"),
    ("a URL that anybody may call", False, OF_URL, {"x-viewer-address": "198.51.100.1"}, "203.0.113.9"),
    ("an HTTP API", True, "x.execute-api.us-east-1.amazonaws.com", {"x-viewer-address": "198.51.100.1"}, "203.0.113.9"),
    ("a forwarded address", True, OF_URL, {"x-forwarded-for": "198.51.100.1"}, "203.0.113.9"),
]


@pytest.mark.parametrize(
    ("name", "fronted", "domain", "headers", "address"), VIEWERS, ids=[case[0] for case in VIEWERS]
)
def test_only_the_distribution_says_who_asks(
    name: str, fronted: bool, domain: str, headers: dict[str, str], address: str
) -> None:
    event = http_api("GET", "/counter", headers=headers)
    event["requestContext"]["domainName"] = domain
    call = read_http(event)
    assert call is not None
    assert call.request("/counter", LAMBDA_ID, fronted=fronted).client_address == address


def test_the_gateway_says_itself_who_asks() -> None:
    event = {"httpMethod": "GET", "path": "/counter", "headers": {"x-viewer-address": "198.51.100.1"}}
    call = read_http(event | {"requestContext": {"identity": {"sourceIp": "203.0.113.9"}}, "resource": "/counter"})
    assert call is not None
    assert call.request("/counter", LAMBDA_ID, fronted=True).client_address == "203.0.113.9"


# Load balancers


def test_a_load_balancers_query_is_decoded_and_its_caller_is_the_last_address() -> None:
    event = balancer(
        "/items%20",
        headers={"x-forwarded-for": "10.6.6.6, 203.0.113.9", "host": "a"},
        queryStringParameters={"se%61rch": "caf%C3%A9+cr%C3%A8me", "plain": "x"},
    )
    request = to_request(event)
    assert request.segments == ("items ",)
    assert request.query == {"search": "café crème", "plain": "x"}
    assert request.client_address == "203.0.113.9"


def test_a_load_balancers_multi_value_headers_are_understood_and_answered_in_kind(visits: Handler) -> None:
    event = balancer(
        "/counter",
        multiValueHeaders={"Host": ["a"], "X-Forwarded-For": ["203.0.113.9"], "If-Match": ['"1"', '"2"']},
        multiValueQueryStringParameters={"a": ["1", "2"]},
    )
    request = to_request(event)
    assert request.headers == {"host": "a", "x-forwarded-for": "203.0.113.9", "if-match": '"1", "2"'}
    assert request.query == {"a": "1"}
    answer: Any = visits(event, Context())
    assert answer["statusCode"] == 200
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert "headers" not in answer
    single: Any = visits(balancer("/counter", headers={"host": "a"}), Context())
    assert single["headers"]["Content-Type"] == "application/json"
    assert "multiValueHeaders" not in single


# REST


def test_the_first_value_of_a_name_counts_although_the_gateway_singles_out_the_last() -> None:
    event = proxy(
        "GET",
        "/x",
        queryStringParameters={"a": "2", "b": "3"},
        multiValueQueryStringParameters={"a": ["1", "2"], "b": ["3"]},
    )
    assert to_request(event).query == {"a": "1", "b": "3"}


def test_an_event_with_nothing_but_lists_of_values_is_understood() -> None:
    event = proxy(
        "GET",
        "/x",
        headers=None,
        multiValueHeaders={"Content-Type": ["application/json"], "X-None": None, "X-Empty": []},
        queryStringParameters=None,
        multiValueQueryStringParameters={"a": ["1", "2"], "none": None},
    )
    request = to_request(event)
    assert request.headers == {"content-type": "application/json"}
    assert request.query == {"a": "1"}


def test_a_gateways_event_may_hold_a_field_that_nobody_knows_yet() -> None:
    assert to_request(proxy("GET", "/x", somethingNew={})).segments == ("x",)


# What is nobody's


SAMPLE = msgspec.structs.replace(
    VISITS,
    name="sample",
    triggers=(
        *VISITS.triggers,
        Schedule("tidy", minutes=1, seconds=1, build=lambda resources: dict),
        Stream("told", EVENTS, build=lambda resources: lambda items: {}, fallback=""),
    ),
)
TIDY = '{"schedule": "tidy"}'


def environment(folder: Path) -> dict[str, str]:
    return {"STORE_URL": f"sqlite:///{folder / 'shop.db'}", "STAGE": "dev"}


def stream(table: str, *images: dict[str, Any], source: str = "aws:dynamodb") -> dict[str, Any]:
    """Return a batch of a table's stream, as DynamoDB sends it for items that were added."""
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{table}/stream/2026-11-24T00:00:00.000"
    record = {"eventSource": source, "eventName": "INSERT", "eventSourceARN": arn, "awsRegion": "us-east-1"}
    return {"Records": [{**record, "dynamodb": {"NewImage": image}} for image in images or [{"seq": {"N": "1"}}]]}


def records(source: str, name: str = "eventSource") -> dict[str, Any]:
    return {"Records": [{name: source, "body": "{}"}]}


OF_EVENTS = stream("events-dev")["Records"]
TABLE_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/events-dev"
AUTHORIZER = {"type": "REQUEST", "methodArn": "arn:aws:execute-api:r:1:a/s/GET/", "identitySource": "x"}
FOREIGN: list[tuple[str, object, str]] = [
    ("a balancer's context alone", {"requestContext": {"elb": {}}}, "requestContext"),
    ("a queue", records("aws:sqs"), "an event of aws:sqs"),
    ("a topic", records("aws:sns", "EventSource"), "an event of aws:sns"),
    ("a bucket", records("aws:s3"), "an event of aws:s3"),
    ("a table's stream without a table", records("aws:dynamodb"), "an event of aws:dynamodb"),
    ("another table's stream", stream("orders-dev"), "an event of aws:dynamodb"),
    ("another stage's stream", stream("events-prod"), "an event of aws:dynamodb"),
    ("a batch of two tables", {"Records": [*OF_EVENTS, *stream("orders-dev")["Records"]]}, "an event of aws:dynamodb"),
    ("a batch of two sources", {"Records": [*OF_EVENTS, *records("aws:sqs")["Records"]]}, "an event of aws:dynamodb"),
    ("the table itself", {"Records": [{**OF_EVENTS[0], "eventSourceARN": TABLE_ARN}]}, "an event of aws:dynamodb"),
    ("a table called like ours", stream("events-dev", source="aws:sqs"), "an event of aws:sqs"),
    ("a stream with more", {**stream("events-dev"), "more": 1}, "an event of aws:dynamodb"),
    ("an empty batch", {"Records": []}, "an object with the fields Records"),
    ("an index of ours", stream("x/index/events-dev"), "an event of aws:dynamodb"),
    ("a schedule of another function", {"schedule": "order-expiry"}, "the schedule 'order-expiry'"),
    ("a schedule that is a number", {"schedule": 7}, "the schedule 7"),
    ("a schedule with a very long name", {"schedule": "x" * 1000}, "the schedule 'xxx"),
    ("a schedule with more", {"schedule": "tidy", "more": 1}, "an object with the fields schedule, more"),
    ("a path and a schedule", {"path": "/counter", "schedule": "tidy"}, "an object with the fields schedule"),
    ("a queue's message of a schedule", {"Records": [{"eventSource": "aws:sqs", "body": TIDY}]}, "an event of aws:sqs"),
    ("a schedule as a bus tells it", {"detail-type": "Scheduled Event", "schedule": "tidy"}, "detail-type"),
    ("a stream", records("aws:kinesis"), "an event of aws:kinesis"),
    ("mail", records("aws:ses"), "an event of aws:ses"),
    ("a cluster's topics", {"eventSource": "aws:kafka", "records": {}}, "an event of aws:kafka"),
    (
        "a bus",
        {"version": "0", "id": "x", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}},
        "an event of aws.events",
    ),
    ("a pool's trigger", {"version": "1", "triggerSource": "PreSignUp_SignUp", "request": {}}, "PreSignUp_SignUp"),
    ("logs", {"awslogs": {"data": "H4sI"}}, "an object with the fields awslogs"),
    ("a delivery stream", {"invocationId": "x", "deliveryStreamArn": "arn", "records": []}, "invocationId"),
    ("a REST authorizer", proxy("GET", "/x", **AUTHORIZER), "methodArn"),
    ("an HTTP API's authorizer", http_api("GET", "/x", routeArn="arn", identitySource=["x"]), "routeArn"),
    (
        "a WebSocket",
        {"requestContext": {"routeKey": "$connect", "connectionId": "x"}, "headers": {}, "isBase64Encoded": False},
        "requestContext, headers, isBase64Encoded",
    ),
    ("a lattice", {"version": "2.0", "path": "/", "method": "GET", "requestContext": {"serviceArn": "a"}}, "method"),
    ("an Alexa skill", {"version": "1.0", "session": {}, "context": {}, "request": {}}, "session"),
    ("an unknown object", {"path": "/counter", "nonsense": 1}, "with the fields nonsense"),
    ("a proxy event with records", proxy("GET", "/counter", Records=[]), "Records"),
    ("a proxy event with a detail type", proxy("GET", "/counter", **{"detail-type": "x"}), "detail-type"),
    ("a list", [], "list instead of an object"),
    ("a text", "text", "str instead of an object"),
    ("a number", 7, "int instead of an object"),
    ("nothing", None, "NoneType instead of an object"),
    ("a path that is a number", {"path": 7}, "not well formed: Expected `str | null`, got `int` - at `$.path`"),
    ("headers that are a text", {"headers": "x"}, "not well formed"),
    ("a method that is an object", {"httpMethod": {}}, "not well formed"),
    ("another version", {"version": "3.0", "path": "/counter"}, "not well formed"),
    ("payload 2.0 without a path", {"version": "2.0", "requestContext": {"http": {"method": "GET"}}}, "rawPath"),
]


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    return written


@pytest.fixture(params=[VISITS, SAMPLE], ids=["requests alone", "schedules and streams too"])
def handler(request: pytest.FixtureRequest, output: io.StringIO, tmp_path: Path) -> Handler:
    """The handler of a function, on a file of its own."""
    return lambda_handler(request.param, environment(tmp_path))


@pytest.mark.parametrize(("name", "event", "said"), FOREIGN, ids=[case[0] for case in FOREIGN])
def test_what_a_function_does_not_serve_fails_the_invocation_and_says_what_came(
    handler: Handler, name: str, event: object, said: str
) -> None:
    with pytest.raises(UnsupportedEvent) as raised:
        handler(event, Context())
    text = str(raised.value)
    assert text.startswith("This function does not serve what it was sent: ")
    assert said in text
    assert len(text) < 250


@pytest.fixture
def visits(output: io.StringIO, tmp_path: Path) -> Handler:
    """The handler of the visits, on a file of its own."""
    return lambda_handler(VISITS, environment(tmp_path))


def test_an_event_that_is_refused_is_logged_once_and_counts_nothing(visits: Handler, output: io.StringIO) -> None:
    with pytest.raises(UnsupportedEvent):
        visits(records("aws:sqs"), Context())
    (line,) = [json.loads(text) for text in output.getvalue().splitlines()]
    assert (line["level"], line["message"], line["requestId"]) == ("ERROR", "event refused", LAMBDA_ID)
    assert line["errorType"] == "UnsupportedEvent"
    assert line["errorMessage"] == "This function does not serve what it was sent: an event of aws:sqs."
    answer: Any = visits({}, Context())
    assert json.loads(answer["body"])["count"] == 1


@pytest.mark.parametrize("event", [http_api("GET", "/counter"), balancer("/counter", headers={}), {}])
def test_every_kind_of_http_request_is_served(visits: Handler, event: dict[str, Any]) -> None:
    answer: Any = visits(event, Context())
    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"] is False
    assert answer["headers"]["X-Request-Id"] == json.loads(answer["body"])["requestId"] == LAMBDA_ID


# Contexts


class Told:
    """A context with whatever a test tells it to say."""

    def __init__(self, left: object, aws_request_id: object = LAMBDA_ID) -> None:
        self.aws_request_id = aws_request_id
        self.get_remaining_time_in_millis = lambda: left


ODD_TIMES: tuple[object, ...] = (None, "3000", 0, -5, float("nan"), float("inf"), 10**400, [])
CONTEXTS: dict[str, object] = {
    "none": None,
    "a plain object": object(),
    "a Mock": Mock(),
    "a MagicMock": MagicMock(),
    "an empty dict": {},
    "no callable": Mock(get_remaining_time_in_millis=3000),
    "an id that is a number": Told(3000, 7),
    "an id that is no UUID": Told(3000, "test-id"),
    **{f"{left} ms left": Told(left) for left in ODD_TIMES},
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_a_context_may_be_whatever_a_test_passes(visits: Handler, context: object) -> None:
    answer: Any = visits({}, context)
    assert answer["statusCode"] == 200
    assert is_uuid(json.loads(answer["body"])["requestId"])
    with pytest.raises(UnsupportedEvent):
        visits([], context)


@pytest.mark.parametrize(
    ("left", "seconds"), [(3000, 3.0), (2500.5, 2.5005), (0, None), (-1, None), ("3000", None), (10**400, None)]
)
def test_the_time_that_is_left_counts_where_it_is_one(left: object, seconds: float | None) -> None:
    assert remaining_seconds(Told(left)) == seconds
