"""The OpenAPI 3.1 document, derived from the endpoints."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, cast

import msgspec

from shopkeeper.http.access import ACCESS_TOKEN, Access
from shopkeeper.http.application import GATEWAY_REFUSAL_TYPE
from shopkeeper.http.binding import CALLER, CREDENTIALS, marked, parameter_sources
from shopkeeper.http.call import Nothing
from shopkeeper.http.content import Content
from shopkeeper.http.endpoint import Endpoint
from shopkeeper.http.errors import (
    ApiError,
    ContentTooLarge,
    ErrorFormat,
    InternalError,
    InvalidInput,
    MalformedBody,
    PreconditionRequired,
    RateLimited,
    ServiceUnavailable,
    Unauthenticated,
    UnsupportedMediaType,
)
from shopkeeper.http.headers import RATE_LIMIT, RATE_LIMIT_POLICY, HeaderField
from shopkeeper.http.routing import is_parameter, template_segments

Json = dict[str, Any]
DESCRIPTIONS = {
    200: "OK",
    201: "Created",
    202: "Accepted; the work is done later",
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
    501: "Not configured on this server",
    503: "The service cannot reach its data, or is too busy",
}
"""Python's own phrases differ from version to version."""

_REF = "#/components/schemas/{name}"
_JSON = "application/json"
_REFUSAL = {"type": "object", "properties": {"message": {"const": "Missing Authentication Token"}}}


class Described(msgspec.Struct, frozen=True):
    """An endpoint and the form of its function's errors: all that the document needs of a route."""

    endpoint: Endpoint[Any]
    errors: ErrorFormat


class Answer(msgspec.Struct, frozen=True):
    """One of the answers that a status may have: its media type with a schema, and the header fields it carries."""

    media_type: str = ""
    schema: Json = {}
    headers: tuple[HeaderField, ...] = ()


def document(title: str, version: str, description: str, routes: Iterable[Described]) -> Json:
    """Return the OpenAPI document of the endpoints as a JSON-compatible dictionary."""
    routes = list(routes)
    schemas, components = msgspec.json.schema_components(_types(routes), ref_template=_REF)
    by_type = dict(zip(_types(routes), schemas, strict=True))
    paths: dict[str, Json] = {}
    for route in routes:
        operation = _operation(route, by_type, components)
        methods = paths.setdefault(route.endpoint.path, {})
        methods[route.endpoint.method.lower()] = operation
        if route.endpoint.answers_head:
            methods["head"] = _head(operation)
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
            "securitySchemes": _schemes(routes),
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
    """Return every type that appears as JSON, once, in the order of appearance."""
    types: dict[type[msgspec.Struct], None] = {}
    for route in routes:
        endpoint = route.endpoint
        replies = [kind for kinds in endpoint.responses.values() for kind in kinds]
        wire = [endpoint.parameters, endpoint.body, *replies, route.errors.schema]
        types.update(dict.fromkeys(kind for kind in wire if kind not in (Nothing, Content)))
    return list(types)


def _parameter_types(routes: list[Described]) -> set[str]:
    return {route.endpoint.parameters.__name__ for route in routes}


def _schemes(routes: list[Described]) -> Json:
    schemes = [ACCESS_TOKEN, *(scheme for route in routes for scheme in route.endpoint.security)]
    return {scheme.name: dict(scheme.definition) for scheme in schemes}


def _operation(route: Described, by_type: dict[type[msgspec.Struct], Json], components: Json) -> Json:
    endpoint = route.endpoint
    operation: Json = {"operationId": endpoint.operation_id, "summary": endpoint.summary}
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.parameters is not Nothing:
        operation["parameters"] = _parameters(endpoint, components[endpoint.parameters.__name__])
    if endpoint.takes_body:
        operation["requestBody"] = {
            "required": endpoint.body_required,
            "content": {_JSON: {"schema": by_type[endpoint.body]}},
        }
    operation["responses"] = _responses(route, by_type)
    security = _security(endpoint)
    return operation | ({"security": security} if security else {})


def _head(operation: Json) -> Json:
    """Return the operation HEAD of a GET: the same answers without their bodies."""
    responses = {
        status: {name: value for name, value in response.items() if name != "content"}
        for status, response in operation["responses"].items()
    }
    name = operation["operationId"]
    own = {"operationId": f"head{name[0].upper()}{name[1:]}", "summary": f"The header fields of {name}"}
    return {
        **{name: value for name, value in operation.items() if name != "description"},
        **own,
        "responses": responses,
    }


def _security(endpoint: Endpoint[Any]) -> list[Json]:
    """Return which credentials are asked for; each entry is one way, and the empty one is without any."""
    if endpoint.security:
        return [{scheme.name: []} for scheme in endpoint.security]
    if endpoint.access is Access.ANYONE:
        return []
    return [{ACCESS_TOKEN.name: []}] + ([{}] if endpoint.access is Access.OPTIONAL else [])


def _parameters(endpoint: Endpoint[Any], schema: Json) -> list[Json]:
    """Return the parameters. A header that holds credentials is a security scheme instead."""
    in_path = {segment[1:-1] for segment in template_segments(endpoint.path) if is_parameter(segment)}
    sources = parameter_sources(cast(Hashable, endpoint.parameters))
    required = {*in_path, *schema.get("required", [])}
    if PreconditionRequired in endpoint.errors:
        required.add("If-Match")
    return [
        {
            "name": name,
            "in": sources[name] or ("path" if name in in_path else "query"),
            "required": name in required,
            "schema": _without_null(field),
        }
        for name, field in schema["properties"].items()
        if name not in marked(cast(Hashable, endpoint.parameters), CREDENTIALS)
    ]


def _without_null(schema: Json) -> Json:
    """Return the schema of a parameter: it may be left out, but no text in a URL or a header is null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**kinds[0], **{name: value for name, value in schema.items() if name != "anyOf" and value is not None}}


def _responses(route: Described, by_type: Mapping[type[msgspec.Struct], Json]) -> Json:
    answers = _replies(route.endpoint, by_type)
    form = route.errors
    for error in _errors(route.endpoint):
        answer = Answer(form.content_type, by_type[form.schema], error.sends)
        answers.setdefault(form.status(error), []).append(answer)
    answers.setdefault(403, []).append(Answer(_JSON, _REFUSAL))
    return {str(status): _response(status, found) for status, found in sorted(answers.items())}


def _replies(endpoint: Endpoint[Any], by_type: Mapping[type[msgspec.Struct], Json]) -> dict[int, list[Answer]]:
    """Return the answers that the handler itself replies with, by status."""
    answers: dict[int, list[Answer]] = {}
    for status, kinds in endpoint.responses.items():
        limits = (RATE_LIMIT, RATE_LIMIT_POLICY) if endpoint.limits else ()
        # What is answered in the form of the success has its header fields, too.
        headers = (*endpoint.headers, *limits) if kinds == endpoint.responses[endpoint.success] else ()
        if kinds == (Nothing,):
            answers[status] = [Answer(headers=headers)]
        else:
            answers[status] = [Answer(_JSON, by_type[kind], headers) for kind in kinds if kind is not Content]
        if Content in kinds:
            answers[status] += [Answer(media_type, {}, headers) for media_type in endpoint.media_types]
    return answers


def _errors(endpoint: Endpoint[Any]) -> list[type[ApiError]]:
    """Return the errors that an endpoint names, those of any endpoint, and those that follow from what it takes."""
    implied: list[type[ApiError]] = [InternalError, ServiceUnavailable]
    if endpoint.access is not Access.ANYONE:
        implied.append(Unauthenticated)
    if endpoint.limits:
        implied.append(RateLimited)
    if endpoint.parameters is not Nothing:
        implied.append(InvalidInput)
    if endpoint.takes_body:
        implied += [MalformedBody, InvalidInput, ContentTooLarge, UnsupportedMediaType]
    return [*endpoint.errors, *implied]


def _response(status: int, answers: list[Answer]) -> Json:
    schemas: dict[str, list[Json]] = {}
    for answer in answers:
        known = schemas.setdefault(answer.media_type, [])
        if answer.schema and answer.schema not in known:
            known.append(answer.schema)
    content = {
        media_type: {"schema": found[0] if len(found) == 1 else {"anyOf": found}} if found else {}
        for media_type, found in schemas.items()
        if media_type
    }
    headers = _headers(answers)
    response: Json = {"description": DESCRIPTIONS[status]}
    return response | ({"headers": headers} if headers else {}) | ({"content": content} if content else {})


def _headers(answers: list[Answer]) -> Json:
    """Return the header fields of a status; one is required if every answer carries it."""
    fields = {field.name: field for answer in answers for field in answer.headers}
    return {
        name: {
            "description": field.description,
            "required": not field.optional and all(field in answer.headers for answer in answers),
            "schema": dict(field.schema),
        }
        for name, field in fields.items()
    }
