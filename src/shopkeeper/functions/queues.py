"""Queues as data, and what a function may do with them."""

from typing import Literal

import msgspec

QueueOperation = Literal["send", "receive"]

DEAD_LETTER_SECONDS = 14 * 24 * 60 * 60
"""How long a dead letter is kept, which is as long as SQS keeps any message."""


class Queue(msgspec.Struct, frozen=True):
    """A queue of Amazon SQS, by its name without the stage."""

    name: str


def dead_letters(trigger: str) -> Queue:
    """Return the queue for the failed events of a trigger, by the trigger's name."""
    return Queue(f"{trigger}-dead-letters")
