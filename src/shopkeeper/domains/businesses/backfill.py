"""For operators: bring businesses that older versions or the founding order receiver wrote into today's form."""

from collections.abc import Mapping

import msgspec

from shopkeeper.domains.businesses.marking import adopt, mark
from shopkeeper.domains.businesses.model import BusinessChanged, EmailTaken, IdentityTaken
from shopkeeper.domains.businesses.records import read_business
from shopkeeper.storage import ABSENT, Changes, ConditionFailed, Store
from shopkeeper.storage.records import scan
from shopkeeper.storage.tables import BUSINESSES


class Adopted(msgspec.Struct):
    """How many businesses there are, how many of them changed, how many items each counts, and what is left to do."""

    businesses: int = 0
    adopted: int = 0
    item_counts: dict[str, int] = {}
    problems: list[str] = []


def adopt_businesses(store: Store) -> Adopted:
    """Write businesses of the founding form in ours, and give each the markers that it lacks. Raises StoreError."""
    done = Adopted()
    for record in scan(store, BUSINESSES):
        done.businesses += 1
        try:
            business = read_business(record)
        except msgspec.ValidationError as error:
            done.problems.append(f"The business {record['business_id']} cannot be read, and is left as it is: {error}.")
            continue
        done.item_counts[business.business_id] = business.item_count
        try:
            if adopt(store, business) is not business or mark(store, business):
                done.adopted += 1
        except (EmailTaken, IdentityTaken) as error:
            done.problems.append(
                f"The business {business.business_id} is left as it was: {error.detail} Change or remove one of them."
            )
        except BusinessChanged:
            done.problems.append(f"The business {business.business_id} was changed meanwhile; run this once more.")
    return done


def recount(store: Store, seen: Mapping[str, int], found: Mapping[str, int]) -> int:
    """Correct the item counts that were `seen` where others were `found`, and return how many that were.

    An item that was added or removed since has changed the count, and then it is left alone. Raises StoreError.
    """
    return sum(_recount(store, id_, count, found.get(id_, 0)) for id_, count in seen.items())


def _recount(store: Store, business_id: str, seen: int, found: int) -> bool:
    if seen == found:
        return False
    expect = {"item_count": seen or ABSENT, "business_id": business_id}
    try:
        store.update(BUSINESSES, {"business_id": business_id}, Changes(set={"item_count": found}), expect=expect)
    except ConditionFailed:
        return False
    return True
