"""Each description is valid in the eyes of its own tools."""

import json
import re
from pathlib import Path

import pytest

from shopkeeper.functions.all import FUNCTIONS
from tests.deploy.descriptions import OSLS, init, run, transformed
from tests.deploy.emulator import Aws
from tests.support.tools import ROOT, need

TOOLS = ROOT / ".venv-deploy" / "bin"
SAM = ROOT / "infrastructure" / "sam"
TERRAFORM = ROOT / "infrastructure" / "terraform"
CALM = {"AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0", "SLS_TELEMETRY_DISABLED": "1"}


@pytest.mark.step("valid")
@pytest.mark.parametrize("description", ["sam"])
@pytest.mark.parametrize("template", ["template.yaml", "data.yaml"])
def test_sam_and_its_linter_take_the_template(description: str, template: str) -> None:
    said = run([need(TOOLS / "sam"), "validate", "--lint", "--template", str(SAM / template)], ROOT, CALM)
    assert "is a valid SAM Template" in said


@pytest.mark.step("valid")
@pytest.mark.parametrize("description", ["sam"])
def test_the_linter_takes_what_sam_makes_of_it(description: str, tmp_path: Path) -> None:
    """A dangling reference in a policy passes the check of the template itself."""
    made = tmp_path / "template.json"
    made.write_text(json.dumps(transformed(SAM / "template.yaml"), default=str))
    used_up_by_the_transform = ["--ignore-checks", "W2001"]
    run([need(TOOLS / "cfn-lint"), *used_up_by_the_transform, "--template", str(made)], tmp_path, CALM)


@pytest.mark.step("valid")
@pytest.mark.parametrize("description", ["serverless"])
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_framework_packages_what_the_linter_takes(description: str, stage: str, repository: Path) -> None:
    for folder in (repository / "infrastructure" / "serverless" / "data", repository / "infrastructure" / "serverless"):
        environment = {**CALM, "ALLOWED_ORIGINS": "https://shop.example"}
        output = repository / "packaged-for-lint"
        run([need(OSLS), "package", "--stage", stage, "--package", str(output)], folder, environment)
        template = output / "cloudformation-template-update-stack.json"
        # W3005, W7001 and the like are the framework's own habits.
        run([need(TOOLS / "cfn-lint"), "--ignore-checks", "W", "--", str(template)], folder, CALM)


@pytest.mark.step("valid")
@pytest.mark.parametrize("description", ["terraform"])
@pytest.mark.parametrize("part", ["data", "code"])
def test_terraform_takes_it_and_its_tests_pass(description: str, part: str, aws: Aws, repository: Path) -> None:
    folder = repository / "infrastructure" / "terraform" / part
    run([need("terraform"), "fmt", "-check", "-recursive"], TERRAFORM, aws.environment)
    init(folder, aws.environment)
    run([need("terraform"), "validate", "-no-color"], folder, aws.environment)
    said = run([need("terraform"), "test", "-no-color"], folder, aws.environment)
    assert "0 failed" in said
    assert not re.search(r"\b0 passed", said)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: str(function.name))
def test_the_package_that_is_deployed_is_the_one_that_is_made(function: object) -> None:
    name = f"{getattr(function, 'name')}-arm64.zip"  # noqa: B009
    assert f"CodeUri: ../../dist/{name}" in (SAM / "template.yaml").read_text()
    assert (
        "artifact: `../../dist/${name}-arm64.zip`" in (ROOT / "infrastructure" / "serverless" / "facts.js").read_text()
    )
    assert '"${var.packages}/${each.key}-arm64.zip"' in (TERRAFORM / "code" / "functions.tf").read_text()
    assert (ROOT / "dist" / name).is_file()
