"""botocore is the oracle: for random input our signatures, attribute values and error classes are its own."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from botocore.parsers import JSONParser
from botocore.retries import standard
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.aws.failures import CONFLICT, Failure, failure_of
from shopkeeper.aws.signing import Credentials, Signer
from shopkeeper.net.connection import Reply
from shopkeeper.storage.values import decode, encode

VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
HEADER_VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
MOMENTS = st.integers(946684800, 4070908800).map(lambda second: datetime.fromtimestamp(second, UTC))


@settings(deadline=None)
@given(
    body=st.binary(max_size=200),
    access=VISIBLE,
    secret=VISIBLE,
    token=st.none() | VISIBLE,
    region=st.sampled_from(["us-east-1", "eu-central-1", "ap-southeast-2"]),
    extra=st.dictionaries(st.sampled_from(["x-amz-target", "content-type", "x-amz-meta", "range"]), HEADER_VALUES),
    moment=MOMENTS,
)
def test_signatures_are_botocores(
    body: bytes,
    access: str,
    secret: str,
    token: str | None,
    region: str,
    extra: dict[str, str],
    moment: datetime,
) -> None:
    host = f"dynamodb.{region}.amazonaws.com"
    ours = Signer(region, "dynamodb").sign(Credentials(access, secret, token), {"host": host, **extra}, body, moment)

    request = AWSRequest("POST", f"https://{host}/", data=body, headers=extra)
    request.context["timestamp"] = ours["x-amz-date"]
    auth = SigV4Auth(BotoCredentials(access, secret, token), "dynamodb", region)
    request.headers["X-Amz-Date"] = ours["x-amz-date"]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    theirs = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)

    assert ours["authorization"].rpartition("Signature=")[2] == theirs
    assert ours.get("x-amz-security-token") == token


NUMBERS = (
    st.integers(-(10**38) + 1, 10**38 - 1)
    | st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**27), max_value=10**27)
    | st.builds(
        lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(1, 10**37), st.integers(-120, 80)
    )
)
SCALARS = st.text() | NUMBERS | st.booleans() | st.none() | st.binary()
VALUES = st.recursive(
    SCALARS
    | st.sets(st.text(), min_size=1)
    | st.sets(st.binary(), min_size=1)
    | st.sets(st.integers(-(10**20), 10**20), min_size=1),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def on_the_wire(value: Any) -> Any:
    """botocore encodes binaries only as it writes the request; sets have no order."""
    if isinstance(value, dict):
        if set(value) == {"B"}:
            return encode(bytes(value["B"]))
        if set(value) == {"BS"}:
            return {"BS": sorted(encode(bytes(part))["B"] for part in value["BS"])}
        return {name: on_the_wire(part) for name, part in value.items()}
    if isinstance(value, list):
        return [on_the_wire(part) for part in value]
    return value


def ordered(value: Any) -> Any:
    """Sort what came from a set."""
    if isinstance(value, dict):
        return {
            name: sorted(part) if name in ("SS", "NS", "BS") and isinstance(part, list) else ordered(part)
            for name, part in value.items()
        }
    return [ordered(part) for part in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(VALUES)
def test_attribute_values_are_botocores(value: Any) -> None:
    theirs = TypeSerializer().serialize(value)
    ours = encode(value)
    assert ordered(ours) == ordered(on_the_wire(theirs))

    assert plain(decode(ours)) == plain(TypeDeserializer().deserialize(theirs))
    assert decode(json.loads(json.dumps(ours))) == value


def plain(value: Any) -> Any:
    """botocore wraps binaries, and makes every number a Decimal."""
    if isinstance(value, Binary):
        return value.value
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return {plain(part) for part in value} if isinstance(value, set) else value


# botocore lets -Infinity pass, which DynamoDB refuses; infinities and NaN are the contract's.
@given(st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.floats())
def test_numbers_that_botocore_refuses_are_refused(number: Any) -> None:
    try:
        theirs: object = TypeSerializer().serialize(number)
    except (TypeError, ArithmeticError):
        theirs = None
    if theirs is None:
        with pytest.raises((TypeError, ValueError)):
            encode(number)
    else:
        assert encode(number) == theirs


CODES = st.sampled_from(
    sorted(
        set(standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
        | set(standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES)
        | {"AccessDeniedException", "ResourceNotFoundException", "ValidationException", "InternalServerError"}
        | {
            "ConditionalCheckFailedException",
            "TransactionCanceledException",
            "ItemCollectionSizeLimitExceededException",
        }
    )
)
WRITTEN = st.sampled_from(["{}", "com.amazonaws.dynamodb.v20120810#{}", "com.amazon.coral.service#{}"])
STATUSES = st.sampled_from([400, 403, 404, 413, 429, 500, 501, 502, 503, 504])
MESSAGES = st.fixed_dictionaries({}, optional={"message": st.text(max_size=20), "Message": st.text(max_size=20)})


@given(status=STATUSES, code=CODES, written=WRITTEN, messages=MESSAGES)
def test_errors_are_read_as_botocore_reads_them(status: int, code: str, written: str, messages: dict[str, str]) -> None:
    body = json.dumps({"__type": written.format(code), **messages}).encode()
    ours = failure_of(Reply(status, {}, body))
    theirs = JSONParser().parse({"status_code": status, "headers": {}, "body": body}, None)["Error"]
    assert ours.code == theirs["Code"]
    if not messages.get("message") and messages.get("Message"):
        assert ours.message == messages["Message"]
    else:
        assert ours.message == theirs["Message"]


@given(status=STATUSES, code=CODES)
def test_errors_are_tried_again_where_botocore_would(status: int, code: str) -> None:
    context = SimpleNamespace(
        http_response=SimpleNamespace(status_code=status),
        parsed_response={"Error": {"Code": code}},
        caught_exception=None,
        get_error_code=lambda: code,
    )
    throttled = standard.ThrottledRetryableChecker().is_retryable(context)
    transient = standard.TransientRetryableChecker().is_retryable(context)
    ours = Failure(status, code, "")
    # botocore takes a transaction in progress for throttling; for us it is a conflict, tried again as well.
    assert (ours.throttled or code in CONFLICT) == throttled or ours.conflicting
    assert (ours.throttled or ours.conflicting or ours.transient) == (throttled or transient)
