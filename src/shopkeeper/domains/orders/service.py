"""Placing orders, once each, and leading them through their life cycle."""

from datetime import datetime, timedelta

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.model import Business, StoredBusiness
from shopkeeper.domains.businesses.offers import (
    check_open,
    find_business,
    local_day,
    own_business,
    owns,
    takes_orders,
    usual_timing,
)
from shopkeeper.domains.catalogue.offers import find_items
from shopkeeper.domains.feed.offers import Head, append_next
from shopkeeper.domains.orders.events import event_of
from shopkeeper.domains.orders.fulfilment import PICKUP, FulfilmentType, check_fulfilment, type_of
from shopkeeper.domains.orders.model import (
    MAX_LINE_NOTES,
    MOST_MINUTES,
    OPEN,
    TRANSITIONS,
    KeyReused,
    NewOrder,
    NoDetails,
    NotAccepting,
    Order,
    OutOfTurn,
    Party,
    PlacedOrder,
    Refusal,
    Status,
    StatusChange,
    Step,
    StepBody,
    Timing,
)
from shopkeeper.domains.orders.numbers import counted, numbered
from shopkeeper.domains.orders.pricing import price
from shopkeeper.domains.orders.records import PlacedKey, business_status, no_order, orders, placed_keys
from shopkeeper.domains.orders.tokens import is_token_of, order_token
from shopkeeper.hashing import sha256
from shopkeeper.http import Caller, FieldError, InvalidInput, NotFound
from shopkeeper.identifiers import uuid7
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import ABSENT, Action, ConditionFailed, Conflict, ExpectationFailed, Store
from shopkeeper.storage.listing import Listing

KEY_SECONDS = 48 * 3600
TRIES = 5
TOLD_APART_BY_TIME = ("received", "expired")
"""Statuses that share a partition of the index `by-status`."""

NO_DETAILS = NoDetails()


class Orders:
    """The orders of every business."""

    def __init__(self, store: Store, keyring: Keyring, clock: Clock, accept_seconds: int) -> None:
        """A business has `accept_seconds` to accept an order. Each order keeps the value with which it was placed."""
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._accept_seconds = accept_seconds
        self._orders = orders(store)
        self._keys = placed_keys(store)

    def place(self, business_id: str, key: str, new: NewOrder) -> tuple[PlacedOrder, bool]:
        """Place an order, and return it and whether it is new.

        The same key with the same body gives the same order for 48 hours, whatever prices do meanwhile.
        Raises NotFound, NotAccepting, Paused, Closed, InvalidInput, ItemUnavailable, MixedCurrencies, TotalTooLarge,
        TotalDiffers, KeyReused or StoreError.
        """
        record_key = f"{business_id}#{sha256(key.strip(chr(34)).encode()).hexdigest()}"
        fingerprint = _fingerprint(new)
        for _ in range(TRIES):
            former = self._keys.get(record_key)
            if former is not None and self._clock().timestamp() < former.created + KEY_SECONDS:
                return self._repeat(former, fingerprint), False
            business = find_business(self._store, business_id)
            moment = self._clock()
            order = self._priced(business, new, moment)
            others = [self._remember(record_key, former, fingerprint, order), takes_orders(business)]
            try:
                order = self._insert(order, local_day(business, moment), others)
            except ConditionFailed as error:
                if error.position in (1, 2):
                    continue  # another request was first: with this key, so that its answer is ours, or at the business
                raise
            return self._placed(order), True
        raise Conflict("others kept placing orders under the same idempotency key")

    def _insert(self, order: Order, day: str, others: list[Action]) -> Order:
        """Write an order with the next number of a day, together with other actions, and return it.

        Raises ConditionFailed with position 1 for the first of the others, and so on, or StoreError.
        """
        placed = order

        def actions(head: Head) -> list[Action]:
            nonlocal placed
            placed = numbered(order, day, head)
            event = event_of(placed, placed.created_at, self._clock(), {"open": 1})
            return [self._orders.insertion(placed), *others, counted(placed, event, head)]

        append_next(self._store, order.business_id, actions)
        return placed

    def get(self, caller: Caller | None, order_id: str, token: str | None) -> Order:
        """Return an order to its business's owner or to its customer; to others there is none."""
        order, _, _ = self._find_for(caller, order_id, token)
        return order.at(self._now())

    def advance(
        self, caller: Caller | None, order_id: str, token: str | None, step: Step, body: StepBody = NO_DETAILS
    ) -> Order:
        """Take a step of the life cycle. Each step succeeds once. `body` has the reason, or the time when it is ready.

        Raises InvalidInput, NotFound, OutOfTurn or StoreError.
        """
        while True:
            order, party, business = self._find_for(caller, order_id, token)
            said = _said(body, self._clock())
            now = self._now()
            before = order.at(now).status
            after = _next_status(step, before, party, type_of(order.fulfilment))
            if after is None:
                raise OutOfTurn(_why_not(step, before, type_of(order.fulfilment)), order_status=before)
            # Clocks differ from machine to machine; a history does not run backwards.
            at = max(now, order.history[-1].at)
            change = StatusChange(status=after, at=at, by=party)
            if step == "accept" and business is not None:
                said = {**usual_timing(business, self._clock()), **said}
            moved, update = self._orders.revision(order, {"status": after, "history": [*order.history, change], **said})
            tally = {"open": -1} if before in OPEN and after not in OPEN else {}
            try:
                self._store.transact([update, event_of(moved, at, self._clock(), tally)])
            except ExpectationFailed:
                continue  # another step was first: look again whether this one is still in turn
            return moved

    def listing(self, caller: Caller, business_id: str, status: Status | None) -> Listing[Order]:
        """Return the list of a business's orders to its owner, newest first. Raises NotFound or StoreError.

        Only the time distinguishes `received` from `expired`. A list of either reads both and filters.
        """
        own_business(self._store, business_id, caller)
        index, partition = "by-business", business_id
        if status is not None:
            index, partition = "by-status", business_status(business_id, status)
        keep = (lambda order: order.status == status) if status in TOLD_APART_BY_TIME else None
        shown = orders(self._store, at=self._now())
        return Listing(self._store, shown, index, partition, descending=True, keep=keep)

    def _priced(self, business: Business, new: NewOrder, moment: datetime) -> Order:
        """Return the order with the prices of now. Nothing is stored, and the order has no number yet."""
        if not business.accepting_orders:
            raise NotAccepting("The business takes no orders at present.")
        now = rfc3339(moment)
        check_open(business, moment)
        _check_lines(new)
        check_fulfilment(new.fulfilment)
        items = find_items(self._store, [line.item_id for line in new.lines], now)
        priced = price(new, business.business_id, items)
        return Order(
            order_id=uuid7(),
            business_id=business.business_id,
            status="received",
            customer=new.customer,
            fulfilment=new.fulfilment,
            lines=priced.lines,
            currency=priced.currency,
            total_minor=priced.total_minor,
            note=new.note,
            created_at=now,
            accept_until=rfc3339(moment + timedelta(seconds=self._accept_seconds)),
            history=[StatusChange(status="received", at=now, by="customer")],
        )

    def _remember(self, record_key: str, former: PlacedKey | None, fingerprint: str, order: Order) -> Action:
        """Return the action that keeps the key with its order; an expired record is replaced."""
        second = int(self._clock().timestamp())
        placed = PlacedKey(
            idempotency_key=record_key,
            order_id=order.order_id,
            fingerprint=fingerprint,
            created=second,
            expires=second + KEY_SECONDS,
        )
        return self._keys.replacement(placed, {"order_id": ABSENT if former is None else former.order_id})

    def _repeat(self, former: PlacedKey, fingerprint: str) -> PlacedOrder:
        """Return the answer to the first request with this key."""
        if former.fingerprint != fingerprint:
            raise KeyReused("This Idempotency-Key was used for another order.")
        return self._placed(self._orders.require(former.order_id).as_created())

    def _placed(self, order: Order) -> PlacedOrder:
        return PlacedOrder(**msgspec.structs.asdict(order), order_token=order_token(self._keyring, order.order_id))

    def _find_for(
        self, caller: Caller | None, order_id: str, token: str | None
    ) -> tuple[Order, Party, StoredBusiness | None]:
        """Return an order, whose party asks and, for its business, that business. Raises NotFound or StoreError."""
        order = self._orders.require(order_id)
        if token is not None and is_token_of(self._keyring, order_id, token):
            return order, "customer", None
        business = None if caller is None else self._business_of(order)
        if business is not None and owns(caller, business):
            return order, "business", business
        raise no_order()

    def _business_of(self, order: Order) -> StoredBusiness | None:
        try:
            return find_business(self._store, order.business_id)
        except NotFound:
            return None  # it was deleted, and its orders are nobody's

    def _now(self) -> str:
        return rfc3339(self._clock())


def _fingerprint(new: NewOrder) -> str:
    """Return the same text for bodies that mean the same order, now and in former versions."""
    if new.fulfilment is not PICKUP and new.fulfilment == PICKUP:
        new = msgspec.structs.replace(new, fulfilment=PICKUP)  # the default itself, which is left out
    return sha256(msgspec.json.encode(new, order="deterministic")).hexdigest()


def _next_status(step: Step, before: Status, party: Party, fulfilment: FulfilmentType) -> Status | None:
    """Return the status after a step; None if this party, or an order like this, cannot take the step now."""
    fitting = (
        t.after
        for t in TRANSITIONS
        if (t.step, t.before, t.party) == (step, before, party) and t.only in (None, fulfilment)
    )
    return next(fitting, None)


def _why_not(step: Step, before: Status, fulfilment: FulfilmentType) -> str:
    """Return why an order cannot take a step."""
    needed = {t.only for t in TRANSITIONS if t.step == step}
    if {None, fulfilment} & needed:
        return f"The order is {before}."
    return f"The step {step} is for orders of the type {' or '.join(map(str, needed))}; this one is {fulfilment}."


def _check_lines(new: NewOrder) -> None:
    """Raise InvalidInput for what the types cannot say."""
    errors = []
    if new.customer.phone is None and new.customer.email is None:
        errors.append(FieldError("customer", "needs a phone or an email"))
    elif new.customer.notify and new.customer.email is None:
        errors.append(FieldError("customer.notify", "needs an email"))
    seen: set[str] = set()
    notes = 0
    for index, line in enumerate(new.lines):
        if line.item_id in seen:
            errors.append(FieldError(f"lines[{index}].item_id", "is there twice"))
        seen.add(line.item_id)
        notes += len(line.note or "")
    if notes > MAX_LINE_NOTES:
        errors.append(FieldError("lines", f"must have notes of at most {MAX_LINE_NOTES} characters together"))
    if errors:
        raise InvalidInput(errors)


def _said(body: StepBody, now: datetime) -> dict[str, str]:
    """Return what a step's body says of its order. Raises InvalidInput."""
    match body:
        case Refusal(reason=str(reason)):
            return {"reason": reason}
        case Timing(ready_at=datetime(), prepare_minutes=int()):
            raise InvalidInput([FieldError("prepare_minutes", "must be left out where ready_at is given")])
        case Timing(prepare_minutes=int(minutes)):
            return {"ready_at": rfc3339(now + timedelta(minutes=minutes))}
        case Timing(ready_at=datetime() as moment):
            if not now <= moment <= now + timedelta(minutes=MOST_MINUTES):
                raise InvalidInput([FieldError("ready_at", "must lie within the next 30 days")])
            return {"ready_at": rfc3339(moment)}
    return {}
