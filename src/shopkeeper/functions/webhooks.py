"""The function `webhooks`: webhooks for the owners of businesses, and the delivery of events to them."""

from functools import partial

from shopkeeper.domains.businesses.offers import is_stored
from shopkeeper.domains.feed.dispatching import Dispatcher, count_failing
from shopkeeper.domains.webhooks.delivering import Deliveries
from shopkeeper.domains.webhooks.endpoints import ENDPOINTS
from shopkeeper.domains.webhooks.records import KIND
from shopkeeper.domains.webhooks.sending import Sender
from shopkeeper.domains.webhooks.service import Webhooks
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Job, Part, Schedule, Stream
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.net.deadline import remaining
from shopkeeper.net.guard import Guard
from shopkeeper.storage import may
from shopkeeper.storage.tables import BUSINESSES, DELIVERIES, EVENTS, SUBSCRIPTIONS, WEBHOOKS

MOST = 1000
"""Where counting the webhooks that are behind ends."""


def _guard(resources: Resources) -> Guard:
    return Guard(allows_loopback=resources.settings.stage == "dev")


def _build(resources: Resources) -> Webhooks:
    guard = _guard(resources)
    return Webhooks(resources.store, resources.clock, guard, Sender(guard, resources.clock))


def _dispatcher(resources: Resources) -> Dispatcher:
    store, clock = resources.store, resources.clock
    deliveries = Deliveries(store, clock, Sender(_guard(resources), clock))
    return Dispatcher(
        store,
        clock,
        KIND,
        deliveries.deliver,
        is_needed=partial(is_stored, store),
        remove=deliveries.remove,
        missed=deliveries.note_missed,
        chores=deliveries.due,
    )


def _send_due(resources: Resources) -> Job:
    """Return the job that sends what is due. On Lambda it also counts the webhooks that are behind.

    One machine counts them when Prometheus asks.
    """
    dispatcher = _dispatcher(resources)
    if remaining() is None:
        return dispatcher.run
    return lambda: {**dispatcher.run(), "WebhooksBehind": count_failing(resources.store, KIND, MOST)}


FUNCTION = Function(
    name="webhooks",
    service="webhooks",
    triggers=(
        Http((Part(ENDPOINTS, _build),)),
        Stream(
            "webhook-events",
            EVENTS,
            build=lambda resources: _dispatcher(resources).consume,
            fallback="webhook-retries",
        ),
        Schedule("webhook-retries", minutes=1, seconds=1, build=_send_due),
    ),
    grants={
        BUSINESSES: may("get"),
        EVENTS: may("get", "query", "append"),
        SUBSCRIPTIONS: may("get", "query", "put", "update", "delete", query=("due",)),
        WEBHOOKS: may("get", "query", "put", "update", "delete"),
        DELIVERIES: may("query", "update", query=("due",)),
    },
    errors=PROBLEM_JSON,
    authenticates=True,
    libraries="tokens",
    memory=512,
    timeout=60,
    concurrency=20,
)
