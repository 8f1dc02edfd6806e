"""Passwords: argon2id at OWASP's figures, as many hashes at once as there are cores."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from shopkeeper.cores import any_one
from shopkeeper.http import ServiceUnavailable

MEMORY_KIB = 19456
PASSES = 2
LANES = 1
"""OWASP Password Storage Cheat Sheet: argon2id, m=19456 (19 MiB), t=2, p=1."""

PATIENCE_SECONDS = 2.0

NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$vl4tW2XEJG24u0zVV8Lw6Q$sVef5bBF0I1Z14Uh9n1bwde9TFPRSFzxJ8VvRc3xjhM"
"""The hash of a random password that was thrown away: compared with where there is no account, it costs the same."""


class Passwords:
    """Hashes and verifies passwords."""

    def __init__(self, at_once: int | None = None) -> None:
        """`at_once` hashes may be made at the same time, each of which takes 19 MiB; by default one per core."""
        self._hasher = PasswordHasher(PASSES, MEMORY_KIB, LANES, type=Type.ID)
        self._turns = threading.BoundedSemaphore(at_once or os.cpu_count() or 1)

    def hash(self, password: str) -> str:
        """Return the salted hash of a password. Raises ServiceUnavailable after two seconds of waiting."""
        with self._turn():
            return self._hasher.hash(password)

    def verify(self, hashed: str | None, password: str) -> bool:
        """Tell whether a password fits; None stands for an account that is not there.

        Raises ServiceUnavailable after two seconds of waiting.
        """
        with self._turn():
            try:
                self._hasher.verify(hashed or NOBODYS_HASH, password)
            except (Argon2Error, InvalidHashError):
                return False
        return hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Tell whether a hash was made at other figures than today's."""
        return self._hasher.check_needs_rehash(hashed)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=PATIENCE_SECONDS):
            raise ServiceUnavailable
        try:
            with any_one():
                yield
        finally:
            self._turns.release()
