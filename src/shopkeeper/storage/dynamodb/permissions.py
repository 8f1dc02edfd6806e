"""Grants as IAM permissions (Service Authorization Reference, "Actions defined by Amazon DynamoDB")."""

from collections.abc import Mapping

import msgspec

from shopkeeper.storage.grant import Grant, Operation
from shopkeeper.storage.table import Table

ACTIONS: Mapping[Operation, tuple[str, ...]] = {
    "get": ("GetItem",),
    "get_many": ("BatchGetItem",),
    "put": ("PutItem",),
    "update": ("UpdateItem",),
    "delete": ("DeleteItem",),
    "query": ("Query",),
    "check": ("ConditionCheckItem",),
    "append": ("GetItem", "PutItem", "UpdateItem"),
    "ping": ("GetItem",),
}
"""A transaction has no action of its own: each of its items needs that of the single write."""


class Permission(msgspec.Struct, frozen=True, order=True):
    """An IAM action on a table, or on one of its indexes."""

    action: str
    table: str
    index: str = ""


def permissions(grants: Mapping[Table, Grant]) -> frozenset[Permission]:
    """Return what a role needs to do what `grants` allow, tables by their logical names."""
    on_tables = {
        Permission(f"dynamodb:{action}", table.name)
        for table, grant in grants.items()
        for operation in grant.operations
        for action in ACTIONS[operation]
    }
    on_indexes = {
        Permission("dynamodb:Query", table.name, index) for table, grant in grants.items() for index in grant.indexes
    }
    return frozenset(on_tables | on_indexes)
