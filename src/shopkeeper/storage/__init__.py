"""Where items live: the Store port, its errors, the declared tables. Only this folder knows a database."""

from shopkeeper.storage.errors import (
    AccessDenied,
    AlreadyExists,
    ConditionFailed,
    Conflict,
    ExpectationFailed,
    ItemTooLarge,
    StoreError,
    StoreOutage,
    StoreUnavailable,
    TableMissing,
    Throttled,
)
from shopkeeper.storage.port import (
    ABSENT,
    Action,
    Append,
    Changes,
    Delete,
    Expectation,
    Page,
    Put,
    Store,
    Update,
)
from shopkeeper.storage.table import Index, Table
from shopkeeper.storage.tables import BUSINESSES, MARKERS, TABLES, VISITOR_COUNTER
from shopkeeper.storage.values import Item, Key, Number, Value

__all__ = [
    "ABSENT",
    "BUSINESSES",
    "MARKERS",
    "TABLES",
    "VISITOR_COUNTER",
    "AccessDenied",
    "Action",
    "AlreadyExists",
    "Append",
    "Changes",
    "ConditionFailed",
    "Conflict",
    "Delete",
    "Expectation",
    "ExpectationFailed",
    "Index",
    "Item",
    "ItemTooLarge",
    "Key",
    "Number",
    "Page",
    "Put",
    "Store",
    "StoreError",
    "StoreOutage",
    "StoreUnavailable",
    "Table",
    "TableMissing",
    "Throttled",
    "Update",
    "Value",
]
