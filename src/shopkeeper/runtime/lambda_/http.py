"""A Lambda event that is an HTTP request: its Request, and the answer in its form.

Source: Amazon API Gateway Developer Guide, "Input format of a Lambda function for proxy integration".
"""

from typing import Literal

import msgspec

from shopkeeper.base64 import b64decode
from shopkeeper.http import Request, Response
from shopkeeper.http.message import decoded_segments
from shopkeeper.http.routing import template_segments
from shopkeeper.identifiers import is_uuid
from shopkeeper.runtime.lambda_.answers import Answer, answer_of

Texts = dict[str, str | None] | None
Lists = dict[str, list[str] | None] | None


class Identity(msgspec.Struct, frozen=True, rename="camel"):
    """Who called the gateway. `user_arn` is there if the method requires a signature, and the gateway verified it."""

    source_ip: str | None = None
    user_arn: str | None = None


class RequestContext(msgspec.Struct, frozen=True, rename="camel"):
    """What the gateway says of a request."""

    request_id: str | None = None
    stage: str | None = None
    path: str | None = None
    identity: Identity | None = None


class ProxyEvent(msgspec.Struct, frozen=True, rename="camel"):
    """The REST proxy event (payload 1.0); a direct invocation may leave everything out."""

    version: Literal["1.0"] | None = None
    http_method: str | None = None
    path: str | None = None
    resource: str | None = None
    headers: Texts = None
    multi_value_headers: Lists = None
    query_string_parameters: Texts = None
    multi_value_query_string_parameters: Lists = None
    path_parameters: Texts = None
    stage_variables: Texts = None
    body: str | None = None
    is_base64_encoded: bool | None = None
    request_context: RequestContext | None = None

    def request(self, default_path: str, invocation_id: str, /, *, fronted: bool = False) -> Request:  # noqa: ARG002  # as the others
        """Return the request. What the event leaves out is the default path, by GET, under Lambda's id."""
        gateway = self.request_context or RequestContext()
        path = default_path if self.path is None else self.path
        return make_request(
            method=self.http_method or "GET",
            path=path,
            full_path=gateway.path or path,
            resource=self.resource,
            greedy=(self.path_parameters or {}).get("proxy"),
            stage=gateway.stage,
            request_id=own_id(gateway.request_id, invocation_id),
            headers=headers_of(self.headers, self.multi_value_headers),
            query=_firsts(self.query_string_parameters, self.multi_value_query_string_parameters),
            body=body_of(self.body, self.is_base64_encoded),
            address=gateway.identity.source_ip if gateway.identity else None,
            signed_by=gateway.identity.user_arn if gateway.identity else None,
        )

    def answer(self, response: Response) -> Answer:
        """Return what the gateway expects of a proxy integration. Raises what `answer_of` raises."""
        return answer_of(response)


def make_request(
    *,
    method: str,
    path: str,
    full_path: str,
    resource: str | None,
    greedy: str | None,
    stage: str | None,
    request_id: str,
    headers: dict[str, str],
    query: dict[str, str],
    body: bytes,
    address: str | None,
    signed_by: str | None = None,
) -> Request:
    """Return the request of an event, routed by what stands behind its stage or base path.

    `full_path` is the path in the caller's URL, `greedy` the value of `{proxy+}` in the `resource`.
    """
    segments = decoded_segments(path)
    base = _base_length(segments, resource, greedy, stage)
    return Request(
        method=method,
        path=path,
        segments=segments[base:] if segments is not None else None,
        request_id=request_id,
        headers=headers,
        query=query,
        body=body,
        client_address=spelt_out(address or ""),
        signed_by=spelt_out(signed_by or ""),
        base_path=spelt_out(_base_path(full_path, segments, base)),
    )


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


def own_id(gateway_id: str | None, invocation_id: str) -> str:
    """The gateway's id if it is a UUID, else Lambda's."""
    return gateway_id if gateway_id and is_uuid(gateway_id) else invocation_id


def headers_of(single: Texts, several: Lists) -> dict[str, str]:
    """Return the headers by lower-case names, the lines of one joined (RFC 9110, section 5.2)."""
    headers = {name.lower(): value for name, value in (single or {}).items() if value is not None}
    return headers | {name.lower(): ", ".join(values) for name, values in (several or {}).items() if values}


def _firsts(single: Texts, several: Lists) -> dict[str, str]:
    """Return the first value of each name; where the gateway sends a single one, that is the last."""
    query = {name: value for name, value in (single or {}).items() if value is not None}
    return query | {name: values[0] for name, values in (several or {}).items() if values}


def body_of(body: str | None, is_base64_encoded: bool | None) -> bytes:
    """Return the body's bytes; for one that cannot be had, bytes that no JSON has."""
    try:
        return b64decode(body or "") if is_base64_encoded else (body or "").encode()
    except ValueError:
        return b"\xff"  # not UTF-8 either: refused as a malformed body


def spelt_out(text: str) -> str:
    """Spell out halves of surrogate pairs, which JSON may hold and UTF-8 may not."""
    return text.encode("utf-8", "backslashreplace").decode()
