"""Who uses a shop while everything goes wrong. Each remembers what was answered, and what may have been done."""

import random
import threading
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, Protocol

from tests.support.http import Answer, Client, post_json
from tests.support.shop import PASSWORD, Owner, new_key, order_for, place
from tests.support.strangers import Strangers, request

LOST = (OSError, HTTPException)
"""What a client sees of a server that was killed: nothing says whether the request was done."""
REFUSED = 503
FAILED_VISITS = (500, REFUSED)
"""A visit that cannot be counted is answered with 500, as the site's pages expect."""
PAUSE_SECONDS = 0.01
FORGOTTEN = 0.2
"""The share of orders that the owner leaves as they are."""
STEPS = {
    "received": (("accept", "accepted"), ("reject", "rejected")),
    "accepted": (("prepare", "preparing"), ("cancel", "cancelled")),
    "preparing": (("ready", "ready"), ("cancel", "cancelled")),
    "ready": (("complete", "completed"),),
}
"""The steps of the owner from each status, and the status that follows."""


class Actor(Protocol):
    """Somebody who uses the shop."""

    def run(self, ends: threading.Event) -> None:
        """Go on until told to stop."""


class Visitor:
    """Visits the site again and again."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.counts: list[int] = []
        self.refused = 0
        self.lost = 0

    def run(self, ends: threading.Event) -> None:
        """Visit until told to stop."""
        while not ends.is_set():
            try:
                with Client(self._owner.url) as client:
                    while not ends.is_set():
                        self._note(client.send("GET", "/counter"))
                        time.sleep(PAUSE_SECONDS)
            except ConnectionRefusedError:
                time.sleep(PAUSE_SECONDS)  # nobody listens, so nothing was sent
            except LOST:
                self.lost += 1

    def _note(self, answer: Answer) -> None:
        if answer.status in FAILED_VISITS:
            self.refused += 1
            return
        assert answer.status == 200, answer
        self.counts.append(answer.json["count"])


class Customer:
    """Places orders, and repeats each under its key until it is answered, sometimes once more."""

    def __init__(self, owner: Owner, item: dict[str, Any], choices: random.Random) -> None:
        self._owner = owner
        self._item = item
        self._choices = choices
        self.quantities: dict[str, int] = {}
        self.answers: dict[str, set[str]] = {}

    def run(self, ends: threading.Event) -> None:
        """Order until told to stop."""
        while not ends.is_set():
            key = new_key()
            self.quantities[key], self.answers[key] = self._choices.randint(1, 9), set()
            while not ends.is_set() and not self.ask(key):
                time.sleep(PAUSE_SECONDS)
            if self._choices.random() < 0.3:
                self.ask(key)
            time.sleep(PAUSE_SECONDS)

    def ask(self, key: str) -> bool:
        """Place the order of a key, for the first time or again. Return whether it was answered."""
        quantity = self.quantities[key]
        try:
            answer = place(self._owner, order_for(self._item, quantity=quantity), key)
        except LOST:
            return False
        if answer.status == REFUSED:
            return False
        assert answer.status == 201, answer
        assert answer.json["total_minor"] == quantity * self._item["price_minor"]
        self.answers[key].add(answer.json["order_id"])
        return True


class Shopkeeping:
    """The owner: follows the feed, and leads each order through its life."""

    def __init__(self, owner: Owner, choices: random.Random) -> None:
        self._owner = owner
        self._choices = choices
        self.events: list[dict[str, Any]] = []
        self.steps: list[tuple[str, str]] = []
        """The orders and the statuses for which a step was answered."""

    def run(self, ends: threading.Event) -> None:
        """Lead orders until told to stop."""
        while not ends.is_set():
            try:
                for event in self._read_on():
                    self._step(event)
            except LOST:
                pass
            time.sleep(PAUSE_SECONDS)

    def _read_on(self) -> list[dict[str, Any]]:
        """Return the events since the last time. They follow without a gap."""
        path = f"/api/businesses/{self._owner.business_id}/events?after={len(self.events)}&limit=20"
        answer = self._ask("GET", path)
        if answer is None:
            return []
        assert answer.status == 200, answer
        events: list[dict[str, Any]] = answer.json["events"]
        assert [event["seq"] for event in events] == [len(self.events) + 1 + n for n in range(len(events))]
        self.events += events
        return events

    def _step(self, event: dict[str, Any]) -> None:
        steps = STEPS.get(event["status"])
        if steps is None or self._choices.random() < FORGOTTEN:
            return
        step, status = self._choices.choice(steps)
        answer = self._ask("POST", f"/api/orders/{event['order_id']}/{step}")
        if answer is None:
            return
        assert answer.status in (200, 409), answer  # 409: it has expired, or a step whose answer was lost was done
        if answer.status == 200:
            assert answer.json["status"] == status
            self.steps.append((event["order_id"], status))

    def _ask(self, method: str, path: str) -> Answer | None:
        """Return an answer that is worth looking at. Sign in again where the clock's jump has ended the token."""
        answer = self._owner.ask(method, path)
        if answer.status == 401:
            body = {"email": self._owner.email, "password": PASSWORD}
            signed_in = post_json(self._owner.url, "/api/auth/login", body)
            if signed_in.status == 200:
                self._owner.tokens = signed_in.json
            return None
        return None if answer.status == REFUSED else answer


class Pest:
    """A stranger whose connections are silent, stop midway, or are never read, the feed's reader among them."""

    def __init__(self, owner: Owner, port: int, choices: random.Random) -> None:
        self._owner = owner
        self._port = port
        self._choices = choices

    def run(self, ends: threading.Event) -> None:
        """Be a nuisance until told to stop."""
        kinds: list[Callable[[], bytes]] = [self._silent, self._half_a_header, self._half_a_body, self._unread_feed]
        while not ends.is_set():
            try:
                with Strangers(self._port, self._choices.randint(1, 10), self._choices.choice(kinds)()):
                    ends.wait(self._choices.uniform(0.1, 1.0))
            except OSError:
                time.sleep(PAUSE_SECONDS)

    def _silent(self) -> bytes:
        return b""

    def _half_a_header(self) -> bytes:
        return b"GET /counter HTTP/1.1\r\nHost: sh"

    def _half_a_body(self) -> bytes:
        return request("POST", "/auth/register-business", b'{"business_name": "Bakery"}')[:-5]

    def _unread_feed(self) -> bytes:
        token = {"Authorization": f"Bearer {self._owner.tokens['access_token']}"}
        return request("GET", f"/api/businesses/{self._owner.business_id}/events?after=0", headers=token) * 50
