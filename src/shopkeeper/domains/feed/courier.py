"""Delivers to one subscription: event after event, under a lease, with the cursor saved after each."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.feed.kept import check_kept
from shopkeeper.domains.feed.model import Event, EventsGone, event_from, is_kept
from shopkeeper.domains.feed.offers import read_head
from shopkeeper.domains.feed.retrying import Random, is_given_up, is_time_left, next_attempt
from shopkeeper.domains.feed.subscription import (
    Deliver,
    Delivered,
    Failed,
    Outcome,
    Refused,
    SetAside,
    Skipped,
    Subscription,
)
from shopkeeper.domains.feed.subscriptions import IDLE_SECONDS, OFF_SECONDS, subscriptions, switch_off, unsubscribe
from shopkeeper.net.deadline import remaining
from shopkeeper.storage import ConditionFailed, Key, Store
from shopkeeper.storage.tables import EVENTS

LEASE_SECONDS = 40
"""How long a dispatcher has a subscription for itself after each change. A delivery takes at most 15 seconds."""

TURN_SECONDS = 10
"""How long one machine delivers to a subscription before others have their turn, so that a slow reader with many
events does not keep a thread for ever. An invocation of a function ends by itself."""

PAGE = 20
TRIES = 5


class Courier:
    """Delivers to subscriptions of a kind, one at a time in each thread."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        kind: str,
        deliver: Deliver,
        *,
        is_needed: Callable[[str], bool],
        remove: Callable[[Subscription], None] | None = None,
        missed: Callable[[Subscription, int, int], None] | None = None,
        random: Random = os.urandom,
    ) -> None:
        """See `Dispatcher`."""
        self._store = store
        self._clock = clock
        self._kind = kind
        self._deliver = deliver
        self._is_needed = is_needed
        self._remove = remove
        self._missed = missed
        self._random = random
        self._subscriptions = subscriptions(store)
        self._lock = threading.Lock()
        self._metrics: Counter[str] = Counter()

    def take_metrics(self) -> dict[str, int]:
        """Return what was done since the last call, by the name of its metric."""
        with self._lock:
            metrics, self._metrics = self._metrics, Counter()
        return dict(metrics)

    def deliver_new(self, business_id: str, name: str) -> None:
        """Deliver what is new, unless the subscription is off, waits after a failure or is leased by another.

        Raises what a delivery raises, or StoreError.
        """
        for _ in range(TRIES):
            found = self._subscriptions.get(business_id, name)
            if found is None or found.switched_off or self._is_leased(found):
                return
            if (found.failures and not self._is_due(found)) or self._has_delivered(found):
                return

    def deliver_due(self, business_id: str, name: str) -> None:
        """Check a subscription that is due, and deliver its new events.

        Raises what a delivery raises, or StoreError.
        """
        for _ in range(TRIES):
            found = self._subscriptions.get(business_id, name)
            if found is None or not self._is_due(found) or self._is_leased(found):
                return
            if not self._is_needed(business_id):
                self._drop(found)
                return
            if found.switched_off:
                is_done = self._has_postponed(found, OFF_SECONDS)
            elif read_head(self._store, business_id).newest == found.cursor:
                is_done = self._has_postponed(found, IDLE_SECONDS)
            else:
                is_done = self._has_delivered(found)
            if is_done:
                return

    def _is_leased(self, subscription: Subscription) -> bool:
        return subscription.leased_until is not None and subscription.leased_until > rfc3339(self._clock())

    def _is_due(self, subscription: Subscription) -> bool:
        return subscription.due_at <= rfc3339(self._clock())

    def _has_postponed(self, subscription: Subscription, seconds: int) -> bool:
        """Set the time of the next check. Return False if the subscription was changed first."""
        due_at = rfc3339(self._clock() + timedelta(seconds=seconds))
        try:
            self._subscriptions.change(subscription, {"due_at": due_at, "failures": 0, "leased_until": None})
        except ConditionFailed:
            return False
        return True

    def _drop(self, subscription: Subscription) -> None:
        """Remove a subscription whose business is gone."""
        if self._remove is not None:
            self._remove(subscription)
        else:
            self._store.transact([unsubscribe(subscription.business_id, subscription.name)])

    def _has_delivered(self, subscription: Subscription) -> bool:
        """Lease a subscription and deliver what is new. Return False if it was changed first.

        During the lease no other dispatcher delivers a new event. So there is a last check after the release.
        """
        while True:
            try:
                held = self._save(subscription, {})
            except ConditionFailed:
                return False
            try:
                released = self._work_off(held)
            except ConditionFailed:
                return True  # it was changed, or leased after the lease expired: another goes on with it
            if released is None or not self._next_events(released):
                return True
            subscription = released

    def _work_off(self, held: Subscription) -> Subscription | None:
        """Deliver until nothing is left. Return the subscription after its release, None if the rest must wait."""
        turn_ends = self._clock() + timedelta(seconds=TURN_SECONDS)
        while True:
            events = self._next_events(held)
            for event in events:
                if self._must_stop(turn_ends):
                    self._save(held, {"cursor": event.seq - 1}, due_in=0)
                    return None
                outcome = self._deliver(held, event)
                self._count(type(outcome).__name__)
                held = self._settle(held, event, outcome, is_last=event is events[-1], is_end=len(events) < PAGE)
                if held.leased_until is None:
                    return None if held.failures or held.switched_off else held
            if not events:
                moved = self._past_what_is_gone(held)
                if moved is None:
                    return self._save(held, {}, due_in=IDLE_SECONDS)
                held = moved

    def _must_stop(self, turn_ends: datetime) -> bool:
        """Return whether no further delivery may begin now."""
        return self._clock() > turn_ends if remaining() is None else not is_time_left()

    def _settle(
        self, held: Subscription, event: Event, outcome: Outcome, *, is_last: bool, is_end: bool
    ) -> Subscription:
        """Save the outcome of an event. After the last event of the feed the subscription is released."""
        due_in = IDLE_SECONDS if is_last and is_end else None
        now = self._clock()
        match outcome:
            case Delivered():
                return self._save(held, {"cursor": event.seq, "failures": 0, "failing_since": None}, due_in)
            case Skipped():
                return self._save(held, {"cursor": event.seq}, due_in) if is_last else held
            case SetAside(reason):
                done = {"cursor": event.seq, "failures": 0, "failing_since": held.failing_since or rfc3339(now)}
                if held.failing_since and is_given_up(held.failing_since, now):
                    return self._switch_off(held, reason, now, done)
                return self._save(held, done, due_in)
            case Failed(reason, retry_after):
                waits = {"cursor": event.seq - 1, "failing_since": held.failing_since or rfc3339(now)}
                failures = held.failures + 1
                if held.failing_since and is_given_up(held.failing_since, now, failures):
                    return self._switch_off(held, reason, now, waits)
                again = rfc3339(next_attempt(now, failures, retry_after, self._random))
                waits |= {"failures": failures, "due_at": again, "leased_until": None}
                return self._subscriptions.change(held, waits)
            case Refused(reason):
                return self._switch_off(held, reason, now, {"cursor": event.seq - 1})

    def _switch_off(self, held: Subscription, reason: str, now: datetime, fields: Mapping[str, Any]) -> Subscription:
        off, actions = switch_off(self._store, held, reason, now, fields)
        self._store.transact(actions)
        self._count("SwitchedOff")
        return off

    def _save(self, held: Subscription, fields: Mapping[str, Any], due_in: int | None = None) -> Subscription:
        """Save fields and extend the lease, or with `due_in` release the subscription until so many seconds from now.

        Raises ConditionFailed if it was changed since it was read.
        """
        moment = rfc3339(self._clock() + timedelta(seconds=LEASE_SECONDS if due_in is None else due_in))
        leased_until = moment if due_in is None else None
        return self._subscriptions.change(held, {**fields, "due_at": moment, "leased_until": leased_until})

    def _next_events(self, subscription: Subscription) -> list[Event]:
        """Return the events that follow the cursor without a gap, up to a page; none if the next is not kept."""
        key: Key = {"business_id": subscription.business_id, "seq": subscription.cursor}
        page = self._store.query(EVENTS, subscription.business_id, limit=PAGE, after=key)
        now = self._clock().timestamp()
        events: list[Event] = []
        for number, record in enumerate(page.items, subscription.cursor + 1):
            if record["seq"] != number or not is_kept(record, now):
                break
            events.append(event_from(record))
        return events

    def _past_what_is_gone(self, held: Subscription) -> Subscription | None:
        """Return the subscription with its cursor before the oldest event that is kept. None if nothing is new.

        A cursor beyond the end of the feed is set to the end. That happens if only one table is restored.
        """
        newest = read_head(self._store, held.business_id).newest
        if newest == held.cursor:
            return None
        if newest < held.cursor:
            return self._save(held, {"cursor": newest})
        try:
            check_kept(self._store, held.business_id, held.cursor + 1, self._clock())
        except EventsGone as gone:
            oldest = int(gone.facts["oldest"])
            if self._missed is not None:
                self._missed(held, held.cursor + 1, oldest - 1)
            self._count("Missed", oldest - 1 - held.cursor)
            return self._save(held, {"cursor": oldest - 1})
        return held  # an event was appended after it was looked for

    def _count(self, name: str, number: int = 1) -> None:
        with self._lock:
            self._metrics[f"{self._kind.title()}{name}"] += number
