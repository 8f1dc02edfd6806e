"""Addresses: a text, or parts with names, as the founding order receiver's app sends them."""

import re
from typing import Annotated

import msgspec

from shopkeeper.http import FieldError, InvalidInput
from shopkeeper.http.constraints import text

MAX_PARTS = 20
LINE, NAME, PART = text(500), text(50), text(200)


def _schema(line: msgspec.Meta) -> dict[str, object]:
    return {"minLength": line.min_length, "maxLength": line.max_length, "pattern": line.pattern}


# msgspec 0.22 crashes on a union of a text and an object that both have constraints of their own. So the document has
# them from here, and `check_address` holds a request to them.
Address = Annotated[
    str | dict[str, str],
    msgspec.Meta(
        description="A text, or an object of parts",
        examples=["123 Test St", {"street": "123 Test St", "city": "Testville"}],
        extra={"must": "must be a text, or an object whose parts are texts"},
        extra_json_schema={
            **_schema(LINE),
            "minProperties": 1,
            "maxProperties": MAX_PARTS,
            "propertyNames": _schema(NAME),
            "additionalProperties": {"type": "string", **_schema(PART)},
        },
    ),
]


def check_address(address: str | dict[str, str], field: str = "address") -> None:
    """Raise InvalidInput, naming the field, for an address that is empty, too long or has too many parts."""
    if isinstance(address, str):
        errors = _errors(field, address, LINE)
    else:
        errors = [
            error
            for name, part in address.items()
            for error in [*_errors(field, name, NAME), *_errors(f"{field}.{name[:50]}", part, PART)]
        ]
        if not 1 <= len(address) <= MAX_PARTS:
            errors = [FieldError(field, f"must have 1 to {MAX_PARTS} parts")]
    if errors:
        raise InvalidInput(errors)


def _errors(field: str, value: str, line: msgspec.Meta) -> list[FieldError]:
    if len(value) > (line.max_length or 0):
        return [FieldError(field, f"must have at most {line.max_length} characters")]
    if not re.search(line.pattern or "", value):
        return [FieldError(field, str((line.extra or {})["must"]))]
    return []
