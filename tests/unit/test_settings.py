"""Settings: what the environment may say, what it means, and what is refused in one sentence."""

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.settings import SETTINGS, read, sqlite_path
from shopkeeper.storage import BUSINESSES, MARKERS, TABLES, VISITOR_COUNTER
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


def test_stage_comes_before_environment_and_blanks_mean_the_default() -> None:
    assert read({"STAGE": "prod", "ENVIRONMENT": "dev"}, TABLES).stage == "prod"
    assert read({"STAGE": " ", "ENVIRONMENT": "", "LOG_LEVEL": ""}, TABLES).stage == "dev"


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


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    rows = [f"| `{setting.variable}` | {setting.meaning} | {setting.default_in_words} |" for setting in SETTINGS]
    assert "\n".join(["| variable | meaning | default |", "|---|---|---|", *rows, ""]) in readme
    for table in TABLES:
        assert f"`{table.environment}`" in readme
