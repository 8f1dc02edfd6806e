"""Where the secret comes from: the settings, Secrets Manager, or in dev a file beside the data file."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from shopkeeper.aws.client import AwsClient, NoAnswer, Service
from shopkeeper.aws.credentials import NoCredentials
from shopkeeper.aws.failures import Failure
from shopkeeper.errors import ConfigurationError
from shopkeeper.http import ServiceUnavailable
from shopkeeper.identity.keys import KEY_BYTES
from shopkeeper.settings import Settings, sqlite_path

if TYPE_CHECKING:
    from pathlib import Path

SECRETS_MANAGER = Service(
    name="secretsmanager",
    target="secretsmanager",
    content_type="application/x-amz-json-1.1",
    variable="SECRETS_MANAGER",
)
VERSION_STAGES = ("AWSCURRENT", "AWSPREVIOUS")
DEFAULTS = (b"change", b"secret", b"example", b"default", b"password", b"your-", b"your_", b"0123456789", b"abcdefghij")
"""What a secret that was copied from somebody's documentation holds. A random one does so once in millions."""

FEWEST_CHARACTERS = 8
"""A random secret has at least so many: of 32 random hexadecimal digits one in 28 million has fewer."""

ReadSecrets = Callable[[], list[bytes]]


def secret_source(settings: Settings) -> ReadSecrets:
    """Return what reads the secrets, the current one first.

    Raises ConfigurationError if the settings name none, or a bad one. In stage dev on one machine the secret is in
    a file beside the data file, which only its owner can read; no file is made here.
    """
    if settings.jwt_secret_arn:
        client = AwsClient(SECRETS_MANAGER, settings.region, settings.aws)
        return lambda: _from_secrets_manager(client, settings.jwt_secret_arn, settings.stage)
    if settings.jwt_secret:
        # What is not UTF-8 stands as surrogates in Python's environment.
        text = settings.jwt_secret.value.encode(errors="surrogateescape")
        secret = checked(text, "JWT_SECRET_KEY", settings.stage)
        return lambda: [secret]
    path = key_file(settings)
    if path is None:
        raise ConfigurationError("JWT_SECRET_KEY or JWT_SECRET_ARN is needed, except in stage dev with a SQLite file.")
    from shopkeeper.identity.keyfile import read_key

    kept = checked(read_key(path), f"The key file {path}", settings.stage)
    return lambda: [kept]


def key_file(settings: Settings) -> "Path | None":
    """Return the key file that the settings mean, None if the secret comes from elsewhere."""
    data = sqlite_path(settings.store_url)
    if data is None or settings.stage != "dev" or settings.jwt_secret or settings.jwt_secret_arn:
        return None
    from pathlib import Path

    from shopkeeper.identity.keyfile import key_path

    return key_path(Path(data))


def checked(secret: bytes, source: str, stage: str) -> bytes:
    """Return a secret without the line break that an editor may have added at its end.

    Raises ConfigurationError if the secret is too short, or if it can be guessed and the stage is not dev. The
    error names the source and never the secret.
    """
    secret = secret.rstrip(b"\r\n")
    if len(secret) < KEY_BYTES and source.startswith("The key file"):
        raise ConfigurationError(
            f"{source} is damaged, perhaps by a full disk: it holds {len(secret)} bytes and needs {KEY_BYTES}; "
            "put a copy back, or remove it and run `shopkeeper adopt`, after which everybody signs in anew."
        )
    if len(secret) < KEY_BYTES:
        raise ConfigurationError(f"{source} must be at least {KEY_BYTES} random bytes, not {len(secret)}.")
    if stage != "dev" and _can_be_guessed(secret):
        raise ConfigurationError(
            f"{source} must be random bytes outside dev, not an example, a repeated word or a few characters."
        )
    return secret


def _can_be_guessed(secret: bytes) -> bool:
    words = range(1, len(secret) // 2 + 1)
    is_repeated = any(secret[length:] == secret[:-length] for length in words)
    return is_repeated or len(set(secret)) < FEWEST_CHARACTERS or any(word in secret.lower() for word in DEFAULTS)


def _from_secrets_manager(client: AwsClient, arn: str, stage: str) -> list[bytes]:
    """Read the secret's versions. Raises ServiceUnavailable, whose cause is the reason, for the log."""
    secrets = []
    try:
        for version in VERSION_STAGES:
            request = {"SecretId": arn, "VersionStage": version}
            try:
                answer = client.call("GetSecretValue", request, repeatable=True)
            except Failure as failure:
                if version == "AWSPREVIOUS" and failure.code == "ResourceNotFoundException":
                    break  # it has never been rotated
                raise
            text = answer.get("SecretString")
            if version == "AWSCURRENT":
                if not isinstance(text, str):
                    raise ConfigurationError(f"The secret {arn} has no text value.")
                secrets.append(checked(text.encode(), f"The secret {arn}", stage))
            elif isinstance(text, str):
                with suppress(ConfigurationError):  # a weak one was replaced, and its tokens ended with it
                    secrets.append(checked(text.encode(), f"The secret {arn}", stage))
    except (Failure, NoAnswer, NoCredentials, ConfigurationError) as error:
        raise ServiceUnavailable from error
    finally:
        client.close()  # the next need may be weeks away
    return secrets
