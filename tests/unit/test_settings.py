"""Settings: what the environment may say, what it means, and what is refused in one sentence."""

import pickle
from ipaddress import IPv4Network, IPv6Network

import pytest

from shopkeeper.aws.settings import AwsSettings
from shopkeeper.errors import ConfigurationError
from shopkeeper.secret import Secret
from shopkeeper.settings import SETTINGS, Settings, read, sqlite_path
from shopkeeper.storage.tables import BUSINESSES, MARKERS, TABLES, VISITOR_COUNTER
from shopkeeper.trace_settings import TRACE_SETTINGS
from tests.support.tools import ROOT

DEFAULTS = read({}, TABLES)


def test_the_defaults_are_those_of_dev() -> None:
    assert DEFAULTS.stage == "dev"
    assert DEFAULTS.colour is None
    assert DEFAULTS.store_url == "dynamodb:"
    assert DEFAULTS.region == "us-east-1"
    assert DEFAULTS.allowed_origins == ("http://localhost:1580", "http://127.0.0.1:1580")
    assert DEFAULTS.local_origins
    assert DEFAULTS.counter_ids == ("*",)
    assert DEFAULTS.retention_days is None
    assert DEFAULTS.log_level == "INFO"
    assert DEFAULTS.table_name(VISITOR_COUNTER) == "visitor-counter-dev"


@pytest.mark.parametrize("stage", ["staging", "prod"])
def test_no_other_stage_has_the_conveniences_of_dev(stage: str) -> None:
    settings = read({"STAGE": stage}, TABLES)
    assert settings.allowed_origins == ()
    assert not settings.local_origins
    assert settings.counter_ids == ("main_counter",)
    assert settings.table_name(BUSINESSES) == f"businesses-{stage}"


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_named_origins_are_the_only_ones(stage: str) -> None:
    settings = read({"STAGE": stage, "ALLOWED_ORIGINS": "https://a.example"}, TABLES)
    assert (settings.allowed_origins, settings.local_origins) == (("https://a.example",), False)


def test_everything_can_be_said() -> None:
    settings = read(
        {
            "ENVIRONMENT": "staging",
            "COLOUR": "green",
            "STORE_URL": "sqlite:////var/lib/shop.db",
            "AWS_REGION": "eu-central-1",
            "ALLOWED_ORIGINS": "https://a.example, https://www.a.example:8443",
            "COUNTER_IDS": "home,about",
            "COUNTER_RETENTION_DAYS": "30",
            "LOG_LEVEL": "WARNING",
            "TABLE_NAME": "visitor-counter-prod",
            "DYNAMODB_TABLE_NAME": "order-receiver-businesses-prod",
        },
        TABLES,
    )
    assert (settings.stage, settings.colour, settings.region) == ("staging", "green", "eu-central-1")
    assert sqlite_path(settings.store_url) == "/var/lib/shop.db"
    assert settings.allowed_origins == ("https://a.example", "https://www.a.example:8443")
    assert settings.counter_ids == ("home", "about")
    assert settings.retention_days == 30
    assert settings.log_level == "WARNING"
    assert settings.table_name(VISITOR_COUNTER) == "visitor-counter-prod"
    assert settings.table_name(BUSINESSES) == "order-receiver-businesses-prod"
    assert settings.table_name(MARKERS) == "markers-staging"


def test_trusted_proxies_are_networks_and_none_by_default() -> None:
    settings = read({"TRUSTED_PROXIES": "127.0.0.1, ::1,10.0.0.0/8,"}, TABLES)
    assert settings.trusted_proxies == (
        *(IPv4Network("127.0.0.1/32"), IPv6Network("::1/128"), IPv4Network("10.0.0.0/8")),
    )
    assert DEFAULTS.trusted_proxies == ()


def test_rates_are_limited_unless_that_is_off() -> None:
    assert DEFAULTS.rate_limits
    assert not read({"RATE_LIMITS": "off"}, TABLES).rate_limits


def test_stage_comes_before_environment_and_blanks_mean_the_default() -> None:
    assert read({"STAGE": "prod", "ENVIRONMENT": "dev"}, TABLES).stage == "prod"
    assert read({"STAGE": " ", "ENVIRONMENT": "", "LOG_LEVEL": ""}, TABLES).stage == "dev"
    assert read({"STAGE": " ", "ENVIRONMENT": "prod"}, TABLES).stage == "prod"
    blank = read(dict.fromkeys((name for setting in SETTINGS for name in setting.variables), ""), TABLES)
    assert blank.values == DEFAULTS.values


REFUSED = [
    ("STAGE", "production"),
    ("STAGE", "blue"),
    ("ENVIRONMENT", "Dev"),
    ("COLOUR", "red"),
    ("STORE_URL", "postgres://localhost"),
    ("STORE_URL", "sqlite:///"),
    ("STORE_URL", "sqlite:shop.db"),
    ("STORE_URL", "dynamodb://table"),
    ("AWS_REGION", "Frankfurt!"),
    ("ALLOWED_ORIGINS", "*"),
    ("ALLOWED_ORIGINS", "https://a.example/"),
    ("ALLOWED_ORIGINS", "https://a.example https://b.example"),
    ("ALLOWED_ORIGINS", "a.example"),
    ("ALLOWED_ORIGINS", "https://*.example"),
    ("COUNTER_IDS", "home,a/b"),
    ("COUNTER_IDS", ".."),
    ("COUNTER_RETENTION_DAYS", "0"),
    ("COUNTER_RETENTION_DAYS", "a month"),
    ("COUNTER_RETENTION_DAYS", "-1"),
    ("COUNTER_RETENTION_DAYS", "1000000000000"),
    ("COUNTER_RETENTION_DAYS", "36501"),
    ("COUNTER_RETENTION_DAYS", "٣"),
    ("AWS_REGION", "us"),
    ("AWS_REGION", "9-9"),
    ("AWS_REGION", "x-1"),
    ("AWS_REGION", "us--1"),
    ("AWS_REGION", "us-east-1.evil.example/"),
    ("ORDER_ACCEPT_SECONDS", "0"),
    ("ORDER_ACCEPT_SECONDS", "000000001999999"),
    ("ACCESS_TOKEN_EXPIRE_MINUTES", "0000001441"),
    ("ORDER_ACCEPT_SECONDS", "86401"),
    ("ACCESS_TOKEN_EXPIRE_MINUTES", "1441"),
    ("ACCESS_TOKEN_EXPIRE_MINUTES", "30.0"),
    ("REGISTRATION_REQUIRES_TOKEN", "yes"),
    ("UNKNOWN_PATHS", "strict"),
    ("RATE_LIMITS", "true"),
    ("RATE_LIMITS", "On"),
    ("TRUSTED_PROXIES", "proxy.example"),
    ("TRUSTED_PROXIES", "*"),
    ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ("TRUSTED_PROXIES", "10.0.0.0/33"),
    ("TRUSTED_PROXIES", "127.0.0.1 ::1"),
    ("TRUSTED_PROXIES", "127.0.0.1:80"),
    ("TRUSTED_PROXIES", "[::1]"),
    ("TRUSTED_PROXIES", "1"),
    ("JWT_SECRET_ARN", "secret"),
    ("JWT_SECRET_PARAMETER", "jwt"),
    ("JWT_SECRET_PARAMETER", "/shopkeeper/jwt:3"),
    ("LOG_LEVEL", "LOUD"),
    ("TABLE_NAME", "a b"),
    ("MARKERS_TABLE_NAME", "x"),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_wrong_value_is_one_sentence_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read({name: value}, TABLES)
    sentence = str(raised.value)
    assert sentence.startswith(name)
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_every_setting_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "reference.md").read_text()
    rows = [
        f"| `{one.variable}` | {one.meaning} | {one.default_in_words} |{' yes |' if one.deployable else ' |'}"
        for one in SETTINGS
    ]
    assert "\n".join(["| variable | meaning | default | deployments |", "|---|---|---|---|", *rows, ""]) in reference
    for table in TABLES:
        assert f"`{table.environment}`" in reference


def test_every_setting_of_traces_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "reference.md").read_text()
    rows = [f"| `{one.variable}` | {one.meaning} | {one.default_in_words} |" for one in TRACE_SETTINGS]
    assert "\n".join(["| variable | meaning | default |", "|---|---|---|", *rows, ""]) in reference


def test_no_function_of_lambda_minds_what_opentelemetry_s_variables_say() -> None:
    read({setting.variable: "nonsense" for setting in TRACE_SETTINGS}, TABLES)


def test_no_deployment_sets_a_secret_or_the_place_of_the_data_or_what_only_one_machine_has() -> None:
    deployable = {setting.variable for setting in SETTINGS if setting.deployable}
    kept = {"STAGE", "COLOUR", "STORE_URL", "AWS_REGION", "JWT_SECRET_KEY", "JWT_SECRET_ARN"}
    assert not deployable & {*kept, "TRUSTED_PROXIES", "RATE_LIMITS", "UNKNOWN_PATHS"}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_declared_default_may_be_set_and_means_what_an_empty_variable_means(stage: str) -> None:
    texts = {
        setting.variable: setting.default_in_dev if stage == "dev" else setting.default
        for setting in SETTINGS
        if setting.variable != "STAGE"
    }
    assert read({**texts, "STAGE": stage}, TABLES).values == read({"STAGE": stage}, TABLES).values


@pytest.mark.parametrize(("name", "expected"), [("gateway", "gateway"), ("plain", "plain"), ("", "gateway")])
def test_unknown_paths_are_answered_as_the_gateway_does_unless_plain_is_set(name: str, expected: str) -> None:
    assert read({"UNKNOWN_PATHS": name}, TABLES).unknown_paths == expected


AWS = {
    "AWS_ACCESS_KEY_ID": "AKIATEST",
    "AWS_SECRET_ACCESS_KEY": "hunter2",
    "AWS_SESSION_TOKEN": "hunter2",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hunter2",
    "JWT_SECRET_KEY": "hunter2",
    "AWS_ENDPOINT_URL": "http://a",
    "AWS_ENDPOINT_URL_DYNAMODB": "http://b",
}


def test_awss_own_variables_are_a_part_of_the_settings() -> None:
    aws = read(AWS, TABLES).aws
    assert (aws.access_key, aws.secret_key, aws.session_token) == ("AKIATEST", Secret("hunter2"), Secret("hunter2"))
    assert (aws.endpoint("DYNAMODB"), aws.endpoint("SECRETS_MANAGER")) == ("http://b", "http://a")
    assert read({}, TABLES).aws == AwsSettings()
    assert read(dict.fromkeys(AWS, ""), TABLES).aws.endpoint("DYNAMODB") == ""


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/x"}, "http://localhost/x"),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"}, "http://169.254.170.2/v2/x"),
    ],
)
def test_a_containers_url_is_whole_or_of_the_known_host(environment: dict[str, str], url: str) -> None:
    assert read(environment, TABLES).aws.container_url == url


def test_no_secret_is_printed() -> None:
    settings = read(AWS, TABLES)
    assert "hunter2" not in repr(settings) + repr(settings.aws) + repr(settings.values)


def test_settings_reach_a_worker_that_is_spawned() -> None:
    settings = read({**AWS, "TABLE_NAME": "visits"}, TABLES)
    received: Settings = pickle.loads(pickle.dumps(settings))  # as multiprocessing does
    assert (received.values, received.aws) == (settings.values, settings.aws)
    assert received.table_name(VISITOR_COUNTER) == "visits"
