"""The OpenAPI 3.1 document, derived from the endpoints."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, cast

import msgspec

from shopkeeper.http import problems
from shopkeeper.http.access import ACCESS_TOKEN, Access
from shopkeeper.http.application import GATEWAY_REFUSAL_TYPE
from shopkeeper.http.binding import CALLER, CREDENTIALS, marked, parameter_sources
from shopkeeper.http.call import Nothing
from shopkeeper.http.content import Content
from shopkeeper.http.endpoint import NOT_MODIFIED, Endpoint
from shopkeeper.http.errors import (
    ApiError,
    ContentTooLarge,
    ErrorFormat,
    HeaderTooLarge,
    InternalError,
    InvalidInput,
    MalformedBody,
    PreconditionRequired,
    RateLimited,
    RequestTimeout,
    ServerBusy,
    ServiceUnavailable,
    TargetTooLong,
    Unauthenticated,
    UnsupportedMediaType,
)
from shopkeeper.http.headers import DEPRECATION, RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID, SUNSET, HeaderField
from shopkeeper.http.load import Load
from shopkeeper.http.notice import Delivering, Notice, described, shared
from shopkeeper.http.routing import is_parameter, template_segments
from shopkeeper.http.shapes import REF, Shapes, example_of
from shopkeeper.http.vocabulary import COMMON, Vocabulary

Json = dict[str, Any]
DESCRIPTIONS = {
    200: "OK",
    201: "Created",
    202: "Accepted; the work is done later",
    204: "Done; there is nothing to say",
    304: "The client has the answer already",
    400: "The request is not what the types say",
    401: "The caller is not known",
    403: "The caller may not do this",
    404: "There is no such thing, or not for this caller",
    408: "The request was not complete in time",
    409: "Something that exists stands in the way",
    410: "It was here, and is not any more",
    412: "The resource has another version",
    413: "The body is too large",
    414: "The path and the query are too long",
    415: "The body is not announced as JSON",
    422: "Well formed, but it cannot be done",
    431: "The header is too large",
    428: "The request must name a version",
    429: "Too many requests",
    500: "A fault of the service",
    501: "Not configured on this server",
    503: "The service cannot reach its data, or is too busy",
}
"""Python's own phrases differ from version to version."""

GATEWAY_ERROR = "GatewayError"

_JSON = "application/json"
_UNDECLARED = {
    "get": {
        "operationId": "askUndeclaredPath",
        "summary": "Ask for a path that this document does not have",
        "description": "The gateway answers every path and method that are not in this document, so no operation does.",
        "responses": {"403": {"$ref": f"#/components/responses/{GATEWAY_ERROR}"}},
        "security": [],
    }
}
_GATEWAY_RESPONSE = {
    "description": f"The gateway's own answer to a path or method that the API does not have ({GATEWAY_REFUSAL_TYPE})",
    "content": {_JSON: {"schema": {"$ref": f"#/components/schemas/{GATEWAY_ERROR}"}}},
}


class Described(msgspec.Struct, frozen=True):
    """An endpoint, the form of its function's errors, and its tag: all that the document needs of a route."""

    endpoint: Endpoint[Any]
    errors: ErrorFormat
    tag: str = "api"


class Answer(msgspec.Struct, frozen=True):
    """One of the answers that a status may have: its media type with a schema, and the header fields it carries."""

    media_type: str = ""
    schema: Json = {}
    headers: tuple[HeaderField, ...] = ()


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What the document says beside what the endpoints say.

    `named` are types that get a name of their own. `tags` are descriptions by tag. `notices` are what is sent
    to others, as `delivering` says.
    """

    title: str
    version: str
    description: str
    servers: tuple[Json, ...] = ({"url": "/", "description": "The server that serves this document"},)
    contact: Json = {}
    tags: Mapping[str, str] = {}
    named: Mapping[str, Any] = {}
    vocabulary: Vocabulary = {}
    notices: tuple[Notice, ...] = ()
    delivering: Delivering | None = None


def document(words: Words, routes: Iterable[Described]) -> Json:
    """Return the OpenAPI document of the endpoints as a JSON-compatible dictionary."""
    routes = list(routes)
    shapes = _shapes(words, routes)
    components = _components(shapes, routes)
    sent = words.delivering
    payloads = {one.payload: _content(shapes.reply(one.payload), components) for one in words.notices}
    common = shared(sent) if sent else {"responses": {}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": words.title,
            "version": words.version,
            "description": words.description,
            "contact": words.contact,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": list(words.servers),
        "tags": [{"name": name, "description": description} for name, description in words.tags.items()],
        "paths": _paths(routes, shapes, components),
        "webhooks": described(words.notices, sent, payloads) if sent else {},
        "components": {
            **common,
            "responses": {**common["responses"], GATEWAY_ERROR: _GATEWAY_RESPONSE},
            "pathItems": {"UndeclaredPath": _UNDECLARED},
            "headers": {REQUEST_ID.name: _field(REQUEST_ID, required=True)},
            "schemas": dict(sorted(components.items())),
            "securitySchemes": _schemes(routes),
        },
        "x-undeclared-path": {"$ref": "#/components/pathItems/UndeclaredPath"},
    }


def _paths(routes: list[Described], shapes: Shapes, components: Json) -> Json:
    paths: dict[str, Json] = {}
    for route in routes:
        operation = _operation(route, shapes, components)
        methods = paths.setdefault(route.endpoint.path, {})
        methods[route.endpoint.method.lower()] = operation
        if route.endpoint.answers_head:
            methods["head"] = _head(operation)
    return dict(sorted(paths.items()))


def _components(shapes: Shapes, routes: list[Described]) -> Json:
    """Return every schema by name, with those of the errors."""
    for route in routes:
        shapes.parameters(route.endpoint.parameters)  # `components` has what they name
    components = {**shapes.components(), GATEWAY_ERROR: _gateway_error()}
    _let_callers_out(routes, shapes, components)
    for form in {route.errors.schema: route.errors for route in routes}.values():
        if problems.has_codes(form):
            whole = components[form.schema.__name__]
            kinds = [kind for route in routes if route.errors == form for kind in _errors(route.endpoint)]
            components |= problems.shapes(kinds, form, whole) | {form.schema.__name__: problems.common(whole)}
    return components


def _shapes(words: Words, routes: list[Described]) -> Shapes:
    bodies = dict.fromkeys(route.endpoint.body for route in routes if route.endpoint.takes_body)
    replies = [kind for route in routes for kinds in route.endpoint.responses.values() for kind in kinds]
    sent = [*replies, *(route.errors.schema for route in routes), *(one.payload for one in words.notices)]
    named = dict.fromkeys(kind for kind in sent if kind not in (Nothing, Content))
    return Shapes(bodies, named, words.named, {**COMMON, **words.vocabulary})


def _let_callers_out(routes: list[Described], shapes: Shapes, components: Json) -> None:
    """Take the fields that default to the caller from those that a body must have."""
    for route in routes:
        body = route.endpoint.body
        defaulted = marked(cast(Hashable, body), CALLER)
        if defaulted:
            schema = components[shapes.request(body)["$ref"].removeprefix(REF)]
            schema["required"] = [name for name in schema["required"] if name not in defaulted]


def _gateway_error() -> Json:
    term = COMMON[f"{GATEWAY_ERROR}.message"]
    return {
        "title": GATEWAY_ERROR,
        "description": "An error of the gateway in front of the API.",
        "type": "object",
        "properties": {"message": {"type": "string", "description": term.description, "examples": [term.example]}},
        "required": ["message"],
    }


def _schemes(routes: list[Described]) -> Json:
    schemes = [ACCESS_TOKEN, *(scheme for route in routes for scheme in route.endpoint.security)]
    return {scheme.name: dict(scheme.definition) for scheme in schemes}


def _operation(route: Described, shapes: Shapes, components: Json) -> Json:
    endpoint = route.endpoint
    operation: Json = {"tags": [route.tag], "operationId": endpoint.operation_id, "summary": endpoint.summary}
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.deprecated is not None:
        operation["deprecated"] = True
        if endpoint.deprecated.sunset is not None:
            operation["x-sunset"] = endpoint.deprecated.sunset.isoformat()
    if endpoint.parameters is not Nothing:
        operation["parameters"] = _parameters(endpoint, shapes.parameters(endpoint.parameters))
    if endpoint.takes_body:
        operation["requestBody"] = {
            "required": endpoint.body_required,
            "content": {_JSON: _content(shapes.request(endpoint.body), components)},
        }
    operation["responses"] = _responses(route, shapes, components)
    operation["security"] = _security(endpoint)
    return operation


def _content(schema: Json, components: Json) -> Json:
    """Return a media type with an example."""
    example = example_of(schema, components)
    return {"schema": schema} | ({} if example is msgspec.UNSET else {"example": example})


def _head(operation: Json) -> Json:
    """Return the operation HEAD of a GET: the same answers without their bodies."""
    responses = {
        status: {name: value for name, value in response.items() if name != "content"}
        for status, response in operation["responses"].items()
    }
    name = operation["operationId"]
    own = {
        "operationId": f"head{name[0].upper()}{name[1:]}",
        "summary": f"{operation['summary']} (header fields only)",
        "description": f"Answers as `{name}` does, without a body.",
    }
    return {**operation, **own, "responses": responses}


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
            **_described(_without_null(field)),
        }
        for name, field in schema["properties"].items()
        if name not in marked(cast(Hashable, endpoint.parameters), CREDENTIALS)
    ]


def _described(schema: Json) -> Json:
    """Return a parameter's description, its example and its schema."""
    said = {"description": schema["description"]} if "description" in schema else {}
    example = {"example": schema["examples"][0]} if schema.get("examples") else {}
    notes = ("description", "examples")
    return {**said, "schema": {name: value for name, value in schema.items() if name not in notes}, **example}


def _without_null(schema: Json) -> Json:
    """Return the schema of a parameter: it may be left out, but no text in a URL or a header is null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**kinds[0], **{name: value for name, value in schema.items() if name != "anyOf" and value is not None}}


def _responses(route: Described, shapes: Shapes, components: Json) -> Json:
    answers = _replies(route.endpoint, shapes)
    form = route.errors
    for error in _errors(route.endpoint):
        answer = Answer(form.content_type, problems.reference(error, form), error.sends)
        answers.setdefault(form.status(error), []).append(answer)
    success = str(route.endpoint.success)
    responses = {str(status): _response(status, found) for status, found in sorted(answers.items())}
    for media_type, content in responses[success].get("content", {}).items():
        if media_type == _JSON:
            content |= _content(content["schema"], components)
    return responses


def _replies(endpoint: Endpoint[Any], shapes: Shapes) -> dict[int, list[Answer]]:
    """Return the answers that the handler itself replies with, by status."""
    answers: dict[int, list[Answer]] = {}
    for status, kinds in endpoint.responses.items():
        limits = (RATE_LIMIT, RATE_LIMIT_POLICY) if endpoint.limits else ()
        # What is answered in the form of the success has its header fields, too.
        is_alike = kinds == endpoint.responses[endpoint.success]
        headers = (*endpoint.sends, *limits, *_deprecation(endpoint)) if is_alike else ()
        if kinds == (Nothing,):
            answers[status] = [Answer(headers=headers)]
        else:
            answers[status] = [Answer(_JSON, shapes.reply(kind), headers) for kind in kinds if kind is not Content]
        if Content in kinds:
            answers[status] += [Answer(media_type, {}, headers) for media_type in endpoint.media_types]
    if endpoint.public:
        answers[NOT_MODIFIED] = [Answer(headers=answers[endpoint.success][0].headers)]
    return answers


def _deprecation(endpoint: Endpoint[Any]) -> tuple[HeaderField, ...]:
    if endpoint.deprecated is None:
        return ()
    return (DEPRECATION,) if endpoint.deprecated.sunset is None else (DEPRECATION, SUNSET)


def _errors(endpoint: Endpoint[Any]) -> list[type[ApiError]]:
    """Return the errors that an endpoint names, those of any endpoint, and those that follow from what it takes."""
    implied: list[type[ApiError]] = [HeaderTooLarge, InternalError, ServiceUnavailable]
    if endpoint.access is not Access.ANYONE:
        implied.append(Unauthenticated)
    if endpoint.limits:
        implied.append(RateLimited)
    if endpoint.load is not Load.LIGHT or endpoint.load_with:
        implied.append(ServerBusy)
    if endpoint.parameters is not Nothing:
        implied += [InvalidInput, TargetTooLong]
    if endpoint.takes_body:
        implied += [MalformedBody, InvalidInput, ContentTooLarge, UnsupportedMediaType, RequestTimeout]
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
    response: Json = {"description": DESCRIPTIONS[status], "headers": _headers(answers)}
    return response | ({"content": content} if content else {})


def _headers(answers: list[Answer]) -> Json:
    """Return the header fields of a status; one is required if every answer carries it."""
    fields = {field.name: field for answer in answers for field in answer.headers}
    own = {
        name: _field(field, required=not field.optional and all(field in answer.headers for answer in answers))
        for name, field in fields.items()
    }
    return {**own, REQUEST_ID.name: {"$ref": f"#/components/headers/{REQUEST_ID.name}"}}


def _field(field: HeaderField, *, required: bool) -> Json:
    return {
        "description": field.description,
        "required": required,
        "schema": dict(field.schema),
        "example": field.example,
    }
