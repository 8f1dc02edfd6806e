"""Queues as data, and what a function may do with them."""

from typing import Literal

import msgspec

QueueOperation = Literal["send", "receive"]


class Queue(msgspec.Struct, frozen=True):
    """A queue of Amazon SQS, by its name without the stage."""

    name: str


def dead_letters(trigger: str) -> Queue:
    """Return the queue for the failed events of a trigger, by the trigger's name."""
    return Queue(f"{trigger}-dead-letters")
