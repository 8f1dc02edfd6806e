"""Identifiers: UUIDs from the operating system's randomness, never from a seeded generator.

A SnapStart snapshot would contain a generator's state, so its values would repeat. `os.urandom` does not repeat.
"""

import os
import re
import time
import uuid

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def uuid4() -> str:
    """Return a random UUID (RFC 9562, version 4)."""
    return str(uuid.uuid4())


def uuid7() -> str:
    """Return a UUID that sorts by the millisecond of its creation (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    number = milliseconds << 80 | int.from_bytes(os.urandom(10))
    number = number & ~(0xF << 76) | 7 << 76
    number = number & ~(0x3 << 62) | 2 << 62
    return str(uuid.UUID(int=number))


def is_uuid(text: str) -> bool:
    """Return whether `text` is a UUID in its canonical form of 36 characters."""
    return _UUID.fullmatch(text) is not None
