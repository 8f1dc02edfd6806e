"""Businesses for their owners: reading, changing and deleting them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.changes import checked_fields
from shopkeeper.domains.businesses.deletion import Deletion
from shopkeeper.domains.businesses.marking import adopt, take
from shopkeeper.domains.businesses.model import (
    Business,
    BusinessChange,
    BusinessChanged,
    BusinessClosing,
    EmailTaken,
    OwnBusiness,
    PublicBusiness,
    StoredBusiness,
)
from shopkeeper.domains.businesses.offers import business_of, find_business
from shopkeeper.domains.businesses.pauses import Pause, end, is_over, moved, pauses, stop_of, told
from shopkeeper.domains.businesses.records import NOT_CLOSING, businesses
from shopkeeper.domains.businesses.views import own_view, public_view
from shopkeeper.domains.markers import offers as markers
from shopkeeper.http import Caller, NotFound
from shopkeeper.storage import Action, AlreadyExists, ConditionFailed, Store

TRIES = 5


class BusinessRegistry:
    """The businesses of one stage."""

    def __init__(self, store: Store, clock: Clock, deletion: Deletion) -> None:
        self._store = store
        self._clock = clock
        self._deletion = deletion
        self._businesses = businesses(store)

    def get(self, business_id: str) -> StoredBusiness:
        """Return a business, whoever asks. Raises NotFound or StoreError."""
        return find_business(self._store, business_id)

    def mine(self, caller: Caller) -> StoredBusiness:
        """Return the business that the caller owns. Raises NotFound or StoreError."""
        business = business_of(self._store, caller)
        if business is None:
            raise NotFound("This identity has no business.")
        return business

    def own_view(self, business: Business) -> OwnBusiness:
        """Return what the owner sees of a business now."""
        return own_view(business, self._clock())

    def public_view(self, business: Business) -> PublicBusiness:
        """Return what anyone sees of a business now."""
        return public_view(business, self._clock())

    def change(self, business: StoredBusiness, change: BusinessChange) -> Business:
        """Change a business. In the same transaction another email moves its marker, and the feed tells of a pause.

        Raises InvalidInput, UnknownTimeZone, EmailTaken, BusinessChanged if it is no longer the version that was read,
        BusinessClosing or StoreError.
        """
        if business.closing_since is not None:
            raise BusinessClosing("The business is being deleted.")
        fields = checked_fields(change, self._clock())
        business = adopt(self._store, business)
        for _ in range(TRIES):
            now = self._clock()
            changed, update = self._businesses.revision(business, {**fields, "updated_at": rfc3339(now)}, NOT_CLOSING)
            own = [update, *_moved_markers(business, changed)]
            try:
                self._store.transact([*own, *self._stop(business, fields, now)])
            except AlreadyExists:
                raise EmailTaken("Another business is registered with this email address.") from None
            except ConditionFailed as error:
                if error.position < len(own):
                    break
                continue  # the pause was ended meanwhile
            return changed.business
        raise BusinessChanged("The business was changed by another request.")

    def _stop(self, business: StoredBusiness, fields: Mapping[str, Any], now: datetime) -> list[Action]:
        """Return the actions that pause or resume a business, as these fields say."""
        if not fields.keys() & {"accepting_orders", "paused_until"}:
            return []
        pause = self._pause(business.business_id, now)
        former = None if pause is None else pause.until
        until = fields.get("paused_until", former)
        before = stop_of(business.accepting_orders, former)
        after = stop_of(fields.get("accepting_orders", business.accepting_orders), until)
        action = moved(self._store, business.business_id, pause, until)
        event = None if before == after else told(business.business_id, after, rfc3339(now), now)
        return [step for step in (action, event) if step is not None]

    def _pause(self, business_id: str, now: datetime) -> Pause | None:
        """Return the pause of a business. One whose time has passed is ended first, so that the feed has its end."""
        pause = pauses(self._store).get(business_id)
        if pause is not None and is_over(pause, now):
            end(self._store, pause, now)
            pause = pauses(self._store).get(business_id)
        return pause

    def delete(self, business: StoredBusiness) -> None:
        """Delete a business and its catalogue. Raises OrdersOpen, BusinessChanged or StoreError."""
        self._deletion.run(adopt(self._store, business))


def _moved_markers(business: Business, changed: Business) -> list[Action]:
    """Return the actions that move the marker of the email, if that changes."""
    if changed.email == business.email:
        return []
    taken = take(markers.business_email(changed.email), business)
    return [taken, markers.free(markers.business_email(business.email), business_id=business.business_id)]
