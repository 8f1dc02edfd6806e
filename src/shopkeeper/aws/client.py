"""A lean client of one AWS service: signed JSON, deadlines, and retries that do nothing twice."""

import binascii  # zlib has the same checksum, and is one more library to load
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from shopkeeper.aws.credentials import CredentialsProvider
from shopkeeper.aws.failures import Failure, failure_of
from shopkeeper.aws.settings import AwsSettings
from shopkeeper.aws.signing import Signer
from shopkeeper.errors import ConfigurationError
from shopkeeper.net.connection import MAX_BODY_BYTES, Broken, NotSent, Reply
from shopkeeper.net.deadline import deadline, pause
from shopkeeper.net.pool import ConnectionPool
from shopkeeper.net.spans import Call
from shopkeeper.net.url import Url, parse_url

SECONDS = 2.5
"""The total time of an operation, all attempts included."""

ATTEMPTS = 3

_ANSWER = msgspec.json.Decoder(dict[str, Any])
"""Made once: to make it takes longer than to read an answer."""


class Service(msgspec.Struct, frozen=True):
    """An AWS service that speaks JSON: its name in signatures and hosts, and how it is addressed.

    `variable` is the end of the variable that names its endpoint, `AWS_ENDPOINT_URL_<variable>`. `host` is the first
    part of its host if that is not its name. Operations with a path among `paths` are posted to it (REST); the
    others are named in a header. `tables_of` returns the names of the tables in the payload of a call.
    """

    name: str
    target: str
    content_type: str
    variable: str
    host: str = ""
    paths: Mapping[str, str] = {}
    tables_of: Callable[[Mapping[str, Any]], tuple[str, ...]] = lambda _: ()


class NoAnswer(Exception):
    """No answer came that can be trusted; a write may have been applied."""


class AwsClient:
    """Calls operations of a service in one region, or of whatever `AWS_ENDPOINT_URL[_SERVICE]` names.

    Safe for threads. It connects and fetches credentials at the first call, so that a snapshot of the process holds
    neither a connection nor fetched credentials.
    """

    def __init__(
        self,
        service: Service,
        region: str,
        settings: AwsSettings,
        *,
        seconds: float = SECONDS,
        max_body: int = MAX_BODY_BYTES,
    ) -> None:
        """Choose the endpoint and the source of credentials. Raises ConfigurationError if either is wrong."""
        usual = f"https://{service.host or service.name}.{region}.amazonaws.com"
        endpoint = endpoint_of(settings.endpoint(service.variable) or usual)
        trust = settings.trust_store() if endpoint.is_encrypted else None
        self._pool = ConnectionPool(endpoint.host, endpoint.port, trust, max_body)
        self._host = endpoint.host
        self._host_field = endpoint.host_field
        self._credentials = CredentialsProvider(settings)
        self._signer = Signer(region, service.name)
        self._service = service
        self._seconds = seconds

    def call(
        self,
        operation: str,
        payload: Mapping[str, object],
        *,
        repeatable: bool,
        seconds: float | None = None,
    ) -> dict[str, Any]:
        """Call `operation` (as in `GetItem`) and return its answer.

        With `repeatable` it may be applied twice; otherwise it is tried again only if it certainly was not applied.
        `seconds` is the total time, if it differs from the client's.

        Raises Failure for an answer that is not a success, NoAnswer if no answer came, and NoCredentials.
        """
        tables = self._service.tables_of(payload)
        with Call(self._host, "POST", service=self._service.name, operation=operation, tables=tables) as call:
            body = msgspec.json.encode(payload)
            ends = deadline(self._seconds if seconds is None else seconds)
            return self._until_answered(call, body, ends, repeatable=repeatable)

    def _until_answered(self, call: Call, body: bytes, ends: float, *, repeatable: bool) -> dict[str, Any]:
        failures = conflicts = 0
        renew = lost = False
        while True:
            try:
                return self._attempt(call, body, ends, renew)
            except Failure as failure:
                if failure.expired and not renew:
                    renew = True
                    continue
                if failure.condition_failed is not None:
                    raise
                if repeatable and failure.conflicting:
                    conflicts += 1  # others' work on the same items ends at some time: no limit but the deadline
                    again = True
                else:
                    failures += 1
                    again = failures < ATTEMPTS and (failure.throttled or (repeatable and failure.transient))
                lost = lost or failure.transient
                if again and pause(failures + conflicts, ends):
                    continue
                if lost and (failure.throttled or failure.conflicting):
                    raise NoAnswer(f"{call.operation}: an earlier attempt may have been applied") from failure
                raise
            except (NotSent, Broken) as error:
                failures += 1
                lost = lost or isinstance(error, Broken)
                again = repeatable or isinstance(error, NotSent)
                if not again or failures >= ATTEMPTS or not pause(failures, ends):
                    raise NoAnswer(f"{call.operation}: {error}") from error

    def check_credentials(self) -> None:
        """Fetch credentials now, so that a start fails instead of the first call. Raises NoCredentials."""
        self._credentials.get()

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def _attempt(self, call: Call, body: bytes, ends: float, renew: bool) -> dict[str, Any]:
        call.attempt()
        headers = {"host": self._host_field, "content-type": self._service.content_type}
        path = self._service.paths.get(call.operation)
        if path is None:
            headers["x-amz-target"] = f"{self._service.target}.{call.operation}"
        credentials = self._credentials.get(renew=renew)
        headers |= self._signer.sign(credentials, headers, body, datetime.now(UTC), path=path or "/")
        reply = self._pool.request("POST", path or "/", headers, body, ends)
        call.status = reply.status
        _check_crc(reply)
        if reply.status != 200:
            raise failure_of(reply)
        try:
            return _ANSWER.decode(reply.body)
        except ValueError as error:
            raise Broken(f"the answer is not JSON: {error}") from error


def _check_crc(reply: Reply) -> None:
    expected = reply.headers.get("x-amz-crc32")
    if expected is not None and expected != str(binascii.crc32(reply.body)):
        raise Broken("the answer's checksum does not fit its body")


def endpoint_of(url: str) -> Url:
    """Return the parts of an endpoint's URL. Raises ConfigurationError."""
    try:
        endpoint = parse_url(url)
    except ValueError:
        endpoint = None
    if endpoint is None or endpoint.target != "/":
        raise ConfigurationError(f"The AWS endpoint URL {url!r} is not of the form https://host[:port].")
    return endpoint
