"""Lambda: an API Gateway REST proxy event (or the smallest event) to a Request, a Response to its answer."""

import os
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import unquote

import msgspec

from shopkeeper.aws.deadline import ending_in
from shopkeeper.functions.declaration import Function, application
from shopkeeper.http import Request, Response, split_path
from shopkeeper.http.routing import template_segments
from shopkeeper.identifiers import is_uuid, uuid4
from shopkeeper.runtime.resources import open_resources
from shopkeeper.runtime.telemetry import Telemetry
from shopkeeper.settings import read
from shopkeeper.storage import TABLES


class Context(Protocol):
    """What Lambda passes beside the event."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""
        ...


class Identity(msgspec.Struct, frozen=True, rename="camel"):
    """Who called the gateway."""

    source_ip: str | None = None


class RequestContext(msgspec.Struct, frozen=True):
    """What the gateway says of a request."""

    request_id: str | None = msgspec.field(name="requestId", default=None)
    stage: str | None = None
    path: str | None = None
    identity: Identity | None = None


class ProxyEvent(msgspec.Struct, frozen=True, rename="camel"):
    """The REST proxy event (payload 1.0); a direct invocation may leave everything out."""

    http_method: str | None = None
    path: str | None = None
    resource: str | None = None
    headers: dict[str, str | None] | None = None
    query_string_parameters: dict[str, str | None] | None = None
    path_parameters: dict[str, str | None] | None = None
    body: str | None = None
    is_base64_encoded: bool | None = None
    request_context: RequestContext | None = None


Handler = Callable[[object, Context | None], dict[str, object]]


def lambda_handler(function: Function, environment: Mapping[str, str] = os.environ) -> Handler:
    """Return the handler of `function`, with everything built that outlives an invocation.

    Raises ConfigurationError for a wrong setting, so that a deployment fails at its start.
    """
    settings = read(environment, TABLES)
    app = application((function,), open_resources(settings, environment, knows_callers=function.knows_callers))
    telemetry = Telemetry(function.service, settings)
    first = function.endpoints[0]

    def handler(event: object, context: Context | None = None) -> dict[str, object]:
        began = time.monotonic()
        request = to_request(event, context, first.path)
        with ending_in(context.get_remaining_time_in_millis() / 1000 if context else None):
            response = app.handle(request)
        telemetry.record(request, response, time.monotonic() - began)
        return to_answer(response)

    return handler


def to_request(event: object, context: Context | None, default_path: str) -> Request:
    """Return the request of an event; an event that is none has no path that is declared."""
    try:
        proxy = msgspec.convert(event, ProxyEvent)
    except msgspec.ValidationError:
        proxy = ProxyEvent(path="")
    gateway = proxy.request_context or RequestContext()
    path = default_path if proxy.path is None else proxy.path
    segments = _decoded(path)
    greedy = (proxy.path_parameters or {}).get("proxy")
    base = _base_length(segments, proxy.resource, greedy, gateway.stage)
    return Request(
        method=proxy.http_method or "GET",
        path=path,
        segments=segments[base:] if segments is not None else None,
        request_id=_request_id(gateway.request_id, context),
        headers={name.lower(): value for name, value in (proxy.headers or {}).items() if value is not None},
        query={name: value for name, value in (proxy.query_string_parameters or {}).items() if value is not None},
        body=_body(proxy),
        client_address=(gateway.identity and gateway.identity.source_ip) or "",
        base_path=_base_path(gateway.path or path, segments, base),
    )


def to_answer(response: Response) -> dict[str, object]:
    """Return what the gateway expects of a proxy integration."""
    return {
        "statusCode": response.status,
        "headers": dict(response.headers),
        "body": response.body.decode(),
        "isBase64Encoded": False,
    }


def _decoded(path: str) -> tuple[str, ...] | None:
    """Split, then decode each segment once; one that holds a slash has no honest decoding."""
    raw = split_path(path)
    if raw is None:
        return None
    try:
        segments = tuple(unquote(segment, errors="strict") for segment in raw)
    except UnicodeDecodeError:
        return None
    return None if any("/" in segment for segment in segments) else segments


def _base_length(segments: tuple[str, ...] | None, resource: str | None, proxy: str | None, stage: str | None) -> int:
    """Return how many leading segments are a base path mapping or a stage, and not the endpoint's."""
    if not segments:
        return 0
    if resource:
        own = template_segments(resource)
        if not own or not own[-1].endswith("+}"):
            return max(0, len(segments) - len(own))
        if proxy is not None:
            return max(0, len(segments) - len(own) + 1 - len(template_segments(proxy)))
    return 1 if stage and segments[0] == stage else 0


def _base_path(full: str, segments: tuple[str, ...] | None, base: int) -> str:
    """Return what stands before the endpoint's path in the caller's URL."""
    own = len(segments or ()) - base
    parts = [part for part in full.split("/") if part]
    return "".join(f"/{part}" for part in (parts[:-own] if own else parts))


def _request_id(gateway: str | None, context: Context | None) -> str:
    """The gateway's id if it is a UUID, else Lambda's, else a new one."""
    for candidate in (gateway, context.aws_request_id if context else None):
        if candidate and is_uuid(candidate):
            return candidate
    return uuid4()


def _body(proxy: ProxyEvent) -> bytes:
    body = proxy.body or ""
    if proxy.is_base64_encoded:
        try:
            return b64decode(body, validate=True)
        except ValueError:
            return b"\xff"  # not UTF-8 either: refused as a malformed body
    return body.encode(errors="replace")
