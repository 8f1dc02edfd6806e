"""The event of an Application Load Balancer.

Source: User Guide for Application Load Balancers, "Use Lambda functions as targets".
"""

from urllib.parse import unquote_plus

import msgspec

from shopkeeper.http import Request, Response
from shopkeeper.runtime.lambda_.answers import Answer, answer_of
from shopkeeper.runtime.lambda_.http import ProxyEvent, spelt_out

MOST_BYTES = 1024 * 1024 - 4096
"""The largest answer that a load balancer takes from a function (1 MB), less what Lambda's own encoder adds."""


class BalancerEvent(ProxyEvent, frozen=True, rename="camel"):
    """The event of an Application Load Balancer, with its multi-value headers on or off."""

    def request(self, default_path: str, invocation_id: str, /, *, fronted: bool = False) -> Request:
        """Return the request; the balancer leaves the query percent-encoded, and adds the caller's address last."""
        request = super().request(default_path, invocation_id, fronted=fronted)
        query: dict[str, str] = {}
        for name, value in request.query.items():
            query.setdefault(_decoded(name), _decoded(value))
        address = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return msgspec.structs.replace(request, query=query, client_address=spelt_out(address))

    def answer(self, response: Response) -> Answer:
        """Return what the balancer expects: headers in the form in which it sent them."""
        answer = answer_of(response, MOST_BYTES)
        if self.multi_value_headers is None:
            return answer
        headers = answer.pop("headers")
        return {**answer, "multiValueHeaders": {name: [value] for name, value in headers.items()}}


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="surrogateescape")
