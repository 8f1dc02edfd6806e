"""Pictures in a bucket of S3, under `pictures/`."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from shopkeeper.aws.client import NoAnswer
from shopkeeper.aws.credentials import NoCredentials
from shopkeeper.aws.failures import Failure
from shopkeeper.aws.s3 import Bucket
from shopkeeper.aws.settings import AwsSettings
from shopkeeper.storage.errors import AccessDenied, StoreError, StoreUnavailable, Throttled
from shopkeeper.storage.pictures.port import BEGINNING, CACHE_CONTROL, FORM_SECONDS, MOST_BYTES, UploadForm
from shopkeeper.storage.pictures.types import is_name, media_type_of

PREFIX = "pictures/"

T = TypeVar("T")


class PictureBucket:
    """The pictures of a stage. Clients upload straight to S3, by a form that is signed here."""

    def __init__(self, name: str, region: str, settings: AwsSettings) -> None:
        """Raises ConfigurationError for a wrong endpoint, or if there are no credentials."""
        self._bucket = Bucket(name, region, settings, MOST_BYTES + 1)

    def form(self, name: str, media_type: str, now: datetime) -> UploadForm | None:
        """See `PictureStore.form`."""
        key, fields = _key(name), {"Content-Type": media_type, "Cache-Control": CACHE_CONTROL}
        made = _translated(lambda: self._bucket.form(key, fields, MOST_BYTES, now, FORM_SECONDS))
        return UploadForm(made.url, made.fields)

    def beginning(self, name: str) -> bytes | None:
        """See `PictureStore.beginning`."""
        return _translated(lambda: self._bucket.read(_key(name), BEGINNING))

    def read(self, name: str) -> bytes | None:
        """See `PictureStore.read`."""
        return _translated(lambda: self._bucket.read(_key(name)))

    def write(self, name: str, content: bytes) -> None:
        """See `PictureStore.write`. The same picture may be written again."""
        key = _key(name)
        headers = {"content-type": media_type_of(name), "cache-control": CACHE_CONTROL}
        _translated(lambda: self._bucket.write(key, content, headers))

    def remove(self, name: str) -> None:
        """See `PictureStore.remove`."""
        _translated(lambda: self._bucket.remove(_key(name)))

    def remove_of_item(self, item_id: str, shown: str | None) -> None:  # noqa: ARG002  # see the port
        """See `PictureStore.remove_of_item`. A function may not list the others."""
        if shown is not None:
            self.remove(shown)

    def names(self) -> Iterator[str]:
        """See `PictureStore.names`."""
        keys = _translated(lambda: list(self._bucket.keys(PREFIX)))
        return (name for key in keys if is_name(name := key.removeprefix(PREFIX)))

    def close(self) -> None:
        """Close the idle connections."""
        self._bucket.close()


def _key(name: str) -> str:
    if not is_name(name):
        raise StoreError(f"{name[:100]!r} is not the name of a picture")
    return PREFIX + name


def _translated(call: Callable[[], T]) -> T:
    """Return what a call returns. Its errors become those of a store."""
    try:
        return call()
    except Failure as failure:
        if failure.throttled:
            raise Throttled(f"the pictures' bucket: {failure}") from failure
        if failure.denied:
            raise AccessDenied(f"the pictures' bucket: {failure}") from failure
        raise StoreUnavailable(f"the pictures' bucket: {failure}") from failure
    except NoCredentials as error:
        raise AccessDenied(str(error)) from error
    except NoAnswer as error:
        raise StoreUnavailable(str(error)) from error
