"""The form of items in the data file: every value comes back, and DynamoDB's limits hold exactly."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.storage import Item, ItemTooLarge, Value
from shopkeeper.storage.sqlite.cache import Cache
from shopkeeper.storage.sqlite.form import dumps, loads
from shopkeeper.storage.values import MAX_ITEM_BYTES, decode_item, encode_item, item_size
from tests.contract.test_store_machine import typed

NUMBERS = st.integers(-(10**38) + 1, 10**38 - 1) | st.decimals(-(10**20), 10**20, places=5)
SETS: st.SearchStrategy[Any] = (
    st.sets(st.text(), min_size=1) | st.sets(NUMBERS, min_size=1) | st.sets(st.binary(), min_size=1)
)
SCALARS: st.SearchStrategy[Any] = st.text() | NUMBERS | st.booleans() | st.none() | st.binary() | SETS
NAMES = st.text(max_size=4) | st.sampled_from(["$", "$x", "S", "N"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(NAMES, inner), max_leaves=12
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, VALUES))
def test_an_item_comes_back_as_from_dynamodb(item: dict[str, Any]) -> None:
    wire, text = encode_item(item), dumps(item)
    assert typed(loads(text)) == typed(decode_item(wire))
    assert item_size(wire) <= 2 * len(text.encode()), "the exact size is computed only if this may be too large"


class Status(StrEnum):
    """A string that is not exactly one."""

    OPEN = "open"


PLAIN: list[tuple[Value, str]] = [
    ("text", '"text"'),
    (1, "1"),
    (2**63 - 1, "9223372036854775807"),
    (True, "true"),
    (None, "null"),
    ([1, "a", {"b": [None]}], '[1,"a",{"b":[null]}]'),
    (Status.OPEN, '"open"'),
    ({"$": 1, "a": 1}, '{"$":1,"a":1}'),
    (2**63, '{"$":{"N":"9223372036854775808"}}'),
    (Decimal("1.5"), '{"$":{"N":"1.5"}}'),
    (b"\x00", '{"$":{"B":"AA=="}}'),
    ({"a"}, '{"$":{"SS":["a"]}}'),
    ({"$": 1}, '{"$":{"M":{"$":{"N":"1"}}}}'),
]


@pytest.mark.parametrize(("value", "text"), PLAIN, ids=[text for _, text in PLAIN])
def test_json_is_plain_and_other_values_are_wrapped(value: Value, text: str) -> None:
    assert dumps({"value": value}) == '{"value":' + text + "}"


def test_a_text_that_looks_like_a_wrapper_is_a_text() -> None:
    item = {"id": '{"$":{"N":"1"}}', "other": '"{"$":'}
    assert loads(dumps(item)) == item


def nested(levels: int) -> Any:
    """Return a list in a list and so on."""
    value: Any = "bottom"
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


WRONG: dict[str, Any] = {
    "a float": 1.5,
    "a float in a list": [[1.5]],
    "a float in a map": {"a": 1.5},
    "39 digits": 10**38,
    "39 digits in a list": [10**38],
    "NaN": Decimal("NaN"),
    "a number out of range": Decimal("1E+126"),
    "an empty set": set(),
    "an empty set in a map": {"a": set()},
    "a range": range(2),
    "an object": object(),
    "33 levels": nested(33),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_dynamodb_cannot_hold_is_refused(name: str) -> None:
    for encode in (dumps, encode_item):
        with pytest.raises((TypeError, ValueError)):
            encode({"id": "x", "value": WRONG[name]})


def test_32_levels_are_held() -> None:
    item: Item = {"id": "x", "value": nested(32)}
    assert loads(dumps(item)) == decode_item(encode_item(item)) == item


FILLERS: dict[str, Any] = {
    "text": lambda size: {"a": "x" * size},
    "umlauts": lambda size: {"a": "ü" * (size // 2) + "x" * (size % 2)},
    "quotes": lambda size: {"a": '"' * size},
    "numbers": lambda size: {"a": [1] * ((size - 3) // 3), "b" * ((size - 3) % 3): ""},
    "empty lists": lambda size: {"a": [[]] * ((size - 3) // 4), "b" * ((size - 3) % 4): ""},
    "binary": lambda size: {"a": b"x" * (size // 3 * 3), "b" * (size % 3): ""},
}


@pytest.mark.parametrize("name", FILLERS)
def test_the_limit_is_400_kb_as_dynamodb_counts_them_to_the_byte(name: str) -> None:
    largest = FILLERS[name](MAX_ITEM_BYTES - 1)
    assert item_size(encode_item(largest)) == MAX_ITEM_BYTES
    assert loads(dumps(largest)) == largest
    with pytest.raises(ItemTooLarge, match=str(MAX_ITEM_BYTES + 1)):
        dumps({**largest, "c": ""})


def test_a_stored_item_is_json_that_other_programs_read() -> None:
    assert msgspec.json.decode(dumps({"id": "x", "n": 1})) == {"id": "x", "n": 1}


def test_the_cache_forgets_what_was_not_used_for_longest() -> None:
    cache = Cache(rows=3, characters=1000)
    for name in "abc":
        cache.put(("t", name, ""), (name,))
    cache.get(("t", "a", ""))
    cache.put(("t", "d", ""), ("d",))
    assert [cache.get(("t", name, "")) for name in "abcd"] == [("a",), None, ("c",), ("d",)]


def test_the_cache_is_bounded_by_the_length_of_its_rows() -> None:
    cache = Cache(rows=100, characters=1000)
    cache.put(("t", "a", ""), ("x" * 600,))
    cache.put(("t", "b", ""), ("x" * 300,))
    cache.replace(("t", "b", ""), ("x" * 500,))
    assert [cache.get(("t", name, "")) is None for name in "ab"] == [True, False]
    cache.put(("t", "c", ""), ("x" * 1001,))
    assert cache.get(("t", "c", "")) is None
    cache.put(("t", "d", ""), ("x" * 1000,))
    assert cache.get(("t", "d", "")) is not None
    cache.replace(("t", "d", ""), None)
    cache.put(("t", "e", ""), ("x" * 1000,))
    assert cache.get(("t", "e", "")) is not None
