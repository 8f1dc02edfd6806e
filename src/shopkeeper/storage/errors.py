"""The tree of errors that a store raises.

    StoreError                  the store rejects the operation: an error in our code
    ├── ConditionFailed         nothing was applied
    │   ├── AlreadyExists       a put with `if_absent` found an item
    │   └── ExpectationFailed   an attribute does not have the expected value
    ├── ItemTooLarge            the item would be larger than 400 KB
    └── StoreOutage             a temporary failure; a later attempt may succeed
        ├── Conflict            other writes changed the same items until the deadline
        ├── Throttled           the store throttled the requests until the deadline
        ├── StoreUnavailable    no valid response; a write may have been applied
        ├── AccessDenied        credentials are missing, expired or insufficient
        └── TableMissing        the table does not exist

Their texts are for the operator's log, never for an API client.
"""


class StoreError(Exception):
    """The root: an operation failed, or its outcome is unknown."""


class ConditionFailed(StoreError):
    """A condition of a write was not met. Nothing was applied.

    `position` is the index of the failed action in `transact`, 0 for a single operation.
    """

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


class AlreadyExists(ConditionFailed):
    """A put with `if_absent` found an item with the same key."""


class ExpectationFailed(ConditionFailed):
    """An attribute does not have the expected value."""


class ItemTooLarge(StoreError):
    """The item would be larger than 400 KB, DynamoDB's limit. Both stores use this limit."""


class StoreOutage(StoreError):
    """A temporary failure of the store. A later attempt may succeed."""


class Conflict(StoreOutage):
    """Other writes changed the same items until the deadline. Nothing was applied."""


class Throttled(StoreOutage):
    """The store throttled the requests until the deadline. Nothing was applied."""


class StoreUnavailable(StoreOutage):
    """There was no valid response. A write may or may not have been applied."""


class AccessDenied(StoreOutage):
    """The credentials are missing or expired, or do not allow the operation."""


class TableMissing(StoreOutage):
    """The table does not exist."""
