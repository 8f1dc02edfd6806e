"""The event of an Application Load Balancer.

Source: User Guide for Application Load Balancers, "Use Lambda functions as targets".
"""

from urllib.parse import unquote_plus

import msgspec

from shopkeeper.http import Request, Response
from shopkeeper.runtime.lambda_.http import Answer, ProxyEvent, answer_of, spelt_out


class BalancerEvent(ProxyEvent, frozen=True, rename="camel"):
    """The event of an Application Load Balancer, with its multi-value headers on or off."""

    def request(self, default_path: str, invocation_id: str, /) -> Request:
        """Return the request; the balancer leaves the query percent-encoded, and adds the caller's address last."""
        request = super().request(default_path, invocation_id)
        query: dict[str, str] = {}
        for name, value in request.query.items():
            query.setdefault(_decoded(name), _decoded(value))
        address = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return msgspec.structs.replace(request, query=query, client_address=spelt_out(address))

    def answer(self, response: Response) -> Answer:
        """Return what the balancer expects: headers in the form in which it sent them."""
        if self.multi_value_headers is None:
            return super().answer(response)
        return {**answer_of(response), "multiValueHeaders": {name: [value] for name, value in response.headers.items()}}


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="surrogateescape")
