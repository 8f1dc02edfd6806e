"""What a mail is: its kinds, its limits, its record in the outbox, and what sends it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from shopkeeper.http import ApiError
from shopkeeper.storage import Value
from shopkeeper.storage.records import to_item

Kind = Literal[
    "reset",
    "confirm",
    "invite",
    "owner_received",
    "owner_reminder",
    "customer_received",
    "customer_accepted",
    "customer_rejected",
    "customer_ready",
    "customer_out_for_delivery",
    "customer_cancelled",
    "customer_expired",
    "traffic_weekly",
]

Facts = Mapping[str, str]
"""What a text names in braces. A paragraph that names an absent fact is left out."""


class Limit(msgspec.Struct, frozen=True):
    """At most so many mails to one address within each `seconds`, counted from the epoch."""

    mails: int
    seconds: int


HOUR, DAY = 3600, 86400
LIMITS: Mapping[str, Sequence[Limit]] = {
    "reset": (Limit(5, HOUR), Limit(20, DAY)),
    "confirm": (Limit(5, HOUR), Limit(20, DAY)),
    "invite": (Limit(5, HOUR), Limit(20, DAY)),
    "owner": (Limit(120, HOUR), Limit(600, DAY)),
    "customer": (Limit(20, HOUR), Limit(60, DAY)),
    "traffic": (Limit(5, DAY),),
}
"""The limits for each address, by the group of a kind: anybody can enter another's address, and must not flood it."""


def group_of(kind: Kind) -> str:
    """Return the group of a kind. The kinds of a group share their limits."""
    return kind.partition("_")[0]


DUE = "mail"
"""The partition of the index `due`: the mails that are still to be sent, by the time of the next attempt."""

KEPT_SECONDS = 3 * DAY
"""How long a record is kept after it is written. During that time a repeat is recognised."""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in the outbox; times are RFC 3339, the expiry is in seconds of the Unix epoch.

    `due_at` is when the next attempt is due, null once there is none. Then the recipient and the facts are gone too.
    """

    mail_id: str
    kind: str
    recipient: str | None
    facts: Facts
    created_at: str
    due_at: str | None
    attempts: int = 0
    outcome: Literal["sent", "dropped", "obsolete"] | None = None
    version: int = 1
    expires: int = msgspec.field(name="ItemExpireTTL")


def mail_record(mail: Mail) -> dict[str, Value]:
    """Return a mail as it is stored: it is in the index `due` while an attempt is due."""
    record: dict[str, Value] = {name: value for name, value in to_item(mail).items() if value is not None}
    return record if mail.due_at is None else {**record, "due": DUE}


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a mail, its recipient and its language: the text of its kind with these facts.

    `lines` are shown as a list.
    """

    kind: Kind
    recipient: str
    facts: Facts
    lines: Sequence[str] = ()
    language: str = "en"


Compose = Callable[[Mail], Letter | None]
"""Returns the letter of a mail from the present data, None if it is no longer needed. Raises StoreError."""

Transport = Callable[[str, bytes], None]
"""Sends a message (RFC 5322) to an address. Raises NotDelivered."""


class NotDelivered(Exception):
    """A message was not accepted. The text says why, and has no address in it.

    With `is_final` a retry does not help. With `is_outage` no other message would be accepted now.
    """

    def __init__(self, reason: str, *, is_final: bool = False, is_outage: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final
        self.is_outage = is_outage


class MailNotConfigured(ApiError):
    """This server sends no mails."""

    status, code, title = 501, "mail_not_configured", "Not Implemented"
