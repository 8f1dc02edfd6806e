"""The record of an item."""

from shopkeeper.domains.catalogue.folding import folded_text
from shopkeeper.domains.catalogue.model import StoredItem
from shopkeeper.http import NotFound
from shopkeeper.storage import ABSENT, Expectation, Store, Value
from shopkeeper.storage.records import Records, to_item
from shopkeeper.storage.tables import ITEMS


def items(store: Store) -> Records[StoredItem]:
    """Return the records of items. `require` raises NotFound."""
    return Records(store, ITEMS, StoredItem, missing=no_item, write=item_record)


PICTURED = ("picture", "last_picture", "pictured")
"""Attributes that most items do not have."""


def item_record(item: StoredItem) -> dict[str, Value]:
    """Return what is written of an item: not the address of its picture, nor what it lacks of pictures."""
    record = to_item(item)
    del record["picture_url"]
    return {name: value for name, value in record.items() if value or name not in PICTURED}


def pictured_as(item: StoredItem) -> Expectation:
    """Return the condition that a record still counts, or does not count, as one with pictures."""
    return {"pictured": item.pictured or ABSENT}


def no_item() -> NotFound:
    """Return the error of an item that is not there, or not for the caller."""
    return NotFound("There is no such item.")


def folded(item: StoredItem) -> str:
    """Return the text that a search compares with. It is stored, except with items that older versions wrote."""
    return folded_text(item.name, item.description) if item.folded is None else item.folded
