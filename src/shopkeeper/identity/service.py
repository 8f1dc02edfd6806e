"""What functions that know their callers are built with."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec

import msgspec

from shopkeeper.clock import Clock, utc_now
from shopkeeper.errors import ConfigurationError
from shopkeeper.http import Authenticate, ServiceUnavailable
from shopkeeper.identity.keys import Keyring
from shopkeeper.identity.secrets import secret_source
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.settings import Settings


class Identity(msgspec.Struct, frozen=True):
    """The keys of a stage, the access tokens made with them, and who tells whose a token is."""

    keyring: Keyring
    tokens: AccessTokens
    authenticate: Authenticate
    sources: tuple[Callable[[], None], ...] = ()

    def prepare(self) -> None:
        """Read the keys now, so that no first callers meet while they are read; keys that are away come later."""
        for read in self.sources:
            with suppress(ServiceUnavailable):
                read()


def open_identity(settings: Settings, environment: Mapping[str, str] = os.environ, clock: Clock = utc_now) -> Identity:
    """Return the identity of a stage, whose keys are read at their first need.

    Raises ConfigurationError where no secret will do, or a library is missing.
    """
    if find_spec("jwt") is None:
        raise ConfigurationError("Access tokens need the library PyJWT, which is not installed.")
    keyring = Keyring(secret_source(settings, environment))
    tokens = AccessTokens(keyring, settings.stage, settings.access_token_minutes, clock)
    if not settings.cognito_user_pool_id:
        return Identity(keyring, tokens, tokens.authenticate, (keyring.prepare,))
    from shopkeeper.identity.cognito import CognitoTokens

    cognito = CognitoTokens(settings.cognito_user_pool_id, settings.cognito_client_id, environment, clock)
    return Identity(keyring, tokens, cognito.authenticate, (keyring.prepare, cognito.prepare))
