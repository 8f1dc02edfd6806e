"""The three descriptions agree about the secret: where it is, who may read it, and by which schedule it is rotated."""

from pathlib import Path

import pytest

from shopkeeper.functions.all import FUNCTIONS
from tests.deploy.descriptions import NAMES, READERS
from tests.deploy.emulator import Aws
from tests.deploy.model import SECRET, Model, declared, differences
from tests.deploy.policies import DECRYPTS, PARAMETER, PARAMETER_ARN


def read(description: str, repository: Path, aws: Aws, **options: str) -> Model:
    """Return stage dev of a description, deployed with options."""
    aws.keep_secret("dev")
    return READERS[description](repository, "dev", "blue", {**aws.environment, **options})


@pytest.mark.step("agrees")
@pytest.mark.parametrize("description", NAMES)
def test_the_secret_is_rotated_by_its_function_after_so_many_days_and_not_at_once(
    description: str, repository: Path, aws: Aws
) -> None:
    model = read(description, repository, aws, JWT_ROTATION_DAYS="90")
    assert model["rotations"] == {SECRET: {"function": "rotation", "days": 90, "at_once": False}}
    assert list(differences(model["functions"]["rotation"]["permissions"], rotating())) == []


def rotating() -> set[str]:
    granted: set[str] = declared("dev", "blue")["functions"]["rotation"]["permissions"]
    assert len(granted) == 4
    return granted


@pytest.mark.step("agrees")
@pytest.mark.parametrize("description", NAMES)
def test_a_parameter_takes_the_place_of_the_secret(description: str, repository: Path, aws: Aws) -> None:
    """Nobody then may do anything with the secret, and nothing rotates it."""
    model = read(description, repository, aws, JWT_SECRET_PARAMETER=PARAMETER, JWT_ROTATION_DAYS="90")
    wanted = declared("dev", "blue")
    for function in FUNCTIONS:
        of_function = wanted["functions"][function.name]
        of_function["environment"].pop("JWT_SECRET_ARN", None)
        of_function["environment"]["JWT_SECRET_PARAMETER"] = PARAMETER
        of_function["permissions"] = {one for one in of_function["permissions"] if SECRET not in one}
        if function.authenticates:
            of_function["permissions"] |= {f"ssm:GetParameter {PARAMETER_ARN}", DECRYPTS}
        del model["functions"][function.name]["reserved"], model["functions"][function.name]["snap_start"]
    assert list(differences({part: model[part] for part in wanted}, wanted)) == []
