"""Requests that Shopkeeper sends, for the `webhooks` of the OpenAPI document."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

Json = dict[str, Any]


class Notice(msgspec.Struct, frozen=True):
    """A request that is sent when something happens. `name` is the kind of event, `payload` the type of the body."""

    name: str
    summary: str
    payload: type[msgspec.Struct]


class Delivering(msgspec.Struct, frozen=True):
    """How all notices are sent: header fields with descriptions and examples, and what follows from each answer."""

    tag: str
    description: str
    headers: Mapping[str, tuple[str, str]]
    answers: Mapping[str, str]


def described(notices: Iterable[Notice], delivering: Delivering, payloads: Mapping[type, Json]) -> Json:
    """Return the webhooks of the document. They refer to the components of `shared`."""
    return {
        notice.name: {
            "post": {
                "tags": [delivering.tag],
                "operationId": f"on{''.join(word.capitalize() for word in notice.name.replace('.', '_').split('_'))}",
                "summary": notice.summary,
                "description": delivering.description,
                "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in delivering.headers],
                "requestBody": {"required": True, "content": {"application/json": payloads[notice.payload]}},
                "responses": {
                    status: {"$ref": f"#/components/responses/Webhook{status}"} for status in delivering.answers
                },
                "security": [],
            }
        }
        for notice in notices
    }


def shared(delivering: Delivering) -> Json:
    """Return the components that all webhooks share: parameters and responses."""
    parameters = {
        name: {
            "name": name,
            "in": "header",
            "required": True,
            "description": description,
            "schema": {"type": "string"},
            "example": example,
        }
        for name, (description, example) in delivering.headers.items()
    }
    answers = {f"Webhook{status}": {"description": meaning} for status, meaning in delivering.answers.items()}
    return {"parameters": parameters, "responses": answers}
