"""`shopkeeper tables --backfill`: bring what older versions or the founding order receiver wrote into today's form.

It may run while the stage is in service, and is safe to repeat.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.domains.businesses.model import BusinessChanged, EmailTaken, IdentityTaken
from shopkeeper.domains.businesses.records import read_business
from shopkeeper.domains.businesses.service import BusinessRegistry
from shopkeeper.domains.catalogue.folding import folded_text
from shopkeeper.domains.orders.expiry import adopt_awaiting
from shopkeeper.storage import (
    ABSENT,
    BUSINESSES,
    ITEMS,
    Changes,
    ConditionFailed,
    Item,
    Store,
    Table,
)

PAGE = 100


class Report(msgspec.Struct):
    """What a backfill did: numbers of records, and in a sentence each what an operator must decide."""

    businesses: int = 0
    adopted: int = 0
    recounted: int = 0
    items: int = 0
    folded: int = 0
    orphans: int = 0
    awaiting: int = 0
    problems: list[str] = []


def backfill(store: Store, clock: Clock) -> Report:
    """Adopt businesses and orders, give items the text that a search compares with, and count items anew.

    Raises StoreError if the store is away; what was done until then stays done.
    """
    report = Report()
    counts = _adopt_businesses(store, clock, report)
    found = _fold_items(store, counts, report)
    for business_id, count in counts.items():
        # An item that was added or removed since has changed the count, and then it is left alone.
        if found[business_id] != count and _recount(store, business_id, count, found[business_id]):
            report.recounted += 1
    report.awaiting = adopt_awaiting(store)
    return report


def _adopt_businesses(store: Store, clock: Clock, report: Report) -> dict[str, int]:
    """Write businesses of the founding form in ours, and return how many items each business counts."""
    registry = BusinessRegistry(store, clock)
    counts = {}
    for record in _scan(store, BUSINESSES):
        report.businesses += 1
        try:
            business = read_business(record)
        except msgspec.ValidationError as error:
            report.problems.append(
                f"The business {record['business_id']} cannot be read, and is left as it is: {error}."
            )
            continue
        counts[business.business_id] = business.item_count
        try:
            if registry.adopt(business) is not business or registry.mark(business):
                report.adopted += 1
        except (EmailTaken, IdentityTaken) as error:
            report.problems.append(
                f"The business {business.business_id} is left as it was: {error.detail} Change or remove one of them."
            )
        except BusinessChanged:
            report.problems.append(f"The business {business.business_id} was changed meanwhile; run this once more.")
    return counts


def _fold_items(store: Store, counts: dict[str, int], report: Report) -> Counter[str]:
    """Give items their folded text, remove those whose business is gone, and return how many each business has."""
    found: Counter[str] = Counter()
    for record in _scan(store, ITEMS):
        business_id = str(record["business_id"])
        report.items += 1
        if business_id not in counts and store.get(BUSINESSES, {"business_id": business_id}) is None:
            store.delete(ITEMS, {"item_id": str(record["item_id"])})
            report.orphans += 1
            continue
        found[business_id] += 1
        if "folded" not in record:
            report.folded += _fold(store, record)
    return found


def _fold(store: Store, record: Item) -> bool:
    description = record.get("description")
    folded = folded_text(str(record["name"]), None if description is None else str(description))
    try:
        expect = {"version": record["version"]}
        store.update(ITEMS, {"item_id": str(record["item_id"])}, Changes(set={"folded": folded}), expect=expect)  # type: ignore[arg-type]  # a version is a number
    except ConditionFailed:
        return False  # whoever changed or deleted it wrote the text, or needs none
    return True


def _recount(store: Store, business_id: str, seen: int, count: int) -> bool:
    try:
        key = {"business_id": business_id}
        store.update(BUSINESSES, key, Changes(set={"item_count": count}), expect={"item_count": seen or ABSENT, **key})
    except ConditionFailed:
        return False
    return True


def _scan(store: Store, table: Table) -> Iterator[Item]:
    after = None
    while True:
        page = store.scan(table, limit=PAGE, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return
