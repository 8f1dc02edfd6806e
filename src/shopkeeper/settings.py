"""Settings: read once from the environment, typed, checked; a wrong one stops the start with one sentence.

Each is declared once, as a field of `Settings`. Reading, the checks, the error sentences, the table in the README
and what a deployment may set follow from that declaration.
"""

from __future__ import annotations  # a cold start evaluates none

from collections.abc import Mapping
from typing import Literal

from shopkeeper.aws.settings import AwsSettings, read_aws
from shopkeeper.checks import (
    Matching,
    Several,
    aws_region,
    flag,
    networks,
    on_or_off,
    one_of,
    optional,
    port,
    smtp_url,
    whole_number,
)
from shopkeeper.errors import ConfigurationError
from shopkeeper.secret import Secret
from shopkeeper.setting import Setting
from shopkeeper.storage.table import Table, table_names
from shopkeeper.zones import NAME

Stage = Literal["dev", "staging", "prod"]
Colour = Literal["blue", "green"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
Front = Literal["gateway", "distribution"]
LogDetail = Literal["full", "brief"]
Registration = Literal["open", "invite", "closed"]
UnknownPaths = Literal["gateway", "plain"]

STAGES: tuple[Stage, ...] = ("dev", "staging", "prod")
COLOURS: tuple[Colour, ...] = ("blue", "green")
LOG_LEVELS: tuple[LogLevel, ...] = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FRONTS: tuple[Front, ...] = ("gateway", "distribution")
LOG_DETAILS: tuple[LogDetail, ...] = ("full", "brief")
REGISTRATIONS: tuple[Registration, ...] = ("open", "invite", "closed")
UNKNOWN_PATHS: tuple[UnknownPaths, ...] = ("gateway", "plain")

DEV_ORIGINS = "http://localhost:1580,http://127.0.0.1:1580"
DYNAMODB = "dynamodb:"
SQLITE = "sqlite:///"

# Texts, not compiled: a cold start compiles only what it checks a value with.
_ORIGIN = r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?"
_COUNTER_ID = r"\*|(?!\.{1,2}$)[A-Za-z0-9._~-]{1,128}"
_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_SITE = r"(?:https://[a-z0-9.-]+|http://(?:localhost|127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*"
_HOST = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?"
_HIT_PATH = r"/(?!counter$)[A-Za-z0-9_-]{1,64}"
_POOL_ID = r"[a-z]{2,}(?:-[a-z0-9]+)+_[A-Za-z0-9]{1,60}"
_PARAMETER = r"(?:/[A-Za-z0-9_.-]{1,128}){1,15}"


def sqlite_path(store_url: str) -> str | None:
    """Return the path of a `sqlite:///` URL, None for any other."""
    return store_url.removeprefix(SQLITE) if store_url.startswith(SQLITE) else None


def _stage(text: str) -> Stage:
    if text in COLOURS:
        raise ValueError(f"must be dev, staging or prod ({text} is a COLOUR)")
    return one_of(STAGES)(text)


def _store_url(text: str) -> str:
    if text != DYNAMODB and not sqlite_path(text):
        raise ValueError("must be sqlite:///PATH or dynamodb:")
    return text


class Settings:
    """What the environment says.

    `local_origins` allows every port of this machine as an origin. `table_names` holds the physical names that the
    environment gives, by logical name.
    """

    __slots__ = ("aws", "local_origins", "table_names", "values")

    def __init__(
        self, values: Mapping[str, object], *, aws: AwsSettings, local_origins: bool, table_names: Mapping[str, str]
    ) -> None:
        """`values` are those of the declared settings, by their fields' names; `read` gathers them."""
        self.values = values
        self.aws = aws
        self.local_origins = local_origins
        self.table_names = table_names

    @property
    def needs_network(self) -> bool:
        """Whether keys or identities come from another machine."""
        return bool(self.jwt_secret_arn or self.jwt_secret_parameter or self.cognito_user_pool_id)

    @property
    def secret_variable(self) -> str:
        """The variable that says what tokens are signed with, empty if none does."""
        return next((source.variable for source in SECRET_SOURCES if self.values[source.field]), "")

    @property
    def registers_strangers(self) -> bool:
        """Whether anybody can register a business, without an account."""
        return self.registration == "open" and not self.registration_requires_token

    def table_name(self, table: Table) -> str:
        """Return the physical name of a table in this stage."""
        return self.table_names.get(table.name) or f"{table.name}-{self.stage}"

    stage = Setting(
        "STAGE",
        "`dev`, `staging` or `prod`: names the data (`ENVIRONMENT` is read too)",
        _stage,
        default="dev",
        formerly="ENVIRONMENT",
    )
    colour = Setting(
        "COLOUR",
        "`blue` or `green`: names only the code that stands beside the other",
        optional(one_of(COLOURS)),
    )
    store_url = Setting(
        "STORE_URL",
        "`sqlite:///PATH` (four slashes for an absolute path) or `dynamodb:`",
        _store_url,
        default=DYNAMODB,
        shown="a file in the working folder, on Lambda `dynamodb:`",
    )
    region = Setting("AWS_REGION", "the region of the tables", aws_region, default="us-east-1")
    allowed_origins = Setting(
        "ALLOWED_ORIGINS",
        "web origins that may read, with commas between",
        Several(_ORIGIN, "exact origins such as https://example.com, without a path or a wildcard"),
        default_in_dev=DEV_ORIGINS,
        shown="in dev every port of `localhost`, else none",
        deployable=True,
    )
    counter_ids = Setting(
        "COUNTER_IDS",
        "names of page counters, with commas between, `*` for any",
        Several(_COUNTER_ID, "names of letters, digits, '.', '_', '~' and '-', or *"),
        default="main_counter",
        default_in_dev="*",
        deployable=True,
    )
    retention_days = Setting(
        "COUNTER_RETENTION_DAYS",
        "days after its last visit that a counter is purged",
        optional(whole_number(1, 36500, "days")),
        shown="never",
        deployable=True,
    )
    sites = Setting(
        "SITES",
        "the hosts whose pages may send hits, with commas between, each a site of its own; `www.` in front is left out",
        Several(_HOST, "hosts such as example.com, with commas between"),
        deployable=True,
    )
    sites_time_zone = Setting(
        "SITES_TIME_ZONE",
        "the time zone of those sites, which says when their days begin",
        Matching(NAME, "a time zone of the IANA database, like Europe/Berlin"),
        default="UTC",
        deployable=True,
    )
    hit_path = Setting(
        "HIT_PATH",
        "the path of hits, and with `.gif` behind it that of their image: lists of blockers know common names",
        Matching(_HIT_PATH, "a path of one part, such as /seen"),
        default="/hit",
    )
    traffic_public = Setting(
        "TRAFFIC_PUBLIC",
        "whether anyone may read the traffic of every site",
        flag,
        default="false",
        deployable=True,
    )
    front = Setting(
        "FRONT",
        "how the distribution of a stage on AWS reaches the counter: by the `gateway`, or (`distribution`) itself by a "
        "Function URL, which costs half as much",
        one_of(FRONTS),
        default="gateway",
        deployable=True,
    )
    trust_country_header = Setting(
        "TRUST_COUNTRY_HEADER",
        "whether `CloudFront-Viewer-Country` is believed: only where every request comes through CloudFront",
        flag,
        default="false",
        deployable=True,
    )
    jwt_secret = Setting(
        "JWT_SECRET_KEY",
        "what tokens are signed with, 32 random bytes or more",
        optional(Secret),
        shown="in dev on one machine one is made",
        verbatim=True,
        secret=True,
    )
    jwt_secret_arn = Setting(
        "JWT_SECRET_ARN",
        "the same, kept in Secrets Manager under this ARN",
        Matching("arn:.*", "the ARN of a secret"),
    )
    jwt_secret_parameter = Setting(
        "JWT_SECRET_PARAMETER",
        "the same, kept in Parameter Store as a SecureString of this name; only one of the three may be set",
        Matching(_PARAMETER, "the full name of a parameter, like /shopkeeper/prod/jwt"),
        deployable=True,
    )
    access_token_minutes = Setting(
        "ACCESS_TOKEN_EXPIRE_MINUTES",
        "minutes that an access token lasts",
        whole_number(1, 1440, "minutes"),
        default="30",
        deployable=True,
    )
    cognito_user_pool_id = Setting(
        "COGNITO_USER_POOL_ID",
        "the Cognito pool that identities come from, instead of accounts of our own",
        Matching(_POOL_ID, "the id of a Cognito user pool, like us-east-1_Ab1Cd2Ef3"),
        deployable=True,
    )
    cognito_client_id = Setting(
        "COGNITO_CLIENT_ID",
        "the app client whose access tokens are taken, with `COGNITO_USER_POOL_ID`",
        str,
        deployable=True,
    )
    registration = Setting(
        "REGISTRATION",
        "who may make an account: `open` anybody, else only who has a link of `shopkeeper invite`; `invite` says so to "
        "others",
        one_of(REGISTRATIONS),
        default="open",
        deployable=True,
    )
    registration_requires_token = Setting(
        "REGISTRATION_REQUIRES_TOKEN",
        "whether registering a business needs a token; it always does unless `REGISTRATION` is `open`",
        flag,
        default="true",
        default_in_dev="false",
        deployable=True,
    )
    order_accept_seconds = Setting(
        "ORDER_ACCEPT_SECONDS",
        "seconds that a business has to accept an order",
        whole_number(1, 86400, "seconds"),
        default="600",
        deployable=True,
    )
    order_retention_days = Setting(
        "ORDER_RETENTION_DAYS",
        "days after the end of an order that all it holds about its customer is removed",
        optional(whole_number(1, 36500, "days")),
        shown="never",
        deployable=True,
    )
    bucket = Setting(
        "S3_BUCKET_NAME",
        "the bucket of the pictures, with `dynamodb:`; deployments have their own",
        Matching("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "the name of a bucket, without dots"),
    )
    pictures_url = Setting(
        "PICTURES_URL",
        "where the pictures are served, like `https://pictures.example.com`; needed with a bucket",
        Matching(
            rf"{_ORIGIN}(?:/[A-Za-z0-9._~-]+)*",
            "a URL such as https://pictures.example.com, without a final slash",
        ),
        shown="this server",
    )
    unknown_paths = Setting(
        "UNKNOWN_PATHS",
        "what unknown paths get: `gateway` the 403 of API Gateway, `plain` 404 and 405",
        one_of(UNKNOWN_PATHS),
        default="gateway",
    )
    api_docs = Setting(
        "API_DOCS",
        "whether there is a page that describes the API, at `/api/docs`",
        flag,
        default="true",
        shown="on one machine `true`, on AWS `false`",
    )
    trusted_proxies = Setting(
        "TRUSTED_PROXIES",
        "addresses or networks of proxies, with commas between, whose `X-Forwarded-For` or `Forwarded` is believed",
        networks,
    )
    rate_limits = Setting(
        "RATE_LIMITS",
        "whether one machine limits the requests of a client, `on` or `off`",
        on_or_off,
        default="on",
    )
    smtp_server = Setting(
        "SMTP_URL",
        "the SMTP server that sends mails: `smtps://USER:PASSWORD@HOST` or `smtp://…`, which must offer STARTTLS "
        "except on this machine",
        smtp_url,
        secret=True,
    )
    mail_from = Setting(
        "MAIL_FROM",
        "the address that mails come from; without it there are none. With DynamoDB and no `SMTP_URL`, Amazon SES "
        "sends them",
        Matching(_ADDRESS, "an email address such as shop@example.com"),
        deployable=True,
    )
    site_url = Setting(
        "SITE_URL",
        "the site whose pages `/reset`, `/confirm` and `/invite` take the tokens in links; without it mails show the "
        "token alone",
        Matching(_SITE, "a URL such as https://shop.example, without a final slash (http only for this machine)"),
        deployable=True,
    )
    log_level = Setting(
        "LOG_LEVEL",
        "`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`",
        lambda text: one_of(LOG_LEVELS)(text.upper()),
        default="INFO",
        deployable=True,
    )
    log_detail = Setting(
        "LOG_DETAIL",
        "`full`, or `brief` for short lines about requests in which nothing was noteworthy",
        one_of(LOG_DETAILS),
        default="full",
        deployable=True,
    )
    metrics_in_log = Setting(
        "METRICS",
        "whether the log of one machine has metrics for CloudWatch (its embedded metric format): `emf` or `off`",
        one_of(("off", "emf")),
        default="off",
        shown="`off`, on Lambda always `emf`",
    )
    metrics_port = Setting(
        "METRICS_PORT",
        "the port on which one machine serves `/metrics` to Prometheus",
        port,
    )
    metrics_host = Setting(
        "METRICS_HOST",
        "the address that `METRICS_PORT` is opened on",
        Matching("[A-Za-z0-9.:-]{1,253}", "an address of this machine, such as 127.0.0.1"),
        default="127.0.0.1",
    )


SETTINGS: tuple[Setting[object], ...] = tuple(field for field in vars(Settings).values() if isinstance(field, Setting))
"""Every setting, as it is declared, in order. Names of tables and AWS's own variables are read beside them."""


SECRET_SOURCES: tuple[Setting[object], ...] = (
    Settings.jwt_secret,
    Settings.jwt_secret_arn,
    Settings.jwt_secret_parameter,
)
"""The settings that say what tokens are signed with. At most one has a value."""


def read(environment: Mapping[str, str], tables: tuple[Table, ...]) -> Settings:
    """Return the settings of `environment`. Raises ConfigurationError, naming the variable."""
    is_dev = Settings.stage.read(environment, is_dev=True) == "dev"
    values = {setting.field: setting.read(environment, is_dev=is_dev) for setting in SETTINGS}
    named = [source.variable for source in SECRET_SOURCES if values[source.field]]
    if len(named) > 1:
        raise ConfigurationError(f"{' and '.join(named)} say twice what tokens are signed with: set only one of them.")
    if bool(values["cognito_client_id"]) != bool(values["cognito_user_pool_id"]):
        raise ConfigurationError("COGNITO_CLIENT_ID and COGNITO_USER_POOL_ID are needed together.")
    if values["cognito_user_pool_id"] and values["registration"] == "invite":
        raise ConfigurationError(
            "REGISTRATION must be open or closed with a Cognito pool, which invites its users itself."
        )
    if values["smtp_server"] and not values["mail_from"]:
        raise ConfigurationError("SMTP_URL needs MAIL_FROM, the address that mails come from.")
    if values["mail_from"] and not values["smtp_server"] and values["store_url"] != DYNAMODB:
        raise ConfigurationError("MAIL_FROM needs SMTP_URL, the server that sends mails; SES comes with DynamoDB.")
    if values["bucket"] and not values["pictures_url"] and values["store_url"] == DYNAMODB:
        raise ConfigurationError("S3_BUCKET_NAME needs PICTURES_URL: the address at which the pictures are read.")
    return Settings(
        values,
        aws=read_aws(environment),
        local_origins=is_dev and not environment.get("ALLOWED_ORIGINS", "").strip(),
        table_names=table_names(environment, tables),
    )
