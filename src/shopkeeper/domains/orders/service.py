"""Placing orders, once each, and leading them through their life cycle."""

import hashlib
from datetime import datetime, timedelta

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.model import Business
from shopkeeper.domains.businesses.ownership import find_business, own_business, owns, taking_orders
from shopkeeper.domains.orders.events import event_of
from shopkeeper.domains.orders.expiry import AWAITING
from shopkeeper.domains.orders.model import (
    MAX_TOTAL_MINOR,
    MOST_MINUTES,
    OPEN,
    TRANSITIONS,
    ItemUnavailable,
    KeyReused,
    Line,
    MixedCurrencies,
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
    TotalDiffers,
    TotalTooLarge,
)
from shopkeeper.http import Caller, FieldError, InvalidInput, NotFound
from shopkeeper.identifiers import uuid7
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import (
    ABSENT,
    BUSINESSES,
    IDEMPOTENCY,
    ITEMS,
    ORDERS,
    Action,
    Changes,
    Check,
    ConditionFailed,
    Conflict,
    ExpectationFailed,
    Key,
    Put,
    Store,
    Update,
    Value,
    partitions,
)
from shopkeeper.storage import Item as Record

KEY_SECONDS = 48 * 3600
PURPOSE = "order token"
TRIES = 5
STEP = 100
MOST_CANDIDATES = 1000
TOLD_APART_BY_TIME = ("received", "expired")
"""Statuses that share a partition of the index `by-status`."""

NO_DETAILS = NoDetails()


class Orders:
    """The orders of every business."""

    def __init__(self, store: Store, keyring: Keyring, clock: Clock, accept_seconds: int) -> None:
        """A business has `accept_seconds` to accept an order, which is fixed when that is placed."""
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._accept_seconds = accept_seconds

    def place(self, business_id: str, key: str, new: NewOrder) -> tuple[PlacedOrder, bool]:
        """Place an order, and return it and whether it is new.

        The same key with the same body gives the same order for 48 hours, whatever prices do meanwhile.
        Raises NotFound, NotAccepting, InvalidInput, ItemUnavailable, MixedCurrencies, TotalTooLarge,
        TotalDiffers, KeyReused or StoreError.
        """
        record_key = f"{business_id}#{hashlib.sha256(key.strip(chr(34)).encode()).hexdigest()}"
        fingerprint = hashlib.sha256(msgspec.json.encode(new, order="deterministic")).hexdigest()
        for _ in range(TRIES):
            record = self._store.get(IDEMPOTENCY, {"idempotency_key": record_key})
            if record is not None and self._is_fresh(record):
                return self._repeat(record, fingerprint), False
            business = find_business(self._store, business_id)
            order = self._priced(business, new)
            remembered = self._remember(record_key, record, fingerprint, order)
            try:
                self._store.transact(
                    [
                        Put(ORDERS, _stored(order), if_absent=True),
                        remembered,
                        Check(BUSINESSES, {"business_id": business_id}, taking_orders(business)),
                        event_of(order, order.created_at, self._clock(), {"open": 1}),
                    ]
                )
            except ConditionFailed as error:
                if error.position == 1:
                    continue  # another request with this key was first, and its answer is ours
                find_business(self._store, business_id)
                raise NotAccepting("The business takes no orders at present.") from None
            return self._placed(order), True
        raise Conflict("others kept placing orders under the same idempotency key")

    def get(self, caller: Caller | None, order_id: str, token: str | None) -> Order:
        """Return an order to its business's owner or to its customer; to others there is none."""
        order, _ = self._find_for(caller, order_id, token)
        return order.at(self._now())

    def advance(
        self, caller: Caller | None, order_id: str, token: str | None, step: Step, body: StepBody = NO_DETAILS
    ) -> Order:
        """Take a step of the life cycle; each is won once. `body` says why, or when the order will be ready.

        Raises InvalidInput, NotFound, OutOfTurn or StoreError.
        """
        while True:
            stored, party = self._find_for(caller, order_id, token)
            said = _said(body, self._clock())
            now = self._now()
            order = stored.at(now)
            after = _next_status(step, order.status, party)
            if after is None:
                raise OutOfTurn(f"The order is {order.status}.", order_status=order.status)
            # Clocks differ from machine to machine; a history does not run backwards.
            at = max(now, order.history[-1].at)
            change = StatusChange(status=after, at=at, by=party)
            moved = msgspec.structs.replace(
                order, status=after, version=order.version + 1, history=[*order.history, change], **said
            )
            record = _stored(moved)
            changed = {name: record[name] for name in ("status", "version", "history", "business_status", *said)}
            update = Update(
                ORDERS,
                {"order_id": order_id},
                Changes(set=changed, remove=["awaiting"]),
                expect={"version": order.version, "status": order.status},
            )
            tally = {} if after in OPEN else {"open": -1}
            try:
                self._store.transact([update, event_of(moved, at, self._clock(), tally)])
            except ExpectationFailed:
                continue  # another step was first: look again whether this one is still in turn
            return moved

    def list_orders(
        self, caller: Caller, business_id: str, status: Status | None, limit: int, after: Key | None
    ) -> tuple[list[Order], Key | None]:
        """Return a page of a business's orders to its owner, newest first, and where the next begins.

        `received` and `expired` are told apart by the time alone: to find some of either it looks at no more than
        1,000 orders, so that a page may be short, or empty, with more behind it.
        """
        own_business(self._store, business_id, caller)
        now = self._now()
        index, partition = ("by-business", business_id)
        if status is not None:
            index, partition = "by-status", partitions.business_status(business_id, status)
        found: list[Order] = []
        looked = 0
        while True:
            step = STEP if status in TOLD_APART_BY_TIME else limit
            page = self._store.query(ORDERS, partition, index=index, descending=True, limit=step, after=after)
            for raw in page.items:
                order = msgspec.convert(raw, Order).at(now)
                if status not in (None, order.status):
                    continue
                found.append(order)
                if len(found) == limit:
                    is_last = raw is page.items[-1] and page.next is None
                    return found, None if is_last else _position(raw, index)
            looked += len(page.items)
            after = page.next
            if after is None or looked >= MOST_CANDIDATES:
                return found, after

    def _priced(self, business: Business, new: NewOrder) -> Order:
        """Return the order with the prices of now. Nothing is stored."""
        business_id = business.business_id
        if not business.accepting_orders:
            raise NotAccepting("The business takes no orders at present.")
        _check_lines(new)
        records = self._store.get_many(ITEMS, [{"item_id": line.item_id} for line in new.lines])
        lines, currencies = [], set()
        for ordered, record in zip(new.lines, records, strict=True):
            if record is None or record["business_id"] != business_id or record["available"] is not True:
                raise ItemUnavailable("An item cannot be ordered here.", item_id=ordered.item_id)
            price = int(str(record["price_minor"]))
            currencies.add(str(record["currency"]))
            lines.append(
                Line(
                    item_id=ordered.item_id,
                    name=str(record["name"]),
                    quantity=ordered.quantity,
                    price_minor=price,
                    total_minor=price * ordered.quantity,
                )
            )
        if len(currencies) != 1:
            raise MixedCurrencies("The items are priced in more than one currency.")
        total = sum(line.total_minor for line in lines)
        if total > MAX_TOTAL_MINOR:
            raise TotalTooLarge("The total is too large.")
        if new.expected_total_minor not in (None, total):
            raise TotalDiffers("The total differs from expected_total_minor.", total_minor=total)
        moment = self._clock()
        now = rfc3339(moment)
        return Order(
            order_id=uuid7(),
            business_id=business_id,
            status="received",
            customer=new.customer,
            lines=lines,
            currency=currencies.pop(),
            total_minor=total,
            note=new.note,
            created_at=now,
            accept_until=rfc3339(moment + timedelta(seconds=self._accept_seconds)),
            history=[StatusChange(status="received", at=now, by="customer")],
        )

    def _remember(self, record_key: str, old: Record | None, fingerprint: str, order: Order) -> Action:
        """Return the action that keeps the key with its order; an expired record is replaced."""
        second = int(self._clock().timestamp())
        facts: dict[str, Value] = {
            "order_id": order.order_id,
            "fingerprint": fingerprint,
            "created": second,
            "ItemExpireTTL": second + KEY_SECONDS,
        }
        seen = {"order_id": ABSENT if old is None else str(old["order_id"])}
        return Update(IDEMPOTENCY, {"idempotency_key": record_key}, Changes(set=facts), expect=seen)

    def _is_fresh(self, record: Record) -> bool:
        return self._clock().timestamp() < int(str(record["created"])) + KEY_SECONDS

    def _repeat(self, record: Record, fingerprint: str) -> PlacedOrder:
        """Return what the first request with this key was answered."""
        if record["fingerprint"] != fingerprint:
            raise KeyReused("This Idempotency-Key was used for another order.")
        return self._placed(self._find(str(record["order_id"])).as_created())

    def _placed(self, order: Order) -> PlacedOrder:
        token = self._keyring.current(PURPOSE).mac(order.order_id)
        facts = {name: getattr(order, name) for name in Order.__struct_fields__}
        return PlacedOrder(**facts, order_token=token)

    def _find(self, order_id: str) -> Order:
        record = self._store.get(ORDERS, {"order_id": order_id})
        if record is None:
            raise NotFound("There is no such order.")
        return msgspec.convert(record, Order)

    def _find_for(self, caller: Caller | None, order_id: str, token: str | None) -> tuple[Order, Party]:
        order = self._find(order_id)
        if token is not None and self._keyring.verify(PURPOSE, order_id, token):
            return order, "customer"
        if caller is not None and self._is_owner(caller, order):
            return order, "business"
        raise NotFound("There is no such order.")

    def _is_owner(self, caller: Caller, order: Order) -> bool:
        try:
            return owns(caller, find_business(self._store, order.business_id))
        except NotFound:
            return False  # the business was deleted, and its orders are nobody's

    def _now(self) -> str:
        return rfc3339(self._clock())


def _next_status(step: Step, before: Status, party: Party) -> Status | None:
    """Return what a step makes of an order, None where it is not in turn or not this party's."""
    fitting = (t.after for t in TRANSITIONS if (t.step, t.before, t.party) == (step, before, party))
    return next(fitting, None)


def _check_lines(new: NewOrder) -> None:
    """Raise InvalidInput for what the types cannot say."""
    errors = []
    if new.customer.phone is None and new.customer.email is None:
        errors.append(FieldError("customer", "needs a phone or an email"))
    seen: set[str] = set()
    for index, line in enumerate(new.lines):
        if line.item_id in seen:
            errors.append(FieldError(f"lines[{index}].item_id", "is there twice"))
        seen.add(line.item_id)
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


def _position(raw: Record, index: str) -> Key:
    """Return the key of an order in the index that lists it."""
    partition = "business_id" if index == "by-business" else "business_status"
    return {"order_id": str(raw["order_id"]), partition: str(raw[partition])}


def _stored(order: Order) -> dict[str, Value]:
    """Return an order as it is stored, with the attributes that list it by its status and until it is accepted."""
    record: dict[str, Value] = msgspec.to_builtins(order)
    record["business_status"] = partitions.business_status(order.business_id, order.status)
    return record | ({"awaiting": AWAITING} if order.status == "received" else {})
