"""What functions that know their callers are built with."""

import os
from collections.abc import Mapping

import msgspec

from shopkeeper.clock import Clock, utc_now
from shopkeeper.http import Authenticate
from shopkeeper.identity.keys import Keyring
from shopkeeper.identity.secrets import secret_source
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.settings import Settings


class Identity(msgspec.Struct, frozen=True):
    """The keys of a stage, the access tokens made with them, and who tells whose a token is."""

    keyring: Keyring
    tokens: AccessTokens
    authenticate: Authenticate


def open_identity(settings: Settings, environment: Mapping[str, str] = os.environ, clock: Clock = utc_now) -> Identity:
    """Return the identity of a stage. Raises ConfigurationError where no secret will do."""
    keyring = Keyring(secret_source(settings, environment))
    tokens = AccessTokens(keyring, settings.stage, settings.access_token_minutes, clock)
    if not settings.cognito_user_pool_id:
        return Identity(keyring, tokens, tokens.authenticate)
    from shopkeeper.identity.cognito import CognitoTokens

    cognito = CognitoTokens(settings.cognito_user_pool_id, settings.cognito_client_id, environment, clock)
    return Identity(keyring, tokens, cognito.authenticate)
