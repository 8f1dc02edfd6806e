"""Access tokens of a Cognito user pool: what verifies, and what does not."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from shopkeeper.aws.settings import read_aws
from shopkeeper.errors import ConfigurationError
from shopkeeper.functions.accounts import FUNCTION as ACCOUNTS
from shopkeeper.functions.declaration import application
from shopkeeper.http import Request, ServiceUnavailable, Unauthenticated, split_path
from shopkeeper.identity import cognito
from shopkeeper.identity.cognito import CognitoTokens
from shopkeeper.identity.refreshed import FIRST_AGAIN_SECONDS, READ_AGAIN_SECONDS
from shopkeeper.runtime.resources import open_resources
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES
from tests.support.faults import Behaviour, Exchange, FaultyServer, answers, hangs_up, until_closed

POOL = "eu-central-1_Ab1Cd2Ef3"
CLIENT = "7client7id7"
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@cache
def private_key(name: str = "the pool's") -> rsa.RSAPrivateKey:
    """Return a key, which is made when a test needs it: making one takes a tenth of a second."""
    return rsa.generate_private_key(65537, 2048)


def published(*names: str) -> bytes:
    """Return the pool's document of keys."""
    key = json.loads(RSAAlgorithm.to_jwk(private_key().public_key()))
    return json.dumps({"keys": [{**key, "kid": name, "use": "sig", "alg": "RS256"} for name in names]}).encode()


def token(
    change: Callable[[dict[str, Any], dict[str, Any]], None] | None = None, key: rsa.RSAPrivateKey | None = None
) -> str:
    second = int(NOW.timestamp())
    header: dict[str, Any] = {"kid": "one"}
    claims = {
        "iss": f"https://cognito-idp.eu-central-1.amazonaws.com/{POOL}",
        "sub": "ann",
        "token_use": "access",
        "client_id": CLIENT,
        "iat": second,
        "exp": second + 60,
    }
    if change is not None:
        change(header, claims)
    return jwt.encode(claims, key or private_key(), "RS256", headers=header)


@pytest.fixture
def pool() -> Iterator[FaultyServer]:
    with FaultyServer(answers(200, published("one"))) as server:
        yield server


def tokens(server: FaultyServer, monotonic: Callable[[], float] = lambda: 0.0) -> CognitoTokens:
    return CognitoTokens(POOL, CLIENT, read_aws({ENDPOINT_VARIABLE: server.url}), lambda: NOW, monotonic)


def test_a_token_of_the_pool_tells_whose_it_is(pool: FaultyServer) -> None:
    verifier = tokens(pool)
    assert pool.requests == []
    for _ in range(3):
        assert verifier.authenticate(token()).subject == "ann"
    assert len(pool.requests) == 1
    assert pool.requests[0].header.startswith(f"GET /{POOL}/.well-known/jwks.json HTTP/1.1".encode())


def test_keys_are_read_from_an_answer_without_a_length() -> None:
    with FaultyServer(until_closed(published("one"))) as server:
        assert tokens(server).authenticate(token()).subject == "ann"


@pytest.mark.parametrize(
    "behaviour", [answers(503, published("one")), answers(302, published("one")), answers(204, b"")]
)
def test_keys_are_taken_of_a_success_alone(behaviour: Behaviour) -> None:
    with FaultyServer(behaviour) as server, pytest.raises(ServiceUnavailable):
        tokens(server).authenticate(token())


def public_pem() -> bytes:
    return private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def confused() -> str:
    """A token signed by HS256 with the pool's public key, which everyone has."""
    import base64
    import hmac

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    claims = token().split(".")[1]
    head = part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "one"}).encode())
    signature = hmac.digest(public_pem(), f"{head}.{claims}".encode(), "sha256")
    return f"{head}.{claims}.{part(signature)}"


REFUSED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "of another key pair": lambda: token(key=private_key("another")),
    "of an unknown key": lambda: token(lambda h, c: h.update(kid="two")),
    "an id token": lambda: token(lambda h, c: c.update(token_use="id")),
    "of another client": lambda: token(lambda h, c: c.update(client_id="other")),
    "of another pool": lambda: token(lambda h, c: c.update(iss=c["iss"] + "x")),
    "without a subject": lambda: token(lambda h, c: c.pop("sub")),
    "without an end": lambda: token(lambda h, c: c.pop("exp")),
    "expired": lambda: token(lambda h, c: c.update(exp=int(NOW.timestamp()))),
    "truncated": lambda: token()[:-4],
    "signed with the public key as a secret": confused,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_token_that_is_refused(pool: FaultyServer, name: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens(pool).authenticate(REFUSED[name]())


def test_an_unknown_key_has_the_keys_read_again_but_not_often() -> None:
    moment = [0.0]
    with FaultyServer(answers(200, published("one")), answers(200, published("one", "two"))) as server:
        verifier = tokens(server, lambda: moment[0])
        verifier.authenticate(token())
        fresh = token(lambda h, c: h.update(kid="two"))
        for _ in range(5):
            with pytest.raises(Unauthenticated):
                verifier.authenticate(fresh)
        assert len(server.requests) == 1
        moment[0] += READ_AGAIN_SECONDS
        assert verifier.authenticate(fresh).subject == "ann"
        assert len(server.requests) == 2


@pytest.mark.parametrize("behaviour", [hangs_up, answers(500, b""), answers(200, b"[]")])
def test_keys_that_cannot_be_read_are_an_outage(behaviour: Callable[[Exchange], None]) -> None:
    with FaultyServer(behaviour) as server, pytest.raises(ServiceUnavailable):
        tokens(server).authenticate(token())


class Held:
    """An answer that is held back until a test lets it go."""

    def __init__(self, then: Behaviour) -> None:
        self.asked = threading.Event()
        self.release = threading.Event()
        self._then = then

    def __call__(self, exchange: Exchange) -> None:
        self.asked.set()
        self.release.wait(30)
        self._then(exchange)


class Asking(threading.Thread):
    """A caller in a thread of its own, and what it gets: a subject, or the error's class."""

    def __init__(self, verifier: CognitoTokens, shown: str) -> None:
        super().__init__(daemon=True)
        self.got: object = None
        self._verifier = verifier
        self._shown = shown
        self.start()

    def run(self) -> None:
        try:
            self.got = self._verifier.authenticate(self._shown).subject
        except (ServiceUnavailable, Unauthenticated) as error:
            self.got = type(error)


UNKNOWN = token(lambda h, c: h.update(kid="two"))


def test_while_one_caller_fetches_keys_all_others_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cognito, "FETCH_SECONDS", 30.0)
    moment = [0.0]
    held = Held(answers(200, published("one", "two")))
    with FaultyServer(answers(200, published("one")), held) as server:
        verifier = tokens(server, lambda: moment[0])
        verifier.authenticate(token())
        moment[0] += READ_AGAIN_SECONDS
        fetching = Asking(verifier, UNKNOWN)
        assert held.asked.wait(30)
        others = [Asking(verifier, shown) for shown in [token(), UNKNOWN] * 10]
        for other in others:
            other.join(30)
        assert [other.got for other in others] == ["ann", Unauthenticated] * 10
        assert fetching.is_alive(), "the endpoint still holds its answer"
        held.release.set()
        fetching.join(30)
        assert fetching.got == "ann"


def test_while_keys_are_fetched_for_the_first_time_others_are_told_of_an_outage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cognito, "FETCH_SECONDS", 30.0)
    held = Held(answers(200, published("one")))
    with FaultyServer(held) as server:
        verifier = tokens(server)
        fetching = Asking(verifier, token())
        assert held.asked.wait(30)
        other = Asking(verifier, token())
        other.join(30)
        assert other.got is ServiceUnavailable
        assert fetching.is_alive(), "the endpoint still holds its answer"
        held.release.set()
        fetching.join(30)
        assert fetching.got == "ann"
        assert len(server.requests) == 1


def test_after_keys_could_not_be_fetched_there_is_a_pause_too() -> None:
    moment = [0.0]
    with FaultyServer(hangs_up, answers(200, published("one")), hangs_up) as server:
        verifier = tokens(server, lambda: moment[0])
        for _ in range(5):
            with pytest.raises(ServiceUnavailable):
                verifier.authenticate(token())
        assert len(server.requests) == 1
        moment[0] += FIRST_AGAIN_SECONDS
        assert verifier.authenticate(token()).subject == "ann"
        moment[0] += READ_AGAIN_SECONDS
        with pytest.raises(ServiceUnavailable):
            verifier.authenticate(UNKNOWN)
        for _ in range(5):
            with pytest.raises(Unauthenticated):
                verifier.authenticate(UNKNOWN)
            assert verifier.authenticate(token()).subject == "ann"
        assert len(server.requests) == 3


def test_with_a_pool_accounts_of_our_own_are_not_served(pool: FaultyServer, tmp_path: Any) -> None:
    environment = {
        "STORE_URL": f"sqlite:///{tmp_path / 's.db'}",
        "JWT_SECRET_KEY": "0123456789abcdef" * 2,
        "COGNITO_USER_POOL_ID": POOL,
        "COGNITO_CLIENT_ID": CLIENT,
        ENDPOINT_VARIABLE: pool.url,
    }
    resources = open_resources(read(environment, TABLES), authenticates=True)
    app = application((ACCOUNTS,), resources)
    for endpoint in ACCOUNTS.endpoints:
        answer = app.handle(Request(endpoint.method, endpoint.path, split_path(endpoint.path), "id"))
        assert answer.status == 403
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    resources.store.close()


@pytest.mark.parametrize(
    "environment",
    [
        {"COGNITO_USER_POOL_ID": "nonsense", "COGNITO_CLIENT_ID": "x"},
        {"COGNITO_USER_POOL_ID": POOL},
        {"COGNITO_CLIENT_ID": CLIENT},
    ],
)
def test_a_half_said_pool_stops_the_start(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="COGNITO"):
        read(environment, TABLES)
