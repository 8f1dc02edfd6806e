"""Businesses for their owners: reading, changing and deleting them."""

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.deletion import Deletion
from shopkeeper.domains.businesses.marking import adopt, take
from shopkeeper.domains.businesses.model import (
    Business,
    BusinessChange,
    BusinessChanged,
    BusinessClosing,
    EmailTaken,
    StoredBusiness,
)
from shopkeeper.domains.businesses.offers import find_business, own_business
from shopkeeper.domains.businesses.records import NOT_CLOSING, businesses
from shopkeeper.domains.markers import offers as markers
from shopkeeper.http import Caller, NotFound
from shopkeeper.http.fields import changed_fields
from shopkeeper.storage import Action, AlreadyExists, ConditionFailed, Store


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
        business_id = markers.holder(self._store, markers.business_identity(caller.subject))
        if business_id is None:
            raise NotFound("This identity has no business.")
        return own_business(self._store, business_id, caller)

    def change(self, business: StoredBusiness, change: BusinessChange) -> Business:
        """Change a business; another email moves its marker in the same transaction.

        Raises EmailTaken, BusinessChanged if it is no longer the version that was read, BusinessClosing or StoreError.
        """
        if business.closing_since is not None:
            raise BusinessClosing("The business is being deleted.")
        business = adopt(self._store, business)
        fields = {**changed_fields(change), "updated_at": rfc3339(self._clock())}
        moved: list[Action] = []
        if isinstance(change.email, str):
            fields["email"] = change.email.lower()
            if fields["email"] != business.email:
                moved = [
                    take(markers.business_email(fields["email"]), business),
                    markers.free(markers.business_email(business.email), business_id=business.business_id),
                ]
        changed, update = self._businesses.revision(business, fields, NOT_CLOSING)
        try:
            self._store.transact([update, *moved])
        except AlreadyExists:
            raise EmailTaken("Another business is registered with this email address.") from None
        except ConditionFailed:
            raise BusinessChanged("The business was changed by another request.") from None
        return changed.business

    def delete(self, business: StoredBusiness) -> None:
        """Delete a business and its catalogue. Raises OrdersOpen, BusinessChanged or StoreError."""
        self._deletion.run(adopt(self._store, business))
