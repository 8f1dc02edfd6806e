"""Keys, secrets and access tokens: what verifies, and above all what does not."""

import json
import threading
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shopkeeper.http import ServiceUnavailable, Unauthenticated
from shopkeeper.identity.keys import Keyring, SigningKey, hkdf
from shopkeeper.identity.refreshed import READ_AGAIN_SECONDS
from shopkeeper.identity.service import open_identity
from shopkeeper.identity.tokens import PURPOSE, AccessTokens
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES
from tests.support.faults import FaultyServer, fails, well

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jwt"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
RANDOM = (well(SecretString="5e0f1c9a7b3d2846a1c0e9f8d7b6a594"), well(SecretString="a94f0b8c1d7e36250f9c8e7d6b5a4132"))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = b"0123456789abcdef0123456789abcdef"
OTHER = b"fedcba9876543210fedcba9876543210"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def keyring(*secrets: bytes) -> Keyring:
    return Keyring(lambda: secrets or (SECRET,))


def tokens(clock: Clock | None = None, ring: Keyring | None = None, stage: str = "prod") -> AccessTokens:
    return AccessTokens(ring or keyring(), stage, 30, clock or Clock())


@pytest.mark.parametrize("purpose", ["access token", "refresh token", "", "ü" * 50])
def test_keys_are_derived_as_rfc_5869_says(purpose: str) -> None:
    assert hkdf(SECRET, purpose) == HKDF(SHA256(), 32, None, purpose.encode()).derive(SECRET)


def test_each_purpose_has_a_key_of_its_own() -> None:
    keys = [keyring().current(purpose) for purpose in ("access token", "refresh token", "password reset")]
    assert len({key.key for key in keys}) == len({key.key_id for key in keys}) == 3
    assert SECRET not in {key.key for key in keys}


def test_a_key_is_never_printed() -> None:
    key = SigningKey("name", b"hunter2")
    assert "hunter2" not in repr(key)
    assert "hunter2" not in repr(read({"JWT_SECRET_KEY": "hunter2"}, TABLES))


def test_two_tokens_of_one_second_are_two() -> None:
    issuer = tokens()
    assert issuer.issue("ann", 3).token != issuer.issue("ann", 3).token


def test_a_token_tells_whose_it_is_until_it_expires() -> None:
    clock = Clock()
    made = tokens(clock).issue("ann", 3)
    assert made.expires_in == 1800
    clock.now += timedelta(seconds=1799)
    caller = tokens(clock).authenticate(made.token)
    assert (caller.subject, caller.epoch) == ("ann", 3)
    clock.now += timedelta(seconds=1)
    with pytest.raises(Unauthenticated):
        tokens(clock).authenticate(made.token)


def header_of(token: str) -> dict[str, Any]:
    """Return the type and the key of a token; its algorithm is the forger's choice."""
    content: dict[str, Any] = jwt.get_unverified_header(token)
    return {"typ": content["typ"], "kid": content["kid"]}


def forged(change: Callable[[dict[str, Any], dict[str, Any]], None], key: bytes | None = None) -> str:
    """Return a token signed with our own key after `change` to its header and claims."""
    signing = keyring().current(PURPOSE)
    header = {"typ": "at+jwt", "kid": signing.key_id}
    second = int(NOW.timestamp())
    claims = {
        "iss": "shopkeeper",
        "aud": "shopkeeper-prod",
        "sub": "ann",
        "iat": second,
        "exp": second + 60,
        "epoch": 0,
    }
    change(header, claims)
    return jwt.encode(claims, key or signing.key, "HS256", headers=header)


GOOD = forged(lambda header, claims: None)


def _none(token: str) -> str:
    head = urlsafe_b64encode(json.dumps({"alg": "none", **header_of(token)}).encode()).decode().rstrip("=")
    return f"{head}.{token.split('.')[1]}."


def _rs256() -> str:
    """Our key's name, but signed by a key pair of the attacker's."""
    private = rsa.generate_private_key(65537, 2048)
    claims = jwt.decode(forged(lambda h, c: None), options={"verify_signature": False})
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return jwt.encode(claims, pem, "RS256", headers=header_of(forged(lambda h, c: None)))


def _hs384() -> str:
    """Our own key, by an algorithm that is not ours."""
    claims = jwt.decode(GOOD, options={"verify_signature": False})
    with warnings.catch_warnings(action="ignore"):
        return jwt.encode(claims, keyring().current(PURPOSE).key, "HS384", headers=header_of(GOOD))


def _flip(token: str) -> str:
    head, claims, signature = token.split(".")
    raw = bytearray(urlsafe_b64decode(signature + "=="))
    raw[0] ^= 1
    return f"{head}.{claims}.{urlsafe_b64encode(raw).decode().rstrip('=')}"


REFUSED: dict[str, str] = {
    "nothing": "",
    "no token": "abc",
    "truncated": GOOD[:-5],
    "without a signature": GOOD.rpartition(".")[0] + ".",
    "with another signature": _flip(GOOD),
    "of alg none": _none(GOOD),
    "of RS256": _rs256(),
    "of HS384": _hs384(),
    "of another secret": forged(lambda h, c: None, key=OTHER),
    "of the bare secret": forged(lambda h, c: None, key=SECRET),
    "of the refresh key": forged(lambda h, c: None, key=keyring().current("refresh token").key),
    "of an unknown key": forged(lambda h, c: h.update(kid="000000000000")),
    "of no key": forged(lambda h, c: h.pop("kid")),
    "of another type": forged(lambda h, c: h.update(typ="JWT")),
    "of another issuer": forged(lambda h, c: c.update(iss="else")),
    "for another stage": forged(lambda h, c: c.update(aud="shopkeeper-dev")),
    "for nobody": forged(lambda h, c: c.pop("aud")),
    "without a subject": forged(lambda h, c: c.pop("sub")),
    "without an end": forged(lambda h, c: c.pop("exp")),
    "expired": forged(lambda h, c: c.update(exp=int(NOW.timestamp()))),
    "without an epoch": forged(lambda h, c: c.pop("epoch")),
    "of 5,000 characters": GOOD + "a" * 5000,
}


def test_the_token_that_the_forgeries_are_made_from_is_good() -> None:
    assert tokens().authenticate(GOOD).subject == "ann"


@pytest.mark.parametrize("name", REFUSED)
def test_a_token_that_is_refused(name: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens().authenticate(REFUSED[name])


def test_a_token_of_the_previous_secret_is_good_after_a_rotation() -> None:
    token = tokens(ring=keyring(OTHER)).issue("ann", 0).token
    rotated = keyring(SECRET, OTHER)
    assert tokens(ring=rotated).authenticate(token).subject == "ann"
    assert header_of(tokens(ring=rotated).issue("ann", 0).token)["kid"] == keyring().current(PURPOSE).key_id


def test_an_unknown_key_has_the_secrets_read_again_but_not_often() -> None:
    moment = [0.0]
    reads: list[float] = []
    secrets = [[OTHER], [SECRET, OTHER]]

    def read_secrets() -> list[bytes]:
        reads.append(moment[0])
        return secrets[min(len(reads), 2) - 1]

    ring = Keyring(read_secrets, lambda: moment[0])
    assert reads == [], "nothing is read before the first need"
    ring.current(PURPOSE)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            tokens(ring=ring).authenticate(GOOD)
    assert len(reads) == 1
    moment[0] += READ_AGAIN_SECONDS
    assert tokens(ring=ring).authenticate(GOOD).subject == "ann"
    assert len(reads) == 2


def test_a_secret_store_that_stalls_holds_up_one_caller_alone() -> None:
    moment = [0.0]
    entered, release = threading.Event(), threading.Event()
    secrets = [[OTHER], [SECRET, OTHER]]

    def read_secrets() -> list[bytes]:
        if len(secrets) == 1:
            entered.set()
            release.wait(30)
        return secrets.pop(0)

    ring = Keyring(read_secrets, lambda: moment[0])
    known = tokens(ring=ring).issue("bob", 0).token
    moment[0] += READ_AGAIN_SECONDS
    found: list[str] = []
    reading = threading.Thread(target=lambda: found.append(tokens(ring=ring).authenticate(GOOD).subject), daemon=True)
    reading.start()
    assert entered.wait(30)
    for _ in range(5):
        assert tokens(ring=ring).authenticate(known).subject == "bob"
        with pytest.raises(Unauthenticated):
            tokens(ring=ring).authenticate(GOOD)
        assert tokens(ring=ring).issue("cleo", 0).token
    assert reading.is_alive(), "the secret store still holds its answer"
    release.set()
    reading.join(30)
    assert found == ["ann"]


def test_a_server_reads_its_keys_before_the_first_callers_meet() -> None:
    with FaultyServer(*RANDOM) as server:
        environment = {**KEYS, "JWT_SECRET_ARN": ARN, "STAGE": "prod", "AWS_ENDPOINT_URL": server.url}
        identity = open_identity(read(environment, TABLES))
        assert server.requests == [], "a function reads them when it first needs them"
        identity.prepare()
        assert len(server.requests) == 2
        assert identity.tokens.issue("ann", 0).token
        assert len(server.requests) == 2


def test_a_server_starts_although_its_keys_are_away() -> None:
    with FaultyServer(fails(400, "AccessDeniedException")) as server:
        environment = {**KEYS, "JWT_SECRET_ARN": ARN, "STAGE": "prod", "AWS_ENDPOINT_URL": server.url}
        identity = open_identity(read(environment, TABLES))
        identity.prepare()
        with pytest.raises(ServiceUnavailable):
            identity.tokens.issue("ann", 0)
