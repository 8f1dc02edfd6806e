"""The record of an item."""

from shopkeeper.domains.catalogue.folding import folded_text
from shopkeeper.domains.catalogue.model import StoredItem
from shopkeeper.http import NotFound
from shopkeeper.storage import Store
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import ITEMS


def items(store: Store) -> Records[StoredItem]:
    """Return the records of items. `require` raises NotFound."""
    return Records(store, ITEMS, StoredItem, missing=no_item)


def no_item() -> NotFound:
    """Return the error of an item that is not there, or not for the caller."""
    return NotFound("There is no such item.")


def folded(item: StoredItem) -> str:
    """Return the text that a search compares with. It is stored, except with items that older versions wrote."""
    return folded_text(item.name, item.description) if item.folded is None else item.folded
