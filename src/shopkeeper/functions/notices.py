"""What is sent to webhooks, for the OpenAPI document: one notice for each kind of event.

The messages are made from what the domains append to the feed. A test holds them to these types.
"""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from shopkeeper.domains.orders.fulfilment import FulfilmentType
from shopkeeper.domains.orders.model import Party, Status
from shopkeeper.http.notice import Delivering, Notice
from shopkeeper.http.vocabulary import Term, Vocabulary, moment


class EventData(msgspec.Struct, frozen=True, kw_only=True):
    """What the data of every event has."""

    business_id: str
    seq: int
    subject: str


class OrderEventData(EventData, frozen=True, kw_only=True):
    """An order as its event tells of it, without anything of its customer."""

    status: Status
    number: int | UnsetType = UNSET
    day: str | UnsetType = UNSET
    total_minor: int
    currency: str
    fulfilment: FulfilmentType
    by: Party | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    ready_at: str | UnsetType = UNSET


class OrderEvent(msgspec.Struct, frozen=True):
    """An order has a new status."""

    type: Literal[
        "order.received",
        "order.accepted",
        "order.rejected",
        "order.preparing",
        "order.ready",
        "order.out_for_delivery",
        "order.delivered",
        "order.completed",
        "order.cancelled",
        "order.expired",
    ]
    timestamp: str
    data: OrderEventData


class BusinessEventData(EventData, frozen=True, kw_only=True):
    """`until` is the end of a pause that has one."""

    until: str | UnsetType = UNSET


class BusinessEvent(msgspec.Struct, frozen=True):
    """A business stops or goes on taking orders."""

    type: Literal["business.paused", "business.resumed"]
    timestamp: str
    data: BusinessEventData


class ItemEventData(EventData, frozen=True, kw_only=True):
    """The item's name, and until when it is unavailable if that has an end."""

    name: str
    until: str | UnsetType = UNSET


class ItemEvent(msgspec.Struct, frozen=True):
    """An item cannot be ordered any more."""

    type: Literal["item.unavailable"]
    timestamp: str
    data: ItemEventData


class WebhookEventData(EventData, frozen=True, kw_only=True):
    """Why the webhook was switched off."""

    reason: str


class WebhookEvent(msgspec.Struct, frozen=True):
    """A webhook of the business was switched off, because its deliveries failed."""

    type: Literal["webhook.disabled"]
    timestamp: str
    data: WebhookEventData


class TestEventData(msgspec.Struct, frozen=True):
    """Which webhook is tested."""

    business_id: str
    webhook_id: str


class TestEvent(msgspec.Struct, frozen=True):
    """A test of a webhook, which is in no feed."""

    type: Literal["webhook.test"]
    timestamp: str
    data: TestEventData


NOTICES = (
    Notice("order.received", "A customer placed an order", OrderEvent),
    Notice("order.accepted", "The business accepted an order", OrderEvent),
    Notice("order.rejected", "The business rejected an order", OrderEvent),
    Notice("order.preparing", "The business began to prepare an order", OrderEvent),
    Notice("order.ready", "An order is ready", OrderEvent),
    Notice("order.out_for_delivery", "An order is out for delivery", OrderEvent),
    Notice("order.delivered", "An order was delivered", OrderEvent),
    Notice("order.completed", "An order is completed", OrderEvent),
    Notice("order.cancelled", "The customer or the business cancelled an order", OrderEvent),
    Notice("order.expired", "Nobody accepted an order in time", OrderEvent),
    Notice("business.paused", "The business stopped taking orders", BusinessEvent),
    Notice("business.resumed", "The business takes orders again", BusinessEvent),
    Notice("item.unavailable", "An item became unavailable", ItemEvent),
    Notice("webhook.disabled", "A webhook of the business was switched off", WebhookEvent),
    Notice("webhook.test", "The owner tests a webhook", TestEvent),
)

EVENTS = ("OrderEvent", "BusinessEvent", "ItemEvent", "WebhookEvent", "TestEvent")

WORDS: Vocabulary = {
    **{f"{name}.type": Term("The kind of event") for name in EVENTS},
    **{f"{name}.timestamp": moment("When it happened") for name in EVENTS},
    **{f"{name}.data": Term("What happened") for name in EVENTS},
    "until": moment("When it ends; left out if it has no end"),
    "ItemEventData.name": Term("The name of the item", "Espresso"),
    "WebhookEventData.reason": Term("Why the webhook was switched off", "no success for 120 hours"),
}
"""What the document says of the properties of messages."""

DELIVERING = Delivering(
    tag="webhooks",
    description=(
        "Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 "
        "says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer."
    ),
    headers={
        "webhook-id": (
            "The id of the message, the same each time it is sent",
            "evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42",
        ),
        "webhook-timestamp": ("When it is sent, in seconds of the Unix epoch", "1795262400"),
        "webhook-signature": (
            "One signature or several, with spaces between: `v1,` and a base64 text",
            "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        ),
    },
    answers={
        "2XX": "The event was taken. Answer within 15 seconds",
        "410": "The webhook is switched off",
        "4XX": "This event is set aside and sent again by itself. After a 429 the webhook waits, as after a 5XX",
        "5XX": "The webhook waits, and sends the same event again",
    },
)
