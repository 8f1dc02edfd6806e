"""Where the secret comes from: the settings, Secrets Manager, Parameter Store, or in dev a key file."""

from collections.abc import Callable, Iterable, Iterator
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
PARAMETER_STORE = Service(
    name="ssm",
    target="AmazonSSM",
    content_type="application/x-amz-json-1.1",
    variable="SSM",
)
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
        arn = settings.jwt_secret_arn
        return lambda: _read(client, versions_of_secret(client, arn), f"The secret {arn}", settings.stage)
    if settings.jwt_secret_parameter:
        store = AwsClient(PARAMETER_STORE, settings.region, settings.aws)
        name = settings.jwt_secret_parameter
        return lambda: _read(store, versions_of_parameter(store, name), f"The parameter {name}", settings.stage)
    if settings.jwt_secret:
        # What is not UTF-8 stands as surrogates in Python's environment.
        text = settings.jwt_secret.value.encode(errors="surrogateescape")
        secret = checked(text, "JWT_SECRET_KEY", settings.stage)
        return lambda: [secret]
    path = key_file(settings)
    if path is None:
        raise ConfigurationError(
            "JWT_SECRET_KEY, JWT_SECRET_ARN or JWT_SECRET_PARAMETER is needed, except in stage dev with a SQLite file."
        )
    from shopkeeper.identity.keyfile import read_key

    kept = checked(read_key(path), f"The key file {path}", settings.stage)
    return lambda: [kept]


def key_file(settings: Settings) -> "Path | None":
    """Return the key file that the settings mean, None if the secret comes from elsewhere."""
    data = sqlite_path(settings.store_url)
    if data is None or settings.stage != "dev" or settings.secret_variable:
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


def versions_of_secret(client: AwsClient, arn: str) -> Iterator[object]:
    """Yield the current value of a secret in Secrets Manager, and the previous one if it was ever rotated.

    Raises Failure, NoAnswer or NoCredentials.
    """
    yield client.call("GetSecretValue", _version(arn, "AWSCURRENT"), repeatable=True).get("SecretString")
    try:
        yield client.call("GetSecretValue", _version(arn, "AWSPREVIOUS"), repeatable=True).get("SecretString")
    except Failure as failure:
        if failure.code != "ResourceNotFoundException":
            raise


def _version(arn: str, stage: str) -> dict[str, object]:
    return {"SecretId": arn, "VersionStage": stage}


def versions_of_parameter(client: AwsClient, name: str) -> Iterator[object]:
    """Yield the value of a parameter in Parameter Store, and that of the version before it if there is one.

    Raises ConfigurationError for a parameter that is stored as plain text, and Failure, NoAnswer or NoCredentials.
    """
    current = client.call("GetParameter", {"Name": name, "WithDecryption": True}, repeatable=True)["Parameter"]
    if current.get("Type") != "SecureString":
        raise ConfigurationError(f"The parameter {name} is a {current.get('Type')}, and must be a SecureString.")
    yield current.get("Value")
    if current["Version"] > 1:
        former = {"Name": f"{name}:{current['Version'] - 1}", "WithDecryption": True}
        try:
            yield client.call("GetParameter", former, repeatable=True)["Parameter"].get("Value")
        except Failure as failure:
            if failure.code != "ParameterVersionNotFound":
                raise


def _read(client: AwsClient, values: Iterable[object], source: str, stage: str) -> list[bytes]:
    """Return the values that will do, the current one first.

    Raises ServiceUnavailable, whose cause is the reason, for the log.
    """
    secrets: list[bytes] = []
    try:
        for value in values:
            try:
                if not isinstance(value, str):
                    raise ConfigurationError(f"{source} has no text value.")
                secrets.append(checked(value.encode(), source, stage))
            except ConfigurationError:
                if not secrets:
                    raise
                # a weak one was replaced, and its tokens ended with it
    except (Failure, NoAnswer, NoCredentials, ConfigurationError) as error:
        raise ServiceUnavailable from error
    finally:
        client.close()  # the next need may be weeks away
    return secrets
