"""The operations that write, within the open transaction."""

from collections.abc import Sequence
from decimal import Context, Decimal, Inexact

from shopkeeper.storage.errors import AlreadyExists, ConditionFailed, ExpectationFailed, StoreError
from shopkeeper.storage.port import (
    ABSENT,
    FEED_HEAD,
    Action,
    Append,
    Below,
    Changes,
    Check,
    Delete,
    Expectation,
    Missing,
    Put,
    Update,
)
from shopkeeper.storage.sqlite.document import Document
from shopkeeper.storage.sqlite.transaction import Transaction
from shopkeeper.storage.table import Table
from shopkeeper.storage.values import MAX_DIGITS, Item, Number, Scalar, Value, encode_number

_MAX_INTEGER = 10**MAX_DIGITS - 1


def transact(transaction: Transaction, actions: Sequence[Action]) -> list[int]:
    """See `Store.transact`."""
    numbers = []
    for position, action in enumerate(actions):
        try:
            match action:
                case Put():
                    _put(transaction, action)
                case Update():
                    update(transaction, action)
                case Delete():
                    _delete(transaction, action)
                case Check():
                    _expect(action.table, _item(transaction, action), action.expect)
                case Append():
                    numbers.append(_append(transaction, action))
        except ConditionFailed as error:
            error.position = position
            raise
    return numbers


def update(transaction: Transaction, action: Update) -> Document:
    """Change an item, and return its document."""
    found = transaction.find(action.table, action.key)
    _expect(action.table, None if found is None else found.item, action.expect)
    if found is None:
        return transaction.put(action.table, apply_changes({**action.key}, action.changes))
    changed = found.changed(apply_changes(found.item, action.changes), action.changes)
    return transaction.keep(action.table, action.key, changed)


def _put(transaction: Transaction, action: Put) -> None:
    if action.if_absent and transaction.find(action.table, action.item) is not None:
        raise AlreadyExists(f"{action.table.name}: the item already exists")
    transaction.put(action.table, action.item)


def _delete(transaction: Transaction, action: Delete) -> None:
    if action.expect is not None:
        _expect(action.table, _item(transaction, action), action.expect)
    transaction.delete(action.table, action.key)


def _append(transaction: Transaction, action: Append) -> int:
    partition, sort = action.table.key.attributes
    head_key: dict[str, str | int] = {partition.name: action.feed, sort.name: FEED_HEAD}
    head = transaction.get(action.table, head_key) or {**head_key}
    if action.after is not None and head.get("head", 0) != action.after:
        raise ExpectationFailed(f"{action.table.name}: the head of the feed is not at {action.after}")
    moved = apply_changes(head, Changes(add={"head": 1, **action.tally}, set=action.head))
    transaction.put(action.table, moved)
    number = int(str(moved["head"]))
    transaction.put(action.table, {**action.item, partition.name: action.feed, sort.name: number})
    return number


def apply_changes(item: dict[str, Value], changes: Changes) -> dict[str, Value]:
    """Return the item after `changes`. Raises StoreError if `add` names an attribute that is not a number."""
    changed = dict(item)
    for name, amount in changes.add.items():
        present = changed.get(name, 0)
        if not isinstance(present, Number) or isinstance(present, bool):
            raise StoreError(f"cannot add to {name}: it is not a number")
        changed[name] = _sum(present, amount)
    changed |= changes.set
    for name, value in changes.set_if_absent.items():
        changed.setdefault(name, value)
    for name in changes.remove:
        changed.pop(name, None)
    return changed


def _sum(present: Value, amount: Value) -> Value:
    """Add exactly, with 38 digits, as DynamoDB does."""
    if isinstance(present, int) and isinstance(amount, int):
        total: Value = present + amount
        if -_MAX_INTEGER <= total <= _MAX_INTEGER:
            return total
    else:
        context = Context(prec=38, traps=[Inexact])
        try:
            total = context.add(Decimal(str(present)), Decimal(str(amount)))
        except Inexact:
            raise StoreError("the sum has more than 38 digits") from None
    try:
        encode_number(total)
    except ValueError as error:
        raise StoreError(str(error)) from None
    return total


def _item(transaction: Transaction, action: Check | Delete) -> Item | None:
    found = transaction.find(action.table, action.key)
    return None if found is None else found.item


def _expect(table: Table, item: Item | None, expectation: Expectation | None) -> None:
    for name, expected in (expectation or {}).items():
        if not _fits(item or {}, name, expected):
            raise ExpectationFailed(f"{table.name}: {name} does not have the expected value")


def _fits(item: Item, name: str, expected: Scalar | Missing | Below) -> bool:
    if name not in item:
        return expected is ABSENT or isinstance(expected, Below)
    present = item[name]
    if isinstance(expected, Below):
        return isinstance(present, Number) and not isinstance(present, bool) and present < expected.limit
    return not isinstance(expected, Missing) and _same(present, expected)


def _same(present: Value, expected: Scalar) -> bool:
    """Compare as DynamoDB does: true is not equal to 1."""
    return isinstance(present, bool) == isinstance(expected, bool) and present == expected
