"""Typed records: the items of a table as structs. The conversion between the two happens here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from shopkeeper.storage.port import ABSENT, Changes, Delete, Expectation, Put, Store, Update
from shopkeeper.storage.table import Table
from shopkeeper.storage.values import Item, Key, Value

T = TypeVar("T", bound=msgspec.Struct)


def to_item(record: msgspec.Struct) -> dict[str, Value]:
    """Return a record as the item that is stored."""
    item: dict[str, Value] = msgspec.to_builtins(record)
    return item


class Records(Generic[T]):
    """The records of one table.

    Verbs do something at once and raise StoreError. Nouns (`insertion`, `revision`, `removal`, `replacement`) return
    the action for a transaction.
    """

    __slots__ = ("_key", "_kind", "_missing", "_read", "_store", "_version", "_write", "table")

    def __init__(
        self,
        store: Store,
        table: Table,
        kind: type[T],
        *,
        missing: Callable[[], Exception] = LookupError,
        read: Callable[[Item], T] | None = None,
        write: Callable[[T], dict[str, Value]] = to_item,
        version: str = "version",
    ) -> None:
        """`missing` returns the error for a record that does not exist. `read` and `write` replace the plain
        conversion, for former forms and derived attributes. `version` names the field that counts a record's changes.
        """
        self._store = store
        self.table = table
        self._kind = kind
        self._missing = missing
        self._read = read
        self._write = write
        self._version = version
        self._key = tuple(attribute.name for attribute in table.key.attributes)

    def from_item(self, item: Item) -> T:
        """Return the record of an item. Raises msgspec.ValidationError for an item of another form."""
        return msgspec.convert(item, self._kind) if self._read is None else self._read(item)

    def get(self, *key: str | int) -> T | None:
        """Return the record as it is now, None if there is none."""
        item = self._store.get(self.table, self._named(key))
        return None if item is None else self.from_item(item)

    def require(self, *key: str | int) -> T:
        """Return the record as it is now. Raises the error that `missing` makes."""
        record = self.get(*key)
        if record is None:
            raise self._missing()
        return record

    def get_many(self, ids: Sequence[str]) -> list[T | None]:
        """Return the records of at most 100 different ids, in their order."""
        items = self._store.get_many(self.table, [self._named((id_,)) for id_ in ids])
        return [None if item is None else self.from_item(item) for item in items]

    def insert(self, record: T) -> None:
        """Write a new record. Raises AlreadyExists."""
        self._store.put(self.table, self._write(record), if_absent=True)

    def change(self, record: T, fields: Mapping[str, Any]) -> T:
        """Change a record from the version that was read, and return its next one. Raises ExpectationFailed."""
        changed, update = self.revision(record, fields)
        self._store.update(self.table, update.key, update.changes, expect=update.expect or {})
        return changed

    def delete(self, *key: str | int) -> None:
        """Remove the record of a key, if there is one."""
        self._store.delete(self.table, self._named(key))

    def insertion(self, record: T) -> Put:
        """Return the action that writes a new record."""
        return Put(self.table, self._write(record), if_absent=True)

    def revision(self, record: T, fields: Mapping[str, Any], expect: Expectation | None = None) -> tuple[T, Update]:
        """Return the next version of a record, and the action that makes it from the version that was read.

        `expect` adds further conditions. Only attributes that differ are written.
        """
        version: int = getattr(record, self._version)
        changed = msgspec.structs.replace(record, **fields, **{self._version: version + 1})
        before, after = self._write(record), self._write(changed)
        new = {name: value for name, value in after.items() if name not in before or before[name] != value}
        changes = Changes(set=new, remove=[name for name in before if name not in after])
        return changed, Update(self.table, self.key_of(record), changes, {**(expect or {}), **self._seen(version)})

    def replacement(self, record: T, expect: Expectation, remove: Sequence[str] = ()) -> Update:
        """Return the action that writes all attributes of a record, and removes some, if the item is as expected."""
        key = self.key_of(record)
        attributes = {name: value for name, value in self._write(record).items() if name not in key}
        return Update(self.table, key, Changes(set=attributes, remove=remove), expect)

    def removal(self, record: T, expect: Expectation | None = None) -> Delete:
        """Return the action that removes a record in the version that was read. `expect` adds further conditions."""
        return Delete(self.table, self.key_of(record), {**(expect or {}), **self._seen(getattr(record, self._version))})

    def key_of(self, record: T) -> Key:
        """Return the key of a record."""
        return {name: getattr(record, name) for name in self._key}

    def _named(self, key: tuple[str | int, ...]) -> Key:
        return dict(zip(self._key, key, strict=True))

    def _seen(self, version: int) -> Expectation:
        return {self._version: version or ABSENT}


def scan(store: Store, table: Table) -> Iterator[Item]:
    """Yield the items of a whole table, in no certain order. For operators alone. Raises StoreError."""
    after = None
    while True:
        page = store.scan(table, limit=100, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return
