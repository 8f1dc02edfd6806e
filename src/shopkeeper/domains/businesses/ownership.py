"""Whose a business is: the one question that other domains ask of a business."""

from shopkeeper.domains.businesses.model import Business, StoredBusiness
from shopkeeper.domains.businesses.records import read_business, unchanged
from shopkeeper.http import Caller, NotFound
from shopkeeper.storage import BUSINESSES, Expectation, Store


def find_business(store: Store, business_id: str) -> StoredBusiness:
    """Return a business as it is now. Raises NotFound, or StoreError if the store is away."""
    item = store.get(BUSINESSES, {"business_id": business_id})
    if item is None:
        raise NotFound("There is no such business.")
    return read_business(item)


def own_business(store: Store, business_id: str, caller: Caller | None) -> StoredBusiness:
    """Return a business to its owner; for anyone else there is none. Raises NotFound."""
    business = find_business(store, business_id)
    if not owns(caller, business):
        raise NotFound("There is no such business.")
    return business


def taking_orders(business: StoredBusiness) -> Expectation:
    """Return what a business's record must be for an order to be placed with it."""
    return {"accepting_orders": True} if business.version else unchanged(business)


def owns(caller: Caller | None, business: Business) -> bool:
    """Tell whether the caller is the identity that owns the business."""
    return caller is not None and caller.subject == business.cognito_user_id
