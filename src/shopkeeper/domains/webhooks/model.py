"""What a webhook is, and what its endpoints take and give."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from shopkeeper.http import Conflict
from shopkeeper.http.constraints import pattern, text
from shopkeeper.http.fields import CursorText, IfMatch, Limit

MOST_WEBHOOKS = 10
MAX_NUMBER = 2**53
"""Beyond this, JSON's numbers are not exact everywhere."""

Id = Annotated[str, text(128)]
Address = Annotated[
    str, text(2000, description="An https URL of a public server", examples=["https://example.com/hooks"])
]
Kind = Annotated[
    str,
    pattern(
        r"^(\*|[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?)$",
        must="must be a kind of event such as order.received, or a pattern such as order.* or *",
        max_length=64,
        examples=["order.*"],
    ),
]
Kinds = Annotated[list[Kind], msgspec.Meta(min_length=1, max_length=20)]
Description = Annotated[str, text(200, examples=["Kitchen printer"])]

Status = Literal["on", "failing", "off"]
DeliveryState = Literal["delivered", "failing", "set_aside", "abandoned", "pending", "missed"]


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a new webhook: where to send, and which kinds of events; all of them if that is left out."""

    url: Address
    kinds: Kinds | None = None
    description: Description | None = None


class WebhookChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a change; what is left out stays as it is. `enabled` switches a webhook on or off."""

    url: Address | UnsetType = UNSET
    kinds: Kinds | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a replay: the number of the first event to send again."""

    first: Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)] = msgspec.field(name="from")


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook and the state of its deliveries; times are RFC 3339.

    `cursor` is the number of the last event that is finished, `newest` that of the newest event. A `failing` webhook
    waits until `next_attempt_at`. One that is `off` sends nothing, for the reason `off_reason`, since `off_since`.
    """

    webhook_id: str
    business_id: str
    url: str
    kinds: list[str] | None
    description: str | None
    status: Status
    cursor: int
    newest: int
    failing_since: str | None
    next_attempt_at: str | None
    off_since: str | None
    off_reason: str | None
    created_at: str
    updated_at: str
    version: int


class WebhookWithSecret(Webhook, frozen=True, kw_only=True):
    """A webhook, and the secret that its deliveries are signed with from now on. It is shown only here."""

    secret: str


class WebhookList(msgspec.Struct, frozen=True):
    """The webhooks of a business, the oldest first."""

    webhooks: list[Webhook]


class WebhookTest(msgspec.Struct, frozen=True):
    """The outcome of a test: the status of the answer, null if there was none, and the error, null for a success."""

    status: int | None
    milliseconds: int
    error: str | None


class WebhookDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """The delivery of an event; times are RFC 3339.

    `status`, `error` and `answer`, the beginning of the answer's body, are of the last attempt. An event that was set
    aside is sent again at `next_at`.
    """

    seq: int
    type: str
    state: DeliveryState
    attempts: int
    first_at: str
    last_at: str
    status: int | None = None
    error: str | None = None
    answer: str = ""
    milliseconds: int = 0
    next_at: str | None = None


class DeliveryList(msgspec.Struct, frozen=True):
    """A page of deliveries, the newest event first; `next` is the cursor of the page after it."""

    deliveries: list[WebhookDelivery]
    next: str | None


class WebhooksParameters(msgspec.Struct, frozen=True):
    """Whose webhooks."""

    business_id: Id


class WebhookParameters(msgspec.Struct, frozen=True):
    """Which webhook."""

    business_id: Id
    webhook_id: Id


class WebhookChangeParameters(msgspec.Struct, frozen=True):
    """Which webhook, and in which version."""

    business_id: Id
    webhook_id: Id
    if_match: IfMatch | None = msgspec.field(name="If-Match", default=None)


class DeliveryListParameters(msgspec.Struct, frozen=True):
    """Of which webhook, and which page."""

    business_id: Id
    webhook_id: Id
    limit: Limit = 20
    cursor: CursorText | None = None


class TooManyWebhooks(Conflict):
    """The business already has as many webhooks as it may have."""

    code = "too_many_webhooks"


class WebhookChanged(Conflict):
    """The webhook was changed by another request at the same time."""

    code = "changed_meanwhile"
