"""Access tokens of an Amazon Cognito user pool, verified by its published keys.

Source: Amazon Cognito Developer Guide, "Verifying JSON web tokens".
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from shopkeeper.aws.settings import AwsSettings
from shopkeeper.clock import Clock
from shopkeeper.http import Caller, ServiceUnavailable, Unauthenticated
from shopkeeper.identity.refreshed import Refreshed
from shopkeeper.identity.tokens import MAX_TOKEN_LENGTH
from shopkeeper.net.connection import OK, Broken, NotSent
from shopkeeper.net.deadline import deadline

if TYPE_CHECKING:
    from jwt import PyJWS

PublicKey = tuple[int, int]
"""A modulus and an exponent."""

ALGORITHMS = ["RS256"]
FETCH_SECONDS = 2.0
MAX_KEYS_BYTES = 64 * 1024
ENDPOINT = "COGNITO_IDENTITY_PROVIDER"
"""The end of the variable `AWS_ENDPOINT_URL_…` that names another host for the keys."""


class Claims(msgspec.Struct, frozen=True):
    """The claims of Cognito's access token that are checked; it names the app client instead of an audience."""

    iss: str
    sub: str
    exp: int
    token_use: str
    client_id: str


class CognitoTokens:
    """Authenticates the access tokens of a user pool's app client."""

    def __init__(
        self,
        pool_id: str,
        client_id: str,
        settings: AwsSettings,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is fetched yet."""
        region = pool_id.partition("_")[0]
        self._issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool_id}"
        # AWS_ENDPOINT_URL is not asked: an emulator of DynamoDB has no keys.
        host = settings.endpoint_urls.get(ENDPOINT) or self._issuer.rpartition("/")[0]
        self._url = f"{host}/{pool_id}/.well-known/jwks.json"
        self._client_id = client_id
        self._trust = cache(settings.trust_store)
        self._clock = clock
        self._keys = Refreshed(self._fetch, monotonic)

    def prepare(self) -> None:
        """Fetch the keys if they never were. Raises ServiceUnavailable."""
        self._keys.get()

    def authenticate(self, token: str) -> Caller:
        """Return whose token this is.

        Raises Unauthenticated, or ServiceUnavailable if the keys cannot be fetched and one may have signed the token.
        """
        import jwt  # costs more than the rest of a cold start, and most calls need none

        refusal = Unauthenticated("The access token is not valid, or no longer valid.")
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
        """Return a published key or None. For an unknown id the keys are fetched again, at a bounded rate."""
        return self._keys.get().get(key_id) or self._keys.renewed().get(key_id)

    def _fetch(self) -> dict[str, PublicKey]:
        from shopkeeper.identity.rs256 import public_key
        from shopkeeper.net.request import request

        try:
            reply = request(
                "GET", self._url, deadline=deadline(FETCH_SECONDS), max_body=MAX_KEYS_BYTES, trust=self._trust
            )
            if reply.status != OK:
                raise ValueError(f"status {reply.status}")
            keys = msgspec.json.decode(reply.body, type=dict[str, list[dict[str, Any]]])["keys"]
            signing = [key for key in keys if key.get("use", "sig") == "sig" and key.get("kty") == "RSA"]
            return {str(key["kid"]): public_key(key) for key in signing}
        except (NotSent, Broken, KeyError, ValueError) as error:
            raise ServiceUnavailable from error


@cache
def _verifier() -> "PyJWS":
    """Return what decodes tokens and verifies them by the one algorithm that is allowed."""
    from jwt import PyJWS

    from shopkeeper.identity.rs256 import RS256

    verifier = PyJWS(ALGORITHMS)
    with suppress(KeyError):  # PyJWT brings its own where cryptography is installed
        verifier.unregister_algorithm("RS256")
    verifier.register_algorithm("RS256", RS256())
    return verifier
