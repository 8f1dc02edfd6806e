"""The records of subscriptions, and the changes that their owners or deliveries make."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from shopkeeper.clock import rfc3339
from shopkeeper.domains.feed.offers import append, read_head
from shopkeeper.domains.feed.subscription import Subscription, SwitchedOff
from shopkeeper.http import NotFound
from shopkeeper.storage import Action, Delete, ExpectationFailed, Put, Store
from shopkeeper.storage.due import due_items
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import SUBSCRIPTIONS

IDLE_SECONDS = 60
"""After how long a dispatcher checks whether the stream has missed an event."""

OFF_SECONDS = 86_400
"""After how long a dispatcher checks whether the business of a subscription that is switched off still exists."""

MOST_OF_A_BUSINESS = 100
TRIES = 5


def subscriptions(store: Store) -> Records[Subscription]:
    """Return the records of subscriptions. `require` raises NotFound."""
    return Records(store, SUBSCRIPTIONS, Subscription, missing=lambda: NotFound("There is no such subscription."))


def subscriptions_of(store: Store, business_id: str) -> list[Subscription]:
    """Return the subscriptions of a business as they are now, at most 100. Raises StoreError."""
    records = subscriptions(store)
    page = store.query(SUBSCRIPTIONS, business_id, limit=MOST_OF_A_BUSINESS)
    return [records.from_item(item) for item in page.items]


def due_subscriptions(store: Store, kind: str, now: datetime, most: int) -> list[Subscription]:
    """Return the subscriptions of a kind that are due, the longest overdue first.

    The index lags behind the table, so each must be read again. Raises StoreError.
    """
    records = subscriptions(store)
    due = due_items(store, SUBSCRIPTIONS, "due", kind, rfc3339(now))
    return [records.from_item(item) for item in islice(due, most)]


def count_behind(store: Store, kind: str, most: int) -> int:
    """Return how many subscriptions of a kind have events to receive, of so many. Raises StoreError."""
    records = subscriptions(store)
    page = store.query(SUBSCRIPTIONS, kind, index="due", limit=most)
    return sum(one.cursor < read_head(store, one.business_id).newest for one in map(records.from_item, page.items))


def count_failing(store: Store, kind: str, most: int) -> int:
    """Return how many subscriptions of a kind did not take their last event, of so many. Raises StoreError.

    It takes one read. Those that are switched off do not count.
    """
    records = subscriptions(store)
    page = store.query(SUBSCRIPTIONS, kind, index="due", limit=most)
    return sum(bool(one.failures) and one.switched_off is None for one in map(records.from_item, page.items))


def subscribe(store: Store, business_id: str, name: str, kind: str, cursor: int, now: datetime) -> Put:
    """Return the action that makes a subscription, whose first event is the one after `cursor`."""
    new = Subscription(business_id=business_id, name=name, kind=kind, cursor=cursor, due_at=rfc3339(now))
    return subscriptions(store).insertion(new)


def unsubscribe(business_id: str, name: str) -> Delete:
    """Return the action that removes a subscription, if there is one. A dispatcher that has leased it stops."""
    return Delete(SUBSCRIPTIONS, {"business_id": business_id, "name": name})


def resume(
    store: Store, subscription: Subscription, now: datetime, *, switch_on: bool = False, cursor: int | None = None
) -> tuple[Subscription, Action]:
    """Return the subscription as it is when the next delivery is tried at once, and the action for that.

    The next event is the one after `cursor`, if that is given. Unless `switch_on`, a subscription that is off stays
    off. A dispatcher that has leased it stops.
    """
    is_off = subscription.switched_off is not None and not switch_on
    fields = {
        "cursor": subscription.cursor if cursor is None else cursor,
        "due_at": subscription.due_at if is_off else rfc3339(now),
        "failures": 0,
        "failing_since": None,
        "leased_until": None,
        "switched_off": subscription.switched_off if is_off else None,
    }
    return subscriptions(store).revision(subscription, fields)


def switch_off(
    store: Store, subscription: Subscription, reason: str, now: datetime, fields: Mapping[str, Any] | None = None
) -> tuple[Subscription, list[Action]]:
    """Return the subscription as it is after it was switched off, and the actions for that.

    One of them appends an event to the feed of the business, like `webhook.disabled`. `fields` change with it.
    """
    changed = {
        **(fields or {}),
        "due_at": rfc3339(now + timedelta(seconds=OFF_SECONDS)),
        "leased_until": None,
        "switched_off": SwitchedOff(reason, rfc3339(now)),
    }
    off, update = subscriptions(store).revision(subscription, changed)
    _, _, identifier = subscription.name.rpartition("#")
    told = append(
        subscription.business_id, f"{subscription.kind}.disabled", identifier, {"reason": reason}, rfc3339(now), now
    )
    return off, [update, told]


def note_success(store: Store, business_id: str, name: str) -> None:
    """Note that a reader took an event that had been set aside, so that it is not switched off for taking none.

    A subscription that a dispatcher has leased is not changed: a change would stop the dispatcher. Raises StoreError.
    """
    records = subscriptions(store)
    found = records.get(business_id, name)
    if found is None or found.failing_since is None or found.failures or found.leased_until is not None:
        return
    try:
        records.change(found, {"failing_since": None})
    except ExpectationFailed:
        pass  # a dispatcher has leased it in the meantime


def disable(store: Store, business_id: str, name: str, reason: str, now: datetime) -> None:
    """Switch a subscription off, unless it is off or gone. Raises StoreError."""
    records = subscriptions(store)
    for _ in range(TRIES):
        found = records.get(business_id, name)
        if found is None or found.switched_off is not None:
            return
        try:
            store.transact(switch_off(store, found, reason, now)[1])
        except ExpectationFailed:
            continue  # a dispatcher has changed it in the meantime
        return
