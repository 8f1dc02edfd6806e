"""`shopkeeper tables --backfill`: bring what older versions or the founding order receiver wrote into today's form.

It may run while the stage is in service, and is safe to repeat.
"""

import msgspec

from shopkeeper.clock import utc_now
from shopkeeper.domains.businesses.backfill import adopt_businesses, recount
from shopkeeper.domains.catalogue.backfill import fold_items, remove_unshown
from shopkeeper.domains.orders.expiry import adopt_awaiting
from shopkeeper.domains.orders.retention import adopt_finished
from shopkeeper.storage import Store
from shopkeeper.storage.pictures import PictureStore


class Report(msgspec.Struct):
    """What a backfill did: numbers of records, and in a sentence each what an operator must decide."""

    businesses: int
    adopted: int
    recounted: int
    items: int
    folded: int
    orphans: int
    awaiting: int
    finished: int
    pictures: int
    problems: list[str]


def backfill(store: Store, pictures: PictureStore | None = None) -> Report:
    """Adopt businesses, give items the text that a search compares with, count each business's items anew, list the
    orders that wait to be accepted and those that ended, and remove pictures that no item shows. Orders of deleted
    businesses lose what they hold about customers soon after.

    Raises StoreError if the store is away; what was done until then stays done.
    """
    businesses = adopt_businesses(store)
    items = fold_items(store, businesses.item_counts)
    return Report(
        businesses=businesses.businesses,
        adopted=businesses.adopted,
        recounted=recount(store, businesses.item_counts, items.of_business),
        items=items.items,
        folded=items.folded,
        orphans=items.orphans,
        awaiting=adopt_awaiting(store),
        finished=adopt_finished(store, utc_now),
        pictures=0 if pictures is None else remove_unshown(store, pictures, utc_now()),
        problems=businesses.problems,
    )
