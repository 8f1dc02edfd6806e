"""The message that is sent for an event. Source: Standard Webhooks 1.0.0, "Payload" and "Webhook headers"."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

import msgspec

from shopkeeper.domains.feed.model import Event

WITHHELD = ("customer",)
"""Data of events that is about a customer. It is for the owner's own board, and not sent to other servers."""

REASON = "reason"
"""It is withheld if a customer may have written it, since it can contain anything."""


class Message(msgspec.Struct, frozen=True):
    """The id and the body of a message. Both stay the same in every attempt."""

    message_id: str
    body: bytes


class _Payload(msgspec.Struct, frozen=True):
    type: str
    timestamp: str
    data: Mapping[str, str | int]


def message_of(business_id: str, event: Event) -> Message:
    """Return the message of an event of a business."""
    is_customers = event.type == "order.cancelled" and event.data.get("by") != "business"
    withheld = {*WITHHELD, REASON} if is_customers else {*WITHHELD}
    data = {name: value for name, value in event.data.items() if name not in withheld}
    about: dict[str, str | int] = {"business_id": business_id, "seq": event.seq, "subject": event.subject}
    payload = _Payload(event.type, event.at, {**data, **about})
    return Message(f"evt_{_plain(business_id)}_{event.seq}", msgspec.json.encode(payload))


def message_of_test(business_id: str, webhook_id: str, at: str, now: datetime) -> Message:
    """Return the message of a test, which is in no feed."""
    payload = _Payload("webhook.test", at, {"business_id": business_id, "webhook_id": webhook_id})
    return Message(f"test_{webhook_id}_{int(now.timestamp() * 1000)}", msgspec.json.encode(payload))


def _plain(business_id: str) -> str:
    """Return an id that is allowed in a header field, without the full stop that separates the signed parts."""
    return quote(business_id, safe="").replace(".", "%2E")
