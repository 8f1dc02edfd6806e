"""Identifiers: UUIDs from the operating system's randomness, never from a seeded generator.

A SnapStart snapshot would contain a generator's state, so its values would repeat. `os.urandom` does not repeat.
"""

import os
import time

_LENGTHS = [8, 4, 4, 4, 12]
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def uuid4() -> str:
    """Return a random UUID (RFC 9562, version 4)."""
    return _uuid(os.urandom(16).hex(), version=4)


def uuid7() -> str:
    """Return a UUID that sorts by the time of its creation (RFC 9562, version 7).

    The 12 bits after the milliseconds are a fraction of a millisecond (section 6.2, method 3), so that what is made one
    after the other is listed in that order. 62 bits are random.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    return _uuid(f"{milliseconds:012x}7{fraction:03x}{os.urandom(8).hex()}", version=7)


def uuid7_milliseconds(text: str) -> int:
    """Return when a UUID of version 7 was made, in milliseconds of the Unix epoch. What follows it is ignored."""
    return int(text[:8] + text[9:13], 16)


def _uuid(digits: str, version: int) -> str:
    """Return the UUID of 32 hexadecimal digits, after two of them are replaced by the version and the variant.

    `uuid.UUID` takes twice as long, and every request has an id.
    """
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-{version}{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def is_uuid(text: str) -> bool:
    """Return whether `text` is a UUID in its canonical form of 36 characters."""
    parts = text.split("-")
    return [*map(len, parts)] == _LENGTHS and _HEXADECIMAL.issuperset("".join(parts))
