"""Pauses of businesses, and the events of the feed that tell of them.

A business stops taking orders until a time (its pause), or without an end (`accepting_orders` is false). If both are
set, there is no end. Each change appends `business.paused`, whose data has `until` if there is an end, or
`business.resumed` to the feed. The table `pauses` has the pauses whose end is not in the feed yet.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from shopkeeper.clock import rfc3339
from shopkeeper.domains.businesses.records import businesses, unchanged
from shopkeeper.domains.feed.offers import append
from shopkeeper.storage import ABSENT, Action, Append, Check, ConditionFailed, Delete, Store
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import BUSINESSES, PAUSES

ENDING = "pause"
"""The partition of the index `ending`: all pauses, by their end."""

Stop = Mapping[str, str]
"""The data of `business.paused`: `until`, if there is an end."""


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """The pause of a business, until a time of RFC 3339."""

    business_id: str
    until: str
    ending: Literal["pause"] = "pause"


def pauses(store: Store) -> Records[Pause]:
    """Return the records of pauses."""
    return Records(store, PAUSES, Pause)


def stop_of(accepting_orders: bool, paused_until: str | None) -> Stop | None:
    """Return the stop of a business, None if it takes orders."""
    if not accepting_orders:
        return {}
    return None if paused_until is None else {"until": paused_until}


def told(business_id: str, stop: Stop | None, at: str, now: datetime) -> Append:
    """Return the action that appends the event of a stop since `at`, or of its end if there is none."""
    kind = "business.resumed" if stop is None else "business.paused"
    return append(business_id, kind, business_id, stop or {}, at, now)


def moved(store: Store, business_id: str, pause: Pause | None, until: str | None) -> Action | None:
    """Return the action that sets, changes or ends a pause. It fails if the pause was changed since it was read.

    Returns None if there was no pause and there will be none.
    """
    key = {"business_id": business_id}
    if pause is None:
        new = None if until is None else Pause(business_id=business_id, until=until)
        return None if new is None else pauses(store).replacement(new, {"until": ABSENT})
    seen = {"until": pause.until}
    if until is None:
        return Delete(PAUSES, key, seen)
    if until == pause.until:
        return Check(PAUSES, key, seen)
    return pauses(store).replacement(Pause(business_id=business_id, until=until), seen)


def end(store: Store, pause: Pause, now: datetime) -> bool:
    """End a pause whose time has passed, and append the event, unless the business still takes no orders.

    Returns false if another request or sweep was first. Raises StoreError.
    """
    actions: list[Action] = [Delete(PAUSES, {"business_id": pause.business_id}, {"until": pause.until})]
    business = businesses(store).get(pause.business_id)
    if business is not None and business.closing_since is None:
        actions.append(Check(BUSINESSES, {"business_id": pause.business_id}, unchanged(business)))
        if business.accepting_orders:
            actions.append(told(pause.business_id, None, pause.until, now))
    try:
        store.transact(actions)
    except ConditionFailed:
        return False
    return True


def is_over(pause: Pause, now: datetime) -> bool:
    """Tell whether the time of a pause has passed."""
    return pause.until <= rfc3339(now)
