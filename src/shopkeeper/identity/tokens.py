"""Access tokens: JWTs (RFC 7519, RFC 9068) signed with HS256, every claim that matters checked."""

import os
from datetime import datetime

import msgspec

from shopkeeper.clock import Clock, utc_now
from shopkeeper.http import Caller, Unauthenticated
from shopkeeper.identity.keys import Keyring

PURPOSE = "access token"
ISSUER = "shopkeeper"
ALGORITHMS = ["HS256"]
TYPE = "at+jwt"
ID_BYTES = 12
MAX_TOKEN_LENGTH = 4096


class AccessToken(msgspec.Struct, frozen=True):
    """A token and the seconds that it lasts."""

    token: str
    expires_in: int


class AccessTokens:
    """Makes access tokens for one stage, and tells whose they are."""

    def __init__(self, keyring: Keyring, stage: str, minutes: int, clock: Clock = utc_now) -> None:
        self._keyring = keyring
        self._audience = f"shopkeeper-{stage}"
        self._seconds = minutes * 60
        self._clock = clock

    def issue(self, subject: str, epoch: int) -> AccessToken:
        """Return a token for `subject`, whose sessions have been ended `epoch` times so far."""
        import jwt  # costs more than the rest of a cold start, and most calls need none

        now = int(self._clock().timestamp())
        key = self._keyring.current(PURPOSE)
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": subject,
            "iat": now,
            "exp": now + self._seconds,
            "epoch": epoch,
            "jti": os.urandom(ID_BYTES).hex(),  # so that two tokens of one second are two: clients compare them
        }
        token = jwt.encode(claims, key.key, ALGORITHMS[0], headers={"typ": TYPE, "kid": key.key_id})
        return AccessToken(token, self._seconds)

    def authenticate(self, token: str) -> Caller:
        """Return whose token this is. Raises Unauthenticated, without saying why, for any that does not verify."""
        import jwt

        refusal = Unauthenticated("The access token is not valid, or no longer valid.")
        if len(token) > MAX_TOKEN_LENGTH:
            raise refusal
        try:
            header = jwt.get_unverified_header(token)
            key = self._keyring.find(PURPOSE, str(header.get("kid")))
            if key is None or header.get("typ") != TYPE:
                raise refusal
            claims = jwt.decode(
                token,
                key.key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=ISSUER,
                options={"require": ["iss", "aud", "sub", "exp", "iat"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.PyJWTError, ValueError):
            raise refusal from None
        expires, epoch = claims["exp"], claims.get("epoch")
        if not isinstance(expires, int) or not isinstance(epoch, int) or self._now() >= expires:
            raise refusal
        return Caller(subject=str(claims["sub"]), epoch=epoch)

    def _now(self) -> float:
        moment: datetime = self._clock()
        return moment.timestamp()
