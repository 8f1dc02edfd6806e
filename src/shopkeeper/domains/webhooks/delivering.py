"""Delivers events to webhooks, and stores the outcome of each. The feed's dispatcher calls it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.feed.dispatching import (
    Delivered,
    Failed,
    Job,
    Key,
    Outcome,
    Refused,
    SetAside,
    Skipped,
    Subscription,
    disable,
    find_event,
    is_given_up,
    is_time_left,
    next_attempt,
    note_success,
    subscriptions,
    unsubscribe,
)
from shopkeeper.domains.feed.model import Event
from shopkeeper.domains.webhooks.message import message_of
from shopkeeper.domains.webhooks.model import DeliveryState
from shopkeeper.domains.webhooks.records import (
    DELIVERIES_KEPT_SECONDS,
    WAITING,
    StoredDelivery,
    StoredWebhook,
    deliveries,
    forget_count,
    subscription_name,
    webhook_of,
    webhooks,
)
from shopkeeper.domains.webhooks.sending import Answer, Sender
from shopkeeper.storage import Changes, ExpectationFailed, Store, Value
from shopkeeper.storage.due import due_items
from shopkeeper.storage.tables import DELIVERIES

GONE = 410
TOO_MANY_REQUESTS = 429
SERVER_ERRORS = 500

MOST_DUE = 100
CLAIM_SECONDS = 40
"""How long a dispatcher leases an event that was set aside, to retry it."""

OFF_SECONDS = 3600
"""After how long an event that was set aside is checked again, if its webhook is switched off."""


class Deliveries:
    """Sends events to webhooks and stores the outcome of the last attempt of each event."""

    def __init__(self, store: Store, clock: Clock, sender: Sender) -> None:
        self._store = store
        self._clock = clock
        self._sender = sender
        self._webhooks = webhooks(store)
        self._deliveries = deliveries(store)
        self._subscriptions = subscriptions(store)

    def deliver(self, subscription: Subscription, event: Event) -> Outcome:
        """Send an event to the webhook of a subscription, and return the outcome. Raises StoreError."""
        webhook = self._webhooks.get(subscription.business_id, webhook_of(subscription.name))
        if webhook is None:
            return Refused("removed")
        if not webhook.wants(event.type):
            return Skipped()
        answer = self._send(webhook, event)
        outcome = outcome_of(answer)
        self._note(webhook, event, answer, outcome)
        return outcome

    def remove(self, subscription: Subscription) -> None:
        """Remove the webhook of a business that is gone. Raises StoreError."""
        webhook_id = webhook_of(subscription.name)
        self._webhooks.delete(subscription.business_id, webhook_id)
        self._store.transact(
            [unsubscribe(subscription.business_id, subscription.name), forget_count(subscription.business_id)]
        )

    def note_missed(self, subscription: Subscription, first: int, last: int) -> None:
        """Store that the events from one number to another were not sent and are no longer kept. Raises StoreError."""
        seen = {"type": "", "state": "missed", "error": "events_gone", "status": None, "milliseconds": 0}
        told = f"The events from {first} to {last} are no longer kept."
        self._write(
            webhook_of(subscription.name), subscription.business_id, first, {**seen, "answer": told}, attempts=0
        )

    def due(self) -> Iterable[tuple[Key, Job]]:
        """Yield the events that were set aside and are due, each with the job that sends it. Raises StoreError.

        Each is leased first, so that the next run takes those behind it, even while these wait for a thread.
        """
        now = self._clock()
        for item in islice(due_items(self._store, DELIVERIES, "due", WAITING, rfc3339(now)), MOST_DUE):
            listed = self._deliveries.from_item(item)
            try:
                claimed = self._claim(listed, now)
            except ExpectationFailed:
                continue  # the index lags, or another dispatcher has leased it
            yield (listed.business_id, f"{listed.webhook_id}/{listed.seq}"), partial(self.send_again, claimed)

    def send_again(self, claimed: StoredDelivery) -> None:
        """Send an event that was set aside, unless its record was changed since. Raises StoreError."""
        try:
            self._send_again(claimed, self._clock())
        except ExpectationFailed:
            pass  # a replay has sent it in the meantime, or another dispatcher has leased it

    def _claim(self, found: StoredDelivery, now: datetime) -> StoredDelivery:
        """Lease an event for CLAIM_SECONDS. Raises ExpectationFailed if its record was changed since it was read."""
        return self._deliveries.change(found, {"next_at": rfc3339(now + timedelta(seconds=CLAIM_SECONDS))})

    def _send_again(self, found: StoredDelivery, now: datetime) -> None:
        webhook = self._webhooks.get(found.business_id, found.webhook_id)
        subscription = self._subscriptions.get(found.business_id, subscription_name(found.webhook_id))
        event = find_event(self._store, found.business_id, found.seq, now)
        if webhook is None or subscription is None or event is None or not webhook.wants(event.type):
            self._deliveries.change(found, {**_DONE, "state": "abandoned"})
        elif subscription.cursor < found.seq:
            self._deliveries.change(found, {**_DONE, "state": "pending"})  # a replay will send it
        elif subscription.switched_off is not None:
            self._deliveries.change(found, {"next_at": rfc3339(now + timedelta(seconds=OFF_SECONDS))})
        elif subscription.failures and subscription.due_at > rfc3339(now):
            self._deliveries.change(found, {"next_at": subscription.due_at})
        elif is_time_left():
            self._attempt(self._claim(found, now), webhook, event)

    def _attempt(self, claimed: StoredDelivery, webhook: StoredWebhook, event: Event) -> None:
        answer = self._send(webhook, event)
        now = self._clock()
        outcome = outcome_of(answer)
        refusals = claimed.refusals + 1
        fields = {**_seen(answer), "attempts": claimed.attempts + 1, "last_at": rfc3339(now)}
        if isinstance(outcome, Delivered):
            fields |= {**_DONE, "state": "delivered"}
        elif is_given_up(claimed.refused_since or rfc3339(now), now, refusals):
            fields |= {**_DONE, "state": "abandoned"}
        else:
            again = next_attempt(now, refusals, answer.retry_after)
            fields |= {"refusals": refusals, "next_at": rfc3339(again)}
        self._deliveries.change(claimed, fields)
        name = subscription_name(webhook.webhook_id)
        if isinstance(outcome, Delivered):
            note_success(self._store, webhook.business_id, name)
        elif isinstance(outcome, Refused):
            disable(self._store, webhook.business_id, name, outcome.reason, now)

    def _send(self, webhook: StoredWebhook, event: Event) -> Answer:
        message = message_of(webhook.business_id, event)
        return self._sender.send(webhook.url, webhook.secrets_at(self._clock()), message)

    def _note(self, webhook: StoredWebhook, event: Event, answer: Answer, outcome: Outcome) -> None:
        """Store the outcome of an attempt in the order of the feed. The event may have been set aside before."""
        now = self._clock()
        fields = {"type": event.type, "state": _state(outcome), **_seen(answer), "refusals": 0, "refused_since": None}
        if isinstance(outcome, SetAside):
            again = next_attempt(now, 1, answer.retry_after)
            fields |= {"refusals": 1, "refused_since": rfc3339(now), "waiting": WAITING, "next_at": rfc3339(again)}
        self._write(webhook.webhook_id, webhook.business_id, event.seq, fields)

    def _write(
        self, webhook_id: str, business_id: str, seq: int, fields: Mapping[str, Value], attempts: int = 1
    ) -> None:
        """Write the outcome of an event. The row may exist already, and is not read for this."""
        now = self._clock()
        set_now = {
            **fields,
            "business_id": business_id,
            "last_at": rfc3339(now),
            "ItemExpireTTL": int(now.timestamp()) + DELIVERIES_KEPT_SECONDS,
        }
        changes = Changes(
            add={"attempts": attempts, "version": 1},
            set=set_now,
            set_if_absent={"first_at": rfc3339(now)},
            remove=[name for name in ("waiting", "next_at") if name not in fields],
        )
        self._store.update(DELIVERIES, {"webhook_id": webhook_id, "seq": seq}, changes)


_DONE: Mapping[str, Any] = {"waiting": None, "next_at": None}
"""The fields of a delivery that is no longer due."""


def outcome_of(answer: Answer) -> Outcome:
    """Return what an answer means for the webhook.

    A receiver that cannot be reached, limits the rate or is broken gets no further events for now. Any other refusal
    concerns only this event. A redirect is a refusal as well: it is not followed.
    """
    status, reason = answer.status, answer.error
    if reason is None:
        return Delivered()
    if status == GONE:
        return Refused(reason)
    if status is None or status == TOO_MANY_REQUESTS or status >= SERVER_ERRORS:
        return Failed(reason, answer.retry_after)
    return SetAside(reason)


def _state(outcome: Outcome) -> DeliveryState:
    match outcome:
        case Delivered():
            return "delivered"
        case SetAside():
            return "set_aside"
        case _:
            return "failing"


def _seen(answer: Answer) -> dict[str, Value]:
    """Return the fields of a delivery that come from an answer."""
    return {
        "status": answer.status,
        "error": answer.error,
        "milliseconds": answer.milliseconds,
        "answer": answer.shown,
    }
