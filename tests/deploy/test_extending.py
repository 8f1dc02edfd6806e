"""The three descriptions follow the sources: an endpoint and a job more need no hand in the infrastructure."""

import pickle
from pathlib import Path

import pytest

from tests.deploy.descriptions import NAMES, READERS, copy_repository
from tests.deploy.emulator import Aws
from tests.deploy.model import Model, differences
from tests.support.extending import ENDPOINT, JOB, add, copy_sources, in_copy

DECLARED = """
import pathlib, pickle, sys
from tests.deploy.model import declared
pathlib.Path(sys.argv[1]).write_bytes(pickle.dumps(declared("dev", "blue")))
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the sample endpoint and the sample job."""
    root = copy_sources(copy_repository(tmp_path_factory.mktemp("extended")))
    add(root, ENDPOINT, JOB)
    return root


@pytest.fixture(scope="module")
def wanted(extended: Path) -> Model:
    """What the copy's own declarations say."""
    file = extended / "declared.pickle"
    in_copy(extended, "-c", DECLARED, str(file))
    model: Model = pickle.loads(file.read_bytes())
    return model


@pytest.mark.step("agrees")
@pytest.mark.parametrize("description", NAMES)
def test_a_description_has_what_was_added(description: str, aws: Aws, extended: Path, wanted: Model) -> None:
    aws.keep_secret("dev")
    model = READERS[description](extended, "dev", "blue", aws.environment)
    found = {part: model[part] for part in wanted}
    for function in found["functions"].values():
        del function["reserved"], function["snap_start"]
    assert list(differences(found, wanted)) == []
    assert found["routes"]["GET /counter/{counter_id}/days"] == "visits"
    assert "shopkeeper-dev-blue-visit-report" in found["schedules"]
