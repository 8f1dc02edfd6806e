"""Where the secret comes from: the environment, Secrets Manager, or in dev a file beside the data."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from shopkeeper.aws.client import AwsClient, NoAnswer, Service
from shopkeeper.aws.credentials import NoCredentials
from shopkeeper.aws.failures import Failure
from shopkeeper.errors import ConfigurationError
from shopkeeper.http import ServiceUnavailable
from shopkeeper.identity.keys import KEY_BYTES
from shopkeeper.settings import Settings, sqlite_path

SECRETS_MANAGER = Service(
    name="secretsmanager",
    target="secretsmanager",
    content_type="application/x-amz-json-1.1",
    endpoint_variable="AWS_ENDPOINT_URL_SECRETS_MANAGER",
)
VERSION_STAGES = ("AWSCURRENT", "AWSPREVIOUS")
DEFAULTS = ("change", "secret", "example", "default", "your-")
"""What a secret that was copied from somebody's documentation begins with."""

ReadSecrets = Callable[[], list[bytes]]


def secret_source(settings: Settings, environment: Mapping[str, str] = os.environ) -> ReadSecrets:
    """Return what reads the secrets, the current one first.

    Raises ConfigurationError where the settings name none that will do. In stage dev on one machine one
    is made and kept beside the data file, readable by its owner alone.
    """
    if settings.jwt_secret_arn:
        client = AwsClient(SECRETS_MANAGER, settings.region, environment)
        return lambda: _from_secrets_manager(client, settings.jwt_secret_arn)
    if settings.jwt_secret:
        secret = _checked(settings.jwt_secret.value, settings.stage)
        return lambda: [secret]
    data = sqlite_path(settings.store_url)
    if settings.stage != "dev" or data is None:
        raise ConfigurationError("JWT_SECRET_KEY or JWT_SECRET_ARN is needed, except in stage dev on one machine.")
    made = _kept_beside(Path(data))
    return lambda: [made]


def _checked(text: str, stage: str) -> bytes:
    if stage != "dev" and (len(text.encode()) < KEY_BYTES or text.lower().startswith(DEFAULTS)):
        raise ConfigurationError(
            f"JWT_SECRET_KEY must be at least {KEY_BYTES} random bytes outside dev, and no example."
        )
    return text.encode()


def _kept_beside(data: Path) -> bytes:
    path = data.with_name(data.name + ".key")
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The key file {path} cannot be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(KEY_BYTES).hex().encode())
    return path.read_bytes()


def _from_secrets_manager(client: AwsClient, arn: str) -> list[bytes]:
    """Read the secret's versions. Raises ServiceUnavailable, with the reason behind it for the log."""
    secrets = []
    try:
        for stage in VERSION_STAGES:
            request = {"SecretId": arn, "VersionStage": stage}
            try:
                answer = client.call("GetSecretValue", request, repeatable=True)
            except Failure as failure:
                if stage == "AWSPREVIOUS" and failure.code == "ResourceNotFoundException":
                    break  # it has never been rotated
                raise
            text = answer.get("SecretString")
            if isinstance(text, str):
                secrets.append(text.encode())
            elif stage == "AWSCURRENT":
                raise ConfigurationError(f"The secret {arn} has no value that is a text.")
    except (Failure, NoAnswer, NoCredentials, ConfigurationError) as error:
        raise ServiceUnavailable from error
    finally:
        client.close()  # the next need may be weeks away
    return secrets
