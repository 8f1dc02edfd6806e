"""Registering businesses: one for each email address and one for each identity, proven by markers."""

import msgspec

from shopkeeper.businesses.model import (
    Business,
    BusinessChange,
    BusinessChanged,
    EmailTaken,
    IdentityTaken,
    OrdersOpen,
    Registration,
)
from shopkeeper.businesses.ownership import find_business, own_business
from shopkeeper.clock import Clock, rfc3339
from shopkeeper.http import Caller, NotFound
from shopkeeper.http.fields import given
from shopkeeper.identifiers import uuid7
from shopkeeper.storage import (
    ABSENT,
    BUSINESSES,
    EVENTS,
    FEED_HEAD,
    ITEMS,
    MARKERS,
    ORDERS,
    Action,
    AlreadyExists,
    Changes,
    Check,
    ConditionFailed,
    Delete,
    Key,
    Put,
    Store,
    Update,
    Value,
    markers,
    partitions,
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
        business = Business(business_id=uuid7(), created_at=now, updated_at=now, **msgspec.structs.asdict(registration))
        try:
            self._store.transact(
                [
                    Put(BUSINESSES, msgspec.structs.asdict(business), if_absent=True),
                    self._marker(_email_marker(registration), business),
                    self._marker(_identity_marker(registration), business),
                ]
            )
        except AlreadyExists:
            return self._registered_before(registration), False
        return business, True

    def get(self, business_id: str) -> Business:
        """Return a business, whoever asks. Raises NotFound or StoreError."""
        return find_business(self._store, business_id)

    def mine(self, caller: Caller) -> Business:
        """Return the business that the caller owns. Raises NotFound or StoreError."""
        business_id = self._holder(markers.business_identity(caller.subject))
        if business_id is None:
            raise NotFound("This identity has no business.")
        return own_business(self._store, business_id, caller)

    def change(self, business: Business, change: BusinessChange) -> Business:
        """Change a business; another email moves its marker in the same transaction.

        Raises EmailTaken, BusinessChanged if it is not the version given any more, or StoreError.
        """
        new: dict[str, Value] = given(change)
        new |= {"version": business.version + 1, "updated_at": rfc3339(self._clock())}
        actions: list[Action] = []
        if isinstance(change.email, str):
            new["email"] = change.email.lower()
            if new["email"] != business.email:
                actions = [
                    self._marker(markers.business_email(change.email.lower()), business),
                    _free(markers.business_email(business.email), business),
                ]
        update = Update(BUSINESSES, _key(business), Changes(set=new), expect={"version": business.version})
        try:
            self._store.transact([update, *actions])
        except AlreadyExists:
            raise EmailTaken("Another business is registered with this email address.") from None
        except ConditionFailed:
            raise BusinessChanged("The business was changed by another request.") from None
        return msgspec.convert({**msgspec.structs.asdict(business), **new}, Business)

    def delete(self, business: Business) -> None:
        """Delete a business and its catalogue. Raises OrdersOpen, BusinessChanged or StoreError.

        The head of its feed counts the open orders, strongly consistent, and must not move meanwhile.
        """
        head_key: Key = {"business_id": business.business_id, "seq": FEED_HEAD}
        head = self._store.get(EVENTS, head_key) or {}
        if int(str(head.get("open", 0))) > self._expired_orders(business):
            raise OrdersOpen("The business has orders that are not done with.")
        self._delete_items(business)
        try:
            self._store.transact(
                [
                    Delete(BUSINESSES, _key(business), expect={"version": business.version}),
                    _free(markers.business_email(business.email), business),
                    _free(markers.business_identity(business.cognito_user_id), business),
                    Check(EVENTS, head_key, {"head": head.get("head", ABSENT)}),  # type: ignore[dict-item]
                ]
            )
        except ConditionFailed:
            raise BusinessChanged("The business or its orders were changed by another request.") from None

    def _expired_orders(self, business: Business) -> int:
        """Count the orders that were never accepted in time, and so are done with, though nothing says so."""
        now = rfc3339(self._clock())
        waiting = partitions.business_status(business.business_id, "received")
        count, after = 0, None
        while True:
            page = self._store.query(ORDERS, waiting, index="by-status", limit=100, after=after)
            count += sum(str(order["accept_until"]) <= now for order in page.items)
            after = page.next
            if after is None:
                return count

    def _delete_items(self, business: Business) -> None:
        while True:
            page = self._store.query(ITEMS, business.business_id, index="by-business", limit=100)
            for item in page.items:
                self._store.delete(ITEMS, {"item_id": str(item["item_id"])})
            if page.next is None:
                return

    def check(self) -> None:
        """Return if the tables can be read. Raises StoreError."""
        self._store.ping(BUSINESSES)
        self._store.ping(MARKERS)

    @staticmethod
    def _marker(marker: str, business: Business) -> Put:
        item = {"marker": marker, "business_id": business.business_id, "created_at": business.created_at}
        return Put(MARKERS, item, if_absent=True)

    def _registered_before(self, registration: Registration) -> Business:
        """Return the stored business if `registration` repeats it, else raise what is taken."""
        by_email = self._holder(_email_marker(registration))
        by_identity = self._holder(_identity_marker(registration))
        if by_email is not None and by_email == by_identity:
            stored = self._store.get(BUSINESSES, {"business_id": by_email})
            if stored is not None:
                business = msgspec.convert(stored, Business)
                if _repeats(registration, business):
                    return business
        if by_email is not None:
            raise EmailTaken("Another business is registered with this email address.")
        raise IdentityTaken("This identity has registered another business.")

    def _holder(self, marker: str) -> str | None:
        """Return the id of the business that took `marker`, if one did: a deleted account's holds none."""
        item = self._store.get(MARKERS, {"marker": marker}) or {}
        return str(item["business_id"]) if "business_id" in item else None


def _email_marker(registration: Registration) -> str:
    return markers.business_email(registration.email)


def _identity_marker(registration: Registration) -> str:
    return markers.business_identity(registration.cognito_user_id)


def _key(business: Business) -> Key:
    return {"business_id": business.business_id}


def _free(marker: str, business: Business) -> Delete:
    return Delete(MARKERS, {"marker": marker}, expect={"business_id": business.business_id})


def _repeats(registration: Registration, business: Business) -> bool:
    asked = msgspec.structs.asdict(registration)
    return all(getattr(business, name) == value for name, value in asked.items())
