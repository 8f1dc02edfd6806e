"""The OpenAPI document of all functions."""

import sys
from functools import cache
from typing import Any

import msgspec

from shopkeeper import __version__
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.notices import DELIVERING, NOTICES
from shopkeeper.functions.vocabulary import NAMED, VOCABULARY
from shopkeeper.http import Access, Endpoint
from shopkeeper.http.openapi import Described, Words, document

DESCRIPTION = """\
The backend of a small business's site: visits, accounts, businesses, a catalogue, orders, a feed and webhooks.

Errors are `application/problem+json` (RFC 9457). Their `code` is stable, and each code has a schema of its own. Only
the visitor counter has another form. A path or a method that is not in this document is answered by the gateway, with
403 and a `GatewayError`.

Money is in minor units of its currency, such as cents. Times are RFC 3339, in UTC. Clients must ignore properties that
they do not know, and treat a code that they do not know by its status: docs/compatibility.md says what may change."""

SERVERS = (
    {"url": "/", "description": "The server that serves this document"},
    {
        "url": "https://{api_id}.execute-api.{region}.amazonaws.com/{stage}",
        "description": "A stage on AWS",
        "variables": {
            "api_id": {"default": "a1b2c3d4e5", "description": "The id of the API, from the outputs of a deployment"},
            "region": {"default": "eu-central-1", "description": "The region of the deployment"},
            "stage": {"default": "prod", "enum": ["dev", "staging", "prod"], "description": "The stage"},
        },
    },
)


def openapi_document() -> dict[str, Any]:
    """Return the document, derived from the declarations and the vocabulary alone.

    It is for the developers of sites, so it does not have what only an operator's own services may call.
    """
    described = [
        Described(one, part.errors or function.errors, tag_of(one))
        for function in FUNCTIONS
        for part in function.parts
        for one in part.endpoints
        if one.access is not Access.AWS_IAM
    ]
    words = Words(
        title="Shopkeeper",
        version=__version__,
        description=DESCRIPTION,
        servers=SERVERS,
        contact={"name": "The operator of this server"},
        tags={tag: _description(tag) for tag in sorted({one.tag for one in described} | {DELIVERING.tag})},
        named=NAMED,
        vocabulary=VOCABULARY,
        notices=NOTICES,
        delivering=DELIVERING,
    )
    return document(words, described)


def tag_of(endpoint: Endpoint[Any]) -> str:
    """Return the tag of an endpoint: the domain of its handler."""
    return endpoint.handler.__module__.split(".")[2]


def _description(tag: str) -> str:
    """Return the description of a tag: the docstring of its domain."""
    return " ".join((sys.modules[f"shopkeeper.domains.{tag}"].__doc__ or "").split())


@cache  # a server asks for it twice when it starts
def openapi_json() -> str:
    """Return the document as it is printed and committed: indented, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(openapi_document()), indent=2).decode() + "\n"
