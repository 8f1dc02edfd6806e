"""Secrets and signatures. Source: Standard Webhooks 1.0.0, "Signature scheme"."""

import os
from collections.abc import Iterable

import msgspec

from shopkeeper.base64 import b64decode, b64encode
from shopkeeper.hashing import hmac_sha256

PREFIX = "whsec_"
SECRET_BYTES = 32


class SigningSecret(msgspec.Struct, frozen=True):
    """A secret in its written form, and until when it signs (RFC 3339), None for the present one."""

    value: str
    until: str | None = None

    def __repr__(self) -> str:
        return "SigningSecret(…)"


def new_secret() -> SigningSecret:
    """Return a secret of 32 random bytes."""
    return SigningSecret(PREFIX + b64encode(os.urandom(SECRET_BYTES)))


def signatures(secrets: Iterable[SigningSecret], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: a signature by each secret, with spaces between."""
    content = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signature(secret, content)}" for secret in secrets)


def _signature(secret: SigningSecret, content: bytes) -> str:
    key = b64decode(secret.value.removeprefix(PREFIX))
    return b64encode(hmac_sha256(key, content))
