"""Access tokens of an Amazon Cognito user pool, verified by its published keys.

Source: Amazon Cognito Developer Guide, "Verifying JSON web tokens". Needs cryptography, which is not among
what everybody installs.
"""

import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import msgspec

from shopkeeper.aws.deadline import deadline
from shopkeeper.aws.transport import Broken, NotSent, Transport
from shopkeeper.clock import Clock
from shopkeeper.errors import ConfigurationError
from shopkeeper.http import Caller, ServiceUnavailable, Unauthenticated
from shopkeeper.identity.refreshed import Refreshed
from shopkeeper.identity.tokens import MAX_TOKEN_LENGTH

ALGORITHMS = ["RS256"]
CHECKS: Any = {"require": ["iss", "sub", "exp"], "verify_exp": False, "verify_iat": False, "verify_aud": False}
"""Times are checked below, by our own clock; access tokens of Cognito name no audience."""

FETCH_SECONDS = 2.0
MAX_KEYS_BYTES = 64 * 1024
LIBRARIES = ("jwt", "cryptography")
"""PyJWT verifies RS256 with cryptography. Both are loaded at the first token."""

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"


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
        """Raises ConfigurationError where cryptography is not installed. Fetches nothing yet."""
        if not all(find_spec(library) for library in LIBRARIES):
            from shopkeeper.libraries import advice, missing

            how = advice(missing("cognito") or ["cryptography"])
            raise ConfigurationError(f"COGNITO_USER_POOL_ID needs a library that is missing; {how}.")
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
        import jwt

        refusal = Unauthenticated("The access token is not valid, or not any more.")
        if len(token) > MAX_TOKEN_LENGTH:
            raise refusal
        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                raise refusal
            claims = jwt.decode(
                token,
                jwt.PyJWK(key, algorithm=ALGORITHMS[0]).key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                options=CHECKS,
            )
        except (jwt.PyJWTError, ValueError):
            raise refusal from None
        expires = claims["exp"]
        is_ours = claims.get("token_use") == "access" and claims.get("client_id") == self._client_id
        if not is_ours or not isinstance(expires, int) or self._clock().timestamp() >= expires:
            raise refusal
        return Caller(subject=str(claims["sub"]))

    def _key(self, key_id: str) -> dict[str, Any] | None:
        """Return a published key; an unknown one has the keys fetched again, at a bounded rate."""
        return self._keys.get().get(key_id) or self._keys.renewed().get(key_id)

    def _fetch(self) -> dict[str, dict[str, Any]]:
        parts = urlsplit(self._url)
        trust = None
        if parts.scheme == "https":
            from shopkeeper.aws.tls import TrustStore

            trust = TrustStore(self._environment)
        port = parts.port or (443 if trust else 80)
        transport = Transport(parts.hostname or "", port, trust, max_body=MAX_KEYS_BYTES)
        request = f"GET {parts.path}/.well-known/jwks.json HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
        try:
            reply = transport.request(request.encode(), deadline(FETCH_SECONDS))
            keys = msgspec.json.decode(reply.body, type=dict[str, list[dict[str, Any]]])["keys"]
            return {str(key["kid"]): key for key in keys if key.get("use", "sig") == "sig" and key.get("kty") == "RSA"}
        except (NotSent, Broken, KeyError, ValueError) as error:
            raise ServiceUnavailable from error
        finally:
            transport.close()
