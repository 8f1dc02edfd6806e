"""What callers see, and the operator finds, when the store is away, misconfigured or forbidden."""

import json
from collections.abc import Iterator

import pytest

from tests.integration.test_server import JSON, REGISTER, await_lines, business
from tests.support.faults import Behaviour, FaultyServer, fails, hangs_up
from tests.support.http import Answer, send
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.stores import aws_environment

SECRET = "secret-table-prod"

OUTAGES: list[tuple[str, Behaviour]] = [
    ("hangs up", hangs_up),
    ("500", fails(500, "InternalServerError", f"{SECRET} exploded")),
    ("denied", fails(400, "AccessDeniedException", f"User: arn:aws:iam::1:user/x on {SECRET}")),
    ("missing", fails(400, "ResourceNotFoundException", f"Requested resource not found: {SECRET}")),
    ("refused", fails(400, "ValidationException", f"Traceback (most recent call last): {SECRET}")),
    ("expired", fails(400, "ExpiredTokenException", f"{SECRET}")),
    ("throttled", fails(400, "ThrottlingException", f"{SECRET}")),
]

INTERNALS = [SECRET, "Traceback", "Exception", "Error:", "arn:aws", "visitor-counter-dev", "businesses-dev", "boto"]


@pytest.fixture(scope="module", params=OUTAGES, ids=lambda outage: str(outage[0]))
def away(request: pytest.FixtureRequest) -> Iterator[Shopkeeper]:
    """Shopkeeper before a DynamoDB that always fails."""
    with FaultyServer(request.param[1]) as faulty:
        environment = {"STORE_URL": "dynamodb:", **aws_environment(faulty.url), "TABLE_NAME": SECRET, "METRICS": "emf"}
        with shopkeeper(None, environment) as server:
            yield server


def every_endpoint(url: str) -> dict[str, Answer]:
    """Call everything that needs the store."""
    return {
        "/counter": send(url, "GET", "/counter"),
        "/counter/a": send(url, "GET", "/counter/a"),
        "/health": send(url, "GET", "/health"),
        "/health/detailed": send(url, "GET", "/health/detailed"),
        "/auth/health": send(url, "GET", "/auth/health"),
        REGISTER: send(url, "POST", REGISTER, json.dumps(business()).encode(), JSON),
    }


def test_every_endpoint_says_so_and_nothing_more(away: Shopkeeper, request: pytest.FixtureRequest) -> None:
    answers = every_endpoint(away.url)
    for path in ("/counter", "/counter/a"):
        body = answers[path].json
        assert answers[path].status == 500
        assert body.pop("requestId") == answers[path].headers["x-request-id"]
        assert body == {"status": "error", "message": "Unable to process request. Please try again."}
    assert answers["/health"].status == 503
    health = answers["/health"].json
    assert set(health) == {"status", "service", "database", "error", "timestamp"}
    assert (health["status"], health["database"]) == ("unhealthy", "error")
    assert 0 < len(health["error"]) <= 100
    assert answers["/health/detailed"].status == 503
    assert answers["/health/detailed"].json["database"] == {"type": "dynamodb", "status": "error"}
    assert answers["/auth/health"].status == 503
    assert answers["/auth/health"].json["status"] == "unhealthy"
    refused = answers[REGISTER]
    is_bug = "refused" in request.node.name
    assert (refused.status, refused.json["code"]) == (
        (500, "internal_error") if is_bug else (503, "service_unavailable")
    )
    assert ("retry-after" in refused.headers) == (not is_bug)
    for answer in answers.values():
        for internal in INTERNALS:
            assert internal not in answer.body.decode()
            assert internal not in str(answer.headers)


def test_the_operator_finds_what_happened_under_the_requests_id(away: Shopkeeper) -> None:
    for answer in every_endpoint(away.url).values():
        (line,) = [json.loads(text) for text in await_lines(away, answer.headers["x-request-id"])]
        assert line["level"] == "ERROR"
        assert line["status"] == answer.status
        assert line["errorType"].endswith(("Unavailable", "Denied", "Missing", "Error", "Throttled"))
        assert 0 < len(line["errorMessage"]) <= 200
        assert "Traceback" in line["exception"]


def test_the_front_door_stands_without_a_store(away: Shopkeeper) -> None:
    assert send(away.url, "GET", "/").status == 200
