"""What functions that authenticate their callers are built with."""

from collections.abc import Callable
from contextlib import suppress
from importlib.machinery import PathFinder

import msgspec

from shopkeeper.clock import Clock, utc_now
from shopkeeper.errors import ConfigurationError
from shopkeeper.http import Authenticate, ServiceUnavailable
from shopkeeper.identity.keys import Keyring
from shopkeeper.identity.secrets import secret_source
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.settings import Settings


class Identity(msgspec.Struct, frozen=True):
    """The keys of a stage, the access tokens made with them, and what authenticates a token."""

    keyring: Keyring
    tokens: AccessTokens
    authenticate: Authenticate
    sources: tuple[Callable[[], None], ...] = ()

    def prepare(self) -> None:
        """Read the keys now, so that the first callers do not wait for them; keys that are away are read later."""
        for read in self.sources:
            with suppress(ServiceUnavailable):
                read()


def open_identity(settings: Settings, clock: Clock = utc_now) -> Identity:
    """Return the identity of a stage, whose keys are read when they are first needed.

    Raises ConfigurationError if there is no good secret, or a library is missing.
    """
    if PathFinder.find_spec("jwt") is None:
        raise ConfigurationError("Access tokens need the library PyJWT, which is not installed.")
    keyring = Keyring(secret_source(settings))
    tokens = AccessTokens(keyring, settings.stage, settings.access_token_minutes, clock)
    if not settings.cognito_user_pool_id:
        return Identity(keyring, tokens, tokens.authenticate, (keyring.prepare,))
    from shopkeeper.identity.cognito import CognitoTokens

    cognito = CognitoTokens(settings.cognito_user_pool_id, settings.cognito_client_id, settings.aws, clock)
    return Identity(keyring, tokens, cognito.authenticate, (keyring.prepare, cognito.prepare))
