"""What an order is, its life cycle as a table, and what its endpoints take and give."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from shopkeeper.domains.orders.fulfilment import PICKUP, Fulfilment, FulfilmentType
from shopkeeper.http import Conflict, Scheme, Unprocessable
from shopkeeper.http.constraints import pattern, text
from shopkeeper.http.fields import CursorText, Email, Limit, Phone

Status = Literal[
    "received",
    "accepted",
    "rejected",
    "preparing",
    "ready",
    "out_for_delivery",
    "delivered",
    "completed",
    "cancelled",
    "expired",
]
Party = Literal["business", "customer", "system"]
"""Who changes an order; the system lets it expire."""
Step = Literal["accept", "reject", "prepare", "ready", "dispatch", "deliver", "complete", "cancel"]

MAX_LINES = 100
MAX_LINE_NOTES = 3000
"""How many characters the notes of all lines may have together: a page of orders must fit a reply."""

MAX_TOTAL_MINOR = 2**53
"""Beyond this, JSON's numbers are not exact everywhere."""

MOST_MINUTES = 30 * 24 * 60
"""How far ahead a business may say that an order will be ready."""

OPEN = frozenset({"received", "accepted", "preparing", "ready", "out_for_delivery"})
"""The statuses of orders that are not finished. A business with such an order cannot be deleted."""


class Transition(msgspec.Struct, frozen=True):
    """One step of the life cycle: from which status to which, whose step it is, and of which orders.

    `only` is the type of fulfilment that an order must have, None if the step is for all orders.
    """

    step: Step
    before: Status
    after: Status
    party: Party
    only: FulfilmentType | None = None


TRANSITIONS = (
    Transition("accept", "received", "accepted", "business"),
    Transition("reject", "received", "rejected", "business"),
    Transition("prepare", "accepted", "preparing", "business"),
    Transition("ready", "preparing", "ready", "business"),
    Transition("dispatch", "ready", "out_for_delivery", "business", only="delivery"),
    Transition("deliver", "out_for_delivery", "delivered", "business", only="delivery"),
    Transition("complete", "ready", "completed", "business"),
    Transition("complete", "out_for_delivery", "completed", "business"),
    Transition("complete", "delivered", "completed", "business"),
    Transition("cancel", "received", "cancelled", "customer"),
    Transition("cancel", "accepted", "cancelled", "business"),
    Transition("cancel", "preparing", "cancelled", "business"),
)

Id = Annotated[str, text(128)]
IdempotencyKey = Annotated[
    str,
    pattern(
        r'^("[A-Za-z0-9_-]{16,128}"|[A-Za-z0-9_-]{16,128})$',
        must="must be 16 to 128 letters, digits, '_' or '-'",
        header=True,
        description="Made by the client, once for each order that is meant",
    ),
]
OrderToken = Annotated[str, msgspec.Meta(max_length=200, extra={"in": "header", "credentials": True})]
ORDER_TOKEN = Scheme(
    "orderToken",
    {"type": "apiKey", "in": "header", "name": "Order-Token", "description": "What the 201 gave to the customer"},
)


class Customer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who orders, and how to reach them: by phone, email or both.

    With `notify` they get mails about the progress of the order, if mails are sent.
    """

    name: Annotated[str, text(200, examples=["Ann Example"])]
    phone: Phone | None = None
    email: Email | None = None
    notify: bool = False


def _has(name: str) -> dict[str, object]:
    """Return the schema of an object that has a text under a name."""
    return {"required": [name], "properties": {name: {"type": "string"}}}


# What is left out must be left out of the fingerprint, too: a request that a former version took may be repeated.
class OrderedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An item, its quantity and a note. The notes of all lines have at most 3,000 characters together."""

    item_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    note: Annotated[str, text(300, examples=["Without onions"])] | None = None


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of an order. The server reads every price; an expected total guards against a stale page.

    An order without `fulfilment` is picked up.
    """

    customer: Annotated[Customer, msgspec.Meta(extra_json_schema={"anyOf": [_has("phone"), _has("email")]})]
    lines: Annotated[list[OrderedLine], msgspec.Meta(min_length=1, max_length=MAX_LINES)]
    fulfilment: Fulfilment = PICKUP
    note: Annotated[str, text(1000)] | None = None
    expected_total_minor: Annotated[int, msgspec.Meta(ge=0, le=MAX_TOTAL_MINOR)] | None = None


Reason = Annotated[str, text(500, examples=["Sold out for today"])]
ReadyAt = Annotated[
    datetime,
    msgspec.Meta(
        tz=True,
        description="A moment within the next 30 days (RFC 3339, with its zone)",
        examples=["2026-11-21T18:30:00Z"],
        extra={"must": "must be a time of RFC 3339 with its zone, like 2026-11-21T18:30:00Z"},
    ),
]


class NoDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a step without details: no body, or an empty object."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a step that ends an order: why."""

    reason: Reason | None = None


class Timing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a step towards a ready order: when it will be, as a moment or in minutes from now."""

    ready_at: ReadyAt | None = None
    prepare_minutes: Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES, examples=[20])] | None = None


StepBody = NoDetails | Refusal | Timing
STEP_BODIES: Mapping[Step, type[StepBody]] = {
    "accept": Timing,
    "reject": Refusal,
    "prepare": Timing,
    "ready": NoDetails,
    "dispatch": NoDetails,
    "deliver": NoDetails,
    "complete": NoDetails,
    "cancel": Refusal,
}
"""What the body of each step may say; it may be left out."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order, with name and price as they were, and the customer's note."""

    item_id: str
    name: str
    quantity: int
    price_minor: int
    total_minor: int
    note: str | None = None


class StatusChange(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an order's history: what it became, when, and by whom."""

    status: Status
    at: str
    by: Party


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order; money is in minor units of `currency`, times are RFC 3339.

    `number` counts the orders of a business's `day`, from 1, by its own calendar. Orders that older versions placed
    have neither, and are picked up. `reason` is why it was rejected or cancelled, `ready_at` when the business means
    to have it ready. At `erased_at` all that it held about its customer was removed: the name and the address are then
    `—`, and `phone`, `email`, `reason` and all notes are gone.
    """

    order_id: str
    business_id: str
    number: int | None = None
    day: str | None = None
    status: Status
    customer: Customer
    fulfilment: Fulfilment = PICKUP
    lines: list[Line]
    currency: str
    total_minor: int
    note: str | None = None
    reason: str | None = None
    ready_at: str | None = None
    created_at: str
    accept_until: str
    erased_at: str | None = None
    version: int = 1
    history: list[StatusChange]

    def at(self, now: str) -> "Order":
        """Return the order as it shows at a moment: one that was not accepted in time has expired.

        It shows the same before and after that is stored. The entry of its history is never stored: it follows from
        `accept_until`.
        """
        is_late = self.status == "received" and self.accept_until <= now
        if not is_late and self.status != "expired":
            return self
        history = [*self.history, StatusChange(status="expired", at=self.accept_until, by="system")]
        version = max(self.version, len(history))  # erasing is a change without an entry
        return msgspec.structs.replace(self, status="expired", version=version, history=history)

    def as_created(self) -> "Order":
        """Return the order as it was when it was received, from the facts that never change."""
        first = self.history[:1]
        return msgspec.structs.replace(self, status="received", version=1, reason=None, ready_at=None, history=first)


class PlacedOrder(Order, frozen=True, kw_only=True):
    """The answer to an order, with the token by which its customer comes back to it."""

    order_token: str


class OrderList(msgspec.Struct, frozen=True):
    """A page of orders, newest first; `next` is the cursor of the page after it."""

    orders: list[Order]
    next: str | None


class PlaceParameters(msgspec.Struct, frozen=True):
    """Where an order goes, and the key that makes a repeat the same order."""

    business_id: Id
    idempotency_key: IdempotencyKey = msgspec.field(name="Idempotency-Key")


class OrderParameters(msgspec.Struct, frozen=True):
    """Which order, and what shows that one is its customer."""

    order_id: Id
    order_token: OrderToken | None = msgspec.field(name="Order-Token", default=None)


class OrderListParameters(msgspec.Struct, frozen=True):
    """Which orders of a business, and which page of them."""

    business_id: Id
    status: Status | None = None
    limit: Limit = 10
    cursor: CursorText | None = None


class NotAccepting(Conflict):
    """The business takes no orders at present."""

    code = "not_accepting_orders"


class TotalDiffers(Conflict):
    """The total is another than the customer expects; the true one stands beside."""

    code = "total_differs"
    tells = ("total_minor",)


class OutOfTurn(Conflict):
    """The order is in a state in which this cannot be done; the present one stands beside."""

    code = "out_of_turn"
    tells = ("order_status",)


class ItemUnavailable(Unprocessable):
    """An item is unknown, unavailable, or another business's; which one stands beside."""

    code = "item_unavailable"
    tells = ("item_id",)


class MixedCurrencies(Unprocessable):
    """The items are priced in more than one currency."""

    code = "mixed_currencies"


class TotalTooLarge(Unprocessable):
    """The total is beyond what can be written exactly."""

    code = "total_too_large"


class KeyReused(Unprocessable):
    """The idempotency key was used for another order."""

    code = "idempotency_key_reused"
