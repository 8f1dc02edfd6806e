"""What businesses offer to other domains: whose a business is, and actions on its record for their transactions."""

from datetime import datetime, timedelta

from shopkeeper.clock import rfc3339
from shopkeeper.domains.businesses.address import Address, check_address
from shopkeeper.domains.businesses.marking import take_all
from shopkeeper.domains.businesses.model import Business, StoredBusiness
from shopkeeper.domains.businesses.records import NOT_CLOSING, business_record, businesses, no_business, unchanged
from shopkeeper.domains.markers import offers as markers
from shopkeeper.http import Caller
from shopkeeper.storage import Action, Below, Changes, Check, Put, Store, Update
from shopkeeper.storage.tables import BUSINESSES
from shopkeeper.zones import zone_of

__all__ = [
    "Address",
    "add",
    "business_of",
    "check_address",
    "check_open",
    "count_item",
    "count_picture",
    "find_business",
    "first_businesses",
    "in_zone",
    "is_any_stored",
    "is_stored",
    "local_day",
    "own_business",
    "owns",
    "takes_orders",
    "uncount_items",
    "usual_timing",
]


def find_business(store: Store, business_id: str) -> StoredBusiness:
    """Return a business as it is now. Raises NotFound or StoreError."""
    return businesses(store).require(business_id)


def first_businesses(store: Store, most: int) -> list[str]:
    """Return the ids of all businesses, at most so many. For the metrics of one machine alone. Raises StoreError."""
    return [str(item["business_id"]) for item in store.scan(BUSINESSES, limit=most).items]


def own_business(store: Store, business_id: str, caller: Caller | None) -> StoredBusiness:
    """Return a business to its owner; for anyone else there is none. Raises NotFound or StoreError."""
    business = find_business(store, business_id)
    if not owns(caller, business):
        raise no_business()
    return business


def business_of(store: Store, caller: Caller) -> StoredBusiness | None:
    """Return the business that the caller owns, None if there is none. Raises StoreError."""
    business_id = markers.holder(store, markers.business_identity(caller.subject))
    business = None if business_id is None else businesses(store).get(business_id)
    return business if business is not None and owns(caller, business) else None


def owns(caller: Caller | None, business: Business) -> bool:
    """Tell whether the caller is the identity that owns the business."""
    return caller is not None and caller.subject == business.cognito_user_id


def is_stored(store: Store, business_id: str) -> bool:
    """Tell whether there is a record of a business, in whatever form. Raises StoreError."""
    return store.get(BUSINESSES, {"business_id": business_id}) is not None


def is_any_stored(store: Store) -> bool:
    """Tell whether there is a record of any business. Raises StoreError."""
    return bool(store.scan(BUSINESSES, limit=1).items)


def add(business: Business) -> list[Action]:
    """Return the actions that write a new business and take its markers. They fail if any of it is taken."""
    return [Put(BUSINESSES, business_record(business), if_absent=True), *take_all(business)]


def takes_orders(business: StoredBusiness) -> Check:
    """Return the check that a business is as it was read, so that it takes orders as it did then."""
    return Check(BUSINESSES, {"business_id": business.business_id}, unchanged(business))


def check_open(business: Business, moment: datetime) -> None:
    """Check that a business is open and not paused at a moment. Raises Paused or Closed."""
    if business.paused_until is not None or business.has_hours:
        from shopkeeper.domains.businesses import availability  # not all functions that import this need it

        availability.check_open(business, moment)


def local_day(business: Business, moment: datetime) -> str:
    """Return the date of a business at a moment, by its time zone, like `2026-11-28`."""
    return in_zone(business, moment).date().isoformat()


def in_zone(business: Business, moment: datetime) -> datetime:
    """Return a moment in the time zone of a business."""
    return moment.astimezone(zone_of(business.time_zone))


def usual_timing(business: Business, moment: datetime) -> dict[str, str]:
    """Return `ready_at` (RFC 3339) of an order that a business accepts at a moment, nothing if it does not say."""
    minutes = business.prepare_minutes
    return {} if minutes is None else {"ready_at": rfc3339(moment + timedelta(minutes=minutes))}


def count_item(business_id: str, most: int) -> Update:
    """Return the action that counts one more item, if the business has fewer than `most` and is not being deleted.

    It checks only the upper bound and not the exact count, so items that are added at the same time do not conflict.
    """
    expect = {"business_id": business_id, **NOT_CLOSING, "item_count": Below(most)}
    return Update(BUSINESSES, {"business_id": business_id}, Changes(add={"item_count": 1}), expect)


def count_picture(business_id: str, most: int) -> Update:
    """Return the action that counts one more item with pictures, if the business has fewer than `most` of them and is
    not being deleted.
    """
    expect = {"business_id": business_id, **NOT_CLOSING, "picture_count": Below(most)}
    return Update(BUSINESSES, {"business_id": business_id}, Changes(add={"picture_count": 1}), expect)


def uncount_items(business_id: str, number: int, *, pictures: int = 0) -> Update:
    """Return the action that counts some items less, `pictures` of them with pictures."""
    expect = {"business_id": business_id}
    less = {"item_count": -number} | ({"picture_count": -pictures} if pictures else {})
    return Update(BUSINESSES, {"business_id": business_id}, Changes(add=less), expect)
