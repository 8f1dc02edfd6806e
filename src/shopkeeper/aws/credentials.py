"""Where AWS credentials come from: the environment, as on Lambda, a container's endpoint, or botocore's chain."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from shopkeeper.aws.settings import AwsSettings
from shopkeeper.aws.signing import Credentials
from shopkeeper.errors import ConfigurationError
from shopkeeper.net.connection import Broken, NotSent
from shopkeeper.net.deadline import deadline
from shopkeeper.net.url import parse_url

REFRESH_SECONDS = 300.0
"""Newer credentials are fetched this long before the present ones expire."""

FETCH_SECONDS = 1.0
MAX_ANSWER_BYTES = 64 * 1024
TRUSTED_HOSTS = ("169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost", "127.0.0.1", "::1")
"""Hosts that may be asked for credentials without TLS (AWS SDKs and Tools Reference Guide)."""


class NoCredentials(Exception):
    """Credentials could not be fetched."""


class CredentialsProvider:
    """Gives credentials, from memory while they are fresh. Nothing is fetched before the first call."""

    def __init__(self, settings: AwsSettings) -> None:
        """Choose the source. Raises ConfigurationError if there is none."""
        self._settings = settings
        self._trust = cache(settings.trust_store)
        self._fresh: Credentials | None = None
        self._turn = threading.Lock()
        self._source = self._choose()

    def get(self, *, renew: bool = False) -> Credentials:
        """Return credentials, newer ones with `renew`. Raises NoCredentials.

        Those in memory are good until they expire, even if newer ones cannot be fetched in time. Until then one
        caller at a time fetches newer ones, and the others do not wait for it.
        """
        known = self._fresh
        if known is None or renew or _stale(known, 0):
            self._fresh = known = self._source()
        elif _stale(known, REFRESH_SECONDS) and self._turn.acquire(blocking=False):
            try:
                self._fresh = known = self._source()
            except NoCredentials:
                pass
            finally:
                self._turn.release()
        return known

    def _choose(self) -> Callable[[], Credentials]:
        settings = self._settings
        if settings.access_key and settings.secret_key:
            token = settings.session_token.value if settings.session_token else None
            fixed = Credentials(settings.access_key, settings.secret_key.value, token)
            return lambda: fixed
        if settings.container_url:
            try:
                url = parse_url(settings.container_url)
            except ValueError:
                raise ConfigurationError("AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL.") from None
            if not url.is_encrypted and url.host not in TRUSTED_HOSTS:
                raise ConfigurationError(
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that must not be asked without TLS."
                )
            return self._from_container
        chain = _botocore_chain()
        if chain is not None:
            return chain
        raise ConfigurationError("No AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")

    def _from_container(self) -> Credentials:
        from shopkeeper.net.request import request  # only where there is no key in the environment

        headers = {"Accept": "application/json"}
        if token := self._authorization_token():
            headers["Authorization"] = token
        try:
            reply = request(
                "GET",
                self._settings.container_url,
                headers=headers,
                deadline=deadline(FETCH_SECONDS),
                max_body=MAX_ANSWER_BYTES,
                trust=self._trust,
            )
            content = msgspec.json.decode(reply.body, type=dict[str, Any])
            expires = content.get("Expiration")
            return Credentials(
                content["AccessKeyId"],
                content["SecretAccessKey"],
                content.get("Token"),
                datetime.fromisoformat(expires).timestamp() if expires else None,
            )
        except (NotSent, Broken, KeyError, TypeError, ValueError) as error:
            raise NoCredentials(f"the container's credentials could not be read: {type(error).__name__}") from error

    def _authorization_token(self) -> str | None:
        """Return the token. That of a file is read each time, because it is renewed while the container runs."""
        if self._settings.container_token_file:
            from pathlib import Path

            try:
                return Path(self._settings.container_token_file).read_text().strip()
            except (OSError, ValueError) as error:
                raise NoCredentials(f"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: {error}") from error
        return self._settings.container_token.value if self._settings.container_token else None


def _stale(credentials: Credentials, margin_seconds: float) -> bool:
    return credentials.expires is not None and time.time() > credentials.expires - margin_seconds


def _botocore_chain() -> Callable[[], Credentials] | None:
    """Return a developer's profile as a source, None without one or without botocore. It renews by itself."""
    try:
        from botocore.exceptions import BotoCoreError  # never in a function's package
        from botocore.session import Session
    except ModuleNotFoundError:
        return None

    try:
        resolved = Session().get_credentials()
    except BotoCoreError as error:
        raise ConfigurationError(f"The AWS profile cannot be used: {error}.") from None
    if resolved is None:
        return None

    def current() -> Credentials:
        frozen = resolved.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token, expires=time.time())

    return current
