"""What is wrong with a value, in sentences: derived from the types that an endpoint declares.

Only imported where something is wrong: msgspec itself stops at the first fault and speaks of its own types.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from msgspec import inspect

from shopkeeper.http.binding import MAX_ERRORS, shown
from shopkeeper.http.errors import FieldError

MAX_MESSAGE = 200
MAX_PATH = 200

_JSON_NAMES = {str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
_LITERALS = {None: "null", True: "true", False: "false"}


def explain(values: dict[str, Any], kind: type[msgspec.Struct], *, strict: bool) -> list[FieldError]:
    """Return what is wrong with `values` as a `kind`, field by field, at most 20 faults.

    Values that are not `strict` come from a path, a query or a header, where a number is written as text.
    """
    found = _struct(values, inspect.type_info(kind), "", strict)
    return [FieldError(path[:MAX_PATH], message[:MAX_MESSAGE]) for path, message in islice(found, MAX_ERRORS)]


Faults = Iterator[tuple[str, str]]
"""Paths, like `lines[0].quantity`, each with a message that goes on where the path ends."""


def _faults(value: object, kind: Any, path: str, strict: bool, must: str = "") -> Faults:
    match kind:
        case inspect.Metadata():
            yield from _faults(value, kind.type, path, strict, (kind.extra or {}).get("must", must))
        case inspect.UnionType():
            yield from _union(value, kind.types, path, strict, must)
        case inspect.StructType() if isinstance(value, dict):
            yield from _struct(value, kind, f"{path}.", strict)
        case inspect.ListType() if isinstance(value, list):
            yield from _list(value, kind, path, strict)
        case inspect.DictType() if isinstance(value, dict):
            for name, part in value.items():
                yield from _faults(part, kind.value_type, f"{path}.{shown(name)}", strict)
        case _:
            message = _message(value, kind, strict, must)
            if message:
                yield path, message


def _struct(values: dict[str, Any], kind: Any, prefix: str, strict: bool) -> Faults:
    declared = {field.encode_name: field for field in kind.fields}
    if kind.forbid_unknown_fields:
        known = {*declared, kind.tag_field}
        yield from ((prefix + shown(name), "is not a known field") for name in values if name not in known)
    for name, field in declared.items():
        if name in values:
            yield from _faults(values[name], field.type, prefix + name, strict)
        elif field.required:
            yield prefix + name, "is required"


def _list(values: list[Any], kind: inspect.ListType, path: str, strict: bool) -> Faults:
    wrong_length = _length(len(values), kind, "entry", "entries")
    if wrong_length:
        yield path, wrong_length
    for index, value in enumerate(values):
        yield from _faults(value, kind.item_type, f"{path}[{index}]", strict)


def _union(value: object, kinds: tuple[Any, ...], path: str, strict: bool, must: str) -> Faults:
    """Explain by the one part that takes such a value; where none does, name all but `null`."""
    wanted = [kind for kind in kinds if not isinstance(kind, inspect.NoneType)]
    takes_text = any(isinstance(_bare(kind), inspect.StrType) for kind in wanted)
    is_null = value is None or (not strict and not takes_text and str(value).lower() == "null")
    if is_null and len(wanted) < len(kinds):
        return
    fitting = [kind for kind in wanted if _takes(value, kind)]
    if len(wanted) == 1 or len(fitting) == 1:
        yield from _faults(value, (fitting or wanted)[0], path, strict, must)
    elif isinstance(value, dict) and fitting:
        yield from _tagged(value, fitting, path, strict)
    elif not fitting and must:
        yield path, must
    elif not fitting:
        nouns = dict.fromkeys(_noun(_bare(kind)) for kind in wanted)
        yield path, f"must be {' or '.join(nouns)}, not {_json_name(value)}"


def _tagged(value: dict[str, Any], kinds: list[Any], path: str, strict: bool) -> Faults:
    """Explain an object by the kind that its tag names. Only structs with tags can be told apart."""
    structs = {kind.tag: kind for kind in map(_bare, kinds)}
    (name,) = {kind.tag_field for kind in structs.values()}
    tag = value.get(name)
    if name not in value:
        yield f"{path}.{name}", "is required"
    elif isinstance(tag, str) and tag in structs:
        yield from _struct(value, structs[tag], f"{path}.", strict)
    else:
        yield f"{path}.{name}", f"must be one of {', '.join(structs)}"


def _takes(value: object, kind: Any) -> bool:
    match _bare(kind):
        case inspect.StructType() | inspect.DictType():
            return isinstance(value, dict)
        case inspect.ListType():
            return isinstance(value, list)
        case inspect.StrType() | inspect.LiteralType() | inspect.DateTimeType():
            return isinstance(value, str)
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.IntType() | inspect.FloatType():
            return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _bare(kind: Any) -> Any:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return kind


def _message(value: object, kind: Any, strict: bool, must: str) -> str:
    """Return what is wrong with a single value, nothing where it fits."""
    if not strict and isinstance(kind, inspect.IntType):
        try:
            value = msgspec.convert(value, int, strict=False)
        except ValueError:
            return f"must be {_noun(kind)}"
    if isinstance(kind, inspect.LiteralType):
        return "" if value in kind.values else f"must be {_noun(kind)}"
    if not _takes(value, kind):
        return f"must be {_noun(kind, short=True)}, not {_json_name(value)}"
    match kind:
        case inspect.StrType() if isinstance(value, str):
            return _text(value, kind, must)
        case inspect.DateTimeType() if isinstance(value, str):
            return _moment(value, must)
        case inspect.IntType() if not isinstance(value, int) or not _within(value, kind):
            return f"must be {_noun(kind)}"
        case inspect.FloatType() if isinstance(value, int | float) and not _within(value, kind):
            return f"must be {_noun(kind)}"
    return ""


def _text(value: str, kind: inspect.StrType, must: str) -> str:
    if kind.min_length and not value:
        return "must not be empty"
    wrong_length = _length(len(value), kind, "character", "characters")
    if wrong_length:
        return wrong_length
    if kind.pattern is not None and re.search(kind.pattern, value) is None:
        return must or "does not have the required form"
    return ""


def _moment(value: str, must: str) -> str:
    try:
        moment = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        moment = None
    return "" if moment and moment.tzinfo else must or "must be a time of RFC 3339 with its zone"


def _length(length: int, kind: Any, one: str, many: str) -> str:
    if kind.min_length is not None and length < kind.min_length:
        return f"must have at least {kind.min_length} {one if kind.min_length == 1 else many}"
    if kind.max_length is not None and length > kind.max_length:
        return f"must have at most {kind.max_length} {one if kind.max_length == 1 else many}"
    return ""


def _within(value: float, kind: Any) -> bool:
    return (kind.ge is None or value >= kind.ge) and (kind.le is None or value <= kind.le)


def _noun(kind: Any, *, short: bool = False) -> str:
    match kind:
        case inspect.IntType():
            return "a whole number" + ("" if short else _range(kind))
        case inspect.FloatType():
            return "a number" + ("" if short else _range(kind))
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType():
            values = [str(value) for value in kind.values]
            return values[0] if len(values) == 1 else f"one of {', '.join(values)}"
        case inspect.ListType():
            return "a list"
        case inspect.StructType() | inspect.DictType():
            return "an object"
        case inspect.DateTimeType():
            return "a time of RFC 3339"
    return "text"


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is None:
        return "" if kind.le is None else f" of at most {kind.le}"
    return f" of at least {kind.ge}" if kind.le is None else f" from {kind.ge} to {kind.le}"


def _json_name(value: object) -> str:
    return _LITERALS[value] if value is None or isinstance(value, bool) else _JSON_NAMES.get(type(value), "that")
