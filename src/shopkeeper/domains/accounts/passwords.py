"""Passwords: argon2id at OWASP's figures.

The same letter can be encoded in several ways (é, or e and an accent), and keyboards differ. So passwords are
hashed in Unicode's form NFC. The limits of length apply to the text before that: a letter that was sent as two
characters is not easier to guess as one.
"""

from enum import Enum

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

MEMORY_KIB = 19456
PASSES = 2
LANES = 1
"""OWASP Password Storage Cheat Sheet: argon2id, m=19456 (19 MiB), t=2, p=1."""

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

    def __init__(self) -> None:
        self._hasher = PasswordHasher(PASSES, MEMORY_KIB, LANES, type=Type.ID)

    def hash(self, password: str) -> str:
        """Return the salted hash of a password."""
        return self._hasher.hash(_normalised(password))

    def verify(self, hashed: str | None, password: str) -> Verdict:
        """Tell whether a password fits; None stands for an account that is not there.

        A password that is given in another form than NFC is tried as it is too, for hashes that were made so.
        Where it is wrong this costs a second hash, and the same for every account and none.
        """
        normalised = _normalised(password)
        fits = self._fits(hashed or NOBODYS_HASH, normalised)
        fits_as_given = not fits and normalised != password and self._fits(hashed or NOBODYS_HASH, password)
        if hashed is None or not (fits or fits_as_given):
            return Verdict.WRONG
        return Verdict.OUTDATED if fits_as_given or self._hasher.check_needs_rehash(hashed) else Verdict.RIGHT

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (Argon2Error, InvalidHashError):
            return False


def _normalised(password: str) -> str:
    if password.isascii():
        return password
    from unicodedata import normalize  # most passwords need none of it

    return normalize("NFC", password)
