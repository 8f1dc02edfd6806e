"""The records of webhooks, and of their deliveries."""

from datetime import datetime

import msgspec

from shopkeeper.clock import rfc3339
from shopkeeper.domains.webhooks.model import DeliveryState, WebhookDelivery
from shopkeeper.domains.webhooks.signing import SigningSecret
from shopkeeper.http import NotFound
from shopkeeper.storage import Below, Changes, Delete, Expectation, Store, Update, Value
from shopkeeper.storage.records import Records, to_item
from shopkeeper.storage.tables import DELIVERIES, WEBHOOKS

KIND = "webhook"
COUNT = "#count"
"""The id of the record that counts the webhooks of a business, in the same table. No webhook has it."""

WAITING = "delivery"
"""The partition of the index `due`: the events that were set aside, by the time of the next attempt."""

DELIVERIES_KEPT_SECONDS = 30 * 86400


class StoredWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as it is stored, with its secrets, the present one first."""

    business_id: str
    webhook_id: str
    url: str
    kinds: list[str] | None
    description: str | None
    secrets: list[SigningSecret]
    created_at: str
    updated_at: str
    version: int = 1

    def secrets_at(self, now: datetime) -> list[SigningSecret]:
        """Return the secrets that sign at a moment."""
        return [one for one in self.secrets if one.until is None or one.until > rfc3339(now)]

    def wants(self, kind: str) -> bool:
        """Return whether a kind of event is to be sent."""
        return self.kinds is None or any(_fits(kind, wanted) for wanted in self.kinds)


class StoredDelivery(WebhookDelivery, frozen=True, kw_only=True):
    """A delivery as it is stored. While `waiting` is set, the index `due` lists it: until it is delivered or given up.

    `refusals` counts the answers that refused it, the first of which came at `refused_since`.
    """

    webhook_id: str
    business_id: str
    state: DeliveryState
    waiting: str | None = None
    refusals: int = 0
    refused_since: str | None = None
    expires: int = msgspec.field(name="ItemExpireTTL")
    version: int = 1

    @property
    def delivery(self) -> WebhookDelivery:
        """The part that the owner sees."""
        return WebhookDelivery(**{name: getattr(self, name) for name in WebhookDelivery.__struct_fields__})


def webhooks(store: Store) -> Records[StoredWebhook]:
    """Return the records of webhooks. `require` raises NotFound."""
    return Records(store, WEBHOOKS, StoredWebhook, missing=no_webhook)


def webhooks_of(store: Store, business_id: str) -> list[StoredWebhook]:
    """Return the webhooks of a business as they are now, the oldest first. Raises StoreError."""
    records = webhooks(store)
    page = store.query(WEBHOOKS, business_id, limit=100)
    return [records.from_item(item) for item in page.items if item["webhook_id"] != COUNT]


def deliveries(store: Store) -> Records[StoredDelivery]:
    """Return the records of deliveries."""
    return Records(store, DELIVERIES, StoredDelivery, write=delivery_record)


def delivery_record(delivery: StoredDelivery) -> dict[str, Value]:
    """Return a delivery as it is stored. The attributes of the index are left out unless it waits for a retry."""
    record = to_item(delivery)
    return {name: value for name, value in record.items() if value is not None or name not in ("waiting", "next_at")}


def no_webhook() -> NotFound:
    """Return the error of a webhook that is not there, or not for the caller."""
    return NotFound("There is no such webhook.")


def subscription_name(webhook_id: str) -> str:
    """Return the name of the subscription of a webhook."""
    return f"{KIND}#{webhook_id}"


def webhook_of(subscription: str) -> str:
    """Return the id of the webhook that a subscription of this name is for."""
    return subscription.removeprefix(f"{KIND}#")


def count_webhook(business_id: str, most: int) -> Update:
    """Return the action that counts one more webhook, if the business has fewer than `most`."""
    return Update(WEBHOOKS, _count_key(business_id), Changes(add={"webhooks": 1}), {"webhooks": Below(most)})


def uncount_webhook(business_id: str) -> Update:
    """Return the action that subtracts one webhook."""
    return Update(WEBHOOKS, _count_key(business_id), Changes(add={"webhooks": -1}))


def forget_count(business_id: str, expect: Expectation | None = None) -> Delete:
    """Return the action that removes the number of a business's webhooks, with the last of them."""
    return Delete(WEBHOOKS, _count_key(business_id), expect)


def count_set_aside(store: Store, most: int) -> int:
    """Return how many deliveries were set aside and wait for another attempt, at most so many. Raises StoreError."""
    return len(store.query(DELIVERIES, WAITING, index="due", limit=most).items)


def _count_key(business_id: str) -> dict[str, str | int]:
    return {"business_id": business_id, "webhook_id": COUNT}


def _fits(kind: str, wanted: str) -> bool:
    return wanted in ("*", kind) or (wanted.endswith(".*") and kind.startswith(wanted[:-1]))
