"""An operator's own services ask with AWS credentials, and nobody else is answered."""

import json
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.functions.all import FUNCTIONS, ON_ONE_MACHINE
from shopkeeper.functions.backlogs import MOST
from shopkeeper.functions.declaration import application
from shopkeeper.functions.operations import FUNCTION as OPERATIONS
from shopkeeper.functions.resources import Resources
from shopkeeper.http import Access, Request, split_path
from shopkeeper.runtime.lambda_.handler import Handler, lambda_handler
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES
from tests.support.http import send
from tests.support.lagging import settle
from tests.support.processes import shopkeeper
from tests.support.shops import Shop
from tests.unit.test_lambda_events import balancer, http_api

OPERATOR = "arn:aws:iam::123456789012:user/operator"
PATH = "/ops/backlogs"


def rest(identity: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Return an event as a REST API sends it."""
    context = {"requestId": "r", "stage": "prod", "path": f"/prod{PATH}", "identity": identity}
    return {"resource": PATH, "path": PATH, "httpMethod": "POST", "headers": headers, "requestContext": context}


def url(**iam: object) -> dict[str, Any]:
    """Return an event of a function URL, also of one that requires a signature."""
    event = http_api("POST", PATH)
    event["requestContext"]["authorizer"] = {"iam": iam}
    return event


@pytest.fixture
def handler(tmp_path: Path) -> Handler:
    """The function, on an empty store."""
    return lambda_handler(OPERATIONS, {"STORE_URL": f"sqlite:///{tmp_path / 'shop.db'}", "STAGE": "dev"})


def test_a_call_whose_signature_the_gateway_verified_is_answered(handler: Handler) -> None:
    answer: Any = handler(rest({"sourceIp": "203.0.113.9", "userArn": OPERATOR}))
    assert answer["statusCode"] == 200
    told = json.loads(answer["body"])
    assert told["most"] == MOST
    assert told["backlogs"] == dict.fromkeys(
        ("orders_waiting", "webhooks_behind", "deliveries_set_aside", "mails_waiting"), 0
    )


UNSIGNED: list[tuple[str, dict[str, Any]]] = [
    ("a method without an authorizer", rest({"sourceIp": "203.0.113.9", "userArn": None})),
    ("no identity", {"path": PATH, "httpMethod": "POST"}),
    ("an empty identity", rest({"userArn": ""})),
    ("a signature that no gateway verified", rest({}, Authorization="AWS4-HMAC-SHA256 Credential=AKIA/x")),
    ("headers that claim it", rest({}, userArn=OPERATOR, **{"X-Amz-User-Arn": OPERATOR})),
    ("an access token", rest({}, Authorization="Bearer e30.e30.e30")),
    ("a function URL", http_api("POST", PATH)),
    ("a function URL with a signature", url(userArn=OPERATOR)),
    ("a load balancer", balancer(PATH, httpMethod="POST")),
]


@pytest.mark.parametrize("event", [case[1] for case in UNSIGNED], ids=[case[0] for case in UNSIGNED])
def test_any_other_call_is_refused(event: dict[str, Any], handler: Handler) -> None:
    answer: Any = handler(event)
    assert answer["statusCode"] == 403
    assert json.loads(answer["body"])["code"] == "forbidden"


def test_it_tells_what_waits(shop: Shop) -> None:
    """On each store."""
    shop.place()
    settle(shop.store)
    app = application((OPERATIONS,), Resources(read({}, TABLES), shop.store))
    answer = app.handle(Request("POST", PATH, split_path(PATH), "id", signed_by=OPERATOR))
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["backlogs"]["orders_waiting"] == 1


@pytest.mark.parametrize(("unknown_paths", "status"), [("gateway", 403), ("plain", 404)])
def test_one_machine_has_no_such_path(unknown_paths: str, status: int, tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db", {"UNKNOWN_PATHS": unknown_paths}) as server:
        answer = send(server.url, "POST", PATH)
        assert answer.status == status
        assert answer.body == send(server.url, "POST", "/ops/nothing").body or unknown_paths == "plain"


def test_what_only_aws_has_is_left_out_on_one_machine() -> None:
    assert {one.name for one in FUNCTIONS} - {one.name for one in ON_ONE_MACHINE} == {"operations", "rotation"}
    served = [endpoint for function in ON_ONE_MACHINE for endpoint in function.endpoints]
    assert not [endpoint.path for endpoint in served if endpoint.access is Access.AWS_IAM]
