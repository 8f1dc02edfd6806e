"""Passwords: argon2id at OWASP's figures.

The same letter can be encoded in several ways (é, or e and an accent), and keyboards differ. So passwords are
hashed in Unicode's form NFC. The limits of length apply to the text before that: a letter that was sent as two
characters is not easier to guess as one.
"""

import os
from enum import Enum

from _argon2_cffi_bindings import ffi, lib  # `argon2` on top of it imports `inspect` and `ast`: 12 ms of a cold start

MEMORY_KIB = 19456
PASSES = 2
LANES = 1
"""OWASP Password Storage Cheat Sheet: argon2id, m=19456 (19 MiB), t=2, p=1."""

SALT_BYTES = 16
HASH_BYTES = 32
VERSION = 0x13

NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$vl4tW2XEJG24u0zVV8Lw6Q$sVef5bBF0I1Z14Uh9n1bwde9TFPRSFzxJ8VvRc3xjhM"
"""The hash of a random password that nobody knows. A sign-in without an account checks it, at the same cost."""


class Verdict(Enum):
    """Whether a password fits; if so, whether its hash should be made again, in today's form or at today's figures."""

    WRONG = "wrong"
    RIGHT = "right"
    OUTDATED = "outdated"

    def __bool__(self) -> bool:
        return self is not Verdict.WRONG


class Passwords:
    """Hashes and verifies passwords. Each hash takes 19 MiB and a core; see `Load.HASHES` for how many at once."""

    def hash(self, password: str) -> str:
        """Return the salted hash of a password."""
        return _hash(_normalised(password))

    def verify(self, hashed: str | None, password: str) -> Verdict:
        """Tell whether a password fits; None stands for an account that is not there.

        A password that is given in another form than NFC is tried as it is too, for hashes that were made so.
        Where it is wrong this costs a second hash, and the same for every account and none.
        """
        normalised = _normalised(password)
        fits = _fits(hashed or NOBODYS_HASH, normalised)
        fits_as_given = not fits and normalised != password and _fits(hashed or NOBODYS_HASH, password)
        if hashed is None or not (fits or fits_as_given):
            return Verdict.WRONG
        return Verdict.OUTDATED if fits_as_given or not _is_todays(hashed) else Verdict.RIGHT


def _hash(password: str) -> str:
    """Return a new hash in argon2's own form. Raises MemoryError."""
    secret, salt = password.encode(), os.urandom(SALT_BYTES)
    size = lib.argon2_encodedlen(PASSES, MEMORY_KIB, LANES, SALT_BYTES, HASH_BYTES, lib.Argon2_id) + 1
    encoded = ffi.new("char[]", size)
    figures = (PASSES, MEMORY_KIB, LANES, ffi.from_buffer(secret), len(secret), ffi.from_buffer(salt), SALT_BYTES)
    code = lib.argon2_hash(*figures, ffi.NULL, HASH_BYTES, encoded, size, lib.Argon2_id, VERSION)
    if code != lib.ARGON2_OK:
        raise MemoryError(f"argon2: {ffi.string(lib.argon2_error_message(code)).decode()}")
    return str(ffi.string(encoded).decode())


def _fits(hashed: str, password: str) -> bool:
    """Tell whether a password is that of a hash. A text that is no hash fits none."""
    encoded, secret = ffi.new("char[]", hashed.encode()), password.encode()
    return bool(lib.argon2_verify(encoded, ffi.from_buffer(secret), len(secret), lib.Argon2_id) == lib.ARGON2_OK)


def _is_todays(hashed: str) -> bool:
    figures = f"$argon2id$v={VERSION}$m={MEMORY_KIB},t={PASSES},p={LANES}$"
    salt_and_hash = NOBODYS_HASH.split("$", 4)[-1]
    return hashed.startswith(figures) and len(hashed) == len(figures) + len(salt_and_hash)


def _normalised(password: str) -> str:
    if password.isascii():
        return password
    from unicodedata import normalize  # most passwords need none of it

    return normalize("NFC", password)
