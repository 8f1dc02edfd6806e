"""An item as the open transaction holds it. It is converted from JSON and to JSON once, however often it changes."""

from collections.abc import Iterable

from shopkeeper.storage.port import Changes
from shopkeeper.storage.sqlite.form import dumps, is_flat, is_scalar, loads
from shopkeeper.storage.sqlite.schema import Row
from shopkeeper.storage.values import MAX_ITEM_BYTES, Item, Value

_NUMBER_BYTES = 22
"""The most that an integer of 64 bits takes in JSON, with what stands beside it."""
_ESCAPED_BYTES = 6
"""The most that one byte of a text takes in JSON, as in `\\u0000`."""


class Document:
    """An item and its JSON, of which one follows from the other when it is asked for. Neither ever changes."""

    __slots__ = ("_bytes", "_is_flat", "_item", "_text", "row")

    def __init__(self, text: str, row: Row | None = None) -> None:
        """`text` is the item's JSON, which `dumps` returned. `row` is what the file has for it, if that is known."""
        self.row = row
        self._text: str | None = text
        self._item: dict[str, Value] | None = None
        self._is_flat: bool | None = None
        self._bytes = 0
        """More than the JSON has, where that is not known."""

    @property
    def text(self) -> str:
        """The item's JSON."""
        if self._text is None:
            self._text = dumps(self.item)
        return self._text

    @property
    def item(self) -> dict[str, Value]:
        """The item, which nobody may change or pass on."""
        if self._item is None:
            self._item = loads(self.text)
        return self._item

    def copy(self) -> dict[str, Value]:
        """Return the item for anybody."""
        if self._is_flat is None:
            self._is_flat = is_flat(self.item)
        return dict(self.item) if self._is_flat else loads(self.text)

    def changed(self, item: dict[str, Value], changes: Changes) -> "Document":
        """Return the document of the item that it became by some changes.

        Raises what `dumps` raises: at once, so that the operation fails that is to blame.
        """
        added = self._growth((*changes.add, *changes.set, *changes.set_if_absent), item)
        whole = (self._bytes or _bytes(self.text)) + added if added is not None else MAX_ITEM_BYTES
        if 2 * whole >= MAX_ITEM_BYTES:  # nearly too large perhaps, or nothing plain
            return Document(dumps(item))
        document = Document.__new__(Document)
        document.row = document._text = None
        document._item, document._bytes, document._is_flat = item, whole, self._is_flat
        return document

    def _growth(self, names: Iterable[str], item: Item) -> int | None:
        """Return how many bytes these attributes may add, None if one of them is not a number, a text or the like."""
        whole = 0
        for name in names:
            value = item[name]
            if not is_scalar(value):
                return None
            whole += _ESCAPED_BYTES * _bytes(value) if isinstance(value, str) else _NUMBER_BYTES
            if name not in self.item:
                whole += _ESCAPED_BYTES * _bytes(name) + 4
        return whole


def _bytes(text: str) -> int:
    """Return the length in UTF-8. Raises UnicodeEncodeError, a ValueError, for half of a surrogate pair."""
    return len(text) if text.isascii() else len(text.encode())
