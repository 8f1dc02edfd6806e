"""Whose a business is: the one question that other domains ask of a business."""

import msgspec

from shopkeeper.businesses.model import Business
from shopkeeper.http import Caller, NotFound
from shopkeeper.storage import BUSINESSES, Store


def find_business(store: Store, business_id: str) -> Business:
    """Return a business as it is now. Raises NotFound, or StoreError if the store is away."""
    item = store.get(BUSINESSES, {"business_id": business_id})
    if item is None:
        raise NotFound("There is no such business.")
    return msgspec.convert(item, Business)


def own_business(store: Store, business_id: str, caller: Caller | None) -> Business:
    """Return a business to its owner; for anyone else there is none. Raises NotFound."""
    business = find_business(store, business_id)
    if not owns(caller, business):
        raise NotFound("There is no such business.")
    return business


def owns(caller: Caller | None, business: Business) -> bool:
    """Tell whether the caller is the identity that owns the business."""
    return caller is not None and caller.subject == business.cognito_user_id
