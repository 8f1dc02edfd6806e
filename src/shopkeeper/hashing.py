"""SHA-256 and its codes as OpenSSL computes them.

Python's `hashlib` and `hmac` call the same functions, and load others that nobody uses.
"""

from _hashlib import compare_digest, hmac_digest
from _hashlib import openssl_sha256 as sha256

__all__ = ["compare_digest", "hmac_sha256", "sha256"]


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Return the message authentication code of a message (HMAC-SHA-256)."""
    return hmac_digest(key, message, "sha256")
