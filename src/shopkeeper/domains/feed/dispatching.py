"""What the feed offers to domains that deliver its events.

It is not in `offers`, so that functions that only append events do not load it.
"""

from shopkeeper.domains.feed.crew import Job, Key
from shopkeeper.domains.feed.dispatch import Dispatcher
from shopkeeper.domains.feed.kept import check_kept, find_event
from shopkeeper.domains.feed.retrying import is_given_up, is_time_left, next_attempt
from shopkeeper.domains.feed.subscription import (
    Deliver,
    Delivered,
    Failed,
    Outcome,
    Refused,
    SetAside,
    Skipped,
    Subscription,
    SwitchedOff,
)
from shopkeeper.domains.feed.subscriptions import (
    count_failing,
    disable,
    note_success,
    resume,
    subscribe,
    subscriptions,
    subscriptions_of,
    switch_off,
    unsubscribe,
)

__all__ = [
    "Deliver",
    "Delivered",
    "Dispatcher",
    "Failed",
    "Job",
    "Key",
    "Outcome",
    "Refused",
    "SetAside",
    "Skipped",
    "Subscription",
    "SwitchedOff",
    "check_kept",
    "count_failing",
    "disable",
    "find_event",
    "is_given_up",
    "is_time_left",
    "next_attempt",
    "note_success",
    "resume",
    "subscribe",
    "subscriptions",
    "subscriptions_of",
    "switch_off",
    "unsubscribe",
]
