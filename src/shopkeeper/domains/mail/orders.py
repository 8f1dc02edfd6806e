"""Mails about orders: to the owner for each new order, and to a customer who asked for them.

An event becomes records of the outbox, whose ids are derived from the event: the same event again changes nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.model import Business
from shopkeeper.domains.businesses.offers import find_business
from shopkeeper.domains.feed.dispatching import Delivered, Outcome, Skipped, Subscription
from shopkeeper.domains.feed.model import Event
from shopkeeper.domains.mail.amounts import local_time, money
from shopkeeper.domains.mail.model import Compose, Kind, Letter, Mail
from shopkeeper.domains.mail.offers import Outbox, Posted
from shopkeeper.domains.mail.texts import ORDER
from shopkeeper.domains.orders.model import Order
from shopkeeper.domains.orders.offers import Delivery, TableService, find_order
from shopkeeper.http import NotFound
from shopkeeper.storage import Store

REMINDER_SECONDS = 60
"""How long after an order arrives its owner gets a reminder, if it is not accepted by then."""

FRESH_SECONDS = 3600
"""No mails are sent for older events: an owner who switches mails on does not want those of the past."""

OWNER_KINDS: Mapping[str, Mapping[Kind, int]] = {
    "order.received": {"owner_received": 0, "owner_reminder": REMINDER_SECONDS},
}
"""The mails that the owner gets for an event, and after how many seconds."""

CUSTOMER_KINDS: Mapping[str, Kind] = {
    "order.received": "customer_received",
    "order.accepted": "customer_accepted",
    "order.rejected": "customer_rejected",
    "order.ready": "customer_ready",
    "order.out_for_delivery": "customer_out_for_delivery",
    "order.cancelled": "customer_cancelled",
    "order.expired": "customer_expired",
}
"""The mails that the customer gets for an event."""

TOLD = ("number", "reason", "ready_at")
"""The facts that are taken from an event. All others are read when the mail is sent, so nothing is stored twice."""


class OrderMails:
    """Stores the mails of events, and makes their letters."""

    def __init__(self, store: Store, outbox: Outbox, clock: Clock, is_confirmed: Callable[[str], bool]) -> None:
        """`is_confirmed` tells whether the owner with an id is confirmed. Else there are no mails: a stranger could
        register a business and make it write to anybody.
        """
        self._is_confirmed = is_confirmed
        self._store = store
        self._outbox = outbox
        self._clock = clock

    @property
    def compose(self) -> Mapping[str, Compose]:
        """The functions that make the letters of orders, by kind."""
        for_owner = [kind for kinds in OWNER_KINDS.values() for kind in kinds]
        letters: dict[str, Compose] = dict.fromkeys(CUSTOMER_KINDS.values(), self._for_customer)
        return {**letters, **dict.fromkeys(for_owner, self._for_owner)}

    def deliver(self, subscription: Subscription, event: Event) -> Outcome:
        """Store the mails of an event, for a dispatcher of the feed. Raises StoreError."""
        return Delivered() if self.tell(subscription.business_id, event) else Skipped()

    def tell(self, business_id: str, event: Event) -> list[Posted]:
        """Store the mails of an event and return the outcome of each. Raises StoreError."""
        if event.type not in CUSTOMER_KINDS or self._is_past(event):
            return []
        found = self._find(business_id, event.subject)
        if found is None:
            return []
        business, order = found
        if not self._is_confirmed(business.cognito_user_id):
            return []
        facts = {"business_id": business_id, "order_id": event.subject}
        facts |= {name: str(event.data[name]) for name in TOLD if event.data.get(name) is not None}
        wanted: list[tuple[Kind, str, int]] = []
        if business.order_emails and business.email:
            kinds = OWNER_KINDS.get(event.type, {})
            wanted += [(kind, business.email, seconds) for kind, seconds in kinds.items()]
        if order.customer.notify and order.customer.email is not None:
            wanted.append((CUSTOMER_KINDS[event.type], order.customer.email, 0))
        return [
            self._outbox.post(
                kind, recipient, facts, mail_id=f"evt_{business_id}_{event.seq}_{kind}", delay_seconds=seconds
            )
            for kind, recipient, seconds in wanted
        ]

    def _is_past(self, event: Event) -> bool:
        return datetime.fromisoformat(event.at) < self._clock() - timedelta(seconds=FRESH_SECONDS)

    def _find(self, business_id: str, order_id: str) -> tuple[Business, Order] | None:
        order = find_order(self._store, order_id, rfc3339(self._clock()))
        try:
            business = find_business(self._store, business_id)
        except NotFound:
            return None
        return None if order is None else (business, order)

    def _for_owner(self, mail: Mail) -> Letter | None:
        """Return the letter to the owner. There is no reminder once the order has left the status `received`."""
        found = self._find(mail.facts["business_id"], mail.facts["order_id"])
        if found is None or not found[0].order_emails:
            return None
        business, order = found
        is_waiting = order.status == "received"
        if mail.kind == "owner_reminder" and not is_waiting:
            return None
        customer = order.customer
        facts = _facts(business, order, mail) | _way(order) | {"customer": customer.name}
        if is_waiting:
            facts["accept_until"] = local_time(business, order.accept_until)
        optional = {"phone": customer.phone, "email": customer.email, "note": order.note}
        facts |= {name: text for name, text in optional.items() if text is not None}
        return _letter(business, mail, facts, _lines(order, with_notes=True))

    def _for_customer(self, mail: Mail) -> Letter | None:
        """Return the letter to the customer.

        A stranger can order with anybody's address. So the letter has nothing that the stranger wrote: no name and no
        note. It has only texts of the business, ids and numbers.
        """
        found = self._find(mail.facts["business_id"], mail.facts["order_id"])
        if found is None:
            return None
        business, order = found
        facts = _facts(business, order, mail)
        if "reason" in mail.facts and not _was_cancelled_by_customer(order):
            facts["reason"] = mail.facts["reason"]
        if "ready_at" in mail.facts:
            facts["ready_at"] = local_time(business, mail.facts["ready_at"])
        return _letter(business, mail, facts, _lines(order))


def _facts(business: Business, order: Order, mail: Mail) -> dict[str, str]:
    word, number = ORDER[business.mail_language], mail.facts.get("number")
    return {
        "business": business.business_name,
        "order": word if number is None else f"{word} #{number}",
        "total": money(order.total_minor, order.currency),
    }


def _was_cancelled_by_customer(order: Order) -> bool:
    return any(change.status == "cancelled" and change.by == "customer" for change in order.history)


def _way(order: Order) -> dict[str, str]:
    """Return the facts of the fulfilment of an order. An order for pickup has none."""
    match order.fulfilment:
        case Delivery(address=address, instructions=instructions):
            place = address if isinstance(address, str) else ", ".join(address.values())
            return {"delivery": place} | ({} if instructions is None else {"instructions": instructions})
        case TableService(table=table):
            return {"table": table}
    return {}


def _lines(order: Order, *, with_notes: bool = False) -> list[str]:
    """Return what was ordered. Only the owner gets the customer's notes."""
    return [
        f"{line.quantity} x {line.name}: {money(line.total_minor, order.currency)}"
        + (f" ({line.note})" if with_notes and line.note else "")
        for line in order.lines
    ]


def _letter(business: Business, mail: Mail, facts: dict[str, str], lines: list[str]) -> Letter | None:
    if mail.recipient is None:
        return None
    kind: Kind = mail.kind  # type: ignore[assignment]  # the kinds of `compose`
    return Letter(kind=kind, recipient=mail.recipient, facts=facts, lines=lines, language=business.mail_language)
