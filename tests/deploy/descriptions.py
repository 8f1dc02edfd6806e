"""The three descriptions: how each is read, in any stage and colour, from a copy of the repository."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import adaptation
import boto3
import yaml
from samtranslator.translator.transform import transform

from tests.deploy import cloudformation, terraform
from tests.deploy.cloudformation import Template
from tests.deploy.model import FRONTS, ORIGINS, REGION, Model, front_of
from tests.support.tools import ROOT, need

NAMES = ("sam", "serverless", "terraform")
OSLS = ROOT / "infrastructure" / "serverless" / "node_modules" / ".bin" / "osls"
SAM_TRANSFORM = "AWS::Serverless-2016-10-31"

Read = Callable[[Path, str, str, Mapping[str, str]], Model]


class Failed(AssertionError):
    """A tool refused a description; the text is what it said."""


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a tool in a folder and return what it printed. Raises Failed."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise Failed(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML with the short forms of CloudFormation's functions."""


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> Model:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


def read_sam(root: Path, stage: str, colour: str, environment: Mapping[str, str]) -> Model:
    """Return what SAM's own transform makes of the templates."""
    folder = root / "infrastructure" / "sam"
    parameters = {"Stage": stage, "Colour": colour, "AllowedOrigins": "" if stage == "dev" else ORIGINS[stage]}
    parameters["Front"] = front_of(stage)
    parameters["JwtSecretParameter"] = environment.get("JWT_SECRET_PARAMETER", "")
    parameters["ReservedConcurrency"] = environment.get("RESERVED_CONCURRENCY", "-1")
    parameters["RotationDays"] = environment.get("JWT_ROTATION_DAYS", "0")
    data = _sam_data(root, stage)
    code = Template(transformed(folder / "template.yaml"), parameters)
    return cloudformation.read_data(data) | cloudformation.read_code(code)


def transformed(template: Path, parameters: Mapping[str, str] | None = None) -> Model:
    """Return a SAM template as CloudFormation gets it; packages stand for their uploads."""
    source = yaml.load(template.read_text(), _Loader)
    for resource in source["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            name = Path(resource["Properties"]["CodeUri"]).name
            resource["Properties"]["CodeUri"] = f"s3://packages/{name}"
    plain = json.loads(json.dumps(source))
    policies = _NoPolicies()
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    made: Model = transform(plain, dict(parameters or {}), policies)
    return made


class _NoPolicies:
    """The transform asks for managed policies by name only where a template uses their short names."""

    def load(self) -> dict[str, str]:
        return {}


def _sam_data(root: Path, stage: str) -> Template:
    source = yaml.load((root / "infrastructure/sam/data.yaml").read_text(), _Loader)
    front = dict(zip(("FrontColour", "FrontApi", "FrontUrl"), FRONTS[stage], strict=True))
    return Template(source, {"Stage": stage, "AllowedOrigins": ORIGINS[stage], **front})


def data_templates(root: Path, stage: str, environment: Mapping[str, str]) -> list[Template]:
    """Return the data stacks of the two descriptions that make stacks."""
    return [_sam_data(root, stage), _packaged(root, "data", stage, environment)]


def _packaged(root: Path, place: str, stage: str, environment: Mapping[str, str]) -> Template:
    folder = root / "infrastructure" / "serverless" / place
    output = root / "packaged" / (place or "code")
    run([need(OSLS), "package", "--stage", stage, "--package", str(output)], folder, environment)
    return Template(json.loads((output / "cloudformation-template-update-stack.json").read_text()), {})


def read_serverless(root: Path, stage: str, colour: str, environment: Mapping[str, str]) -> Model:
    """Return what the Serverless Framework packages."""
    variables = {**environment, "COLOUR": colour, "ALLOWED_ORIGINS": ORIGINS[stage], "SLS_TELEMETRY_DISABLED": "1"}
    variables |= dict(zip(("FRONT_COLOUR", "FRONT_API", "FRONT_URL"), FRONTS[stage], strict=True))
    variables["FRONT"] = front_of(stage)
    data, code = (_packaged(root, place, stage, variables) for place in ("data", ""))
    return cloudformation.read_data(data) | cloudformation.read_code(code)


def read_terraform(root: Path, stage: str, colour: str, environment: Mapping[str, str]) -> Model:
    """Return what Terraform plans, against the emulator that `environment` names."""
    folder = root / "infrastructure" / "terraform"
    origins = "" if stage == "dev" else ORIGINS[stage]
    code = {"stage": stage, "colour": colour, "allowed_origins": origins}
    settings = {name: environment[name] for name in ("JWT_SECRET_PARAMETER",) if name in environment}
    code["settings"] = json.dumps(settings | ({"FRONT": front_of(stage)} if front_of(stage) else {}))
    code["reserved_concurrency"] = environment.get("RESERVED_CONCURRENCY", "-1")
    code["rotation_days"] = environment.get("JWT_ROTATION_DAYS", "0")
    front = dict(zip(("front_colour", "front_api", "front_url"), FRONTS[stage], strict=True))
    data_plan = plan(folder / "data", {"stage": stage, "allowed_origins": origins, **front}, environment)
    with _streams(root, stage, environment):
        return terraform.read_data(data_plan) | terraform.read_code(plan(folder / "code", code, environment))


@contextmanager
def _streams(root: Path, stage: str, environment: Mapping[str, str]) -> Iterator[None]:
    """Keep the tables whose streams the plan of the code looks up, as the data would."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    facts = json.loads((root / "infrastructure" / "facts.json").read_text())
    there = client.list_tables()["TableNames"]
    missing = {f"{stream['table']}-{stage}" for stream in facts["streams"].values()} - set(there)
    for name in missing:
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
    try:
        yield
    finally:
        for name in missing:
            client.delete_table(TableName=name)


def plan(folder: Path, variables: Mapping[str, str], environment: Mapping[str, str]) -> terraform.Plan:
    """Plan a configuration from nothing and return the plan."""
    init(folder, environment)
    given = [f"-var={name}={value}" for name, value in variables.items()]
    options = ["-input=false", "-no-color", "-lock=false", "-state=none.tfstate", "-out=plan"]
    run([need("terraform"), "plan", *options, *given], folder, environment)
    return terraform.Plan(json.loads(run([need("terraform"), "show", "-json", "plan"], folder, environment)))


def init(folder: Path, environment: Mapping[str, str]) -> None:
    """Initialise a configuration once, from a folder of providers where there is one."""
    if (folder / ".terraform").exists():
        return
    options = ["-input=false", "-no-color", "-backend=true"]
    plugins = environment.get("TERRAFORM_PLUGINS", "")
    run([need("terraform"), "init", *options, *([f"-plugin-dir={plugins}"] if plugins else [])], folder, environment)


def provider_folder() -> str:
    """Return a folder that holds Terraform's AWS provider, empty where the registry must do."""
    places = [Path(place) for place in ("/opt", "/usr/share", "/usr/local/share", str(Path.home() / ".terraform.d"))]
    for place in places:
        for found in place.glob("*/*/hashicorp/aws") if place.exists() else ():
            return str(found.parents[2])
    return ""


READERS: dict[str, Read] = {"sam": read_sam, "serverless": read_serverless, "terraform": read_terraform}


def copy_repository(root: Path) -> Path:
    """Copy what deploying needs into a folder of its own, tools and packages by link."""
    adaptation.copy(ROOT, root)
    return root
