"""The form of an item in the data file: plain JSON. A value that JSON does not have is wrapped.

A wrapped value is a map with the one name `$`, which holds the value in wire form: `{"$": {"N": "1.5"}}` is
Decimal("1.5"). Strings, booleans, null, integers of 64 bits, lists and maps are stored as they are.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from shopkeeper.storage.checks import check_size
from shopkeeper.storage.values import MAX_DEPTH, MAX_ITEM_BYTES, Item, Value, decode, encode, encode_item

WRAPPER = "$"
_MARK = '"$"'
"""A text without this has no wrapped value. Few texts without a wrapped value have it."""
_MAX_INTEGER = 2**63 - 1
_LISTS = (list, tuple)
_SCALARS = frozenset({str, bool, type(None)})


def dumps(item: Item) -> str:
    """Return an item as JSON text.

    Raises TypeError or ValueError for values that DynamoDB cannot hold, ItemTooLarge for more than 400 KB.
    """
    encoded = msgspec.json.encode(_plain_map(item, 0))
    # DynamoDB counts at most twice the bytes of the JSON text: in the worst case, lists of empty lists.
    if 2 * len(encoded) > MAX_ITEM_BYTES:
        check_size(encode_item(item))
    return encoded.decode()


def loads(text: str) -> dict[str, Value]:
    """Return the item of a JSON text that `dumps` returned."""
    item: dict[str, Value] = msgspec.json.decode(text)
    if _MARK in text:
        return {name: _unwrapped(value) for name, value in item.items()}
    return item


def _plain_map(values: Item, depth: int) -> Item:
    """Return a map with its odd values wrapped: the map itself if it has none and no lists and maps."""
    if depth <= MAX_DEPTH and type(values) is dict and is_flat(values):
        return values
    return {name: _plain(value, depth) for name, value in values.items()}


def is_flat(values: Item) -> bool:
    """Tell whether all values are plain JSON and none is a list or a map."""
    # A loop takes half the time of `all` with a generator, and a call takes longer than everything else here.
    for value in values.values():
        if type(value) is int:
            if not -_MAX_INTEGER <= value <= _MAX_INTEGER:
                return False
        elif type(value) not in _SCALARS:
            return False
    return True


def is_scalar(value: Value) -> bool:
    """Tell whether a value is plain JSON and not a list or a map."""
    return type(value) in _SCALARS or _is_integer(value)


def _is_integer(value: Value) -> bool:
    return type(value) is int and -_MAX_INTEGER <= value <= _MAX_INTEGER


def _plain(value: Value, depth: int) -> Value:
    if depth <= MAX_DEPTH:  # `encode` raises for more
        kind = type(value)
        if kind in _SCALARS or (kind is int and _is_integer(value)):
            return value
        if isinstance(value, _LISTS):
            return [_plain(part, depth + 1) for part in value]
        if (type(value) is dict or isinstance(value, Mapping)) and not _is_wrapper(value):
            return _plain_map(value, depth + 1)
        if isinstance(value, str):  # a member of an enumeration, for example
            return str.__str__(value)
    return {WRAPPER: encode(value, depth)}


def _unwrapped(value: Any) -> Value:
    if isinstance(value, list):
        return [_unwrapped(part) for part in value]
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]  # a scalar
    if _is_wrapper(value):
        return decode(value[WRAPPER])
    return {name: _unwrapped(part) for name, part in value.items()}


def _is_wrapper(value: Mapping[str, Any]) -> bool:
    return WRAPPER in value and len(value) == 1
