"""What the OpenAPI document says of properties and parameters: words that no request needs, so no function loads them.

A term stands under the name of a property, or under `Type.name` where a name has another meaning in one type. A type
that has its own description (`Meta`) keeps it, unless the vocabulary has `Type.name`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec


class Term(msgspec.Struct, frozen=True):
    """What a property means, with an example and a format of JSON Schema, like `date-time`, if it has one."""

    description: str
    example: Any = msgspec.UNSET
    format: str = ""


Vocabulary = Mapping[str, Term]

MOMENT = "2026-11-21T12:00:00.000Z"
"""The example of a time, as answers have it."""


def moment(description: str) -> Term:
    """Return the term of a time of RFC 3339."""
    return Term(description, MOMENT, "date-time")


COMMON: Vocabulary = {
    "Problem.title": Term("The name of the status", "Not Found"),
    "Problem.status": Term("The status code of the response", 404),
    "Problem.code": Term("What went wrong, for programs. Codes are stable; new ones may be added", "not_found"),
    "Problem.detail": Term("What went wrong, for people", "There is no such item."),
    "Problem.errors": Term("Every field that is wrong"),
    "Problem.item_id": Term("The item that cannot be ordered", "01a1fd5b-c902-769f-b75d-8c384dcdd668"),
    "Problem.order_status": Term("The present status of the order", "accepted"),
    "Problem.total_minor": Term("The true total, in minor units of the currency", 760),
    "Problem.opens_at": moment("When the business opens next"),
    "Problem.paused_until": moment("When the pause of the business ends"),
    "Problem.oldest": Term("The number of the oldest event that is kept", 17),
    "Problem.newest": Term("The number of the newest event", 42),
    "FieldError.field": Term("The field, in dotted form", "lines[0].quantity"),
    "FieldError.message": Term("What is wrong with it, for people", "must be at least 1"),
    "GatewayError.message": Term("What the gateway says", "Missing Authentication Token"),
    "requestId": Term(
        "The id of this request, under which the log has the cause", "0ac4bb3c-33ba-4cf1-9d5b-5b5a3e0f4a7e", "uuid"
    ),
    "created_at": moment("When it was created"),
    "updated_at": moment("When it was last changed"),
    "timestamp": moment("When the response was made"),
    "version": Term("Counts the changes, from 1. The `ETag` has the same number", 1),
    "next": Term("The cursor of the next page; null on the last page", "eyJhIjoxfQ"),
    "Texts": Term("Texts by name"),
    "limit": Term("How many entries a page has at most", 10),
    "cursor": Term("`next` of the page before. It is good only for the same list", "eyJhIjoxfQ"),
}
"""Terms that no domain owns."""
