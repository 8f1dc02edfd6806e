"""RS256 signatures, verified by Python alone (RFC 7518, section 3.3; RFC 8017, RSASSA-PKCS1-v1_5 with SHA-256).

Verifying needs no secret, only one power modulo the public key, and a comparison with the one encoding that is right:
nothing of the signature is parsed. See docs/decisions/0025-rs256-in-python.md.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, NoReturn

from jwt.algorithms import Algorithm

PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 digest (RFC 8017, section 9.2, note 1)."""

FEWEST_BITS, MOST_BITS = 2048, 8192
MOST_EXPONENT = 2**32


class RS256(Algorithm):
    """The algorithm as PyJWT takes it; a key is a modulus and an exponent. It verifies, and never signs."""

    def prepare_key(self, key: tuple[int, int]) -> tuple[int, int]:
        """Return the key."""
        return key

    def verify(self, msg: bytes, key: tuple[int, int], sig: bytes) -> bool:
        """Tell whether a signature of a message is that of the key."""
        modulus, exponent = key
        size = (modulus.bit_length() + 7) // 8
        number = int.from_bytes(sig)
        if len(sig) != size or number >= modulus:
            return False
        digest = hashlib.sha256(msg).digest()
        padding = b"\xff" * (size - 3 - len(PREFIX) - len(digest))
        wanted = b"\x00\x01" + padding + b"\x00" + PREFIX + digest
        return hmac.compare_digest(pow(number, exponent, modulus).to_bytes(size), wanted)

    def sign(self, msg: bytes, key: tuple[int, int]) -> NoReturn:
        """Raise NotImplementedError."""
        raise NotImplementedError

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> NoReturn:
        """Raise NotImplementedError."""
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: Any) -> tuple[int, int]:
        """Return the key of a JSON Web Key (RFC 7518, section 6.3.1). Raises ValueError for one that will not do."""
        return public_key(jwk)


def public_key(jwk: Mapping[str, Any]) -> tuple[int, int]:
    """Return modulus and exponent of a published key. Raises ValueError for one that will not do."""
    modulus, exponent = (_number(jwk.get(name)) for name in ("n", "e"))
    if jwk.get("kty") != "RSA" or not FEWEST_BITS <= modulus.bit_length() <= MOST_BITS:
        raise ValueError("no RSA key of 2,048 to 8,192 bits")
    if not modulus % 2 or not exponent % 2 or not 3 <= exponent < MOST_EXPONENT:
        raise ValueError("no RSA key with an odd exponent")
    return modulus, exponent


def _number(text: object) -> int:
    if not isinstance(text, str):
        raise ValueError("no number in base64url")  # noqa: TRY004  # it is a value of a document that somebody sent
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
