"""The OpenAPI 3.1 document, derived from the endpoints."""

from collections.abc import Hashable, Iterable
from typing import Any, cast

import msgspec

from shopkeeper.http.access import Access
from shopkeeper.http.application import GATEWAY_REFUSAL_TYPE
from shopkeeper.http.binding import CALLER, marked, parameter_sources
from shopkeeper.http.endpoint import Endpoint, Nothing
from shopkeeper.http.errors import (
    ApiError,
    ContentTooLarge,
    ErrorFormat,
    InternalError,
    InvalidInput,
    MalformedBody,
    Unauthenticated,
    UnsupportedMediaType,
)
from shopkeeper.http.routing import is_parameter, template_segments

Json = dict[str, Any]
SCHEME = "accessToken"
DESCRIPTIONS = {
    200: "OK",
    201: "Created",
    204: "Done; there is nothing to say",
    400: "The request is not what the types say",
    401: "The caller is not known",
    403: f"Not allowed; or the gateway's own answer where nothing is declared ({GATEWAY_REFUSAL_TYPE})",
    404: "There is no such thing, or not for this caller",
    409: "Something that exists stands in the way",
    410: "It was here, and is not any more",
    412: "The resource has another version",
    413: "The body is too large",
    415: "The body is not announced as JSON",
    422: "Well formed, but it cannot be done",
    428: "The request must name a version",
    429: "Too many requests",
    500: "A fault of the service",
    503: "The service cannot reach its data",
}
"""Python's own phrases differ from version to version."""

_REF = "#/components/schemas/{name}"


class Described(msgspec.Struct, frozen=True):
    """An endpoint and the form of its function's errors: all that the document needs of a route."""

    endpoint: Endpoint[Any]
    errors: ErrorFormat


def document(title: str, version: str, description: str, routes: Iterable[Described]) -> Json:
    """Return the OpenAPI document of the endpoints as a JSON-compatible dictionary."""
    routes = list(routes)
    schemas, components = msgspec.json.schema_components(_types(routes), ref_template=_REF)
    by_type = dict(zip(_types(routes), schemas, strict=True))
    paths: dict[str, Json] = {}
    for route in routes:
        operation = _operation(route, by_type, components)
        paths.setdefault(route.endpoint.path, {})[route.endpoint.method.lower()] = operation
    _let_callers_out(routes, components)
    shown = {name: schema for name, schema in components.items() if name not in _parameter_types(routes)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": description,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(shown.items())),
            "securitySchemes": {SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _let_callers_out(routes: list[Described], components: Json) -> None:
    """Take the fields that default to the caller from those that a body must have."""
    for route in routes:
        body = route.endpoint.body
        defaulted = marked(cast(Hashable, body), CALLER)
        if defaulted:
            schema = components[body.__name__]
            schema["required"] = [name for name in schema["required"] if name not in defaulted]


def _types(routes: list[Described]) -> list[type[msgspec.Struct]]:
    """Every type that appears on the wire, once, in the order of appearance."""
    types: dict[type[msgspec.Struct], None] = {}
    for route in routes:
        endpoint = route.endpoint
        wire = [endpoint.parameters, endpoint.body, *endpoint.responses.values(), route.errors.schema]
        types.update(dict.fromkeys(kind for kind in wire if kind is not Nothing))
    return list(types)


def _parameter_types(routes: list[Described]) -> set[str]:
    return {route.endpoint.parameters.__name__ for route in routes}


def _operation(route: Described, by_type: dict[type[msgspec.Struct], Json], components: Json) -> Json:
    endpoint = route.endpoint
    operation: Json = {"operationId": endpoint.operation_id, "summary": endpoint.summary}
    if endpoint.parameters is not Nothing:
        operation["parameters"] = _parameters(endpoint, components[endpoint.parameters.__name__])
    if endpoint.takes_body:
        operation["requestBody"] = {
            "required": endpoint.body_required,
            "content": {"application/json": {"schema": by_type[endpoint.body]}},
        }
    operation["responses"] = _responses(route, by_type)
    if endpoint.access is not Access.ANYONE:
        operation["security"] = [{SCHEME: []}] + ([{}] if endpoint.access is Access.OPTIONAL else [])
    return operation


def _parameters(endpoint: Endpoint[Any], schema: Json) -> list[Json]:
    in_path = {segment[1:-1] for segment in template_segments(endpoint.path) if is_parameter(segment)}
    sources = parameter_sources(cast(Hashable, endpoint.parameters))
    return [
        {
            "name": name,
            "in": sources[name] or ("path" if name in in_path else "query"),
            "required": name in in_path or name in schema.get("required", []),
            "schema": _without_null(field),
        }
        for name, field in schema["properties"].items()
    ]


def _without_null(schema: Json) -> Json:
    """Return the schema of a parameter: it may be left out, but no text in a URL or a header is null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**kinds[0], **{name: value for name, value in schema.items() if name != "anyOf" and value is not None}}


def _responses(route: Described, by_type: dict[type[msgspec.Struct], Json]) -> Json:
    answers: dict[int, list[tuple[str, Json]]] = {}
    for status, kind in route.endpoint.responses.items():
        contents = answers.setdefault(status, [])
        if kind is not Nothing:
            contents.append(("application/json", by_type[kind]))
    form = route.errors
    for error in _errors(route.endpoint):
        content = (form.content_type, by_type[form.schema])
        known = answers.setdefault(form.status(error), [])
        if content not in known:
            known.append(content)
    refusal = {"type": "object", "properties": {"message": {"const": "Missing Authentication Token"}}}
    answers.setdefault(403, []).append(("application/json", refusal))
    return {str(status): _response(status, contents) for status, contents in sorted(answers.items())}


def _errors(endpoint: Endpoint[Any]) -> list[type[ApiError]]:
    """The errors that an endpoint names, and those that follow from what it takes."""
    implied: list[type[ApiError]] = [InternalError]
    if endpoint.access is not Access.ANYONE:
        implied.append(Unauthenticated)
    if endpoint.parameters is not Nothing:
        implied.append(InvalidInput)
    if endpoint.takes_body:
        implied += [MalformedBody, InvalidInput, ContentTooLarge, UnsupportedMediaType]
    return [*endpoint.errors, *implied]


def _response(status: int, contents: list[tuple[str, Json]]) -> Json:
    by_content: dict[str, list[Json]] = {}
    for content_type, schema in contents:
        by_content.setdefault(content_type, []).append(schema)
    description = DESCRIPTIONS[status]
    content = {
        content_type: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}
        for content_type, schemas in by_content.items()
    }
    return {"description": description} | ({"content": content} if content else {})
