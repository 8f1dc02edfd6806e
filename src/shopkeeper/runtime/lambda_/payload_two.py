"""The event of an HTTP API or of a function URL: payload 2.0.

Sources: Amazon API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs"; AWS Lambda
Developer Guide, "Invoking Lambda function URLs".
"""

from typing import Literal
from urllib.parse import parse_qsl

import msgspec

from shopkeeper.http import Request, Response
from shopkeeper.runtime.lambda_.answers import Answer, answer_of
from shopkeeper.runtime.lambda_.http import Texts, body_of, headers_of, make_request, own_id

FUNCTION_URL = ".lambda-url."
"""What the host of every Function URL has behind its id."""

VIEWER_ADDRESS = "x-viewer-address"
"""The header in which the distribution says who asks (`infrastructure/viewer.js`); it replaces what a caller wrote."""


class HttpCall(msgspec.Struct, frozen=True, rename="camel"):
    """What payload 2.0 says of a request: its method and who called."""

    method: str
    source_ip: str | None = None


class HttpContext(msgspec.Struct, frozen=True, rename="camel"):
    """What an HTTP API or a function URL says of a request."""

    http: HttpCall
    domain_name: str = ""
    request_id: str | None = None
    stage: str | None = None


class PayloadTwoEvent(msgspec.Struct, frozen=True, rename="camel"):
    """The event of an HTTP API or a function URL (payload 2.0)."""

    version: Literal["2.0"]
    raw_path: str
    request_context: HttpContext
    raw_query_string: str = ""
    route_key: str = ""
    headers: Texts = None
    cookies: list[str] | None = None
    path_parameters: Texts = None
    body: str | None = None
    is_base64_encoded: bool | None = None

    def request(self, _: str, invocation_id: str, /, *, fronted: bool = False) -> Request:
        """Return the request; a named stage and a mapping of a domain stand in the path before the route.

        If the function is `fronted`, its URL takes requests from the distribution alone, and believes who it says asks.
        """
        context = self.request_context
        headers = headers_of(self.headers, {"cookie": ["; ".join(self.cookies)]} if self.cookies else None)
        is_told = fronted and FUNCTION_URL in context.domain_name
        query: dict[str, str] = {}
        for name, value in parse_qsl(self.raw_query_string, keep_blank_values=True, errors="surrogateescape"):
            query.setdefault(name, value)
        return make_request(
            method=context.http.method,
            path=self.raw_path,
            full_path=self.raw_path,
            resource=self.route_key.partition(" ")[2] or None,
            greedy=(self.path_parameters or {}).get("proxy"),
            stage=None if context.stage == "$default" else context.stage,
            request_id=own_id(context.request_id, invocation_id),
            headers=headers,
            query=query,
            body=body_of(self.body, self.is_base64_encoded),
            address=(is_told and headers.get(VIEWER_ADDRESS)) or context.http.source_ip,
        )

    def answer(self, response: Response) -> Answer:
        """Return what payload 2.0 expects. Raises what `answer_of` raises."""
        return answer_of(response)
