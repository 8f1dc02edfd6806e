"""S3 takes a picture by our form as the form says, and nothing else: held against an emulator that heeds policies."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from shopkeeper.settings import read
from shopkeeper.storage.pictures import CACHE_CONTROL, MOST_BYTES, UploadForm
from shopkeeper.storage.pictures.bucket import PictureBucket
from shopkeeper.storage.tables import TABLES
from tests.deploy.emulator import Aws
from tests.deploy.model import REGION
from tests.support.http import Answer
from tests.support.pictures import PNG, post_form
from tests.unit.test_picture_types import ITEM, OWN

NAME = f"{ITEM}/{OWN}.png"


@pytest.fixture
def bucket(aws: Aws) -> Iterator[PictureBucket]:
    """A bucket that holds nothing before and after."""
    client = aws.client("s3")
    client.create_bucket(Bucket="form-tests")
    with closing(PictureBucket("form-tests", REGION, read(aws.environment, TABLES).aws)) as opened:
        yield opened
        for name in opened.names():
            opened.remove(name)
    client.delete_bucket(Bucket="form-tests")


def form(bucket: PictureBucket, now: datetime | None = None) -> UploadForm:
    made = bucket.form(NAME, "image/png", now or datetime.now(UTC))
    assert made is not None
    return made


def post(made: UploadForm, content: bytes, **changed: str) -> Answer:
    return post_form("", {"url": made.url, "fields": made.fields}, content, **changed)


def test_a_picture_is_taken_and_kept_as_caches_should_see_it(bucket: PictureBucket, aws: Aws) -> None:
    assert post(form(bucket), PNG).status == 204
    kept = aws.client("s3").head_object(Bucket="form-tests", Key=f"pictures/{NAME}")
    assert (kept["ContentType"], kept["CacheControl"]) == ("image/png", CACHE_CONTROL)
    assert (bucket.read(NAME), bucket.beginning(NAME)) == (PNG, PNG[:16])


def test_the_largest_picture_is_taken_and_a_larger_one_is_not(bucket: PictureBucket) -> None:
    assert post(form(bucket), bytes(MOST_BYTES + 1)).status == 400
    assert post(form(bucket), b"").status == 400
    assert bucket.read(NAME) is None
    assert post(form(bucket), bytes(MOST_BYTES)).status == 204


@pytest.mark.parametrize(
    "changed",
    [
        {"Content-Type": "text/html"},
        {"key": f"pictures/{OWN}/{OWN}.png"},
        {"key": "index.html"},
        {"Cache-Control": "no-store"},
        {"acl": "public-read"},
        {"x-amz-signature": "0" * 64},
        {"policy": "e30="},
    ],
    ids=str,
)
def test_a_form_that_was_changed_is_refused(changed: dict[str, str], bucket: PictureBucket) -> None:
    assert post(form(bucket), PNG, **changed).status in (400, 403)
    assert list(bucket.names()) == []


def test_a_form_is_good_for_ten_minutes(bucket: PictureBucket) -> None:
    assert post(form(bucket, datetime.now(UTC) - timedelta(minutes=11)), PNG).status == 403
    assert post(form(bucket, datetime.now(UTC) - timedelta(minutes=9)), PNG).status == 204
