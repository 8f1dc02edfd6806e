"""The endpoints of webhooks, for the owners of businesses."""

from typing import TypeVar

from shopkeeper.domains.businesses.model import BusinessClosing
from shopkeeper.domains.feed.model import EventsGone
from shopkeeper.domains.webhooks.model import (
    DeliveryList,
    DeliveryListParameters,
    NewWebhook,
    Replay,
    TooManyWebhooks,
    Webhook,
    WebhookChange,
    WebhookChanged,
    WebhookChangeParameters,
    WebhookList,
    WebhookParameters,
    WebhooksParameters,
    WebhookTest,
    WebhookWithSecret,
)
from shopkeeper.domains.webhooks.records import StoredWebhook
from shopkeeper.domains.webhooks.service import Webhooks
from shopkeeper.http import (
    ETAG,
    LINK,
    LOCATION,
    Access,
    Call,
    Load,
    NotFound,
    Nothing,
    PreconditionFailed,
    PreconditionRequired,
    RateLimit,
    Reply,
    endpoint,
)
from shopkeeper.http.cursor import next_link, read_page
from shopkeeper.http.version import etag, require_if_match

B = TypeVar("B")

CHANGES = RateLimit("webhooks", requests=60, seconds=600, by="account")
TESTS = RateLimit("webhook-tests", requests=20, seconds=600, by="account")
"""Each test makes the server call an address that the caller has chosen."""

CHANGE_ERRORS = (NotFound, WebhookChanged, PreconditionFailed, PreconditionRequired)
PATH = "/api/businesses/{business_id}/webhooks"


@endpoint(f"GET {PATH}", errors=(NotFound,), access=Access.SIGNED_IN)
def list_webhooks(webhooks: Webhooks, call: Call[WebhooksParameters, Nothing]) -> Reply[WebhookList]:
    """List the webhooks of your business.

    Each shows the state of its deliveries.
    """
    return Reply(WebhookList(webhooks.listing(call.identity, call.parameters.business_id)))


@endpoint(
    f"POST {PATH}",
    status=201,
    headers=(LOCATION, ETAG),
    errors=(NotFound, TooManyWebhooks, BusinessClosing),
    access=Access.SIGNED_IN,
    limits=(CHANGES,),
)
def create_webhook(webhooks: Webhooks, call: Call[WebhooksParameters, NewWebhook]) -> Reply[WebhookWithSecret]:
    """Create a webhook, which sends the events of your business to a URL from now on.

    The answer has the secret that signs them, which is shown only here. There are at most 10 webhooks.
    """
    made = webhooks.create(call.identity, call.parameters.business_id, call.body)
    location = f"{call.request.base_path}/api/businesses/{made.business_id}/webhooks/{made.webhook_id}"
    return Reply(made, headers={"Location": location, **etag(made.version)})


@endpoint(f"GET {PATH}/{{webhook_id}}", headers=(ETAG,), errors=(NotFound,), access=Access.SIGNED_IN)
def get_webhook(webhooks: Webhooks, call: Call[WebhookParameters, Nothing]) -> Reply[Webhook]:
    """Return a webhook.

    It shows the state of its deliveries.
    """
    webhook = webhooks.show(_own(webhooks, call))
    return Reply(webhook, headers=etag(webhook.version))


@endpoint(
    f"PATCH {PATH}/{{webhook_id}}", headers=(ETAG,), errors=CHANGE_ERRORS, access=Access.SIGNED_IN, limits=(CHANGES,)
)
def change_webhook(webhooks: Webhooks, call: Call[WebhookChangeParameters, WebhookChange]) -> Reply[Webhook]:
    """Change a webhook.

    `If-Match` must name the version that was last seen. With `enabled` it is switched off or on. After it is
    switched on, it continues with the next event after its cursor.
    """
    changed = webhooks.change(_own_version(webhooks, call), call.body)
    return Reply(changed, headers=etag(changed.version))


@endpoint(f"DELETE {PATH}/{{webhook_id}}", errors=CHANGE_ERRORS, access=Access.SIGNED_IN)
def delete_webhook(webhooks: Webhooks, call: Call[WebhookChangeParameters, Nothing]) -> Reply[Nothing]:
    """Delete a webhook.

    `If-Match` must name the version that was last seen. Nothing more is sent.
    """
    webhooks.delete(_own_version(webhooks, call))
    return Reply(Nothing())


@endpoint(
    f"POST {PATH}/{{webhook_id}}/rotate",
    headers=(ETAG,),
    errors=(NotFound, WebhookChanged),
    access=Access.SIGNED_IN,
    limits=(CHANGES,),
)
def rotate_webhook_secret(webhooks: Webhooks, call: Call[WebhookParameters, Nothing]) -> Reply[WebhookWithSecret]:
    """Give a webhook a new secret.

    It is shown only here. The former one also signs for 24 hours.
    """
    rotated = webhooks.rotate(_own(webhooks, call))
    return Reply(rotated, headers=etag(rotated.version))


@endpoint(
    f"POST {PATH}/{{webhook_id}}/test",
    errors=(NotFound,),
    access=Access.SIGNED_IN,
    load=Load.CALLS,
    limits=(TESTS,),
)
def send_test_webhook(webhooks: Webhooks, call: Call[WebhookParameters, Nothing]) -> Reply[WebhookTest]:
    """Send a test to a webhook.

    It sends an event `webhook.test` now, and returns the outcome.
    """
    answer = webhooks.test(_own(webhooks, call))
    return Reply(WebhookTest(answer.status, answer.milliseconds, answer.error))


@endpoint(
    f"GET {PATH}/{{webhook_id}}/deliveries",
    headers=(LINK,),
    errors=(NotFound,),
    access=Access.SIGNED_IN,
    load=Load.PAGES,
)
def list_deliveries(webhooks: Webhooks, call: Call[DeliveryListParameters, Nothing]) -> Reply[DeliveryList]:
    """List the deliveries of a webhook.

    They are those of the events of the last 30 days, page by page, the newest event first.
    """
    asked = call.parameters
    webhook = webhooks.own(call.identity, asked.business_id, asked.webhook_id)
    scope = f"deliveries of {webhook.webhook_id}"
    found, cursor = read_page(webhooks.deliveries(webhook), scope, asked.cursor, asked.limit)
    return Reply(DeliveryList([one.delivery for one in found], cursor), headers=next_link(call.request, cursor))


@endpoint(
    f"POST {PATH}/{{webhook_id}}/replay",
    errors=(NotFound, EventsGone, WebhookChanged),
    access=Access.SIGNED_IN,
    limits=(CHANGES,),
)
def replay_webhook(webhooks: Webhooks, call: Call[WebhookParameters, Replay]) -> Reply[Webhook]:
    """Send former events of a webhook again.

    They begin with a number, and have the same ids as before. Only events that are still kept can be sent.
    """
    return Reply(webhooks.replay(_own(webhooks, call), call.body.first))


def _own(webhooks: Webhooks, call: Call[WebhookParameters, B]) -> StoredWebhook:
    return webhooks.own(call.identity, call.parameters.business_id, call.parameters.webhook_id)


def _own_version(webhooks: Webhooks, call: Call[WebhookChangeParameters, B]) -> StoredWebhook:
    webhook = webhooks.own(call.identity, call.parameters.business_id, call.parameters.webhook_id)
    require_if_match(call.parameters.if_match, webhook.version)
    return webhook


ENDPOINTS = (
    list_webhooks,
    create_webhook,
    get_webhook,
    change_webhook,
    delete_webhook,
    rotate_webhook_secret,
    send_test_webhook,
    list_deliveries,
    replay_webhook,
)
