"""The OpenAPI document of all functions."""

from functools import cache
from typing import Any

import msgspec

from shopkeeper import __version__
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.http.openapi import Described, document

DESCRIPTION = "The backend of a small business's site: visits, health, accounts, businesses, catalogue, orders."


def openapi_document() -> dict[str, Any]:
    """Return the document, derived from the declarations alone."""
    described = [
        Described(one, part.errors or function.errors)
        for function in FUNCTIONS
        for part in function.parts
        for one in part.endpoints
    ]
    return document("Shopkeeper", __version__, DESCRIPTION, described)


@cache  # a server asks for it twice when it starts
def openapi_json() -> str:
    """Return the document as it is printed and committed: indented, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(openapi_document()), indent=2).decode() + "\n"
