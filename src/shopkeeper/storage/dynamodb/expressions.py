"""DynamoDB's expressions for actions. Names and values are always placeholders, never part of the text."""

from collections.abc import Iterable
from typing import Any

from shopkeeper.storage.checks import check_size
from shopkeeper.storage.port import ABSENT, Below, Changes, Check, Delete, Expectation, Put, Update
from shopkeeper.storage.table import Key
from shopkeeper.storage.values import AttributeValue, Scalar, Value, encode, encode_item

Request = dict[str, Any]
"""The part of a request's JSON for one action."""


class Expressions:
    """Collects the names and values of one request and returns their placeholders."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, AttributeValue] = {}

    def name(self, attribute: str) -> str:
        """Return the placeholder of an attribute's name."""
        return self._names.setdefault(attribute, f"#n{len(self._names)}")

    def value(self, value: Value) -> str:
        """Return the placeholder of a value."""
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = encode(value)
        return placeholder

    def names(self, attributes: Iterable[str]) -> list[str]:
        """Return the placeholders of several names."""
        return [self.name(attribute) for attribute in attributes]

    def collected(self) -> Request:
        """Return the request's `ExpressionAttributeNames` and `ExpressionAttributeValues`, without empty ones."""
        request: Request = {}
        if self._names:
            request["ExpressionAttributeNames"] = {short: name for name, short in self._names.items()}
        if self._values:
            request["ExpressionAttributeValues"] = self._values
        return request


def put_request(action: Put, table_name: str) -> Request:
    """Return the request of a put."""
    request: Request = {"TableName": table_name, "Item": check_size(encode_item(action.item))}
    if action.if_absent:
        expressions = Expressions()
        partition = expressions.name(action.table.key.partition.name)
        request |= {"ConditionExpression": f"attribute_not_exists({partition})", **expressions.collected()}
    return request


def update_request(action: Update, table_name: str) -> Request:
    """Return the request of an update."""
    expressions = Expressions()
    request: Request = {
        "TableName": table_name,
        "Key": encode_item(action.key),
        "UpdateExpression": _update_expression(action.changes, expressions),
    }
    if action.expect:
        request["ConditionExpression"] = condition(action.expect, expressions)
    return request | expressions.collected()


def delete_request(action: Delete | Check, table_name: str) -> Request:
    """Return the request of a delete or of a check, which have the same parts."""
    expressions = Expressions()
    request: Request = {"TableName": table_name, "Key": encode_item(action.key)}
    if action.expect:
        request["ConditionExpression"] = condition(action.expect, expressions)
    return request | expressions.collected()


def condition(expect: Expectation, expressions: Expressions) -> str:
    """Return the condition that every attribute has its expected value."""
    return " AND ".join(_term(name, value, expressions) for name, value in expect.items())


def _term(name: str, value: Scalar | object, expressions: Expressions) -> str:
    if value is ABSENT:
        return f"attribute_not_exists({expressions.name(name)})"
    if isinstance(value, Below):
        short = expressions.name(name)
        return f"(attribute_not_exists({short}) OR {short} < {expressions.value(value.limit)})"
    return f"{expressions.name(name)} = {expressions.value(value)}"  # type: ignore[arg-type]  # no other is left


def _update_expression(changes: Changes, expressions: Expressions) -> str:
    name, value = expressions.name, expressions.value
    sets = [f"{name(attribute)} = {value(new)}" for attribute, new in changes.set.items()]
    for attribute, new in changes.set_if_absent.items():
        sets.append(f"{name(attribute)} = if_not_exists({name(attribute)}, {value(new)})")
    adds = [f"{name(attribute)} {value(amount)}" for attribute, amount in changes.add.items()]
    clauses = {"SET": sets, "ADD": adds, "REMOVE": expressions.names(changes.remove)}
    return " ".join(f"{clause} {', '.join(terms)}" for clause, terms in clauses.items() if terms)


def query_request(key: Key, index: str | None, partition: str, descending: bool) -> Request:
    """Return the request for a partition of the table or of its index."""
    expressions = Expressions()
    request: Request = {
        "KeyConditionExpression": f"{expressions.name(key.partition.name)} = {expressions.value(partition)}",
        "ScanIndexForward": not descending,
        **expressions.collected(),
    }
    return request | ({"IndexName": index} if index else {"ConsistentRead": True})
