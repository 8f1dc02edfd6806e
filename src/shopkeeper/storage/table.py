"""A table as data: keys, indexes, the TTL attribute, and the environment variable that holds its name."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from shopkeeper.errors import ConfigurationError

KeyType = Literal["S", "N"]

_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
"""Those of a table name in DynamoDB (API reference, CreateTable)."""


class KeyAttribute(msgspec.Struct, frozen=True):
    """One attribute of a key: a string, or an integer of at most 64 bits."""

    name: str
    type: KeyType = "S"


class Key(msgspec.Struct, frozen=True):
    """A partition key and an optional sort key."""

    partition: KeyAttribute
    sort: KeyAttribute | None = None

    @property
    def attributes(self) -> tuple[KeyAttribute, ...]:
        """The one or two attributes of the key."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)


class Index(msgspec.Struct, frozen=True):
    """An index over the items that have its key attributes. Eventually consistent."""

    name: str
    key: Key


class Table(msgspec.Struct, frozen=True):
    """A table. Its physical name is the value of the variable `environment`, or `<name>-<stage>`.

    `owner` is the only domain that reads and writes the table. What is `ephemeral` is meant to be forgotten: it is in
    no backup, no copy and no point-in-time recovery, and SQLite overwrites what is removed or replaced there.
    """

    name: str
    environment: str
    key: Key
    indexes: tuple[Index, ...] = ()
    ttl: str | None = None
    owner: str = ""
    ephemeral: bool = False

    def __hash__(self) -> int:
        return hash(self.name)

    def index(self, name: str) -> Index:
        """Return the index called `name`. Raises KeyError if there is none."""
        for index in self.indexes:
            if index.name == name:
                return index
        raise KeyError(f"{self.name} has no index {name}")

    def position(self, index: str | None) -> dict[str, type[str] | type[int]]:
        """Return the names and types of the attributes in `Page.next` for a query of an index, or of the table itself.

        They are the key attributes of the table and of the index.
        """
        attributes = (*self.key.attributes, *(self.index(index).key.attributes if index else ()))
        return {attribute.name: int if attribute.type == "N" else str for attribute in attributes}


def string_key(partition: str, sort: str | None = None) -> Key:
    """Return a key of string attributes."""
    return Key(KeyAttribute(partition), KeyAttribute(sort) if sort else None)


def table_names(environment: Mapping[str, str], tables: tuple[Table, ...]) -> dict[str, str]:
    """Return the physical names that an environment gives, by the tables' own. Raises ConfigurationError."""
    names: dict[str, str] = {}
    for table in tables:
        name = environment.get(table.environment, "").strip()
        if name:
            if not 3 <= len(name) <= 255 or not _SIGNS.issuperset(name):
                raise ConfigurationError(
                    f"{table.environment} must be a table name of 3 to 255 of A-Z a-z 0-9 _ . -, not {name[:100]!r}."
                )
            names[table.name] = name
            if list(names.values()).count(name) > 1:
                raise ConfigurationError(f"{table.environment} names {name}, which is another table's.")
    return names
