"""What a function may do is what it does: the operations of all its endpoints' paths equal its grants."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Function, Resources, application
from shopkeeper.http import Request, split_path
from shopkeeper.settings import read
from shopkeeper.storage import TABLES, Put, Store, Table, Update
from shopkeeper.storage.sqlite import SQLiteStore

BUSINESS = {
    "business_name": "Test Business",
    "email": "test@example.com",
    "phone": "+1234567890",
    "address": "123 Test St",
    "cognito_user_id": "test-user-123",
}
RIVAL = {**BUSINESS, "cognito_user_id": "other"}


class Recorder:
    """A store that notes which operation was done on which table."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.seen: dict[Table, set[str]] = {}

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)

        def note(first: Any, *arguments: Any, **options: Any) -> Any:
            if name == "transact":
                self._note_actions(first)
            else:
                self.seen.setdefault(first, set()).add(name)
            return operation(first, *arguments, **options)

        return note if callable(operation) else operation

    def _note_actions(self, actions: Sequence[object]) -> None:
        for action in actions:
            assert isinstance(action, Put | Update)
            self.seen.setdefault(action.table, set()).add(type(action).__name__.lower())


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: str(function.name))
def test_a_function_does_what_it_may_and_may_what_it_does(function: Function, tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    recorder = Recorder(store)
    app = application((function,), Resources(read({}, TABLES), recorder))
    for endpoint in function.endpoints:
        for body in [BUSINESS, BUSINESS, RIVAL] if endpoint.takes_body else [None]:
            path = endpoint.path.replace("{counter_id}", "about")
            headers = {"content-type": "application/json"}
            raw = msgspec.json.encode(body)
            response = app.handle(Request(endpoint.method, path, split_path(path), "id", headers=headers, body=raw))
            assert response.status < 500
    store.close()
    assert recorder.seen == {table: set(operations) for table, operations in function.grants.items()}
