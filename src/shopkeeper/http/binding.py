"""From bytes and strings to the types that an endpoint declares, or an error that names every wrong field.

Every string of a body is trimmed, may hold no control characters, and shows something unless it is empty; a type
bounds it further.
"""

import re
from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, cast, get_args

import msgspec

from shopkeeper.http.access import Caller
from shopkeeper.http.call import Call, Nothing
from shopkeeper.http.endpoint import Endpoint
from shopkeeper.http.errors import (
    ContentTooLarge,
    FieldError,
    InvalidInput,
    MalformedBody,
    UnsupportedMediaType,
)
from shopkeeper.http.message import Request

MAX_BODY_BYTES = 64 * 1024
MAX_ERRORS = 20
MAX_DEPTH = 32
MAX_EXACT = 2**53

ALIAS, CALLER, CREDENTIALS, VERBATIM = "alias", "defaults to the caller", "credentials", "verbatim"
"""Marks of fields: see `marked`."""

# Texts, not compiled: a cold start compiles only what it checks a value with.
_NOT_BRACKETS = rb'(?s:"(?:[^"\\]|\\.)*"?|[^\[\]{}"]+)'
_SURROGATE = "[\ud800-\udfff]"
_CONTROL = r"[\x00-\x1f\x7f-\x9f]"

Place = tuple["Place | None", str | int]
"""Where a value of a body stands: the place of the object or list around it, and its name or index there.

It is spelt out only for a fault, because that takes longer than all else that is done with a value.
"""

NOTHING = Nothing()


def bind(
    endpoint: Endpoint[Any], request: Request, path_values: Mapping[str, str], caller: Caller | None = None
) -> Call[Any, Any]:
    """Return the validated call of `endpoint`.

    Unknown query parameters are ignored; unknown fields of the body are refused by name. Faults of path, query, header
    and body are reported together.

    Raises BadRequest, ContentTooLarge or UnsupportedMediaType.
    """
    if endpoint.parameters is Nothing and not endpoint.takes_body:
        return Call(NOTHING, NOTHING, request, caller)
    values = _parameters(cast(Hashable, endpoint.parameters), request, path_values)
    parameters, faults = _converted(values, endpoint.parameters, _unwritable(values), strict=False)
    faults += _nulls(values, endpoint.parameters, parameters)
    body: Any = None if endpoint.takes_body else endpoint.body()
    if endpoint.takes_body:
        try:
            body, others = _bind_body(request, endpoint, caller)
        except MalformedBody as error:
            if not faults:
                raise
            others = [FieldError("body", error.problem)]
        faults += others
    if faults:
        raise InvalidInput(faults[:MAX_ERRORS])
    return Call(parameters, body, request, caller)


def _parameters(kind: Hashable, request: Request, path_values: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the parameters that the request has, from its path, query and header."""
    values = {}
    for name, source in parameter_sources(kind).items():
        found = (
            request.headers.get(name.lower()) if source == "header" else path_values.get(name, request.query.get(name))
        )
        if found is not None:
            values[name] = found
    return values


@cache
def parameter_sources(kind: Hashable) -> dict[str, str]:
    """Return the source of each parameter of a type: `header`, or an empty text for path or query."""
    fields = msgspec.structs.fields(cast(type[msgspec.Struct], kind))
    return {field.encode_name: str(_extra(field.type).get("in", "")) for field in fields}


def _nulls(values: Mapping[str, str], kind: type[msgspec.Struct], parameters: object) -> list[FieldError]:
    """Return an error for each `null` that msgspec read as None, because the parameter may be left out."""
    sent = [name for name, value in values.items() if value.lower() == "null"]
    if not sent or parameters is None:
        return []
    from shopkeeper.http.explanations import explain  # no start needs it

    fields = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
    read = {name: f"{values[name]}?" for name in sent if getattr(parameters, fields[name]) is None}
    return explain({**values, **read}, kind, strict=False) if read else []


def _unwritable(values: Mapping[str, str]) -> list[FieldError]:
    """Name the values with halves of surrogate pairs, which no store nor hash takes.

    A JSON event may spell them, and what is not UTF-8 is decoded to them.
    """
    return [
        FieldError(name, "must be well-formed text")
        for name, value in values.items()
        if not value.isascii() and re.search(_SURROGATE, value)
    ]


def _bind_body(request: Request, endpoint: Endpoint[Any], caller: Caller | None) -> tuple[Any, list[FieldError]]:
    """Return the body, and what is wrong with it. Raises what `_check_media_type` and `_decode` raise."""
    kind = endpoint.body
    if endpoint.body_required:
        _check_media_type(endpoint, request)
    content = request.content()
    if not endpoint.body_required:
        if not content:
            return kind(), []
        _check_media_type(endpoint, request)
    faults: list[FieldError] = []
    sent = _decode(content)
    verbatim = marked(cast(Hashable, kind), VERBATIM)
    values = {
        name: value if name in verbatim else _clean(value, (None, name), faults)
        for name, value in _completed(sent, cast(Hashable, kind), caller).items()
    }
    body, faults = _converted(values, kind, faults, strict=True)
    return body, [_as_sent(fault, sent, cast(Hashable, kind)) for fault in faults]


def _check_media_type(endpoint: Endpoint[Any], request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in endpoint.accepts:
        raise UnsupportedMediaType(f"The body must be sent as Content-Type: {' or '.join(endpoint.accepts)}.")


def _decode(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY_BYTES:
        raise ContentTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    if _nests_deeper(body, MAX_DEPTH):
        raise MalformedBody(f"nests deeper than {MAX_DEPTH} levels")
    try:
        value: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedBody("is not valid JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise MalformedBody("is not a JSON object")
    return value


@cache
def marked(kind: Hashable, mark: str) -> dict[str, Any]:
    """Return the fields of a type whose constraints carry a mark beside what they say, each with the mark's value.

    `verbatim` fields, like passwords, keep their spaces. An `alias` is a second name of a field. A field that
    `defaults to the caller` may be left out with an access token. `credentials` are documented as a security scheme.
    """
    fields = msgspec.structs.fields(cast(type[msgspec.Struct], kind))
    extras = {field.encode_name: _extra(field.type) for field in fields}
    return {name: extra[mark] for name, extra in extras.items() if mark in extra}


def _completed(values: dict[str, Any], kind: Hashable, caller: Caller | None) -> dict[str, Any]:
    """Return the values under the fields' own names, and add the caller where the body names none.

    If a body has both a field and its alias, the alias is an unknown field.
    """
    if aliases := marked(kind, ALIAS):
        names = {alias: name for name, alias in aliases.items() if name not in values}
        values = {names.get(name, name): value for name, value in values.items()}
    if caller is not None:
        values = {**dict.fromkeys(marked(kind, CALLER), caller.subject), **values}
    return values


def _as_sent(fault: FieldError, sent: Mapping[str, Any], kind: Hashable) -> FieldError:
    """Return a fault under the name that was sent. If both a field and its alias were sent, the alias is wrong."""
    for name, alias in marked(kind, ALIAS).items():
        if fault.field == name and alias in sent and name not in sent:
            return FieldError(alias, fault.message)
        if fault.field == alias and name in sent:
            return FieldError(alias, f"must be left out where {name} is given")
    return fault


def _nests_deeper(body: bytes, most: int) -> bool:
    """Tell whether lists and objects nest deeper than `most`. A parser recurses: a deep body could crash it."""
    if body.count(b"[") + body.count(b"{") <= most:
        return False
    depth = 0
    for bracket in re.sub(_NOT_BRACKETS, b"", body):
        depth += 1 if bracket in b"[{" else -1
        if depth > most:
            return True
    return False


def _clean(value: object, place: Place, errors: list[FieldError]) -> object:
    """Trim every string in `value`, noting those that hold control characters."""
    if isinstance(value, str):
        return value.strip() if value.isascii() and value.isprintable() else _clean_text(value, place, errors)
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT:
        return int(value)  # to JSON Schema 2.0 is an integer
    if isinstance(value, list):
        return [_clean(item, (place, index), errors) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {name: _clean(item, (place, name), errors) for name, item in value.items()}
    return value


def _clean_text(value: str, place: Place, errors: list[FieldError]) -> str:
    text = value.strip()
    if re.search(_CONTROL, value):
        errors.append(FieldError(_spelt_out(place), "must not hold control characters"))
    elif not text.isascii():
        from shopkeeper.http.visible import shows_something  # most text is ASCII and needs none of it

        if not shows_something(text):
            errors.append(FieldError(_spelt_out(place), "must hold a character that can be seen"))
    return text


def _spelt_out(place: Place) -> str:
    """Return a place like `lines[0].quantity`."""
    around, part = place
    if around is None:
        return shown(str(part))
    return f"{_spelt_out(around)}[{part}]" if isinstance(part, int) else f"{_spelt_out(around)}.{shown(part)}"


def _converted(
    values: dict[str, Any], kind: type[msgspec.Struct], faults: list[FieldError], *, strict: bool
) -> tuple[Any, list[FieldError]]:
    """Return `values` as a `kind`, and what is wrong with them: `faults`, and those of other fields."""
    try:
        return msgspec.convert(values, kind, strict=strict), faults
    except ValueError:
        from shopkeeper.http.explanations import explain  # no start needs it
    named = {fault.field for fault in faults}
    others = [fault for fault in explain(values, kind, strict=strict) if fault.field not in named]
    return None, faults + others or [FieldError("body", "is not what this endpoint takes")]


def _extra(kind: object) -> Mapping[str, Any]:
    """Return what a field's type says beside its constraints, inside `Annotated` and unions."""
    metas = [meta for meta in getattr(kind, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    extra: Mapping[str, Any] = {name: value for meta in metas for name, value in (meta.extra or {}).items()}
    return extra or next((extra for part in get_args(kind) if (extra := _extra(part))), {})


def shown(name: str) -> str:
    """Return a caller's own field name, cut and without signs that do not show, fit to be sent back."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:100])
