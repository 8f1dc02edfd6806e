"""Identifiers: UUIDs made from the operating system's randomness, never from a seeded generator.

A generator's state would survive in a SnapStart snapshot and repeat; `os.urandom` does not.
"""

import os
import re
import time

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def _uuid(number: int, version: int) -> str:
    number = number & ~(0xF << 76) | version << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def uuid4() -> str:
    """Return a random UUID (RFC 9562, version 4)."""
    return _uuid(int.from_bytes(os.urandom(16)), 4)


def uuid7() -> str:
    """Return a UUID that sorts by the millisecond of its making (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    return _uuid(milliseconds << 80 | int.from_bytes(os.urandom(10)), 7)


def is_uuid(text: str) -> bool:
    """Tell whether `text` is a UUID in its canonical form of 36 characters."""
    return _UUID.fullmatch(text) is not None
