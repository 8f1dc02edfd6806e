"""Variables that were meant to be settings are named; those of other tools are not."""

import pytest
from opentelemetry.sdk import environment_variables

from shopkeeper.operator.cli import examples
from shopkeeper.operator.near_misses import NAMES, near_misses
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES

MEANT = [
    ("ALLOWED_ORIGIN", "ALLOWED_ORIGINS"),
    ("JWT_SECRET", "JWT_SECRET_KEY"),
    ("STORE_URI", "STORE_URL"),
    ("TABLENAME", "TABLE_NAME"),
    ("LOGLEVEL", "LOG_LEVEL"),
    ("COLOR", "COLOUR"),
    ("COUNTER_ID", "COUNTER_IDS"),
    ("SESSION_TABLE_NAME", "SESSIONS_TABLE_NAME"),
    ("store_url", "STORE_URL"),
    ("OTEL_EXPORTER_OTLP_ENDPONT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ("OTEL_EXPORTER_OTLP_TRACE_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
    ("OTEL_SERVICENAME", "OTEL_SERVICE_NAME"),
    ("OTEL_TRACE_SAMPLER", "OTEL_TRACES_SAMPLER"),
]


@pytest.mark.parametrize(("written", "meant"), MEANT)
def test_a_variable_that_is_almost_a_setting_is_named(written: str, meant: str) -> None:
    assert near_misses({written: "x"}) == [f"{written} is not a setting and is ignored; {meant} is one."]
    assert near_misses({written: "x", meant: "x"}) == [], "where that is set, the other is somebody else's"


ELSEWHERE = """
PATH HOME USER LOGNAME SHELL LANG LC_ALL LANGUAGE TERM COLORTERM NO_COLOR FORCE_COLOR CLICOLOR PWD OLDPWD SHLVL TMPDIR
EDITOR PAGER MANPATH MAIL DISPLAY HOSTNAME VIRTUAL_ENV PYTHONPATH PYTHONUNBUFFERED PIP_INDEX_URL PIP_LOG_LEVEL CI
CI_ENVIRONMENT CI_ENVIRONMENT_NAME GITHUB_ENV GITHUB_ACTIONS NODE_ENV RAILS_ENV APP_ENV APP_STAGE DEPLOY_STAGE
MY_STAGE DD_ENV DD_LOG_LEVEL RUST_LOG RUST_BACKTRACE DATABASE_URL REDIS_URL SECRET_KEY DEBUG PORT HOST SSH_AUTH_SOCK
AWS_REGION AWS_DEFAULT_REGION AWS_REGIO AWS_ACCESS_KEY_ID AWS_PROFILE AWS_STAGE XDG_RUNTIME_DIR XDG_SESSION_ID
DBUS_SESSION_BUS_ADDRESS KUBERNETES_SERVICE_HOST KUBERNETES_PORT SUDO_USER INVOCATION_ID JOURNAL_STREAM MAKEFLAGS
MAKELEVEL npm_config_loglevel npm_lifecycle_event CONDA_DEFAULT_ENV DOCKER_HOST COMPOSE_PROJECT_NAME STORAGE_DIR
"""


def test_variables_of_other_tools_and_settings_themselves_are_not_named() -> None:
    assert near_misses(dict.fromkeys([*ELSEWHERE.split(), *NAMES], "x")) == []
    assert near_misses(dict.fromkeys(ELSEWHERE.split(), "x")) == []


def test_no_variable_of_opentelemetry_is_taken_for_another() -> None:
    names = {value for name, value in vars(environment_variables).items() if name.startswith("OTEL_")}
    assert len(names) > 50
    assert near_misses(dict.fromkeys(names, "x")) == []
    for name in names:
        assert near_misses({name: "x"}) == []


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
@pytest.mark.parametrize("needs_token", ["true", "false"])
def test_the_greeting_suggests_a_registration_only_where_anybody_may_register(stage: str, needs_token: str) -> None:
    settings = read({"STAGE": stage, "REGISTRATION_REQUIRES_TOKEN": needs_token}, TABLES)
    lines = examples("http://127.0.0.1:8000", settings)
    assert len(lines) == 3
    assert ("register" in "".join(lines)) == (needs_token == "false")
