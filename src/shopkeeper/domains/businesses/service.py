"""Registering businesses: one for each email address and one for each identity, proven by markers."""

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.deletion import Deletion
from shopkeeper.domains.businesses.marking import free, holder, markers_of, take
from shopkeeper.domains.businesses.model import (
    Business,
    BusinessChange,
    BusinessChanged,
    BusinessClosing,
    EmailTaken,
    IdentityTaken,
    StoredBusiness,
)
from shopkeeper.domains.businesses.ownership import find_business, own_business
from shopkeeper.domains.businesses.records import business_record, read_business, unchanged
from shopkeeper.domains.registration.model import Registration
from shopkeeper.http import Caller, NotFound
from shopkeeper.http.fields import changed_fields
from shopkeeper.identifiers import uuid7
from shopkeeper.storage import (
    BUSINESSES,
    MARKERS,
    Action,
    AlreadyExists,
    Changes,
    Check,
    ConditionFailed,
    Key,
    Put,
    Store,
    Update,
    Value,
    markers,
)


class BusinessRegistry:
    """Registers businesses and knows who took which email address and identity."""

    def __init__(self, store: Store, clock: Clock, *, requires_token: bool = False) -> None:
        """`requires_token` tells whether registering needs the token of the identity that will own."""
        self._store = store
        self._clock = clock
        self.requires_token = requires_token

    def register(self, registration: Registration) -> tuple[Business, bool]:
        """Register a business, and return it and whether it is new.

        A repeat of a registration equal to the stored one, as after a lost reply, returns the stored one.
        Raises EmailTaken or IdentityTaken, or StoreError if the store is away.
        """
        registration = msgspec.structs.replace(registration, email=registration.email.lower())
        now = rfc3339(self._clock())
        facts = msgspec.structs.asdict(registration)
        business = Business(business_id=uuid7(), created_at=now, updated_at=now, **facts)
        try:
            self._store.transact(
                [
                    Put(BUSINESSES, business_record(business), if_absent=True),
                    *(take(marker, business) for marker in markers_of(business)),
                ]
            )
        except AlreadyExists:
            return self._registered_before(registration), False
        return business, True

    def get(self, business_id: str) -> StoredBusiness:
        """Return a business, whoever asks. Raises NotFound or StoreError."""
        return find_business(self._store, business_id)

    def mine(self, caller: Caller) -> StoredBusiness:
        """Return the business that the caller owns. Raises NotFound or StoreError."""
        business_id = holder(self._store, markers.business_identity(caller.subject))
        if business_id is None:
            raise NotFound("This identity has no business.")
        return own_business(self._store, business_id, caller)

    def change(self, business: StoredBusiness, change: BusinessChange) -> Business:
        """Change a business; another email moves its marker in the same transaction.

        Raises EmailTaken, BusinessChanged if it is not the version given any more, BusinessClosing or StoreError.
        """
        if business.closing_since is not None:
            raise BusinessClosing("The business is being deleted.")
        business = self.adopt(business)
        new: dict[str, Value] = changed_fields(change)
        new |= {"version": business.version + 1, "updated_at": rfc3339(self._clock())}
        actions: list[Action] = []
        if isinstance(change.email, str):
            new["email"] = change.email.lower()
            if new["email"] != business.email:
                actions = [
                    take(markers.business_email(change.email.lower()), business),
                    free(markers.business_email(business.email), business),
                ]
        update = Update(BUSINESSES, _key(business), Changes(set=new), expect=unchanged(business))
        try:
            self._store.transact([update, *actions])
        except AlreadyExists:
            raise EmailTaken("Another business is registered with this email address.") from None
        except ConditionFailed:
            raise BusinessChanged("The business was changed by another request.") from None
        return msgspec.convert({**msgspec.structs.asdict(business), **new}, StoredBusiness).business

    def mark(self, business: StoredBusiness) -> bool:
        """Give a business the markers that it lacks, and return whether it lacked any.

        Raises EmailTaken, IdentityTaken, BusinessChanged or StoreError.
        """
        missing = self._missing_markers(business)
        if missing:
            self._write_markers(business, Check(BUSINESSES, _key(business), unchanged(business)), missing)
        return bool(missing)

    def adopt(self, business: StoredBusiness) -> StoredBusiness:
        """Write a business of the founding form in ours, with its markers, and return it; any other as it is.

        Raises EmailTaken, IdentityTaken, BusinessChanged or StoreError.
        """
        if business.version:
            return business
        facts = {**business_record(business.business), "version": 1}
        del facts["business_id"]
        changes = Changes(set=facts, remove=("phone_number",))
        update = Update(BUSINESSES, _key(business), changes, expect=unchanged(business))
        self._write_markers(business, update, self._missing_markers(business))
        return msgspec.structs.replace(business, version=1)

    def _missing_markers(self, business: StoredBusiness) -> list[str]:
        return [marker for marker in markers_of(business) if holder(self._store, marker) != business.business_id]

    def _write_markers(self, business: StoredBusiness, first: Action, missing: list[str]) -> None:
        try:
            self._store.transact([first, *(take(marker, business) for marker in missing)])
        except AlreadyExists as error:
            if missing[error.position - 1] == markers.business_email(business.email):
                raise EmailTaken("Another business is registered with this email address.") from None
            raise IdentityTaken("This identity has registered another business.") from None
        except ConditionFailed:
            raise BusinessChanged("The business was changed by another request.") from None

    def delete(self, business: StoredBusiness) -> None:
        """Delete a business and its catalogue. Raises OrdersOpen, BusinessChanged or StoreError."""
        Deletion(self._store, self._clock).run(self.adopt(business))

    def check(self) -> None:
        """Return if the tables can be read. Raises StoreError."""
        self._store.ping(BUSINESSES)
        self._store.ping(MARKERS)

    def _registered_before(self, registration: Registration) -> Business:
        """Return the stored business if `registration` repeats it, else raise what is taken."""
        by_email = holder(self._store, markers.business_email(registration.email))
        by_identity = holder(self._store, markers.business_identity(registration.cognito_user_id))
        if by_email is not None and by_email == by_identity:
            stored = self._store.get(BUSINESSES, {"business_id": by_email})
            if stored is not None:
                business = read_business(stored)
                if business.closing_since is None and _repeats(registration, business):
                    return business.business
        if by_email is not None:
            raise EmailTaken("Another business is registered with this email address.")
        raise IdentityTaken("This identity has registered another business.")


def _key(business: Business) -> Key:
    return {"business_id": business.business_id}


def _repeats(registration: Registration, business: Business) -> bool:
    asked = msgspec.structs.asdict(registration)
    return all(getattr(business, name) == value for name, value in asked.items())
