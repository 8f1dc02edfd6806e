"""The endpoint that serves the OpenAPI document on one machine."""

from shopkeeper.functions.openapi import openapi_json
from shopkeeper.http import PROBLEM_JSON, Call, Content, Nothing, Reply, Route, endpoint


@endpoint("GET /openapi.json", media_types=("application/json",))
def read_openapi(document: Content, _: Call[Nothing, Nothing]) -> Reply[Content]:
    """Return the OpenAPI document."""
    return Reply(document)


def openapi_route() -> Route:
    """Return the route of `GET /openapi.json`."""
    return Route(read_openapi, Content("application/json", openapi_json().encode()), PROBLEM_JSON)
