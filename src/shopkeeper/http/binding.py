"""From bytes and strings to the types that an endpoint declares, or an error that names every wrong field.

Every string of a body is trimmed, may hold no control characters, and shows something unless it is empty; a type
bounds it further.
"""

import re
from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, TypeVar, cast, get_args

import msgspec

from shopkeeper.http.access import Caller
from shopkeeper.http.endpoint import Call, Endpoint
from shopkeeper.http.errors import (
    ContentTooLarge,
    FieldError,
    InvalidInput,
    MalformedBody,
    UnsupportedMediaType,
)
from shopkeeper.http.message import Request

T = TypeVar("T")

MAX_BODY_BYTES = 64 * 1024
MAX_ERRORS = 20
MAX_DEPTH = 32
MAX_MESSAGE = 200
MAX_EXACT = 2**53

_NOT_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[^\[\]{}"]+', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def bind(
    endpoint: Endpoint[Any], request: Request, path_values: Mapping[str, str], caller: Caller | None = None
) -> Call[Any, Any]:
    """Return the validated call of `endpoint`.

    Unknown query parameters are ignored; unknown fields of the body are refused by name.

    Raises BadRequest, ContentTooLarge or UnsupportedMediaType.
    """
    values = _parameters(cast(Hashable, endpoint.parameters), request, path_values)
    parameters = _convert(values, endpoint.parameters, strict=False)
    body = _bind_body(request, endpoint.body) if endpoint.takes_body else endpoint.body()
    return Call(parameters, body, request, caller)


def _parameters(kind: Hashable, request: Request, path_values: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the parameters that are there: from the path, the query, or the header."""
    values = {}
    for name, source in parameter_sources(kind).items():
        found = (
            request.headers.get(name.lower()) if source == "header" else path_values.get(name, request.query.get(name))
        )
        if found is not None:
            values[name] = found
    spoilt = [FieldError(name, "must be text that UTF-8 can hold") for name in values if not _is_text(values[name])]
    if spoilt:
        raise InvalidInput(spoilt)
    return values


def _is_text(value: str) -> bool:
    """Tell whether a value is text: halves of surrogate pairs, which JSON can spell, are none, nor broken UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@cache
def parameter_sources(kind: Hashable) -> dict[str, str]:
    """Return where each parameter of a type comes from: `header` if it says so, else path or query, ``."""
    fields = msgspec.structs.fields(cast(type[msgspec.Struct], kind))
    return {field.encode_name: str(_extra(field.type).get("in", "")) for field in fields}


def _bind_body(request: Request, kind: type[T]) -> T:
    errors: list[FieldError] = []
    verbatim = _verbatim_fields(cast(Hashable, kind))
    values = {
        name: value if name in verbatim else _clean(value, _shown(name), errors)
        for name, value in _decode(request).items()
    }
    if errors:
        named = {error.field for error in errors}
        others = [error for error in _explain(values, kind, strict=True) if error.field not in named]
        raise InvalidInput([*errors, *others][:MAX_ERRORS])
    return _convert(values, kind)


def _decode(request: Request) -> dict[str, Any]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType("The body must be sent as Content-Type: application/json.")
    body = request.content()
    if len(body) > MAX_BODY_BYTES:
        raise ContentTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    if _nests_deeper(body, MAX_DEPTH):
        raise MalformedBody(f"The body nests deeper than {MAX_DEPTH} levels.")
    try:
        value: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedBody("The body is not valid JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise MalformedBody("The body is not a JSON object.")
    return value


@cache
def _verbatim_fields(kind: Hashable) -> frozenset[str]:
    """Return the fields of a type that are taken as they are, spaces and all: passwords."""
    fields = msgspec.structs.fields(cast(type[msgspec.Struct], kind))
    return frozenset(field.encode_name for field in fields if "verbatim" in _extra(field.type))


def _nests_deeper(body: bytes, most: int) -> bool:
    """Tell whether lists and objects nest deeper than `most`: parsers recurse, and a deep body ends a process."""
    if body.count(b"[") + body.count(b"{") <= most:
        return False
    depth = 0
    for bracket in _NOT_BRACKETS.sub(b"", body):
        depth += 1 if bracket in b"[{" else -1
        if depth > most:
            return True
    return False


def _clean(value: object, field: str, errors: list[FieldError]) -> object:
    """Trim every string in `value`, noting those that hold control characters."""
    if isinstance(value, str):
        text = value.strip()
        if _CONTROL.search(value):
            errors.append(FieldError(field, "must not hold control characters"))
        elif not text.isascii():
            from shopkeeper.http.visible import shows_something  # most text is ASCII and needs none of it

            if not shows_something(text):
                errors.append(FieldError(field, "must hold a character that can be seen"))
        return text
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT:
        return int(value)  # to JSON Schema 2.0 is an integer
    if isinstance(value, list):
        return [_clean(item, f"{field}[{index}]", errors) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {name: _clean(item, f"{field}.{_shown(name)}", errors) for name, item in value.items()}
    return value


def _convert(values: dict[str, Any], kind: type[T], *, strict: bool = True) -> T:
    try:
        return msgspec.convert(values, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise InvalidInput(_explain(values, kind, strict=strict) or [FieldError("body", str(error))]) from None


def _explain(values: dict[str, Any], kind: type[Any], *, strict: bool) -> list[FieldError]:
    """Try each field by itself, since msgspec stops at the first that is wrong."""
    declared = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    errors = [FieldError(_shown(name), "is not a known field") for name in values if name not in declared]
    for name, field in declared.items():
        if name not in values:
            if field.required:
                errors.append(FieldError(name, "is required"))
            continue
        try:
            msgspec.convert(values[name], field.type, strict=strict)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$")
            must = _extra(field.type).get("must") if "matching regex" in message else None
            told = must or message[:1].lower() + message[1:MAX_MESSAGE]
            errors.append(FieldError(name + path.rstrip("`"), told))
    return errors[:MAX_ERRORS]


def _extra(kind: object) -> Mapping[str, Any]:
    """Return what a field's type says beside its constraints, inside `Annotated` and unions."""
    for meta in getattr(kind, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.extra:
            return meta.extra
    return next((extra for part in get_args(kind) if (extra := _extra(part))), {})


def _shown(name: str) -> str:
    """A caller's own field name, cut and without control characters, fit to be sent back."""
    return _CONTROL.sub("?", name[:100])
