"""What tests of a stage share: its origin, and what holds for each problem that it answers."""

import os
import re
from collections.abc import Callable

from tests.support.http import Answer
from tests.support.shop import Owner, Person

ORIGIN = os.environ.get("ALLOWED_ORIGIN", "http://localhost:1580")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INTERNALS = re.compile(rb"(?i)traceback|exception|recursion|boto|sqlite|dynamodb|arn:aws|\.py\b")

NewPerson = Callable[[], Person]
NewOwner = Callable[[], Owner]


def assert_problem(answer: Answer, status: int, code: str, *fields: str) -> None:
    """Check that an answer is the problem with this code, naming exactly these fields, and no internals."""
    assert (answer.status, answer.json.get("code")) == (status, code), answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["requestId"] == answer.headers["x-request-id"]
    assert answer.json["title"]
    assert answer.json["detail"]
    assert sorted({error["field"] for error in answer.json.get("errors", [])}) == sorted(fields)
    assert all(error["message"] for error in answer.json.get("errors", []))
    assert not INTERNALS.search(answer.body)
    assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)


def assert_refused_by_the_gateway(answer: Answer) -> None:
    """Check that an answer is the one of API Gateway to what no endpoint declares."""
    assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    assert UUID.fullmatch(answer.headers["x-amzn-requestid"])
