"""Subscriptions to the feed of a business, and the outcomes of a delivery."""

from collections.abc import Callable

import msgspec

from shopkeeper.domains.feed.model import Event


class SwitchedOff(msgspec.Struct, frozen=True):
    """Why nothing is delivered any more, as a code, and since when (RFC 3339)."""

    reason: str
    since: str


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a reader in the feed of a business; times are RFC 3339.

    `name` is unique within the business, and `kind` says which dispatcher delivers, as in `webhook`. `cursor` is the
    number of the last event that is finished. At `due_at` a dispatcher checks it, even without a new event. A
    dispatcher has leased it until `leased_until`. `failures` counts the failed attempts in a row, and
    `failing_since` is the time of the first failure since the last success.
    """

    business_id: str
    name: str
    kind: str
    cursor: int
    due_at: str
    failures: int = 0
    failing_since: str | None = None
    leased_until: str | None = None
    switched_off: SwitchedOff | None = None
    version: int = 1


class Delivered(msgspec.Struct, frozen=True):
    """The reader has the event."""


class Skipped(msgspec.Struct, frozen=True):
    """The reader does not want the event. This says nothing about whether it can be reached."""


class SetAside(msgspec.Struct, frozen=True):
    """The reader refused this event, but takes others. The domain that delivers has stored it, and retries it."""

    reason: str


class Failed(msgspec.Struct, frozen=True):
    """The reader takes no events at present. `retry_after` is for how many seconds it asks not to be called."""

    reason: str
    retry_after: int = 0


class Refused(msgspec.Struct, frozen=True):
    """The reader wants no events any more."""

    reason: str


Outcome = Delivered | Skipped | SetAside | Failed | Refused
Deliver = Callable[[Subscription, Event], Outcome]
"""Delivers an event, which may have been delivered before: after a crash or an outage the last event is sent again."""
