"""The pages of a stage: put into its bucket for a colour, and served with that colour's API by its distribution."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from shopkeeper.functions.facts import facts
from shopkeeper.functions.openapi import openapi_json
from shopkeeper.pages.docs import docs_listed
from shopkeeper.pages.files import listed
from tests.deploy.descriptions import Failed, run
from tests.deploy.emulator import Aws
from tests.deploy.model import REGION, bucket
from tests.support.tools import ROOT, need

STAGE = "staging"
PAGES, API = "/pages/blue", f"execute-api.{REGION}.amazonaws.com"


class Stage:
    """The bucket, the distribution and the APIs of a stage, as its data and its code make them."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.s3 = aws.client("s3")
        self.cloudfront = aws.client("cloudfront")
        self.gateway = aws.client("apigateway")
        self.s3.create_bucket(Bucket=bucket(STAGE))
        self.apis = {colour: self.add_api(colour) for colour in ("blue", "green")}
        made = self.cloudfront.create_distribution(DistributionConfig=_config())["Distribution"]
        self.distribution, self.address = made["Id"], f"https://{made['DomainName']}"

    def add_api(self, colour: str) -> str:
        return str(self.gateway.create_rest_api(name=f"shopkeeper-{STAGE}-{colour}")["id"])

    def remove_api(self, colour: str) -> None:
        self.gateway.delete_rest_api(restApiId=self.apis.pop(colour))

    def run(self, *arguments: str, **variables: str) -> str:
        """Run the script and return what it says. Raises Failed."""
        script = [need(ROOT / ".venv-deploy" / "bin" / "python"), str(ROOT / "scripts" / "pages.py"), *arguments]
        return run(script, ROOT, {**self.aws.environment, **variables}).strip()

    def origins(self) -> dict[str, tuple[str, str]]:
        """Return host and path of each origin."""
        config = self.cloudfront.get_distribution_config(Id=self.distribution)["DistributionConfig"]
        return {one["Id"]: (one["DomainName"], one["OriginPath"]) for one in config["Origins"]["Items"]}

    def keys(self) -> set[str]:
        """Return the keys in the bucket."""
        return {entry["Key"] for entry in self.s3.list_objects_v2(Bucket=bucket(STAGE)).get("Contents", [])}

    def remove(self) -> None:
        for key in self.keys():
            self.s3.delete_object(Bucket=bucket(STAGE), Key=key)
        self.s3.delete_bucket(Bucket=bucket(STAGE))
        for colour in list(self.apis):
            self.remove_api(colour)
        found = self.cloudfront.get_distribution_config(Id=self.distribution)
        config = found["DistributionConfig"] | {"Enabled": False}
        disabled = self.cloudfront.update_distribution(
            Id=self.distribution, IfMatch=found["ETag"], DistributionConfig=config
        )
        self.cloudfront.delete_distribution(Id=self.distribution, IfMatch=disabled["ETag"])


def _config() -> dict[str, Any]:
    """Return a distribution as the data leaves it before there is any code."""
    host = f"{bucket(STAGE)}.s3.{REGION}.amazonaws.com"
    from_bucket = {"DomainName": host, "S3OriginConfig": {"OriginAccessIdentity": ""}}
    custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    origins = [
        {"Id": "pictures", "OriginPath": "", **from_bucket},
        {"Id": "pages", "OriginPath": PAGES, **from_bucket},
        {"Id": "api", "DomainName": API, "OriginPath": f"/{STAGE}", "CustomOriginConfig": custom},
    ]
    return {
        "CallerReference": "tests",
        "Comment": f"shopkeeper-{STAGE}",
        "Enabled": True,
        "Origins": {"Quantity": len(origins), "Items": origins},
        "DefaultCacheBehavior": {"TargetOriginId": "pages", "ViewerProtocolPolicy": "redirect-to-https"},
    }


@pytest.fixture
def stage(aws: Aws) -> Iterator[Stage]:
    """A stage with the code of both colours, whose distribution serves none yet."""
    made = Stage(aws)
    yield made
    made.remove()


def test_every_file_is_kept_as_browsers_should_get_it(stage: Stage) -> None:
    stage.run("upload", STAGE, "blue")
    files = listed()
    assert stage.keys() == {f"pages/blue/{name}" for name in files}
    for name, file in files.items():
        found = stage.s3.get_object(Bucket=bucket(STAGE), Key=f"pages/blue/{name}")
        assert (found["ContentType"], found["CacheControl"]) == (file.media_type, facts()["pages"]["cache_control"])
        assert found["Body"].read() == file.plain


def test_what_is_not_listed_any_more_is_removed_and_nothing_else(stage: Stage) -> None:
    kept = {"pages/green/index.html", "pictures/a.png"}
    for key in (*kept, "pages/blue/assets/former.js"):
        stage.s3.put_object(Bucket=bucket(STAGE), Key=key, Body=b"x")
    assert "1 old ones were removed" in stage.run("upload", STAGE, "blue")
    assert "0 old ones were removed" in stage.run("upload", STAGE, "blue")
    assert stage.keys() == kept | {f"pages/blue/{name}" for name in listed()}


def test_api_docs_are_there_only_where_they_are_wanted(stage: Stage) -> None:
    docs = docs_listed(openapi_json())
    stage.run("upload", STAGE, "blue", API_DOCS="true")
    assert stage.keys() == {f"pages/blue/{name}" for name in listed() | docs}
    for name, file in docs.items():
        found = stage.s3.get_object(Bucket=bucket(STAGE), Key=f"pages/blue/{name}")
        assert (found["ContentType"], found["Body"].read()) == (file.media_type, file.plain)
    stage.run("upload", STAGE, "blue", API_DOCS="false")
    assert stage.keys() == {f"pages/blue/{name}" for name in listed()}
    with pytest.raises(Failed, match="API_DOCS must be true or false"):
        stage.run("upload", STAGE, "blue", API_DOCS="yes")


def test_the_first_colour_is_served_and_another_waits_for_its_promotion(stage: Stage) -> None:
    assert stage.run("front", STAGE) == "blue"
    for colour in ("green", "blue"):
        stage.run("upload", STAGE, colour)
    assert stage.run("open", STAGE, "green").startswith(f"{stage.address} serves green")
    served = {"pages": "/pages/green", "api": f"{stage.apis['green']}.{API}"}
    assert (stage.origins()["pages"][1], stage.origins()["api"][0]) == (served["pages"], served["api"])
    assert stage.origins()["api"][1] == f"/{STAGE}"
    assert stage.run("front", STAGE) == f"green {stage.apis['green']}"
    assert "still serves green" in stage.run("open", STAGE, "blue")
    assert stage.run("open", STAGE, "green") == f"{stage.address} serves green."
    assert stage.run("front", STAGE) == f"green {stage.apis['green']}"


def test_a_colour_takes_over_from_one_whose_api_is_gone(stage: Stage) -> None:
    for colour in ("blue", "green"):
        stage.run("upload", STAGE, colour)
    stage.run("open", STAGE, "blue")
    stage.remove_api("blue")
    stage.run("open", STAGE, "green")
    assert stage.run("front", STAGE) == f"green {stage.apis['green']}"


def test_a_colour_without_pages_or_code_is_not_served(stage: Stage) -> None:
    with pytest.raises(Failed, match="The pages of blue are not in the bucket"):
        stage.run("open", STAGE, "blue")
    stage.run("upload", STAGE, "blue")
    stage.remove_api("blue")
    with pytest.raises(Failed, match="no API called shopkeeper-staging-blue"):
        stage.run("open", STAGE, "blue")
    assert stage.run("front", STAGE) == "blue"


def test_a_stage_without_a_distribution_begins_with_blue(aws: Aws) -> None:
    script = [need(ROOT / ".venv-deploy" / "bin" / "python"), str(ROOT / "scripts" / "pages.py")]
    assert run([*script, "front", "prod"], ROOT, aws.environment) == "blue\n"
    with pytest.raises(Failed, match="Stage prod has no distribution"):
        run([*script, "open", "prod", "blue"], ROOT, aws.environment)


@pytest.mark.parametrize("arguments", [[], ["upload", "dev"], ["close", "dev", "blue"], ["front", "--force"]], ids=str)
def test_a_wrong_command_is_refused_in_one_sentence(arguments: list[str]) -> None:
    script = [need(ROOT / ".venv-deploy" / "bin" / "python"), str(ROOT / "scripts" / "pages.py"), *arguments]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
