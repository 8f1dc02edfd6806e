"""The endpoint that serves the OpenAPI document on one machine."""

import msgspec

from shopkeeper.functions.openapi import openapi_json
from shopkeeper.http import PROBLEM_JSON, Call, Nothing, Reply, Route, endpoint


def openapi_route() -> Route:
    """Return the route of `GET /openapi.json`."""
    body = msgspec.Raw(openapi_json().encode())

    def read_openapi(service: msgspec.Raw, _: Call[Nothing, Nothing]) -> Reply[msgspec.Raw]:
        return Reply(service)

    one = endpoint("GET", "/openapi.json", read_openapi, summary="The OpenAPI document", responses={200: Nothing})
    return Route(one, body, PROBLEM_JSON)
