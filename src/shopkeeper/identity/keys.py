"""Secrets and the keys derived from them, one for each purpose.

A secret is never used itself: HKDF (RFC 5869, SHA-256) gives each purpose a key of its own, so that a
token of one kind can never pass for one of another.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import msgspec

from shopkeeper.base64 import urlsafe_b64encode
from shopkeeper.hashing import compare_digest, hmac_sha256
from shopkeeper.identity.refreshed import Refreshed

KEY_BYTES = 32


class SigningKey(msgspec.Struct, frozen=True):
    """A key for one purpose, and the public name under which tokens refer to it."""

    key_id: str
    key: bytes

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"

    def mac(self, text: str) -> str:
        """Return the message authentication code of `text` (HMAC-SHA-256), URL-safe, 43 characters."""
        return urlsafe_b64encode(hmac_sha256(self.key, text.encode()))


def hkdf(secret: bytes, purpose: str) -> bytes:
    """Return the key that RFC 5869 derives from `secret` for `purpose`, without a salt, 32 bytes long."""
    pseudorandom = hmac_sha256(bytes(32), secret)
    return hmac_sha256(pseudorandom, purpose.encode() + b"\x01")


def fingerprint(secret: bytes) -> str:
    """Return a name for a secret that tells nothing of it, 16 hexadecimal digits."""
    return hkdf(secret, "key fingerprint")[:8].hex()


class Keyring:
    """The current secret and, for a while after a rotation, the one before it."""

    def __init__(self, read: Callable[[], Iterable[bytes]], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`read` gives the secrets, the current one first; it is first called when a key is first needed."""
        self._secrets = Refreshed(lambda: tuple(read()), monotonic)

    def prepare(self) -> None:
        """Read the secrets if they never were. Raises what reading them raises."""
        self._secrets.get()

    def current(self, purpose: str) -> SigningKey:
        """Return the key that signs now."""
        return self.all(purpose)[0]

    def all(self, purpose: str) -> list[SigningKey]:
        """Return every key that may have signed, the current one first.

        Raises ServiceUnavailable if the secrets were never read and cannot be read now.
        """
        return [_derive(secret, purpose) for secret in self._secrets.get()]

    def find(self, purpose: str, key_id: str) -> SigningKey | None:
        """Return the key of that name; an unknown one has the secrets read again, at a bounded rate."""
        found = _by_id(self.all(purpose), key_id)
        return found or _by_id((_derive(secret, purpose) for secret in self._secrets.renewed()), key_id)

    def seal(self, purpose: str, *parts: str) -> str:
        """Return the parts and their message authentication code, with dots between.

        Raises ValueError for no part, or one that is empty or has a dot.
        """
        text = ".".join(parts)
        if not _are_parts(parts):
            raise ValueError("there must be sealed parts, and none may be empty or have a dot")
        return f"{text}.{self.current(purpose).mac(text)}"

    def open(self, purpose: str, sealed: str) -> tuple[str, ...] | None:
        """Return the parts of a text that was sealed for this purpose under any key, None for any other text.

        A code of no known key has the secrets read again, at a bounded rate. How long it takes does not tell which
        part of the code differs.
        """
        text, _, code = sealed.rpartition(".")
        parts = tuple(text.split("."))
        if not _are_parts(parts):
            return None
        fits = _any_fits(self.all(purpose), text, code)
        if not fits:
            fits = _any_fits([_derive(secret, purpose) for secret in self._secrets.renewed()], text, code)
        return parts if fits else None


def _any_fits(keys: Iterable[SigningKey], text: str, code: str) -> bool:
    matches = [compare_digest(key.mac(text).encode(), code.encode()) for key in keys]
    return any(matches)


def _are_parts(parts: Sequence[str]) -> bool:
    return bool(parts) and all(part and "." not in part for part in parts)


@lru_cache(maxsize=32)
def _derive(secret: bytes, purpose: str) -> SigningKey:
    return SigningKey(hkdf(secret, f"key id of {purpose}")[:6].hex(), hkdf(secret, purpose))


def _by_id(keys: Iterable[SigningKey], key_id: str) -> SigningKey | None:
    return next((key for key in keys if key.key_id == key_id), None)
