"""Settings: read once from the environment, typed, checked; a wrong one stops the start with one sentence."""

import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar, cast

import msgspec

from shopkeeper.errors import ConfigurationError
from shopkeeper.storage.table import PHYSICAL_NAME, Table

Stage = Literal["dev", "staging", "prod"]
Colour = Literal["blue", "green"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
UnknownPaths = Literal["gateway", "plain"]

STAGES = ("dev", "staging", "prod")
COLOURS = ("blue", "green")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
UNKNOWN_PATHS = ("gateway", "plain")

DEV_ORIGINS = "http://localhost:1580,http://127.0.0.1:1580"
DYNAMODB = "dynamodb:"
SQLITE = "sqlite:///"

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
_COUNTER_ID = re.compile(r"\*|(?!\.{1,2}$)[A-Za-z0-9._~-]{1,128}")
_POOL_ID = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+_[A-Za-z0-9]{1,60}")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+")

T = TypeVar("T")


class Secret(msgspec.Struct, frozen=True):
    """A text that is never printed."""

    value: str

    def __repr__(self) -> str:
        return "Secret(…)"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment says.

    `store_url` is `sqlite:///PATH` (relative to the working folder; four slashes for an absolute path) or
    `dynamodb:`. `colour` names only the code, `stage` names the data. `retention_days` is None where
    counters are kept for ever. With `local_origins` every port of this machine is an allowed origin.
    """

    stage: Stage
    colour: Colour | None
    store_url: str
    region: str
    allowed_origins: tuple[str, ...]
    local_origins: bool
    counter_ids: tuple[str, ...]
    retention_days: int | None
    log_level: LogLevel
    table_names: Mapping[str, str]
    jwt_secret: Secret | None
    jwt_secret_arn: str
    access_token_minutes: int
    cognito_user_pool_id: str
    cognito_client_id: str
    registration_requires_token: bool
    order_accept_seconds: int
    unknown_paths: UnknownPaths

    def table_name(self, table: Table) -> str:
        """Return the physical name of a table in this stage."""
        return self.table_names.get(table.name) or f"{table.name}-{self.stage}"


VARIABLES = {
    "STAGE": "`dev`, `staging` or `prod`: names the data (`ENVIRONMENT` is read too); `dev`",
    "COLOUR": "`blue` or `green`: names only the code that stands beside the other; none",
    "STORE_URL": "`sqlite:///PATH` or `dynamodb:`; a file in the working folder, on Lambda `dynamodb:`",
    "AWS_REGION": "the region of the tables; `us-east-1`",
    "ALLOWED_ORIGINS": "web origins that may read, with commas between; in dev every port of `localhost`, else none",
    "COUNTER_IDS": "names of page counters, with commas between, `*` for any; in dev `*`, else `main_counter`",
    "COUNTER_RETENTION_DAYS": "days after its last visit that a counter is purged; never",
    "JWT_SECRET_KEY": "what tokens are signed with, 32 random bytes or more; in dev on one machine one is made",
    "JWT_SECRET_ARN": "the same, kept in Secrets Manager under this ARN; none",
    "ACCESS_TOKEN_EXPIRE_MINUTES": "minutes that an access token lasts; `30`",
    "COGNITO_USER_POOL_ID": "the Cognito pool that identities come from, instead of accounts of our own; none",
    "COGNITO_CLIENT_ID": "the app client whose access tokens are taken, with `COGNITO_USER_POOL_ID`; none",
    "REGISTRATION_REQUIRES_TOKEN": "whether registering a business needs a token; in dev `false`, else `true`",
    "ORDER_ACCEPT_SECONDS": "seconds that a business has to accept an order; `600`",
    "UNKNOWN_PATHS": "what unknown paths get: `gateway` the 403 of API Gateway, `plain` 404 and 405; `gateway`",
    "LOG_LEVEL": "`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`; `INFO`",
}
"""Every variable that `read` knows besides the tables' names: its meaning, and after the semicolon its default."""


def read(environment: Mapping[str, str], tables: tuple[Table, ...], default_store: str = DYNAMODB) -> Settings:
    """Return the settings of `environment`. Raises ConfigurationError, naming the variable."""
    variable = "STAGE" if environment.get("STAGE") else "ENVIRONMENT"
    stage = cast(Stage, _one_of(environment, variable, STAGES, "dev"))
    is_dev = stage == "dev"
    return Settings(
        stage=stage,
        colour=cast(Colour | None, _one_of(environment, "COLOUR", COLOURS, None)),
        store_url=_checked(environment, "STORE_URL", default_store, _store_url),
        region=_checked(environment, "AWS_REGION", "us-east-1", _region),
        allowed_origins=_checked(environment, "ALLOWED_ORIGINS", DEV_ORIGINS if is_dev else "", _origins),
        local_origins=is_dev and not environment.get("ALLOWED_ORIGINS", "").strip(),
        counter_ids=_checked(environment, "COUNTER_IDS", "*" if is_dev else "main_counter", _counter_ids),
        retention_days=_checked(environment, "COUNTER_RETENTION_DAYS", "", _days),
        log_level=cast(LogLevel, _one_of(environment, "LOG_LEVEL", LOG_LEVELS, "INFO")),
        table_names=_table_names(environment, tables),
        jwt_secret=_secret(environment),
        jwt_secret_arn=_checked(environment, "JWT_SECRET_ARN", "", _arn),
        cognito_user_pool_id=_checked(environment, "COGNITO_USER_POOL_ID", "", _pool_id),
        cognito_client_id=_client_id(environment),
        registration_requires_token=_checked(
            environment, "REGISTRATION_REQUIRES_TOKEN", "false" if is_dev else "true", _flag
        ),
        order_accept_seconds=_checked(environment, "ORDER_ACCEPT_SECONDS", "600", _seconds),
        unknown_paths=cast(UnknownPaths, _one_of(environment, "UNKNOWN_PATHS", UNKNOWN_PATHS, "gateway")),
        access_token_minutes=_checked(environment, "ACCESS_TOKEN_EXPIRE_MINUTES", "30", _minutes),
    )


def sqlite_path(store_url: str) -> str | None:
    """Return the path of a `sqlite:///` URL, None for any other."""
    return store_url.removeprefix(SQLITE) if store_url.startswith(SQLITE) else None


def _checked(environment: Mapping[str, str], name: str, default: str, parse: Callable[[str], T]) -> T:
    text = environment.get(name, "").strip() or default
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigurationError(f"{name} {error}, not {text[:100]!r}.") from None


def _one_of(environment: Mapping[str, str], name: str, choices: tuple[str, ...], default: str | None) -> str | None:
    text = environment.get(name, "").strip()
    if choices is LOG_LEVELS:
        text = text.upper()
    if not text:
        return default
    if text not in choices:
        hint = " (that is a COLOUR)" if text in COLOURS else ""
        raise ConfigurationError(f"{name} must be {_either(choices)}, not {text[:100]!r}{hint}.")
    return text


def _either(choices: tuple[str, ...]) -> str:
    return ", ".join(choices[:-1]) + f" or {choices[-1]}"


def _store_url(text: str) -> str:
    path = sqlite_path(text)
    if text != DYNAMODB and not path:
        raise ValueError("must be sqlite:///PATH or dynamodb:")
    return text


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise ValueError("must be an AWS region such as us-east-1")
    return text


def _origins(text: str) -> tuple[str, ...]:
    origins = _list(text)
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError("must be exact origins such as https://example.com, without a path or a wildcard")
    return origins


def _counter_ids(text: str) -> tuple[str, ...]:
    names = _list(text)
    if not all(_COUNTER_ID.fullmatch(name) for name in names):
        raise ValueError("must be names of letters, digits, '.', '_', '~' and '-', or *")
    return names


def _days(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 36500:
        raise ValueError("must be a number of days from 1 to 36500")
    return int(text)


def _secret(environment: Mapping[str, str]) -> Secret | None:
    text = environment.get("JWT_SECRET_KEY", "")
    return Secret(text) if text else None


def _arn(text: str) -> str:
    if text and not text.startswith("arn:"):
        raise ValueError("must be the ARN of a secret")
    return text


def _pool_id(text: str) -> str:
    if text and not _POOL_ID.fullmatch(text):
        raise ValueError("must be the id of a Cognito user pool, like us-east-1_Ab1Cd2Ef3")
    return text


def _client_id(environment: Mapping[str, str]) -> str:
    text = environment.get("COGNITO_CLIENT_ID", "").strip()
    if bool(text) != bool(environment.get("COGNITO_USER_POOL_ID", "").strip()):
        raise ConfigurationError("COGNITO_CLIENT_ID and COGNITO_USER_POOL_ID are needed together.")
    return text


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 86400:
        raise ValueError("must be a number of seconds from 1 to 86400")
    return int(text)


def _minutes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 1440:
        raise ValueError("must be a number of minutes from 1 to 1440")
    return int(text)


def _table_names(environment: Mapping[str, str], tables: tuple[Table, ...]) -> dict[str, str]:
    """Return the physical names that the environment gives, by logical name."""
    names = {}
    for table in tables:
        name = environment.get(table.environment, "").strip()
        if name:
            if not PHYSICAL_NAME.fullmatch(name):
                raise ConfigurationError(
                    f"{table.environment} must be a table name of 3 to 255 of A-Z a-z 0-9 _ . -, not {name[:100]!r}."
                )
            names[table.name] = name
            if list(names.values()).count(name) > 1:
                raise ConfigurationError(f"{table.environment} names {name}, which is another table's.")
    return names


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
