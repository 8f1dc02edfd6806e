"""The deploy scripts: what they refuse, what they would do, and how they end where something fails."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from shopkeeper.storage.tables import TABLES
from tests.deploy.descriptions import OSLS, Failed, copy_repository, run
from tests.deploy.emulator import Aws, adapt, ministack
from tests.support.tools import ROOT, need

SCRIPTS = ("deploy-sam.sh", "deploy.sh", "deploy-terraform.sh")
NOBODY = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONFIG_FILE": os.devnull, "HOME": os.devnull}


def call(
    script: str, *arguments: str, variables: Mapping[str, str], root: Path = ROOT
) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LANG") if name in os.environ}
    command = [str(root / "scripts" / script), *arguments]
    environment = {**kept, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, **variables}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


REFUSALS = [
    ("no stage", [], {}, "name the stage"),
    ("a bad stage", ["production"], {}, "must be dev, staging or prod, not 'production'"),
    ("a region of botocore's alone", ["dev"], {"AWS_DEFAULT_REGION": "us-east-1"}, "AWS_REGION must name"),
    ("a bad option", ["dev", "--force"], {}, "no option '--force'"),
    ("a bad colour", ["dev"], {"COLOUR": "purple"}, "COLOUR must be blue or green"),
    ("a rotation within a session", ["dev"], {"JWT_ROTATION_DAYS": "29"}, "JWT_ROTATION_DAYS must be 0 or 30 to 999"),
    ("a rotation that is no number", ["dev"], {"JWT_ROTATION_DAYS": "soon"}, "JWT_ROTATION_DAYS must be 0 or 30"),
    ("neither front", ["dev"], {"FRONT": "cloudfront"}, "FRONT must be gateway or distribution, not 'cloudfront'"),
    ("neither docs nor none", ["dev"], {"API_DOCS": "yes"}, "API_DOCS must be true or false"),
    ("no origins in prod", ["prod"], {}, "ALLOWED_ORIGINS must name"),
    ("no region", ["dev"], {}, "AWS_REGION must name"),
    ("a wrong region", ["dev"], {"AWS_REGION": "us-esat-1"}, "no region of AWS: 'us-esat-1'"),
    ("no credentials", ["dev"], {"AWS_REGION": "us-east-1", **NOBODY}, "no credentials that AWS takes"),
]


@pytest.mark.parametrize(("case", "arguments", "variables", "sentence"), REFUSALS, ids=[case for case, *_ in REFUSALS])
@pytest.mark.parametrize("script", SCRIPTS)
def test_what_is_wrong_is_one_sentence(
    script: str, case: str, arguments: list[str], variables: dict[str, str], sentence: str
) -> None:
    done = call(script, *arguments, variables={"AWS_EC2_METADATA_DISABLED": "true", **variables})
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "==" not in done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_dry_run_says_what_would_happen_and_does_nothing(script: str, aws: Aws) -> None:
    before = aws.left_over()
    done = call(script, "dev", "--dry-run", variables=aws.environment)
    assert done.returncode == 0, done.stderr
    assert "To account 000000000000, region us-east-1." in done.stdout
    steps = [line for line in done.stdout.splitlines() if line.startswith("==")]
    assert len(steps) == done.stdout.count("would run:")
    assert [step.split()[2].rstrip(":") for step in steps][:3] == ["account", "data", "code"]
    assert "Nothing was changed" in done.stdout
    assert aws.left_over() == before


@pytest.mark.parametrize("script", SCRIPTS)
def test_only_data_ends_before_the_code(script: str, aws: Aws) -> None:
    done = call(script, "dev", "--only-data", "--dry-run", variables=aws.environment)
    assert done.returncode == 0, done.stderr
    steps = [line.split()[2].rstrip(":") for line in done.stdout.splitlines() if line.startswith("==")]
    assert steps == ["account", "data"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_deployment_can_go_without_the_collection_and_what_runs_it(script: str, aws: Aws, tmp_path: Path) -> None:
    root = copy_repository(tmp_path)
    (root / "node_modules").unlink()
    done = call(script, "dev", "--dry-run", "--no-collection", root=root, variables=aws.environment)
    assert done.returncode == 0, done.stderr
    assert "== the code" in done.stdout
    assert "== the API collection" not in done.stdout
    assert "left out, as --no-collection says" in done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    "missing", ["dist/orders-arm64.zip", "dist/pages.zip", "dist/docs.zip", "node_modules/.bin/newman"]
)
def test_what_is_missing_is_told_before_anything_is_done(script: str, missing: str, aws: Aws, tmp_path: Path) -> None:
    root = copy_repository(tmp_path)
    for name in ("dist", "node_modules"):
        (root / name).unlink()
        (root / name / ".bin").mkdir(parents=True)
    for path in (*(ROOT / "dist").glob("*.zip"), ROOT / "node_modules/.bin/newman"):
        if str(path.relative_to(ROOT)) != missing:
            (root / path.relative_to(ROOT)).symlink_to(path)
    done = call(script, "dev", root=root, variables=aws.environment)
    assert done.returncode == 2
    assert Path(missing).name in done.stderr
    assert done.stderr.count("\n") == 1
    assert "==" not in done.stdout


def test_without_knowing_what_is_in_service_nothing_is_deployed(tmp_path: Path) -> None:
    """osls would else point the alias at the new version, at once and unwatched."""
    root = adapt(copy_repository(tmp_path / "repository"))
    release = root / "scripts" / "release"
    release.write_text("#!/bin/sh\necho 'release: An error occurred (ThrottlingException)' >&2\nexit 1\n")
    with ministack(tmp_path) as aws:
        done = call("deploy.sh", "dev", "--only-data", root=root, variables=aws.environment)
        assert done.returncode == 0, done.stderr
        assert len(aws.left_over()["tables"]) == len(TABLES)
        done = call("deploy.sh", "dev", root=root, variables=aws.environment)
        assert done.returncode == 1
        assert "failed at 'the code" in done.stderr
        with pytest.raises(Failed, match=r"Deploy with scripts/deploy\.sh"):
            run([need(OSLS), "deploy", "--stage", "dev"], root / "infrastructure" / "serverless", aws.environment)
        assert "functions" not in aws.left_over()


@pytest.mark.parametrize(
    ("script", "file", "old", "new"),
    [
        ("deploy-sam.sh", "sam/data.yaml", "Resources:\n", "Resourcez:\n"),
        ("deploy.sh", "serverless/data/serverless.yml", "resources:\n", "resourcez:\n"),
        ("deploy-terraform.sh", "terraform/data/main.tf", "locals {", "nonsense {"),
    ],
)
def test_a_failure_names_the_step_and_the_way_back(
    script: str, file: str, old: str, new: str, aws: Aws, tmp_path: Path
) -> None:
    root = adapt(copy_repository(tmp_path))
    path = root / "infrastructure" / file
    path.write_text(path.read_text().replace(old, new))
    done = call(script, "dev", root=root, variables=aws.environment)
    assert done.returncode == 1
    assert "failed at 'the data" in done.stderr
    assert "mend the cause and repeat" in done.stderr
    assert "== the code" not in done.stdout
