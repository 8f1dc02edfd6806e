"""Amazon S3, as far as pictures need it: the objects of one bucket, and forms with which browsers upload them.

Source: Amazon S3 API Reference, "GetObject", "PutObject", "DeleteObject", "ListObjectsV2", and "Browser-Based Uploads
Using POST (AWS Signature Version 4)". Held to botocore's by tests.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import msgspec

from shopkeeper.aws.client import ATTEMPTS, NoAnswer, endpoint_of
from shopkeeper.aws.credentials import CredentialsProvider
from shopkeeper.aws.failures import Failure
from shopkeeper.aws.settings import AwsSettings
from shopkeeper.aws.signing import ALGORITHM, Signer
from shopkeeper.net.connection import Broken, NotSent, Reply
from shopkeeper.net.deadline import deadline, pause
from shopkeeper.net.pool import ConnectionPool
from shopkeeper.net.spans import Call

SECONDS = 5.0
"""The total time of an operation, including all attempts."""

OK = range(200, 300)
NOT_THERE = (404, 403)
"""S3 answers 403 for an object that is not there to those who may not list the bucket."""

_CODE = re.compile(r"<Code>([A-Za-z]{1,64})</Code>")
_KEY = re.compile(r"<Key>([^<]{1,1024})</Key>")
_NEXT = re.compile(r"<NextContinuationToken>([^<]{1,2048})</NextContinuationToken>")


class Form(msgspec.Struct, frozen=True):
    """Where and with which fields a browser posts a file, which must be the last field and be called `file`."""

    url: str
    fields: dict[str, str]


class Bucket:
    """The objects of one bucket. Safe for threads; it connects at the first call."""

    def __init__(self, name: str, region: str, settings: AwsSettings, max_body: int) -> None:
        """An answer's body may have `max_body` bytes. Raises ConfigurationError for a wrong endpoint or credentials.

        A service that is named by `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` finds the bucket in the path.
        """
        custom = settings.endpoint("S3").rstrip("/")
        self._base = f"/{name}" if custom else ""
        self.url = f"{custom}/{name}" if custom else f"https://{name}.s3.{region}.amazonaws.com"
        endpoint = endpoint_of(custom or self.url)
        trust = settings.trust_store() if endpoint.is_encrypted else None
        self._pool = ConnectionPool(endpoint.host, endpoint.port, trust, max_body)
        self._host = endpoint.host
        self._host_field = endpoint.host_field
        self._credentials = CredentialsProvider(settings)
        self._signer = Signer(region, "s3")
        self._name = name

    def form(self, key: str, fields: Mapping[str, str], most_bytes: int, now: datetime, seconds: int) -> Form:
        """Return the form with which anybody may upload this one object for a limited time. Raises NoCredentials.

        `fields` are sent as they are. The file may have 1 to `most_bytes` bytes.
        """
        credentials = self._credentials.get()
        moment = now.astimezone(UTC)
        signed = {
            "key": key,
            **fields,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": self._signer.credential(credentials, moment),
            "x-amz-date": moment.strftime("%Y%m%dT%H%M%SZ"),
        }
        if credentials.token:
            signed["x-amz-security-token"] = credentials.token
        ends = moment + timedelta(seconds=seconds)
        document = {
            "expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "conditions": [
                {"bucket": self._name},
                *({name: value} for name, value in signed.items()),
                ["content-length-range", 1, most_bytes],
            ],
        }
        policy = b64encode(msgspec.json.encode(document)).decode()
        signature = self._signer.signature(credentials, policy, moment)
        return Form(f"{self.url}/", {**signed, "policy": policy, "x-amz-signature": signature})

    def read(self, key: str, first_bytes: int | None = None) -> bytes | None:
        """Return an object, or its first bytes; None if it is not there. Raises Failure, NoAnswer or NoCredentials."""
        headers = {} if first_bytes is None else {"range": f"bytes=0-{first_bytes - 1}"}
        try:
            return self._call("GET", f"/{key}", headers=headers).body
        except Failure as failure:
            if failure.status in NOT_THERE and failure.code in ("", "NoSuchKey", "AccessDenied"):
                return None
            raise

    def write(self, key: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Write an object, with the header fields that it is served with. Raises Failure, NoAnswer or NoCredentials."""
        self._call("PUT", f"/{key}", headers=headers, body=body)

    def remove(self, key: str) -> None:
        """Remove an object, if it is there. Raises Failure, NoAnswer or NoCredentials."""
        self._call("DELETE", f"/{key}")

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys with a prefix. Functions may not list them. Raises Failure, NoAnswer or NoCredentials."""
        query = {"list-type": "2", "prefix": prefix}
        while True:
            page = self._call("GET", "/", query=query).body.decode()
            yield from _KEY.findall(page)
            following = _NEXT.search(page)
            if following is None:
                return
            query = {**query, "continuation-token": following[1]}

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        """Send a request until it is answered. It may be applied twice."""
        with Call(self._host, method, service="s3") as call:
            return self._until_answered(call, path, headers or {}, query or {}, body)

    def _until_answered(
        self, call: Call, path: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> Reply:
        ends = deadline(SECONDS)
        failures = 0
        renew = False
        while True:
            try:
                reply = self._attempt(call, path, headers, query, body, ends, renew)
            except (NotSent, Broken) as error:
                failures += 1
                if failures >= ATTEMPTS or not pause(failures, ends):
                    raise NoAnswer(f"S3 {call.method}: {error}") from error
                continue
            if reply.status in OK:
                return reply
            failure = _failure(reply)
            if failure.expired and not renew:
                renew = True
                continue
            failures += 1
            again = failure.throttled or failure.transient
            if not again or failures >= ATTEMPTS or not pause(failures, ends):
                raise failure

    def _attempt(
        self,
        call: Call,
        path: str,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        body: bytes,
        ends: float,
        renew: bool,
    ) -> Reply:
        call.attempt()
        place = quote(self._base + path)
        text = urlencode(sorted(query.items()), quote_via=quote, safe="")
        sent = {"host": self._host_field, "x-amz-content-sha256": hashlib.sha256(body).hexdigest(), **headers}
        credentials = self._credentials.get(renew=renew)
        sent |= self._signer.sign(
            credentials, sent, body, datetime.now(UTC), method=call.method, path=place, query=text
        )
        reply = self._pool.request(call.method, f"{place}?{text}" if text else place, sent, body, ends)
        call.status = reply.status
        return reply


def _failure(reply: Reply) -> Failure:
    """Return the failure that an answer in XML describes."""
    code = _CODE.search(reply.body[:4096].decode(errors="replace"))
    return Failure(reply.status, code[1] if code else "", "S3 refused the request")
