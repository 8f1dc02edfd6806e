"""What a store may raise, as one tree.

    StoreError                  the store refuses the operation: a fault of ours
    ├── ConditionFailed         nothing was applied
    │   ├── AlreadyExists       a put that was to create found something
    │   └── ExpectationFailed   an expected attribute is not as expected
    ├── ItemTooLarge            the item would be larger than 400 KB
    └── StoreOutage             nothing was decided for good; trying later may work
        ├── Conflict            others kept changing the same items until the time was up
        ├── Throttled           the store asked for fewer requests until the time was up
        ├── StoreUnavailable    no answer, or none that can be trusted; a write may have been applied
        ├── AccessDenied        credentials are missing, expired or too weak
        └── TableMissing        the table is not there

The text of each is for the operator's log, never for a caller.
"""


class StoreError(Exception):
    """The root: an operation was not done, or it is not known to be done."""


class ConditionFailed(StoreError):
    """A condition of a write did not hold; nothing of the write was applied.

    `position` is the index of the failing action within its `transact`, 0 for a single operation.
    """

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


class AlreadyExists(ConditionFailed):
    """A put that was to create found an item with the same key."""


class ExpectationFailed(ConditionFailed):
    """An expected attribute is not as expected."""


class ItemTooLarge(StoreError):
    """The item would be larger than 400 KB, which is DynamoDB's limit and ours everywhere."""


class StoreOutage(StoreError):
    """The store could not decide the operation now; trying later may work."""


class Conflict(StoreOutage):
    """Others kept changing the same items until the time was up; nothing was applied."""


class Throttled(StoreOutage):
    """The store kept asking for fewer requests until the time was up; nothing was applied."""


class StoreUnavailable(StoreOutage):
    """There was no answer that can be trusted; a write may or may not have been applied."""


class AccessDenied(StoreOutage):
    """The credentials are missing, expired or do not allow the operation."""


class TableMissing(StoreOutage):
    """The table is not there."""
