"""The shapes of errors in the OpenAPI document: one for each code, so that a client can tell errors apart by type."""

from collections.abc import Iterable
from typing import Any

from shopkeeper.http.errors import ApiError, ErrorFormat

Json = dict[str, Any]
_REF = "#/components/schemas/"
_TELLING = ("status", "code")
"""The properties that tell errors apart. They are not in the shape that all share: generators cannot narrow them."""


def has_codes(form: ErrorFormat) -> bool:
    """Return whether a form of errors has codes, so that each code has a shape of its own."""
    return "code" in form.schema.__struct_fields__


def name_of(error: type[ApiError], form: ErrorFormat) -> str:
    """Return the name of an error's shape, like `NotFoundProblem`: errors of one code have one shape."""
    return "".join(word.capitalize() for word in error.code.split("_")) + form.schema.__name__


def reference(error: type[ApiError], form: ErrorFormat) -> Json:
    """Return the schema of an error as an operation refers to it."""
    name = name_of(error, form) if has_codes(form) else form.schema.__name__
    return {"$ref": f"{_REF}{name}"}


def shapes(errors: Iterable[type[ApiError]], form: ErrorFormat, whole: Json) -> Json:
    """Return the shapes of errors by name. `whole` is the shape with every property that an error may have."""
    by_name: dict[str, list[type[ApiError]]] = {}
    for error in sorted(set(errors), key=lambda error: (error.code, error.__name__)):
        by_name.setdefault(name_of(error, form), []).append(error)
    return {name: _shape(name, kinds, form, whole) for name, kinds in by_name.items()}


def common(whole: Json) -> Json:
    """Return the shape that all errors share: `whole` without what only some have and what tells them apart."""
    required = [name for name in whole["required"] if name not in _TELLING]
    return {**whole, "properties": {name: whole["properties"][name] for name in required}, "required": required}


def _shape(name: str, kinds: list[type[ApiError]], form: ErrorFormat, whole: Json) -> Json:
    """Return the shape of the errors of one code. A property is required if each of them tells it always."""
    told = dict.fromkeys(fact for kind in kinds for fact in (*kind.tells, *kind.may_tell))
    always = [fact for fact in told if all(fact in kind.tells for kind in kinds)]
    own = {
        "status": {**whole["properties"]["status"], "const": form.status(kinds[0])},
        "code": {**whole["properties"]["code"], "const": kinds[0].code},
        **{fact: _present(whole["properties"][fact]) for fact in told},
    }
    for telling in _TELLING:
        own[telling].pop("examples")
    return {
        "title": name,
        "description": " ".join(dict.fromkeys(" ".join((kind.__doc__ or "").split()) for kind in kinds)),
        "allOf": [
            {"$ref": f"{_REF}{form.schema.__name__}"},
            {"type": "object", "properties": own, "required": [*_TELLING, *always]},
        ],
    }


def _present(schema: Json) -> Json:
    """Return the schema of a property that is left out where it has no value: it is never null."""
    kinds = [kind for kind in schema["anyOf"] if kind != {"type": "null"}]
    return {**kinds[0], **{name: value for name, value in schema.items() if name != "anyOf"}}
