"""Webhooks for their owners: making, changing, testing and replaying them."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
from msgspec import UNSET

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.model import BusinessClosing
from shopkeeper.domains.businesses.offers import own_business
from shopkeeper.domains.feed.dispatching import (
    Subscription,
    check_kept,
    resume,
    subscribe,
    subscriptions,
    subscriptions_of,
    switch_off,
    unsubscribe,
)
from shopkeeper.domains.feed.offers import read_head
from shopkeeper.domains.webhooks.message import message_of_test
from shopkeeper.domains.webhooks.model import (
    MOST_WEBHOOKS,
    NewWebhook,
    TooManyWebhooks,
    Webhook,
    WebhookChange,
    WebhookChanged,
    WebhookWithSecret,
)
from shopkeeper.domains.webhooks.records import (
    KIND,
    StoredDelivery,
    StoredWebhook,
    count_webhook,
    deliveries,
    forget_count,
    subscription_name,
    uncount_webhook,
    webhooks,
    webhooks_of,
)
from shopkeeper.domains.webhooks.sending import Answer, Sender
from shopkeeper.domains.webhooks.signing import SigningSecret, new_secret
from shopkeeper.http import Caller, FieldError, InvalidInput
from shopkeeper.http.fields import changed_fields
from shopkeeper.identifiers import uuid7
from shopkeeper.net.guard import Guard, NotAllowed
from shopkeeper.storage import Action, ConditionFailed, Conflict, ExpectationFailed, Store
from shopkeeper.storage.listing import Listing

TRIES = 10
FORMER_SECRET_SECONDS = 24 * 3600
"""How long a secret still signs after it was replaced."""

MOST_SECRETS = 5


class Webhooks:
    """The webhooks of every business, each for its owner alone."""

    def __init__(self, store: Store, clock: Clock, guard: Guard, sender: Sender) -> None:
        self._store = store
        self._clock = clock
        self._guard = guard
        self._sender = sender
        self._webhooks = webhooks(store)
        self._deliveries = deliveries(store)
        self._subscriptions = subscriptions(store)

    def create(self, caller: Caller, business_id: str, new: NewWebhook) -> WebhookWithSecret:
        """Make a webhook that gets the events from now on.

        Raises NotFound, BusinessClosing, InvalidInput, TooManyWebhooks or StoreError.
        """
        if own_business(self._store, business_id, caller).closing_since is not None:
            raise BusinessClosing("The business is being deleted.")
        self._check_url(new.url)
        now = self._clock()
        webhook = StoredWebhook(
            business_id=business_id,
            webhook_id=uuid7(),
            url=new.url,
            kinds=new.kinds,
            description=new.description,
            secrets=[new_secret()],
            created_at=rfc3339(now),
            updated_at=rfc3339(now),
        )
        newest = read_head(self._store, business_id).newest
        begin = subscribe(self._store, business_id, subscription_name(webhook.webhook_id), KIND, newest, now)
        try:
            self._store.transact([count_webhook(business_id, MOST_WEBHOOKS), self._webhooks.insertion(webhook), begin])
        except ExpectationFailed:
            raise TooManyWebhooks(f"A business has at most {MOST_WEBHOOKS} webhooks.") from None
        return self._with_secret(webhook)

    def listing(self, caller: Caller, business_id: str) -> list[Webhook]:
        """Return the webhooks of a business. Raises NotFound or StoreError."""
        own_business(self._store, business_id, caller)
        newest = read_head(self._store, business_id).newest
        by_name = {one.name: one for one in subscriptions_of(self._store, business_id)}
        found = [(one, by_name.get(subscription_name(one.webhook_id))) for one in webhooks_of(self._store, business_id)]
        return [shown(webhook, subscription, newest) for webhook, subscription in found if subscription is not None]

    def own(self, caller: Caller, business_id: str, webhook_id: str) -> StoredWebhook:
        """Return a webhook to the owner of its business. Raises NotFound or StoreError."""
        own_business(self._store, business_id, caller)
        return self._webhooks.require(business_id, webhook_id)

    def show(self, webhook: StoredWebhook) -> Webhook:
        """Return a webhook with the state of its deliveries. Raises NotFound or StoreError."""
        return shown(webhook, self._subscription(webhook), read_head(self._store, webhook.business_id).newest)

    def change(self, webhook: StoredWebhook, change: WebhookChange) -> Webhook:
        """Change a webhook in the version that was read.

        A failing webhook that gets another URL is retried at once. Raises InvalidInput, WebhookChanged,
        NotFound or StoreError.
        """
        fields = changed_fields(change)
        enabled = fields.pop("enabled", UNSET)
        if isinstance(change.url, str):
            self._check_url(change.url)
        now = self._clock()
        changed, update = self._webhooks.revision(webhook, {**fields, "updated_at": rfc3339(now)})
        is_moved = changed.url != webhook.url

        def steps(subscription: Subscription) -> list[Action]:
            if enabled is False:
                is_off = subscription.switched_off is not None
                return [] if is_off else switch_off(self._store, subscription, "owner", now)[1]
            if enabled is True or is_moved:
                return [resume(self._store, subscription, now, switch_on=enabled is True)[1]]
            return []

        self._apply(webhook, steps, update)
        return self.show(changed)

    def delete(self, webhook: StoredWebhook) -> None:
        """Remove a webhook in the version that was read. Raises WebhookChanged or StoreError."""
        business_id = webhook.business_id
        end = unsubscribe(business_id, subscription_name(webhook.webhook_id))
        try:
            self._store.transact([self._webhooks.removal(webhook), end, uncount_webhook(business_id)])
        except ConditionFailed:
            raise WebhookChanged("The webhook was changed by another request.") from None
        try:
            self._store.transact([forget_count(business_id, {"webhooks": 0})])
        except ConditionFailed:
            pass  # the business has others

    def rotate(self, webhook: StoredWebhook) -> WebhookWithSecret:
        """Give a webhook a new secret. The present one also signs for 24 hours.

        Raises WebhookChanged or StoreError.
        """
        now = self._clock()
        until = rfc3339(now + timedelta(seconds=FORMER_SECRET_SECONDS))
        former = [SigningSecret(one.value, one.until or until) for one in webhook.secrets_at(now)]
        fields = {"secrets": [new_secret(), *former][:MOST_SECRETS], "updated_at": rfc3339(now)}
        try:
            changed = self._webhooks.change(webhook, fields)
        except ExpectationFailed:
            raise WebhookChanged("The webhook was changed by another request.") from None
        return self._with_secret(changed)

    def test(self, webhook: StoredWebhook) -> Answer:
        """Send an event `webhook.test` now and return the outcome."""
        now = self._clock()
        message = message_of_test(webhook.business_id, webhook.webhook_id, rfc3339(now), now)
        return self._sender.send(webhook.url, webhook.secrets_at(now), message)

    def replay(self, webhook: StoredWebhook, first: int) -> Webhook:
        """Send the events from a number on again, including those that were set aside.

        Raises InvalidInput if the first was not sent yet, EventsGone if it is no longer kept, or StoreError.
        """
        _check_was_sent(self._subscription(webhook), first)
        check_kept(self._store, webhook.business_id, first, self._clock())
        now = self._clock()

        def steps(subscription: Subscription) -> list[Action]:
            _check_was_sent(subscription, first)
            return [resume(self._store, subscription, now, cursor=first - 1)[1]]

        self._apply(webhook, steps)
        return self.show(webhook)

    def deliveries(self, webhook: StoredWebhook) -> Listing[StoredDelivery]:
        """Return the list of the deliveries, the newest event first."""
        return Listing(self._store, self._deliveries, None, webhook.webhook_id, descending=True)

    def _apply(self, webhook: StoredWebhook, steps: Callable[[Subscription], list[Action]], *others: Action) -> None:
        """Change the present subscription of a webhook, together with other actions.

        Raises WebhookChanged if one of the others fails, or Conflict if deliveries keep changing the subscription.
        """
        for _ in range(TRIES):
            actions = [*others, *steps(self._subscription(webhook))]
            try:
                self._store.transact(actions)
            except ExpectationFailed as error:
                if error.position < len(others):
                    raise WebhookChanged("The webhook was changed by another request.") from None
                continue
            return
        raise Conflict("deliveries kept changing the subscription")

    def _subscription(self, webhook: StoredWebhook) -> Subscription:
        return self._subscriptions.require(webhook.business_id, subscription_name(webhook.webhook_id))

    def _check_url(self, url: str) -> None:
        try:
            self._guard.check(url)
        except NotAllowed as error:
            raise InvalidInput([FieldError("url", str(error))]) from None

    def _with_secret(self, webhook: StoredWebhook) -> WebhookWithSecret:
        fields = msgspec.structs.asdict(self.show(webhook))
        return WebhookWithSecret(**fields, secret=webhook.secrets[0].value)


def _check_was_sent(subscription: Subscription, number: int) -> None:
    """Raise InvalidInput for the number of an event after the next one that will be sent."""
    most = subscription.cursor + 1
    if number > most:
        raise InvalidInput([FieldError("from", f"must be at most {most}, the next event that will be sent")])


def shown(webhook: StoredWebhook, subscription: Subscription, newest: int) -> Webhook:
    """Return a webhook as its owner sees it."""
    off = subscription.switched_off
    is_failing = off is None and subscription.failures > 0
    return Webhook(
        webhook_id=webhook.webhook_id,
        business_id=webhook.business_id,
        url=webhook.url,
        kinds=webhook.kinds,
        description=webhook.description,
        status="off" if off else "failing" if is_failing else "on",
        cursor=subscription.cursor,
        newest=newest,
        failing_since=subscription.failing_since,
        next_attempt_at=subscription.due_at if is_failing else None,
        off_since=off.since if off else None,
        off_reason=off.reason if off else None,
        created_at=webhook.created_at,
        updated_at=webhook.updated_at,
        version=webhook.version,
    )
