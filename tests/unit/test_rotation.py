"""The secret is rotated as Secrets Manager asks for it, and whoever has signed in stays so."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.functions.rotation import FUNCTION as ROTATION
from shopkeeper.http import Unauthenticated
from shopkeeper.identity.keys import Keyring
from shopkeeper.identity.rotation import RotationRefused
from shopkeeper.identity.secrets import secret_source
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.runtime.lambda_.events import UnsupportedEvent
from shopkeeper.runtime.lambda_.handler import Handler, lambda_handler
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES
from tests.support.faults import FaultyServer, fails
from tests.support.rotating import ARN, STEPS, Secret

FIRST = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
KEYS = {"STAGE": "prod", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "JWT_SECRET_ARN": ARN}

Step = Callable[[str], object]


@pytest.fixture
def secret() -> Secret:
    """A secret that is about to be rotated to the version `second`."""
    made = Secret(FIRST)
    made.begin("second")
    return made


@pytest.fixture
def environment(secret: Secret) -> Iterator[dict[str, str]]:
    """That of a stage whose Secrets Manager has the secret."""
    with FaultyServer(secret) as server:
        yield {**KEYS, "AWS_ENDPOINT_URL": server.url}


@pytest.fixture
def do(environment: dict[str, str]) -> Step:
    """The function, asked for a step as Secrets Manager asks."""
    handler = lambda_handler(ROTATION, environment)
    return lambda step: handler(event(step))


def event(step: str, **other: object) -> dict[str, Any]:
    return {"Step": step, "SecretId": ARN, "ClientRequestToken": "second", **other}


def keyring(environment: dict[str, str], at: list[float]) -> Keyring:
    return Keyring(secret_source(read(environment, TABLES)), lambda: at[0])


def test_the_four_steps_make_a_new_current_secret_and_keep_the_former(secret: Secret, do: Step) -> None:
    for step in STEPS:
        do(step)
    assert secret.labels == {"AWSCURRENT": "second", "AWSPREVIOUS": "first", "AWSPENDING": "second"}
    made = secret.values["second"]
    assert made is not None
    assert len(made) == 64
    assert made != FIRST


def test_before_the_last_step_nothing_is_in_use(secret: Secret, do: Step) -> None:
    for step in STEPS[:-1]:
        do(step)
        assert secret.labels["AWSCURRENT"] == "first"


def test_tokens_of_the_former_key_go_on_working_and_new_ones_have_the_new_key(
    environment: dict[str, str], do: Step
) -> None:
    """Also in a process that has not read the secret since, whichever of the two kinds of text it gets."""
    at = [0.0]
    stale, fresh = keyring(environment, at), keyring(environment, at)
    before, sealed = AccessTokens(stale, "prod", 30).issue("ann", 0).token, stale.seal("purpose", "before")
    for step in STEPS:
        do(step)
    after = AccessTokens(fresh, "prod", 30)
    assert after.authenticate(before).subject == "ann"
    assert fresh.open("purpose", sealed) == ("before",)
    assert fresh.current("purpose").key_id != stale.current("purpose").key_id
    at[0] = 60.0
    assert stale.open("purpose", fresh.seal("purpose", "after")) == ("after",)
    assert AccessTokens(stale, "prod", 30).authenticate(after.issue("bob", 0).token).subject == "bob"


def test_after_a_second_rotation_the_first_key_is_no_longer_taken(
    secret: Secret, environment: dict[str, str], do: Step
) -> None:
    token = AccessTokens(keyring(environment, [0.0]), "prod", 30).issue("ann", 0).token
    for step in STEPS:
        do(step)
    secret.begin("third")
    handler = lambda_handler(ROTATION, environment)
    for step in STEPS:
        handler(event(step, ClientRequestToken="third"))
    with pytest.raises(Unauthenticated):
        AccessTokens(keyring(environment, [0.0]), "prod", 30).authenticate(token)


def test_each_step_may_be_repeated(secret: Secret, do: Step) -> None:
    for step in STEPS:
        do(step)
        value = secret.values["second"]
        do(step)
        assert secret.values["second"] == value
    for step in STEPS:
        do(step)
    assert secret.values["second"] == value
    assert secret.labels["AWSPREVIOUS"] == "first"


def test_a_step_whose_answer_was_lost_is_done_by_the_next_attempt(secret: Secret, environment: dict[str, str]) -> None:
    for step in STEPS:
        with FaultyServer(fails(500, "InternalServiceError")) as broken:
            failing = lambda_handler(ROTATION, {**environment, "AWS_ENDPOINT_URL": broken.url})
            with pytest.raises(Exception, match="InternalServiceError"):
                failing(event(step))
        lambda_handler(ROTATION, environment)(event(step))
    assert secret.labels["AWSCURRENT"] == "second"


def not_enabled(secret: Secret) -> None:
    secret.is_rotated = False


def another_version(secret: Secret) -> None:
    secret.labels["AWSPENDING"] = "third"


def no_longer_pending(secret: Secret) -> None:
    del secret.labels["AWSPENDING"]
    secret.labels["AWSPREVIOUS"] = "second"


REFUSED = [
    (not_enabled, "not enabled"),
    (another_version, "has no version second"),
    (no_longer_pending, "is not AWSPENDING"),
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("change", "sentence"), REFUSED, ids=[case[1] for case in REFUSED])
def test_a_rotation_that_nobody_began_is_refused(
    change: Callable[[Secret], None], sentence: str, step: str, secret: Secret, do: Step
) -> None:
    change(secret)
    labels, values = dict(secret.labels), dict(secret.values)
    with pytest.raises(RotationRefused, match=sentence):
        do(step)
    assert (secret.labels, secret.values) == (labels, values)


@pytest.mark.parametrize("step", ["testSecret", "finishSecret"])
@pytest.mark.parametrize(
    ("value", "error"), [(None, RotationRefused), ("short", ConfigurationError), ("a" * 64, ConfigurationError)]
)
def test_a_version_without_a_good_value_is_not_put_into_use(
    value: str | None, error: type[Exception], step: str, secret: Secret, do: Step
) -> None:
    secret.values["second"] = value
    with pytest.raises(error):
        do(step)
    assert secret.labels["AWSCURRENT"] == "first"


def test_no_other_secret_is_touched(secret: Secret, environment: dict[str, str]) -> None:
    with pytest.raises(RotationRefused, match="not the one of this stage"):
        lambda_handler(ROTATION, environment)(event("createSecret", SecretId=f"{ARN}-other"))
    assert secret.calls == []


def test_a_step_that_is_not_known_changes_nothing(secret: Secret, do: Step) -> None:
    with pytest.raises(RotationRefused, match="no step 'deleteSecret'"):
        do("deleteSecret")
    assert secret.calls == []


def test_where_the_secret_is_a_parameter_there_is_nothing_to_rotate() -> None:
    environment = {**KEYS, "JWT_SECRET_ARN": "", "JWT_SECRET_PARAMETER": "/shopkeeper/prod/jwt"}
    with pytest.raises(ConfigurationError, match="JWT_SECRET_ARN is needed"):
        lambda_handler(ROTATION, environment)(event("createSecret"))


STRANGE: list[dict[str, Any]] = [
    {},
    {"path": "/counter", "httpMethod": "GET"},
    {"Step": "createSecret"},
    {"Step": 1, "SecretId": ARN, "ClientRequestToken": "second"},
    {"schedule": "order-expiry"},
]


@pytest.mark.parametrize("strange", STRANGE, ids=str)
def test_the_function_serves_nothing_else(strange: dict[str, Any], environment: dict[str, str]) -> None:
    with pytest.raises(UnsupportedEvent):
        lambda_handler(ROTATION, environment)(strange)


def test_secrets_manager_may_send_more_fields(secret: Secret, environment: dict[str, str]) -> None:
    handler: Handler = lambda_handler(ROTATION, environment)
    handler(event("createSecret", RotationToken="token-of-another-account"))
    assert secret.values["second"]


def test_a_step_is_logged_without_the_secret(
    secret: Secret, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.StringIO()
    monkeypatch.setattr("sys.stdout", output)
    handler = lambda_handler(ROTATION, environment)
    for step in STEPS:
        handler(event(step))
    told = output.getvalue()
    assert [line["name"] for line in map(json.loads, told.splitlines()) if "name" in line] == [*STEPS]
    assert str(secret.values["second"]) not in told
