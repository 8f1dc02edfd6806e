"""RS256 without a library: cryptography signs and judges, and ours must agree with it."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from shopkeeper.identity.rs256 import RS256, public_key

BITS = (2048, 2049, 3072)
MESSAGE = b"header.payload"


@cache
def private_key(bits: int) -> rsa.RSAPrivateKey:
    """Return a key, which is made when a test needs it: making one takes a tenth of a second."""
    return rsa.generate_private_key(65537, bits)


def jwk(bits: int = 2048) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(private_key(bits).public_key()))
    return document


def signed(bits: int, message: bytes = MESSAGE) -> bytes:
    return private_key(bits).sign(message, padding.PKCS1v15(), SHA256())


def agrees(bits: int, message: bytes, signature: bytes) -> bool:
    """Return what both say. Fails where they do not agree."""
    try:
        private_key(bits).public_key().verify(signature, message, padding.PKCS1v15(), SHA256())
        true = True
    except InvalidSignature:
        true = False
    assert RS256().verify(message, public_key(jwk(bits)), signature) is true
    return true


@pytest.mark.parametrize("bits", BITS)
def test_a_signature_of_the_key_verifies_and_any_other_does_not(bits: int) -> None:
    signature = signed(bits)
    assert agrees(bits, MESSAGE, signature)
    assert not agrees(bits, MESSAGE + b"x", signature)
    assert not agrees(bits, MESSAGE, signed(bits, b"another"))
    assert not agrees(bits, MESSAGE, private_key(bits).sign(MESSAGE, padding.PKCS1v15(), SHA512()))
    assert not agrees(bits, MESSAGE, private_key(bits).sign(MESSAGE, padding.PSS(padding.MGF1(SHA256()), 32), SHA256()))
    for other in set(BITS) - {bits}:
        assert not agrees(bits, MESSAGE, signed(other))


@pytest.mark.parametrize(
    "change",
    [
        lambda s: b"",
        lambda s: s[:-1],
        lambda s: b"\0" + s,
        lambda s: s + b"\0",
        lambda s: bytes(len(s)),
        lambda s: bytes(len(s) - 1) + b"\1",
        lambda s: b"\xff" * len(s),
        lambda s: (int.from_bytes(s) + public_key(jwk())[0]).to_bytes(len(s) + 1),
        lambda s: (public_key(jwk())[0] - int.from_bytes(s)).to_bytes(len(s)),
    ],
)
def test_a_signature_of_another_size_or_beyond_the_key_does_not_verify(change: Any) -> None:
    assert not agrees(2048, MESSAGE, change(signed(2048)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=64))
def test_whatever_is_sent_as_a_signature_is_judged_alike(signature: bytes, message: bytes) -> None:
    agrees(2048, message, signature)


def test_a_padding_that_hides_something_does_not_verify() -> None:
    """What a careless parser takes: a shorter padding, with bytes of the forger's choice behind the digest."""
    modulus, _ = public_key(jwk())
    number = private_key(2048).private_numbers()
    size = (modulus.bit_length() + 7) // 8
    good = pow(int.from_bytes(signed(2048)), 65537, modulus).to_bytes(size)
    digest_info = good[-51:]
    for block in (
        b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest_info + bytes(size - 11 - 51),
        good[:2] + b"\xfe" + good[3:],
        good[:-51].replace(b"\xff", b"\x00") + digest_info,
        b"\x00\x02" + good[2:],
    ):
        forged = pow(int.from_bytes(block), number.d, modulus).to_bytes(size)
        assert not agrees(2048, MESSAGE, forged)


WRONG_KEYS: dict[str, dict[str, Any]] = {
    "no modulus": {"n": None},
    "a modulus that is no text": {"n": 5},
    "a modulus of 1,024 bits": {"n": "_" * 170 + "8"},
    "a modulus of 16,384 bits": {"n": "_" * 2732},
    "an even modulus": {"n": "_" * 341 + "A"},
    "an exponent of one": {"e": "AQ"},
    "an even exponent": {"e": "AQAC"},
    "an endless exponent": {"e": "_" * 40},
    "another kind": {"kty": "EC"},
    "signs that are not base64url": {"e": "é"},
}


@pytest.mark.parametrize("name", WRONG_KEYS)
def test_a_key_that_will_not_do_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        public_key({**jwk(), **WRONG_KEYS[name]})


def test_it_signs_nothing() -> None:
    with pytest.raises(NotImplementedError):
        RS256().sign(MESSAGE, public_key(jwk()))


LOAD = """
import sys
sys.modules["cryptography"] = None
from shopkeeper.identity.cognito import _verifier
print(_verifier().get_algorithms(), "cryptography" in [name for name, module in sys.modules.items() if module])
"""


def test_it_needs_no_cryptography() -> None:
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "['RS256'] False\n"
