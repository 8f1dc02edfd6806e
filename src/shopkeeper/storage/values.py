"""Attribute values: the values that an item may hold, and their form in DynamoDB's JSON protocol (the wire form).

Both stores accept and return exactly the same values. A data file holds plain JSON, with the wire form for values that
JSON does not have. Numbers are `int` or `Decimal` of at most 38 digits, never a float. Source: Amazon DynamoDB API
Reference, `AttributeValue`.
"""

from collections.abc import Mapping, Sequence, Set
from decimal import Context, Decimal
from typing import Any, Union

from shopkeeper.base64 import b64decode, b64encode

Number = int | Decimal
Scalar = str | int | Decimal | bool | bytes | None
Value = Union[Scalar, Sequence["Value"], Mapping[str, "Value"], Set[str], Set[Number], Set[bytes]]
Item = Mapping[str, Value]
Key = Mapping[str, str | int]
AttributeValue = dict[str, Any]
"""One value in wire form, like `{"N": "1"}`."""

MAX_DIGITS = 38
MAX_DEPTH = 32
MAX_ITEM_BYTES = 400 * 1024


def encode_item(item: Item) -> dict[str, AttributeValue]:
    """Return `item` in wire form. Raises TypeError or ValueError for values that DynamoDB cannot hold."""
    return {name: encode(value) for name, value in item.items()}


def decode_item(attributes: Mapping[str, AttributeValue]) -> dict[str, Value]:
    """Return the item in `attributes`, which are in wire form."""
    item: dict[str, Value] = {}
    for name, value in attributes.items():
        # Large items hold counts, almost nothing else. Without a call for each they are read in half the time.
        digits = value.get("N", "")
        item[name] = int(digits) if digits.isdigit() and len(digits) <= MAX_DIGITS else decode(value)
    return item


def encode(value: Value, depth: int = 0) -> AttributeValue:
    """Return one value in wire form. Raises TypeError or ValueError for values that DynamoDB cannot hold."""
    if depth > MAX_DEPTH:
        raise ValueError(f"values nest deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        return {"S": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, bytes):
        return {"B": b64encode(value)}
    if isinstance(value, Mapping):
        return {"M": {name: encode(part, depth + 1) for name, part in value.items()}}
    if isinstance(value, (list, tuple)):
        return {"L": [encode(part, depth + 1) for part in value]}
    if isinstance(value, (set, frozenset)):
        return _encode_set(value)
    return {"N": encode_number(value)}


def encode_number(value: object) -> str:
    """Return the digits of a number.

    Raises TypeError for a float, ValueError for more than 38 digits or a number out of range.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        digits = str(value)
        if len(digits.lstrip("-")) > MAX_DIGITS:
            raise ValueError(f"the number has more than {MAX_DIGITS} digits")
        return digits
    if not isinstance(value, Decimal):
        raise TypeError(f"an item cannot hold a {type(value).__name__}")
    if not value.is_finite():
        raise ValueError("an item cannot hold an infinite number or NaN")
    if len(value.as_tuple().digits) > MAX_DIGITS or (value and not -130 <= value.adjusted() <= 125):
        raise ValueError(f"the number has more than {MAX_DIGITS} digits or is out of range")
    return str(value)


def decode(value: AttributeValue) -> Value:
    """Return the value of a wire form. A number without a fraction is an `int`."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content  # type: ignore[no-any-return]
        case "N":
            return decode_number(content)
        case "NULL":
            return None
        case "B":
            return b64decode(content)
        case "M":
            return decode_item(content)
        case "L":
            return [decode(part) for part in content]
        case "SS":
            return set(content)
        case "NS":
            return {decode_number(part) for part in content}
        case "BS":
            return {b64decode(part) for part in content}
    raise ValueError(f"unknown attribute type {kind!r}")


def decode_number(digits: str) -> Number:
    """Return an `int` if the number is whole and has at most 38 digits, else a normalised `Decimal`."""
    if len(digits) <= MAX_DIGITS and digits.lstrip("-").isdigit():
        return int(digits)
    number = Decimal(digits)
    if number.adjusted() < MAX_DIGITS and number == (whole := int(number)):
        return whole
    return Context(prec=MAX_DIGITS).normalize(number)


def item_size(attributes: Mapping[str, AttributeValue]) -> int:
    """Return the size of an item in bytes, as DynamoDB counts it (Developer Guide, item sizes)."""
    return sum(len(name.encode()) + _size(value) for name, value in attributes.items())


def _size(value: AttributeValue) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content) * 3 // 4
        case "N":
            return len(content) // 2 + 2
        case "M":
            return 3 + item_size(content) + len(content)
        case "L":
            return 3 + sum(_size(part) + 1 for part in content)
        case "SS" | "NS" | "BS":
            return sum(_size({kind[0]: part}) for part in content)
    return 1


def _encode_set(value: Set[Any]) -> AttributeValue:
    parts = list(value)
    if not parts:
        raise ValueError("an item cannot hold an empty set")
    if all(isinstance(part, str) for part in parts):
        return {"SS": parts}
    if all(isinstance(part, bytes) for part in parts):
        return {"BS": [b64encode(part) for part in parts]}
    return {"NS": [encode_number(part) for part in parts]}
