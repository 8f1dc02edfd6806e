"""Keeping a catalogue: items of businesses, by their owners."""

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.model import BusinessClosing
from shopkeeper.domains.businesses.ownership import own_business
from shopkeeper.domains.catalogue.folding import fold, folded_text
from shopkeeper.domains.catalogue.model import (
    MAX_ITEMS,
    Item,
    ItemChange,
    ItemChanged,
    NewItem,
    StoredItem,
    TooManyItems,
)
from shopkeeper.http import Caller, NotFound
from shopkeeper.http.fields import changed_fields
from shopkeeper.identifiers import uuid7
from shopkeeper.storage import (
    ABSENT,
    BUSINESSES,
    ITEMS,
    Below,
    Changes,
    ConditionFailed,
    Delete,
    Key,
    Put,
    Store,
    Update,
    Value,
)

ALL_ITEMS = "item"
MOST_CANDIDATES = 1000
STEP = 100


class Catalogue:
    """The items of every business."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, caller: Caller, new: NewItem) -> Item:
        """Add an item to a business that the caller owns; the business counts its items with it.

        Items that are added at the same time do not get into one another's way: the count has an upper bound, and no
        expected value. Raises NotFound, TooManyItems, BusinessClosing or StoreError.
        """
        self._check_open(new.business_id, caller)
        now = rfc3339(self._clock())
        facts = msgspec.structs.asdict(new)
        folded = folded_text(new.name, new.description)
        item = StoredItem(item_id=uuid7(), created_at=now, updated_at=now, folded=folded, **facts)
        counted = Update(
            BUSINESSES,
            {"business_id": new.business_id},
            Changes(add={"item_count": 1}),
            expect={"business_id": new.business_id, "closing_since": ABSENT, "item_count": Below(MAX_ITEMS)},
        )
        try:
            self._store.transact([Put(ITEMS, msgspec.structs.asdict(item), if_absent=True), counted])
        except ConditionFailed:
            self._check_open(new.business_id, caller)
            raise TooManyItems(f"A business has at most {MAX_ITEMS} items.") from None
        return item.item

    def get(self, item_id: str) -> Item:
        """Return an item, whoever asks. Raises NotFound or StoreError."""
        return self._find(item_id).item

    def own(self, caller: Caller, item_id: str) -> Item:
        """Return an item to the owner of its business; for others there is none. Raises NotFound."""
        item = self._find(item_id)
        try:
            own_business(self._store, item.business_id, caller)
        except NotFound:
            raise NotFound("There is no such item.") from None
        return item.item

    def change(self, item: Item, change: ItemChange) -> Item:
        """Change an item from the version given. Raises ItemChanged or StoreError."""
        new: dict[str, Value] = changed_fields(change)
        new |= {"version": item.version + 1, "updated_at": rfc3339(self._clock())}
        changed = msgspec.convert({**msgspec.structs.asdict(item), **new}, Item)
        new["folded"] = folded_text(changed.name, changed.description)
        try:
            key = {"item_id": item.item_id}
            self._store.update(ITEMS, key, Changes(set=new), expect={"version": item.version})
        except ConditionFailed:
            raise ItemChanged("The item was changed by another request.") from None
        return changed

    def delete(self, item: Item) -> None:
        """Delete an item in the version given. Raises ItemChanged or StoreError."""
        uncounted = Update(
            BUSINESSES,
            {"business_id": item.business_id},
            Changes(add={"item_count": -1}),
            expect={"business_id": item.business_id},
        )
        try:
            gone = Delete(ITEMS, {"item_id": item.item_id}, expect={"version": item.version})
            self._store.transact([gone, uncounted])
        except ConditionFailed:
            raise ItemChanged("The item was changed by another request.") from None

    def list_items(
        self, business_id: str | None, search: str | None, skip: int, limit: int, after: Key | None
    ) -> tuple[list[Item], Key | None]:
        """Return a page of items, of one business or of all, and where the next begins.

        With a search it looks at no more than 1,000 items, so that the page may be short, or empty, with
        more behind it.
        """
        index, partition = ("by-business", business_id) if business_id else ("all-items", ALL_ITEMS)
        wanted = fold(search or "")
        found: list[Item] = []
        looked = 0
        while True:
            step = min(STEP, MOST_CANDIDATES - looked) if wanted else limit - len(found) + skip
            page = self._store.query(ITEMS, partition, index=index, limit=min(step, 1000), after=after)
            for raw in page.items:
                looked += 1
                if wanted and wanted not in _folded(raw):
                    continue
                if skip:
                    skip -= 1
                    continue
                found.append(msgspec.convert(raw, StoredItem).item)
                if len(found) == limit:
                    is_last = raw is page.items[-1] and page.next is None
                    return found, None if is_last else _position(raw, index)
            after = page.next
            if after is None or (wanted and looked >= MOST_CANDIDATES):
                return found, after

    def _check_open(self, business_id: str, caller: Caller) -> None:
        if own_business(self._store, business_id, caller).closing_since is not None:
            raise BusinessClosing("The business is being deleted.")

    def _find(self, item_id: str) -> StoredItem:
        raw = self._store.get(ITEMS, {"item_id": item_id})
        if raw is None:
            raise NotFound("There is no such item.")
        return msgspec.convert(raw, StoredItem)


def _folded(raw: dict[str, Value]) -> str:
    """Return what a search compares with: it is stored, but with items that were written before that was so."""
    folded = raw.get("folded")
    if folded is None:
        description = raw.get("description")
        return folded_text(str(raw["name"]), None if description is None else str(description))
    return str(folded)


def _position(raw: dict[str, Value], index: str) -> Key:
    """Return the key of an item in the index that lists it."""
    partition = "business_id" if index == "by-business" else "kind"
    return {"item_id": str(raw["item_id"]), partition: str(raw[partition])}
