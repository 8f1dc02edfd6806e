"""A shop with webhooks on a store, without a server of ours; its receivers are real."""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from shopkeeper.domains.businesses.offers import is_stored
from shopkeeper.domains.feed.dispatching import Dispatcher, Subscription, subscriptions
from shopkeeper.domains.webhooks.delivering import Deliveries
from shopkeeper.domains.webhooks.model import NewWebhook, Webhook, WebhookChange
from shopkeeper.domains.webhooks.records import StoredWebhook, subscription_name
from shopkeeper.domains.webhooks.sending import Sender
from shopkeeper.domains.webhooks.service import Webhooks
from shopkeeper.net.guard import Guard
from shopkeeper.storage import Store
from tests.support.faults import Exchange
from tests.support.readers import finish
from tests.support.shops import Shop

GUARD = Guard(allows_loopback=True)


class HookedShop(Shop):
    """A shop whose owner has webhooks."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.webhooks = Webhooks(store, self.clock, GUARD, Sender(GUARD, self.clock))
        self._orders = 0

    def hook(self, url: str, **fields: Any) -> str:
        """Make a webhook and return its id."""
        return self.webhooks.create(self.owner, self.business_id, NewWebhook(url=url, **fields)).webhook_id

    def stored(self, webhook_id: str) -> StoredWebhook:
        return self.webhooks.own(self.owner, self.business_id, webhook_id)

    def shown(self, webhook_id: str) -> Webhook:
        return self.webhooks.show(self.stored(webhook_id))

    def change(self, webhook_id: str, **fields: Any) -> Webhook:
        return self.webhooks.change(self.stored(webhook_id), WebhookChange(**fields))

    def deliveries(self, webhook_id: str) -> list[dict[str, Any]]:
        """Return what became of the events, the oldest first."""
        found, _ = self.webhooks.deliveries(self.stored(webhook_id)).page(100)
        return [
            {"seq": one.seq, "state": one.state, "attempts": one.attempts, "error": one.error}
            for one in reversed(found)
        ]

    def subscription(self, webhook_id: str) -> Subscription:
        return subscriptions(self.store).require(self.business_id, subscription_name(webhook_id))

    def order(self, number: int = 1) -> None:
        """Let something happen: each order is an event."""
        for _ in range(number):
            self._orders += 1
            self.place(f"{self._orders:016}")

    def dispatcher(self, store: Store | None = None) -> Dispatcher:
        store = store or self.store
        deliveries = Deliveries(store, self.clock, Sender(GUARD, self.clock))
        return Dispatcher(
            store,
            self.clock,
            "webhook",
            deliveries.deliver,
            is_needed=partial(is_stored, store),
            remove=deliveries.remove,
            missed=deliveries.note_missed,
            chores=deliveries.due,
        )

    def hint(self, dispatcher: Dispatcher | None = None) -> dict[str, int]:
        """Deliver what is new, as the stream does."""
        return finish(dispatcher or self.dispatcher(), lambda one: one.consume([{"business_id": self.business_id}]))

    def run(self, dispatcher: Dispatcher | None = None) -> dict[str, int]:
        """Deliver what is due, as the schedule does."""
        return finish(dispatcher or self.dispatcher(), Dispatcher.run)


class Receiver:
    """Answers as told and keeps the numbers of the events that it said it took, and the ids of all that came."""

    def __init__(self, status: Callable[[int], int] = lambda _: 204) -> None:
        """`status` returns the status to answer with for the number of an event; 0 hangs up."""
        self.status = status
        self.taken: list[int] = []
        self.ids: dict[int, set[str]] = {}
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        body = json.loads(exchange.body)
        number = body["data"].get("seq", 0)
        header = exchange.header.decode().lower()
        with self._lock:
            self.ids.setdefault(number, set()).add(header.partition("webhook-id: ")[2].partition("\r\n")[0])
            status = self.status(number)
            if 200 <= status < 300:
                self.taken.append(number)
        exchange.keep = False
        if status:
            exchange.answer(status, b"")


MOST_FAULTS = 2
"""With so many bad answers to one event, and as many refusals, it is not given up."""


def faulty(chance: random.Random, refused: set[int]) -> Callable[[int], int]:
    """Return how a bad receiver answers: a third with 500, some not at all, and some events it refuses at first."""
    patience = dict.fromkeys(refused, 2)
    faults: Counter[int] = Counter()

    def status(number: int) -> int:
        dice = chance.random()
        if dice < 0.45 and faults[number] < MOST_FAULTS:
            faults[number] += 1
            return 500 if dice < 1 / 3 else 0
        if patience.get(number):
            patience[number] -= 1
            return 422
        return 200

    return status
