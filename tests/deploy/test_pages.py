"""The pages of a stage: put into its bucket for a colour, and served with that colour's API by its distribution."""

import json
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
VIEWER = f"shopkeeper-{STAGE}-viewer"
PATTERNS, DIRECT = facts()["pages"]["api"], facts()["pages"]["direct"]
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
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
        self.control = self._add_edge()
        made = self.cloudfront.create_distribution(DistributionConfig=_config())["Distribution"]
        self.distribution, self.address = made["Id"], f"https://{made['DomainName']}"

    def add_api(self, colour: str) -> str:
        return str(self.gateway.create_rest_api(name=f"shopkeeper-{STAGE}-{colour}")["id"])

    def remove_api(self, colour: str) -> None:
        self.gateway.delete_rest_api(restApiId=self.apis.pop(colour))

    def _add_edge(self) -> str:
        """Make what the data has ready for a Function URL, and return the id of what signs."""
        config = {"OriginAccessControlOriginType": "lambda", "SigningBehavior": "always", "SigningProtocol": "sigv4"}
        made = self.cloudfront.create_origin_access_control(
            OriginAccessControlConfig={"Name": f"shopkeeper-{STAGE}-counter", **config}
        )["OriginAccessControl"]
        viewer = self.cloudfront.create_function(
            Name=VIEWER, FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"}, FunctionCode=b"//"
        )
        self.cloudfront.publish_function(Name=VIEWER, IfMatch=viewer["ETag"])
        return str(made["Id"])

    def add_url(self, colour: str) -> str:
        """Give the counter of a colour a Function URL, and return its host."""
        name = f"shopkeeper-{STAGE}-{colour}-visits"
        functions = self.aws.client("lambda")
        made = functions.create_function(
            FunctionName=name,
            Role=self.role(name),
            Runtime="python3.13",
            Handler="a.b",
            Code={"ZipFile": EMPTY_ZIP},
            Publish=True,
        )
        functions.create_alias(FunctionName=name, Name="live", FunctionVersion=made["Version"])
        url = functions.create_function_url_config(FunctionName=name, Qualifier="live", AuthType="AWS_IAM")
        return str(url["FunctionUrl"]).removeprefix("https://").rstrip("/")

    def role(self, name: str) -> str:
        """Make a role that Lambda may take, and return its ARN."""
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = self.aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
        return str(made["Role"]["Arn"])

    def remove_url(self, colour: str) -> None:
        """Take the URL away, as a deployment with FRONT=gateway does."""
        name = f"shopkeeper-{STAGE}-{colour}-visits"
        functions = self.aws.client("lambda")
        if functions.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]:
            functions.delete_function_url_config(FunctionName=name, Qualifier="live")

    def behaviours(self) -> dict[str, tuple[str, list[str]]]:
        """Return the origin of each pattern, and the names of the functions of CloudFront that run before."""
        config = self.cloudfront.get_distribution_config(Id=self.distribution)["DistributionConfig"]
        return {
            one["PathPattern"]: (
                one["TargetOriginId"],
                [
                    function["FunctionARN"].rpartition("/")[2]
                    for function in one.get("FunctionAssociations", {}).get("Items", [])
                ],
            )
            for one in config["CacheBehaviors"]["Items"]
        }

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
        control = self.cloudfront.get_origin_access_control(Id=self.control)
        self.cloudfront.delete_origin_access_control(Id=self.control, IfMatch=control["ETag"])
        self.cloudfront.delete_function(
            Name=VIEWER, IfMatch=self.cloudfront.describe_function(Name=VIEWER, Stage="DEVELOPMENT")["ETag"]
        )
        functions = self.aws.client("lambda")
        for one in functions.list_functions()["Functions"]:
            self.remove_url(one["FunctionName"].split("-")[2])  # the emulator keeps it without its function
            functions.delete_function(FunctionName=one["FunctionName"])
            self.aws.client("iam").delete_role(RoleName=one["FunctionName"])


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
        "CacheBehaviors": {"Quantity": len(PATTERNS), "Items": [_behaviour(pattern) for pattern in PATTERNS]},
    }


def _behaviour(pattern: str) -> dict[str, Any]:
    return {"PathPattern": pattern, "TargetOriginId": "api", "ViewerProtocolPolicy": "https-only"}


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
    assert stage.run("open", STAGE, "green") == f"{stage.address} serves green already."
    assert stage.run("front", STAGE) == f"green {stage.apis['green']}"


def by_gateway() -> dict[str, tuple[str, list[str]]]:
    return {pattern: ("api", []) for pattern in PATTERNS}


def by_url() -> dict[str, tuple[str, list[str]]]:
    return by_gateway() | {pattern: ("counter", [VIEWER]) for pattern in DIRECT}


def test_the_counter_is_asked_by_its_url_once_there_is_one_and_by_the_gateway_again(stage: Stage) -> None:
    stage.run("upload", STAGE, "blue")
    stage.run("open", STAGE, "blue")
    assert (set(stage.origins()), stage.behaviours()) == ({"pictures", "pages", "api"}, by_gateway())
    host = stage.add_url("blue")
    assert stage.run("open", STAGE, "blue").startswith(f"{stage.address} serves blue")
    assert stage.run("front", STAGE) == f"blue {stage.apis['blue']} {host}"
    assert (stage.origins()["counter"], stage.behaviours()) == ((host, ""), by_url())
    config = stage.cloudfront.get_distribution_config(Id=stage.distribution)["DistributionConfig"]
    (made,) = [one for one in config["Origins"]["Items"] if one["Id"] == "counter"]
    assert made["OriginAccessControlId"] == stage.control
    assert "serves blue already" in stage.run("open", STAGE, "blue")
    stage.remove_url("blue")
    stage.run("open", STAGE, "blue")
    assert (set(stage.origins()), stage.behaviours()) == ({"pictures", "pages", "api"}, by_gateway())
    assert stage.run("front", STAGE) == f"blue {stage.apis['blue']}"


def test_the_url_of_one_colour_gives_way_to_the_other_colour(stage: Stage) -> None:
    for colour in ("blue", "green"):
        stage.run("upload", STAGE, colour)
    hosts = {colour: stage.add_url(colour) for colour in ("blue", "green")}
    stage.run("open", STAGE, "blue")
    assert stage.origins()["counter"][0] == hosts["blue"]
    stage.remove_api("blue")
    stage.run("open", STAGE, "green")
    assert stage.origins()["counter"][0] == hosts["green"]
    assert stage.behaviours() == by_url()


def test_data_of_an_older_version_is_deployed_first(stage: Stage) -> None:
    stage.run("upload", STAGE, "blue")
    stage.add_url("blue")
    control = stage.cloudfront.get_origin_access_control(Id=stage.control)
    stage.cloudfront.delete_origin_access_control(Id=stage.control, IfMatch=control["ETag"])
    with pytest.raises(Failed, match="knew no FRONT=distribution; deploy its data first"):
        stage.run("open", STAGE, "blue")
    assert stage.behaviours() == by_gateway()
    stage.control = stage.cloudfront.create_origin_access_control(
        OriginAccessControlConfig=control["OriginAccessControl"]["OriginAccessControlConfig"]
    )["OriginAccessControl"]["Id"]


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
