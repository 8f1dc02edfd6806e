"""The Store port on DynamoDB."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, overload

from shopkeeper.aws.client import SECONDS, NoAnswer
from shopkeeper.aws.credentials import NoCredentials
from shopkeeper.aws.failures import Failure
from shopkeeper.identifiers import uuid4
from shopkeeper.net.deadline import deadline, pause
from shopkeeper.storage.checks import (
    check_actions,
    check_changes,
    check_item,
    check_key,
    check_keys,
    check_limit,
    key_of,
)
from shopkeeper.storage.dynamodb.client import DynamoDBClient, store_error
from shopkeeper.storage.dynamodb.expressions import (
    Request,
    delete_request,
    put_request,
    query_request,
    update_request,
)
from shopkeeper.storage.errors import AlreadyExists, ExpectationFailed, StoreUnavailable, Throttled
from shopkeeper.storage.port import (
    ABSENT,
    FEED_HEAD,
    Action,
    Append,
    Changes,
    Check,
    Delete,
    Expectation,
    Page,
    Put,
    Update,
)
from shopkeeper.storage.table import Key as DeclaredKey
from shopkeeper.storage.table import Table
from shopkeeper.storage.values import Item, Key, Value, decode_item, encode_item

APPEND_SECONDS = 8.0
"""The deadline of a transaction with an `Append`, which may retry at the head of the feed."""

EXPECTED = {
    "BatchGetItem": frozenset({"Responses"}),
    "Query": frozenset({"Items"}),
    "UpdateItem": frozenset({"Attributes"}),
}
"""The members that a response must have."""

PING = "#ping"
"""The partition key that a ping reads. No item is ever written under it. A policy can allow only this key."""


class DynamoDBStore:
    """Stores items in DynamoDB tables, under the stage's table names."""

    kind = "dynamodb"

    def __init__(self, client: DynamoDBClient, names: Mapping[Table, str]) -> None:
        """`names` maps each declared table to its physical name."""
        self._client = client
        self._names = names

    def get(self, table: Table, key: Key) -> dict[str, Value] | None:
        """See `Store.get`."""
        check_key(table.key, key, exact=True)
        request = {"TableName": self._names[table], "Key": encode_item(key), "ConsistentRead": True}
        item = self._call("GetItem", request).get("Item")
        return None if item is None else decode_item(item)

    def get_many(self, table: Table, keys: Sequence[Key]) -> list[dict[str, Value] | None]:
        """See `Store.get_many`."""
        check_keys(table, keys)
        name = self._names[table]
        found: dict[tuple[object, ...], dict[str, Value]] = {}
        left = [encode_item(key) for key in keys]
        ends, failures = deadline(APPEND_SECONDS), 0
        while left:
            request = {"RequestItems": {name: {"Keys": left, "ConsistentRead": True}}}
            answer = self._call("BatchGetItem", request)
            for attributes in answer["Responses"].get(name, []):
                item = decode_item(attributes)
                found[key_of(table, item)] = item
            before, left = len(left), answer.get("UnprocessedKeys", {}).get(name, {}).get("Keys", [])
            failures = failures + 1 if len(left) == before else 0
            if failures and not pause(failures, ends):
                raise Throttled("BatchGetItem left keys unprocessed")
        return [found.get(key_of(table, key)) for key in keys]

    def put(self, table: Table, item: Item, *, if_absent: bool = False) -> None:
        """See `Store.put`."""
        action = Put(table, item, if_absent)
        if if_absent:
            self.transact([action])
        else:
            check_item(table, item)
            self._call("PutItem", put_request(action, self._names[table]))

    @overload
    def update(self, table: Table, key: Key, changes: Changes) -> dict[str, Value]: ...

    @overload
    def update(self, table: Table, key: Key, changes: Changes, *, expect: Expectation) -> None: ...

    def update(
        self, table: Table, key: Key, changes: Changes, *, expect: Expectation | None = None
    ) -> dict[str, Value] | None:
        """See `Store.update`."""
        action = Update(table, key, changes, expect)
        if expect is not None:
            self.transact([action])
            return None
        check_key(table.key, key, exact=True)
        check_changes(table, changes)
        request = update_request(action, self._names[table]) | {"ReturnValues": "ALL_NEW"}
        answer = self._call("UpdateItem", request, repeatable=not changes.add)
        return decode_item(answer["Attributes"])

    def delete(self, table: Table, key: Key, *, expect: Expectation | None = None) -> None:
        """See `Store.delete`."""
        action = Delete(table, key, expect)
        if expect is not None:
            self.transact([action])
        else:
            check_key(table.key, key, exact=True)
            self._call("DeleteItem", delete_request(action, self._names[table]))

    def query(
        self,
        table: Table,
        partition: str,
        *,
        index: str | None = None,
        descending: bool = False,
        limit: int = 100,
        after: Key | None = None,
    ) -> Page:
        """See `Store.query`. DynamoDB may return an empty page before the end; the query continues after it."""
        check_limit(limit)
        key = table.index(index).key if index else table.key
        request = {
            "TableName": self._names[table],
            **query_request(key, index, partition, descending),
        }
        start = encode_item(after) if after else None
        items: list[dict[str, Value]] = []
        while len(items) <= limit:
            request["Limit"] = limit + 1 - len(items)
            if start:
                request["ExclusiveStartKey"] = start
            answer = self._call("Query", request)
            items += [decode_item(attributes) for attributes in answer["Items"]]
            start = answer.get("LastEvaluatedKey")
            if not start:
                break
        more = _cursor(table, key, items[limit - 1]) if len(items) > limit else None
        return Page(items[:limit], more)

    def scan(self, table: Table, *, limit: int = 100, after: Key | None = None) -> Page:
        """See `Store.scan`. A page may be short or empty although more items follow."""
        check_limit(limit)
        request: dict[str, Any] = {"TableName": self._names[table], "ConsistentRead": True, "Limit": limit}
        if after:
            request["ExclusiveStartKey"] = encode_item(after)
        answer = self._call("Scan", request)
        items = [decode_item(attributes) for attributes in answer["Items"]]
        start = answer.get("LastEvaluatedKey")
        return Page(items, _cursor(table, table.key, decode_item(start)) if start else None)

    def transact(self, actions: Sequence[Action]) -> list[int]:
        """See `Store.transact`. One `TransactWriteItems` with one token for all its attempts."""
        check_actions(actions)
        appends = {i: action for i, action in enumerate(actions) if isinstance(action, Append)}
        following = {i: action for i, action in appends.items() if action.after is None}
        # An append without `after` may be retried. Its parts come last, so that a failure of any other is reported.
        requests: list[Request] = []
        positions: list[int] = []
        for i, action in enumerate(actions):
            if i not in following:
                parts = [*self._parts(action)]
                requests += parts
                positions += [i] * len(parts)
        ends, failures = deadline(APPEND_SECONDS), 0
        while True:
            heads = {i: self._head(action) for i, action in following.items()}
            added = [part for i, action in following.items() for part in self._append(action, heads[i])]
            token = uuid4()
            payload = {"TransactItems": requests + added, "ClientRequestToken": token}
            try:
                self._call_transaction(payload, ends if appends else None)
                return [heads.get(i, action.after or 0) + 1 for i, action in appends.items()]
            except Failure as failure:
                failed = failure.condition_failed
                if failed is not None and failed < len(requests):
                    raise _condition_error(actions[positions[failed]], positions[failed]) from failure
                if failed is None:
                    raise store_error(failure) from failure
                # Only the head of a feed has moved: another append was first. Read the head and try again.
                failures += 1
                if not pause(failures, ends):
                    raise StoreUnavailable("the head of the feed kept moving") from failure

    def ping(self, table: Table) -> None:
        """See `Store.ping`. Reads a key that is never written."""
        key: dict[str, Any] = {table.key.partition.name: PING}
        if table.key.sort is not None:
            key[table.key.sort.name] = FEED_HEAD if table.key.sort.type == "N" else PING
        self._call("GetItem", {"TableName": self._names[table], "Key": encode_item(key)})

    def close(self) -> None:
        """See `Store.close`."""
        self._client.close()

    def _call(self, operation: str, request: Mapping[str, object], *, repeatable: bool = True) -> dict[str, Any]:
        try:
            answer = self._client.call(operation, request, repeatable=repeatable)
            if missing := EXPECTED.get(operation, frozenset()) - answer.keys():
                raise StoreUnavailable(f"{operation}: the response lacks {', '.join(missing)}")
            return answer
        except (Failure, NoAnswer, NoCredentials) as error:
            raise store_error(error) from error

    def _call_transaction(self, payload: Mapping[str, object], ends: float | None) -> None:
        """Call until the outcome is known. After a lost reply, repeat the call with the same token.

        Raises Failure if the transaction was cancelled, else a StoreError.
        """
        failures = 0
        while True:
            seconds = None if ends is None else min(SECONDS, ends - time.monotonic())
            try:
                self._client.call("TransactWriteItems", payload, repeatable=True, seconds=seconds)
                return
            except Failure as failure:
                if ends is None or failure.condition_failed is not None:
                    raise
                if not (failure.transient or failure.conflicting):
                    raise
                undecided: Failure | NoAnswer = failure
            except NoAnswer as error:
                undecided = error
            except NoCredentials as error:
                raise store_error(error) from error
            failures += 1
            if ends is None or not pause(failures, ends):
                raise store_error(undecided) from undecided

    def _parts(self, action: Action) -> Iterable[Request]:
        """Return the writes of an action that does not depend on anything that the store must read first."""
        if isinstance(action, Append):
            return self._append(action, action.after or 0)
        return (self._transaction_part(action),)

    def _transaction_part(self, action: Put | Update | Delete | Check) -> Request:
        name = self._names[action.table]
        match action:
            case Put():
                return {"Put": put_request(action, name)}
            case Update():
                return {"Update": update_request(action, name)}
            case Delete():
                return {"Delete": delete_request(action, name)}
            case Check():
                return {"ConditionCheck": delete_request(action, name)}

    def _head(self, action: Append) -> int:
        """Return the number of the feed's newest event, 0 if it has none."""
        partition, sort = action.table.key.attributes
        item = self.get(action.table, {partition.name: action.feed, sort.name: FEED_HEAD})
        return int(item["head"]) if item else 0  # type: ignore[arg-type]  # written by _append

    def _append(self, action: Append, head: int) -> Iterable[Request]:
        """Return two writes: the event, and the move of the head on the condition that it is still at `head`."""
        partition, sort = action.table.key.attributes
        event = {**action.item, partition.name: action.feed, sort.name: head + 1}
        key: dict[str, str | int] = {partition.name: action.feed, sort.name: FEED_HEAD}
        seen: Expectation = {"head": head} if head else {"head": ABSENT}
        changes = Changes(set={"head": head + 1, **action.head}, add=action.tally)
        move = Update(action.table, key, changes, expect=seen)
        return self._transaction_part(Put(action.table, event)), self._transaction_part(move)


def _condition_error(action: Action, position: int) -> AlreadyExists | ExpectationFailed:
    if isinstance(action, Put):
        return AlreadyExists(f"{action.table.name}: the item already exists", position)
    return ExpectationFailed(f"{action.table.name}: an attribute does not have the expected value", position)


def _cursor(table: Table, key: DeclaredKey, last: dict[str, Value]) -> dict[str, str | int]:
    names = [attribute.name for attribute in (*table.key.attributes, *key.attributes)]
    return {name: last[name] for name in names}  # type: ignore[misc]  # key attributes are strings and integers
