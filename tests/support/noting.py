"""What is done on tables, in DynamoDB and with pictures, noted to be compared with what a function may do."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from shopkeeper.functions.declaration import PictureOperation
from shopkeeper.storage import Append, Check, Delete, Grant, Operation, Put, Store, Table, Update
from shopkeeper.storage.dynamodb import DynamoDBClient
from shopkeeper.storage.pictures import BEGINNING, UploadForm
from tests.support.pictures import PNG


class Operations:
    """A store that notes which operation was done on which table or index."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[Table, set[Operation]] = {}
        self._indexes: dict[Table, set[str]] = {}

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)

        def note(first: Any, *arguments: Any, **options: Any) -> Any:
            if name == "transact":
                self._note_actions(first)
            elif options.get("index"):
                self._indexes.setdefault(first, set()).add(options["index"])
            else:
                self._seen.setdefault(first, set()).add(cast(Operation, name))
            return operation(first, *arguments, **options)

        return note if callable(operation) else operation

    def grants(self) -> dict[Table, Grant]:
        """Return the least that would have allowed it all."""
        tables = {*self._seen, *self._indexes}
        return {
            table: Grant(frozenset(self._seen.get(table, ())), frozenset(self._indexes.get(table, ())))
            for table in tables
        }

    def _note_actions(self, actions: Sequence[object]) -> None:
        for action in actions:
            assert isinstance(action, Put | Update | Delete | Check | Append)
            self._seen.setdefault(action.table, set()).add(cast(Operation, type(action).__name__.lower()))


class NotedPictures:
    """Pictures that are all there, and notes of what was done with them."""

    def __init__(self) -> None:
        self.noted: set[PictureOperation] = set()

    def form(self, name: str, media_type: str, now: datetime) -> UploadForm:
        """Note that the form lets its bearer write."""
        self.noted.add("write")
        return UploadForm("https://bucket.example/", {"key": name, "Content-Type": media_type})

    def beginning(self, name: str) -> bytes:
        """Note a read."""
        self.noted.add("read")
        return PNG[:BEGINNING]

    def remove(self, name: str) -> None:
        """Note a removal."""
        self.noted.add("remove")

    def remove_of_item(self, item_id: str, shown: str | None) -> None:
        """Note a removal."""
        self.noted.add("remove")


class Calls(DynamoDBClient):
    """A client of DynamoDB that notes which permission each of its calls needs."""

    noted: set[tuple[str, str, str]] = set()  # noqa: RUF012  # replaced before it counts

    def call(
        self, operation: str, payload: Mapping[str, Any], *, repeatable: bool, seconds: float | None = None
    ) -> dict[str, Any]:
        """Note the call, and make it."""
        self.noted |= set(needed(operation, payload))
        return super().call(operation, payload, repeatable=repeatable, seconds=seconds)


def needed(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the IAM actions of a call, each with the physical table and the index that it is on."""
    if operation == "TransactWriteItems":
        for item in request["TransactItems"]:
            for member, detail in item.items():
                yield {"ConditionCheck": "ConditionCheckItem"}.get(member, f"{member}Item"), detail["TableName"], ""
    elif operation == "BatchGetItem":
        for table in request["RequestItems"]:
            yield operation, table, ""
    else:
        yield operation, request["TableName"], request.get("IndexName", "")
