"""Our client of S3: botocore is the oracle of its signatures, and what S3 answers becomes what a store says."""

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import boto3
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.aws.signing import Credentials, Signer
from shopkeeper.errors import ConfigurationError
from shopkeeper.settings import read
from shopkeeper.storage import AccessDenied, StoreError, StoreUnavailable, Throttled
from shopkeeper.storage.pictures import CACHE_CONTROL, MOST_BYTES
from shopkeeper.storage.pictures.bucket import PictureBucket
from shopkeeper.storage.tables import TABLES
from tests.support.faults import Behaviour, FaultyServer, answers, hangs_up
from tests.support.pictures import JPEG, PNG, post_form
from tests.unit.test_dynamodb_oracle import MOMENTS, VISIBLE
from tests.unit.test_picture_types import ITEM, NO_NAMES, OWN

NAME = f"{ITEM}/{OWN}.png"
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def bucket(endpoint: str = "", **variables: str) -> PictureBucket:
    place = {"AWS_ENDPOINT_URL_S3": endpoint} if endpoint else {}
    return PictureBucket("shop-pictures", "eu-central-1", read({**KEYS, **place, **variables}, TABLES).aws)


@settings(deadline=None)
@given(access=VISIBLE, secret=VISIBLE, token=st.none() | VISIBLE, moment=MOMENTS)
def test_a_form_is_what_botocore_makes_of_its_policy(
    access: str, secret: str, token: str | None, moment: datetime
) -> None:
    session = {"AWS_SESSION_TOKEN": token} if token else {}
    ours = bucket(AWS_ACCESS_KEY_ID=access, AWS_SECRET_ACCESS_KEY=secret, **session).form(NAME, "image/png", moment)
    assert ours is not None
    policy = json.loads(b64decode(ours.fields["policy"]))

    request = AWSRequest("POST", ours.url)
    request.context["timestamp"] = ours.fields["x-amz-date"]
    given_fields = {
        name: ours.fields[name] for name in ("key", "Content-Type", "Cache-Control", "x-amz-algorithm", "x-amz-date")
    }
    auth = S3SigV4PostAuth(BotoCredentials(access, secret, token), "s3", "eu-central-1")
    assert ours.fields["x-amz-signature"] == auth.signature(ours.fields["policy"], request)
    wanted = {**given_fields, "x-amz-credential": auth.scope(request)}
    if token:
        wanted["x-amz-security-token"] = token
    assert {name: value for name, value in ours.fields.items() if name not in ("policy", "x-amz-signature")} == wanted
    # Each field is a condition of the policy, and there is no other but the bucket and the size.
    conditions = [*({name: value} for name, value in wanted.items()), {"bucket": "shop-pictures"}]
    assert sorted(map(json.dumps, policy["conditions"])) == sorted(
        map(json.dumps, [*conditions, ["content-length-range", 1, MOST_BYTES]])
    )
    assert (datetime.fromisoformat(policy["expiration"]) - moment).total_seconds() == 600


def test_a_form_is_for_one_picture_that_caches_may_keep() -> None:
    form = bucket().form(NAME, "image/png", NOW)
    assert form is not None
    assert form.url == "https://shop-pictures.s3.eu-central-1.amazonaws.com/"
    assert form.fields["key"] == f"pictures/{NAME}"
    assert (form.fields["Content-Type"], form.fields["Cache-Control"]) == ("image/png", CACHE_CONTROL)


@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "DELETE"]),
    token=st.none() | VISIBLE,
    body=st.binary(max_size=50),
    query=st.dictionaries(st.sampled_from(["list-type", "prefix", "continuation-token"]), st.text(max_size=20)),
    moment=MOMENTS,
)
def test_requests_are_signed_as_botocore_signs_them(
    method: str, token: str | None, body: bytes, query: dict[str, str], moment: datetime
) -> None:
    path, host = f"/shop-pictures/pictures/{NAME}", "127.0.0.1:4566"
    text = urlencode(sorted(query.items()), quote_via=quote, safe="")
    request = AWSRequest(method, f"http://{host}{path}?{text}", data=body, headers={"range": "bytes=0-15"})
    auth = S3SigV4Auth(BotoCredentials("access", "secret", token), "s3", "eu-central-1")
    hashed = auth.payload(request)
    headers = {"host": host, "range": "bytes=0-15", "x-amz-content-sha256": hashed}
    ours = Signer("eu-central-1", "s3").sign(
        Credentials("access", "secret", token), headers, body, moment, method=method, path=path, query=text
    )
    request.context["timestamp"] = ours["x-amz-date"]
    request.headers["X-Amz-Date"] = ours["x-amz-date"]
    request.headers["X-Amz-Content-SHA256"] = hashed
    if token:
        request.headers["X-Amz-Security-Token"] = token
    theirs = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert ours["authorization"].rpartition("Signature=")[2] == theirs


@pytest.fixture
def on_moto(moto: str) -> Iterator[PictureBucket]:
    client: Any = boto3.client(
        "s3",
        endpoint_url=moto,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_bucket(Bucket="shop-pictures")
    with closing(bucket(moto)) as opened:
        yield opened
    for name in opened.names():
        opened.remove(name)
    opened.close()
    client.close()


def test_a_bucket_keeps_pictures_as_a_folder_does(on_moto: PictureBucket) -> None:
    assert on_moto.beginning(NAME) is on_moto.read(NAME) is None
    on_moto.remove(NAME)
    on_moto.write(NAME, PNG)
    form = on_moto.form(NAME.replace("png", "jpg"), "image/jpeg", datetime.now(UTC))
    assert form is not None
    assert post_form("", {"url": form.url, "fields": form.fields}, JPEG).status == 204
    assert (on_moto.beginning(NAME), on_moto.read(NAME)) == (PNG[:16], PNG)
    assert set(on_moto.names()) == {NAME, NAME.replace("png", "jpg")}
    on_moto.remove_of_item(ITEM, NAME)
    on_moto.remove_of_item(ITEM, None)
    assert list(on_moto.names()) == [NAME.replace("png", "jpg")]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_is_never_a_key(name: str) -> None:
    opened = bucket("http://127.0.0.1:1")
    for call in (opened.read, opened.beginning, opened.remove, lambda name: opened.write(name, PNG)):
        with pytest.raises(StoreError, match="not the name of a picture"):
            call(name)


@contextmanager
def answering(*behaviours: Behaviour) -> Iterator[tuple[PictureBucket, FaultyServer]]:
    with FaultyServer(*behaviours) as server, closing(bucket(server.url)) as opened:
        yield opened, server


def error(status: int, code: str) -> Behaviour:
    return answers(status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>secret</Message></Error>".encode())


@pytest.mark.parametrize("answer", [error(404, "NoSuchKey"), error(403, "AccessDenied")])
def test_an_object_that_is_not_there_is_none_also_for_who_may_not_list(answer: Behaviour) -> None:
    with answering(answer) as (opened, _):
        assert opened.beginning(NAME) is None


OUTAGES = [
    (error(403, "SignatureDoesNotMatch"), AccessDenied, 1),
    (error(403, "ExpiredToken"), AccessDenied, 2),
    (error(404, "NoSuchBucket"), StoreUnavailable, 1),
    (error(503, "SlowDown"), Throttled, 3),
    (error(500, "InternalError"), StoreUnavailable, 3),
    (answers(502, b"<html>"), StoreUnavailable, 3),
    (hangs_up, StoreUnavailable, 3),
]


@pytest.mark.parametrize(("behaviour", "kind", "requests"), OUTAGES)
def test_what_s3_refuses_is_an_outage_after_some_tries(
    behaviour: Behaviour, kind: type[StoreError], requests: int
) -> None:
    with answering(behaviour) as (opened, server):
        with pytest.raises(kind) as raised:
            opened.read(NAME)
        assert len(server.requests) == requests
        assert "secret" not in str(raised.value)


def test_a_fault_that_passes_is_not_noticed() -> None:
    with answering(error(503, "SlowDown"), hangs_up, answers(206, PNG[:16])) as (opened, server):
        assert opened.beginning(NAME) == PNG[:16]
        assert b"range: bytes=0-15" in server.requests[-1].header
    with answering(error(500, "InternalError"), answers(200, b"")) as (opened, server):
        opened.write(NAME, PNG)
        assert server.requests[-1].body == PNG
        assert b"content-type: image/png" in server.requests[-1].header


def test_a_list_of_several_pages_is_read_to_its_end() -> None:
    pages = [f"{ITEM}/{OWN[:-1]}{number}.png" for number in range(3)]
    token = "<NextContinuationToken>a+b/c=</NextContinuationToken>"
    told = [f"<Key>pictures/{name}</Key><Key>pictures/notes.txt</Key>".encode() for name in pages]
    behaviours = [answers(200, told[0] + token.encode()), answers(200, told[1] + token.encode()), answers(200, told[2])]
    with answering(*behaviours) as (opened, server):
        assert list(opened.names()) == pages
        assert b"continuation-token=a%2Bb%2Fc%3D" in server.requests[1].header


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"S3_BUCKET_NAME": "Shop"}, "S3_BUCKET_NAME must be the name of a bucket, without dots, not 'Shop'"),
        ({"S3_BUCKET_NAME": "a.b"}, "S3_BUCKET_NAME must be"),
        ({"S3_BUCKET_NAME": "shop"}, "S3_BUCKET_NAME needs PICTURES_URL"),
        ({"PICTURES_URL": "https://a.example/"}, "PICTURES_URL must be a URL"),
        ({"PICTURES_URL": "javascript:alert(1)"}, "PICTURES_URL must be a URL"),
        ({"PICTURES_URL": "https://a.example/x?y"}, "PICTURES_URL must be a URL"),
    ],
)
def test_a_wrong_setting_is_one_sentence(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(variables, TABLES)
    assert str(refused.value).startswith(sentence)
