"""A schedule and a stream more are in all three descriptions, once a function declares them: no hand is needed."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.facts import facts
from shopkeeper.functions.triggers import Schedule, Stream
from shopkeeper.storage.tables import EVENTS
from tests.deploy.cloudformation import load
from tests.deploy.descriptions import NAMES, READERS, copy_repository
from tests.deploy.emulator import Aws
from tests.deploy.model import declared, differences

NOW = (
    Schedule("sample-report", minutes=5, seconds=5, build=lambda _: dict),
    Stream("sample-changes", EVENTS, build=lambda _: lambda _: {}, fallback="sample-report"),
)
FUNCTIONS_NOW = tuple(
    msgspec.structs.replace(function, triggers=(*function.triggers, *NOW)) if function.name == "visits" else function
    for function in FUNCTIONS
)
WRITE = """
import json, sys
import facts
for path, text in facts.generated(json.load(sys.stdin)).items():
    path.write_text(text)
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which the function `visits` declares both."""
    root = copy_repository(tmp_path_factory.mktemp("changed"))
    given = json.dumps(facts(FUNCTIONS_NOW))
    subprocess.run([sys.executable, "-c", WRITE], cwd=root / "scripts", input=given, text=True, check=True, timeout=60)
    return root


@pytest.mark.step("agrees")
@pytest.mark.parametrize("description", NAMES)
def test_all_descriptions_follow(description: str, aws: Aws, changed: Path) -> None:
    aws.keep_secret("dev")
    model = READERS[description](changed, "dev", "blue", aws.environment)
    wanted = declared("dev", "blue", FUNCTIONS_NOW)
    found = {part: model[part] for part in wanted}
    for function in found["functions"].values():
        del function["reserved"], function["snap_start"]
    assert list(differences(found, wanted)) == []
    streams = {"webhooks of events", "mail of events", "mail of mails"}
    assert set(wanted["streams"]) == {"visits of events", *streams}
    assert "shopkeeper-dev-blue-sample-changes-dead-letters" in model["alarms"]


def test_what_the_code_imports_the_data_exports(aws: Aws, changed: Path) -> None:
    wanted = "shopkeeper-data-${Stage}-EventsStreamArn"
    assert (changed / "infrastructure/sam/data.yaml").read_text().count(wanted) == 1
    assert wanted in (changed / "infrastructure/sam/template.yaml").read_text()
    READERS["serverless"](changed, "dev", "blue", aws.environment)
    template = load(changed / "packaged/data/cloudformation-template-update-stack.json")
    exported = template["Outputs"]["EventsStreamArn"]
    assert exported["Export"] == {"Name": "shopkeeper-data-dev-EventsStreamArn"}
    assert exported["Value"] == {"Fn::GetAtt": ["EventsTable", "StreamArn"]}
