"""Where AWS credentials come from: Lambda's environment, the container endpoint, botocore's chain."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from shopkeeper.aws.signing import Credentials
from shopkeeper.errors import ConfigurationError
from shopkeeper.net.deadline import deadline
from shopkeeper.net.transport import Broken, NotSent, Transport

REFRESH_SECONDS = 300.0
"""Credentials are fetched anew this long before they expire."""

FETCH_SECONDS = 1.0
CONTAINER_HOST = "http://169.254.170.2"
TRUSTED_HOSTS = ("169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost", "127.0.0.1", "::1")
"""Hosts that may be asked for credentials without TLS (AWS SDKs and Tools Reference Guide)."""


class NoCredentials(Exception):
    """Credentials that should be there could not be fetched."""


class CredentialsProvider:
    """Gives credentials, from memory while they are fresh. Nothing is fetched before the first call."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Choose the source. Raises ConfigurationError if there is none."""
        self._environment = environment
        self._fresh: Credentials | None = None
        self._turn = threading.Lock()
        self._source = self._choose()

    def get(self, *, renew: bool = False) -> Credentials:
        """Return credentials, newer ones with `renew`. Raises NoCredentials.

        Those in memory are good until they expire, even if newer ones cannot be fetched in time. While they
        are, one caller fetches at a time, and the others do not wait for it.
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
        environment = self._environment
        if environment.get("AWS_ACCESS_KEY_ID") and environment.get("AWS_SECRET_ACCESS_KEY"):
            return self._from_environment
        url = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
        if path := environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
            url = CONTAINER_HOST + path
        if url:
            try:
                parts = urlsplit(url)
                _ = parts.port
            except ValueError:
                raise ConfigurationError("AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL.") from None
            if parts.scheme != "https" and parts.hostname not in TRUSTED_HOSTS:
                raise ConfigurationError(
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that must not be asked without TLS."
                )
            return lambda: self._from_container(url)
        if find_spec("botocore") is not None:
            chain = _botocore_chain()
            if chain is not None:
                return chain
        raise ConfigurationError("No AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")

    def _from_environment(self) -> Credentials:
        environment = self._environment
        return Credentials(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN") or None,
        )

    def _from_container(self, url: str) -> Credentials:
        from shopkeeper.net.tls import TrustStore  # only where there is no key in the environment

        parts = urlsplit(url)
        trust = TrustStore(self._environment) if parts.scheme == "https" else None
        port = parts.port or (443 if trust else 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n"
        if token := self._authorization_token():
            request += f"Authorization: {token}\r\n"
        transport = Transport(parts.hostname or "", port, trust, max_body=64 * 1024)
        try:
            reply = transport.request(f"{request}\r\n".encode(), deadline(FETCH_SECONDS))
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
        finally:
            transport.close()

    def _authorization_token(self) -> str | None:
        file = self._environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        if file:
            try:
                return Path(file).read_text().strip()
            except OSError as error:
                raise NoCredentials(f"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: {error}") from error
        return self._environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")


def _stale(credentials: Credentials, margin_seconds: float) -> bool:
    return credentials.expires is not None and time.time() > credentials.expires - margin_seconds


def _botocore_chain() -> Callable[[], Credentials] | None:
    """A developer's profile, where botocore is installed; it renews what it gives by itself."""
    from botocore.exceptions import BotoCoreError  # never in a function's package
    from botocore.session import Session

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
