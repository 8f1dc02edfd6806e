"""WSGI (PEP 3333) on one machine: an environ to a Request, a Response to what the server sends."""

import multiprocessing.util
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qsl

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Resources, application
from shopkeeper.http import BadRequest, ContentTooLarge, Request, ServiceUnavailable, split_path
from shopkeeper.http.binding import MAX_BODY_BYTES
from shopkeeper.identifiers import uuid4
from shopkeeper.runtime.openapi import openapi_route
from shopkeeper.runtime.output import NonBlockingOutput
from shopkeeper.runtime.telemetry import Telemetry

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
WsgiApplication = Callable[[Environ, StartResponse], Iterable[bytes]]

SERVICE = "shopkeeper"
MOST_READERS = 32
MOST_DISCARDED = 4 * 1024 * 1024

_readers = threading.BoundedSemaphore(MOST_READERS)


class Body(Protocol):
    """The part of `wsgi.input` that is used."""

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes of the body."""
        ...


def wsgi_application(resources: Resources) -> WsgiApplication:
    """Return the WSGI application that serves every function, and the OpenAPI document beside them."""
    if resources.identity is not None:
        resources.identity.prepare()  # many first callers may come at once
    app = application(FUNCTIONS, resources, openapi_route())
    telemetry = Telemetry(SERVICE, resources.settings, NonBlockingOutput)
    multiprocessing.util.Finalize(None, telemetry.close, exitpriority=1)

    def serve(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        began = time.monotonic()
        request = to_request(environ)
        response = app.handle(request)
        _discard_body(environ)
        # The gateway adds its own id in front of a function; here there is none but us.
        headers = [*response.headers.items(), ("x-amzn-RequestId", request.request_id)]
        if response.status != HTTPStatus.NO_CONTENT:
            headers.append(("Content-Length", str(len(response.body))))
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
        telemetry.record(request, response, time.monotonic() - began)
        return [response.body]

    return serve


def to_request(environ: Environ) -> Request:
    """Return the request of an environ, whose path is already percent-decoded."""
    raw = environ.get("PATH_INFO") or "/"
    try:
        path = raw.encode("latin-1").decode("utf-8")
        segments = split_path(path)
    except UnicodeError:
        path, segments = raw, None
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path,
        segments=segments,
        request_id=uuid4(),
        headers=headers,
        query=_query(environ.get("QUERY_STRING", "")),
        read=partial(_body, environ),
        client_address=environ.get("REMOTE_ADDR", ""),
    )


def _query(text: str) -> dict[str, str]:
    """Return the first value of each name; bytes that are not UTF-8 stay told apart, as lone surrogates."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        query.setdefault(name, value)
    return query


def _body(environ: Environ) -> bytes:
    """Return the body, of which no more is read than is allowed."""
    length = _announced(environ)
    if length is not None and length > MAX_BODY_BYTES:
        raise ContentTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    body = _read(environ, MAX_BODY_BYTES + 1)
    if length is not None and len(body) < length:
        raise BadRequest("The body ended before its announced length.")
    return body


def _discard_body(environ: Environ) -> None:
    """Take in what nobody read of a body, if that is not much.

    A connection that is closed over unread bytes is reset, and the answer may be lost with it (RFC 9112,
    section 9.6).
    """
    length = _announced(environ)
    if length is None and "HTTP_TRANSFER_ENCODING" in environ:
        length = MOST_DISCARDED
    if length and length <= MOST_DISCARDED and "HTTP_EXPECT" not in environ:
        with suppress(ServiceUnavailable):
            _read(environ, length)


def _announced(environ: Environ) -> int | None:
    text = environ.get("CONTENT_LENGTH") or ""
    return int(text) if text.isascii() and text.isdigit() else None


def _read(environ: Environ, size: int) -> bytes:
    """Read from the body while few others wait for theirs. Raises ServiceUnavailable.

    Clients that send slowly hold a thread each; most threads stay free for requests that are complete.
    """
    if not _readers.acquire(blocking=False):
        raise ServiceUnavailable
    try:
        stream: Body = environ["wsgi.input"]
        return stream.read(size)
    finally:
        _readers.release()
