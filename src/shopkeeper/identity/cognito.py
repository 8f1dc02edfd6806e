"""Access tokens of an Amazon Cognito user pool, verified by its published keys.

Source: Amazon Cognito Developer Guide, "Verifying JSON web tokens".
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.http import Caller, ServiceUnavailable, Unauthenticated
from shopkeeper.identity.refreshed import Refreshed
from shopkeeper.identity.tokens import MAX_TOKEN_LENGTH
from shopkeeper.net.deadline import deadline
from shopkeeper.net.transport import Broken, NotSent, Transport

if TYPE_CHECKING:
    from jwt import PyJWS

PublicKey = tuple[int, int]
"""A modulus and an exponent."""

ALGORITHMS = ["RS256"]
FETCH_SECONDS = 2.0
MAX_KEYS_BYTES = 64 * 1024
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"


class Claims(msgspec.Struct, frozen=True):
    """What counts of an access token of Cognito; it names no audience, but the app client."""

    iss: str
    sub: str
    exp: int
    token_use: str
    client_id: str


class CognitoTokens:
    """Tells whose access token of a pool's app client a token is."""

    def __init__(
        self,
        pool_id: str,
        client_id: str,
        environment: Mapping[str, str],
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetches nothing yet."""
        region = pool_id.partition("_")[0]
        self._issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool_id}"
        self._url = f"{environment.get(ENDPOINT_VARIABLE, self._issuer.rpartition('/')[0])}/{pool_id}"
        self._client_id = client_id
        self._environment = environment
        self._clock = clock
        self._keys = Refreshed(self._fetch, monotonic)

    def prepare(self) -> None:
        """Fetch the keys if they never were. Raises ServiceUnavailable."""
        self._keys.get()

    def authenticate(self, token: str) -> Caller:
        """Return whose token this is.

        Raises Unauthenticated, or ServiceUnavailable if the keys are away and the token may be of one of them.
        """
        import jwt  # costs more than the rest of a cold start, and most calls need none

        refusal = Unauthenticated("The access token is not valid, or not any more.")
        if len(token) > MAX_TOKEN_LENGTH:
            raise refusal
        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                raise refusal
            payload = _verifier().decode(token, key, ALGORITHMS)  # type: ignore[arg-type]  # RS256 takes such a key
            claims = msgspec.json.decode(payload, type=Claims)
        except (jwt.PyJWTError, ValueError):
            raise refusal from None
        is_ours = (claims.iss, claims.token_use, claims.client_id) == (self._issuer, "access", self._client_id)
        if not is_ours or self._clock().timestamp() >= claims.exp:
            raise refusal
        return Caller(subject=claims.sub)

    def _key(self, key_id: str) -> PublicKey | None:
        """Return a published key; an unknown one has the keys fetched again, at a bounded rate."""
        return self._keys.get().get(key_id) or self._keys.renewed().get(key_id)

    def _fetch(self) -> dict[str, PublicKey]:
        from shopkeeper.identity.rs256 import public_key

        parts = urlsplit(self._url)
        trust = None
        if parts.scheme == "https":
            from shopkeeper.net.tls import TrustStore

            trust = TrustStore(self._environment)
        port = parts.port or (443 if trust else 80)
        transport = Transport(parts.hostname or "", port, trust, max_body=MAX_KEYS_BYTES)
        request = f"GET {parts.path}/.well-known/jwks.json HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
        try:
            reply = transport.request(request.encode(), deadline(FETCH_SECONDS))
            keys = msgspec.json.decode(reply.body, type=dict[str, list[dict[str, Any]]])["keys"]
            signing = [key for key in keys if key.get("use", "sig") == "sig" and key.get("kty") == "RSA"]
            return {str(key["kid"]): public_key(key) for key in signing}
        except (NotSent, Broken, KeyError, ValueError) as error:
            raise ServiceUnavailable from error
        finally:
            transport.close()


@cache
def _verifier() -> "PyJWS":
    """Return what takes tokens apart and asks the one algorithm that is allowed."""
    from jwt import PyJWS

    from shopkeeper.identity.rs256 import RS256

    verifier = PyJWS(ALGORITHMS)
    with suppress(KeyError):  # PyJWT brings its own where cryptography is installed
        verifier.unregister_algorithm("RS256")
    verifier.register_algorithm("RS256", RS256())
    return verifier
