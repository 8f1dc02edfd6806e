"""The checks that every store makes before an operation: keys, sizes, counts and overlaps.

A failed check is an error of the calling code. It raises ValueError, which is never shown to an API client.
"""

from collections.abc import Sequence

from shopkeeper.storage import table as declared
from shopkeeper.storage.errors import ItemTooLarge
from shopkeeper.storage.port import MAX_ACTIONS, MAX_KEYS, MAX_PAGE, Action, Append, Changes, Put, Update
from shopkeeper.storage.table import KeyAttribute, Table
from shopkeeper.storage.values import MAX_ITEM_BYTES, AttributeValue, Item, Key, item_size

MAX_PARTITION_BYTES = 2048
MAX_SORT_BYTES = 1024
_MAX_INTEGER = 2**63 - 1


def check_key(key: declared.Key, values: Item, *, exact: bool) -> None:
    """Raise ValueError unless `values` hold the key's attributes (and, if `exact`, no others)."""
    sort = key.sort
    if exact and len(values) != (1 if sort is None else 2):
        raise ValueError(f"a key has exactly the attributes {[attribute.name for attribute in key.attributes]}")
    _check_attribute(key.partition, values, MAX_PARTITION_BYTES)
    if sort is not None:
        _check_attribute(sort, values, MAX_SORT_BYTES)


def check_item(table: Table, item: Item) -> None:
    """Raise ValueError unless `item` has the table's key and fits the keys of its indexes."""
    check_key(table.key, item, exact=False)
    for index in table.indexes:
        for attribute in index.key.attributes:
            if attribute.name in item:
                _check_attribute(attribute, item, MAX_SORT_BYTES)


def check_changes(table: Table, changes: Changes) -> None:
    """Raise ValueError if `changes` are empty, name an attribute twice or touch the key."""
    names = [*changes.add, *changes.set, *changes.set_if_absent, *changes.remove]
    if not names:
        raise ValueError("an update needs a change")
    if len(set(names)) != len(names):
        raise ValueError("an update names an attribute twice")
    key = table.key
    if key.partition.name in names or (key.sort is not None and key.sort.name in names):
        raise ValueError("an update cannot change the key")
    for index in table.indexes:
        for attribute in index.key.attributes:
            for values in (changes.set, changes.set_if_absent, changes.add):
                if attribute.name in values:
                    _check_attribute(attribute, values, MAX_SORT_BYTES)


def check_size(attributes: dict[str, AttributeValue]) -> dict[str, AttributeValue]:
    """Return an item in wire form. Raises ItemTooLarge."""
    if item_size(attributes) > MAX_ITEM_BYTES:
        raise ItemTooLarge(f"the item has {item_size(attributes)} bytes; the limit is {MAX_ITEM_BYTES}")
    return attributes


def check_keys(table: Table, keys: Sequence[Key]) -> None:
    """Raise ValueError unless there are at most 100 different keys."""
    if len(keys) > MAX_KEYS:
        raise ValueError(f"more than {MAX_KEYS} keys")
    for key in keys:
        check_key(table.key, key, exact=True)
    if len({key_of(table, key) for key in keys}) != len(keys):
        raise ValueError("a key is given twice")


def check_limit(limit: int) -> None:
    """Raise ValueError unless a page has 1 to 1,000 items."""
    if not 1 <= limit <= MAX_PAGE:
        raise ValueError(f"a page has 1 to {MAX_PAGE} items")


def check_actions(actions: Sequence[Action]) -> None:
    """Raise ValueError unless there are 1 to 100 valid actions, each on a different item.

    An `Append` counts as two: the event and the head of its feed.
    """
    weight = sum(2 if isinstance(action, Append) else 1 for action in actions)
    if not 1 <= weight <= MAX_ACTIONS:
        raise ValueError(f"a transaction has 1 to {MAX_ACTIONS} actions")
    touched = set()
    for action in actions:
        if isinstance(action, Append):
            partition, sort = action.table.key.attributes
            check_item(action.table, {**action.item, partition.name: action.feed, sort.name: 1})
            kept = ["head", partition.name, sort.name, *action.tally, *action.head]
            if len(set(kept)) != len(kept):
                raise ValueError("an append sets an attribute of the head twice, or one of its key")
            target: tuple[str, object] = (action.table.name, action.feed)
        elif isinstance(action, Put):
            check_item(action.table, action.item)
            target = (action.table.name, key_of(action.table, action.item))
        else:
            check_key(action.table.key, action.key, exact=True)
            if isinstance(action, Update):
                check_changes(action.table, action.changes)
            target = (action.table.name, key_of(action.table, action.key))
        if target in touched:
            raise ValueError("a transaction touches an item twice")
        touched.add(target)


def key_of(table: Table, item: Item) -> tuple[object, ...]:
    """Return the values of an item's key."""
    return tuple(item[attribute.name] for attribute in table.key.attributes)


def _check_attribute(attribute: KeyAttribute, values: Item, max_bytes: int) -> None:
    value = values.get(attribute.name)
    if attribute.type == "N":
        if not isinstance(value, int) or isinstance(value, bool) or not -_MAX_INTEGER <= value <= _MAX_INTEGER:
            raise ValueError(f"{attribute.name} must be an integer of 64 bits")
    elif not isinstance(value, str) or not 0 < len(value.encode()) <= max_bytes:
        raise ValueError(f"{attribute.name} must be a string of 1 to {max_bytes} bytes")
