"""The three descriptions say what the code declares, and the same as each other, in every stage and colour."""

import json
from pathlib import Path

import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.http.cors import ALLOWED_HEADERS, PREFLIGHT_SECONDS
from shopkeeper.settings import DEV_ORIGINS
from shopkeeper.storage.tables import TABLES
from tests.deploy.cloudformation import Template
from tests.deploy.descriptions import NAMES, READERS, data_templates, transformed
from tests.deploy.emulator import Aws
from tests.deploy.model import FRAMEWORKS_OWN, ORIGINS, UNDECLARED, Model, declared, differences, public
from tests.support.http import send
from tests.support.processes import shopkeeper
from tests.support.shop import Owner, order_for, place

DATA = ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::S3::Bucket")
COUNTED = (
    (1, "AWSManagedRulesCommonRuleSet"),
    (2, "AWSManagedRulesKnownBadInputsRuleSet"),
    (3, "AWSManagedRulesAmazonIpReputationList"),
)
"""AWS's groups of rules, in prod, whose hits are counted and let through."""

WATCHED = ("errors", "latency", "throttles", "database")
PLACES = [("dev", "blue"), ("staging", "green"), ("prod", "blue")]


@pytest.fixture(scope="module")
def secrets(aws: Aws) -> None:
    """The secrets of all stages, which plans look up."""
    for stage, _ in PLACES:
        aws.keep_secret(stage)


@pytest.fixture(scope="module")
def models(aws: Aws, repository: Path, secrets: None) -> dict[tuple[str, str, str], Model]:
    """Every description, read for every place."""
    return {
        (name, stage, colour): READERS[name](repository, stage, colour, aws.environment)
        for name in NAMES
        for stage, colour in PLACES
    }


@pytest.mark.step("agrees")
@pytest.mark.parametrize(("stage", "colour"), PLACES)
@pytest.mark.parametrize("description", NAMES)
def test_it_says_what_the_code_declares(
    description: str, stage: str, colour: str, models: dict[tuple[str, str, str], Model]
) -> None:
    model = models[description, stage, colour]
    wanted = declared(stage, colour)
    found = {part: model[part] for part in wanted}
    for function in found["functions"].values():
        assert (function.pop("reserved"), function.pop("snap_start")) == (-1, "None")
    assert list(differences(found, wanted)) == []


@pytest.mark.step("agrees")
@pytest.mark.parametrize(("stage", "colour"), PLACES)
@pytest.mark.parametrize("description", NAMES[1:])
def test_it_says_the_same_as_sam(
    description: str, stage: str, colour: str, models: dict[tuple[str, str, str], Model]
) -> None:
    assert list(differences(models[description, stage, colour], models["sam", stage, colour])) == []


@pytest.mark.step("agrees")
@pytest.mark.parametrize(("stage", "colour"), PLACES)
def test_what_stands_beside_the_declarations_is_right(
    stage: str, colour: str, models: dict[tuple[str, str, str], Model]
) -> None:
    """Of SAM alone: the others say the same."""
    model = models["sam", stage, colour]
    name = f"shopkeeper-{stage}-{colour}"
    api = model["api"]
    paths = {endpoint.path for endpoint in public(FUNCTIONS)}
    assert set(model["preflights"]) == {*paths, UNDECLARED}
    for preflight in model["preflights"].values():
        assert preflight["type"] == "MOCK"
        assert preflight["headers"]["Access-Control-Allow-Headers"] == f"'{ALLOWED_HEADERS}'"
        assert preflight["headers"]["Access-Control-Max-Age"] == f"'{PREFLIGHT_SECONDS}'"
        assert preflight["headers"]["Vary"] == "'Origin'"
    methods = {endpoint.method for endpoint in public(FUNCTIONS)}
    offered = model["preflights"]["/counter"]["headers"]["Access-Control-Allow-Methods"].strip("'").split(", ")
    assert set(offered) == {*methods, "OPTIONS"}
    first = (ORIGINS[stage] or DEV_ORIGINS).split(",")[0]
    errors = {"Access-Control-Allow-Origin": f"'{first}'", "Vary": "'Origin'"}
    assert api["errors"] == {"DEFAULT_4XX": errors, "DEFAULT_5XX": errors}
    assert api["stage"] == stage
    assert api["tracing"]
    assert api["metrics"]
    assert api["plan"] == {"rate": 1, "burst": 5, "quota": "1000 a DAY"}
    assert api["plan_has_key"]
    assert api["unprotected_stages"] == []
    assert (api["rate_rule"] is not None) == (stage == "prod")
    assert api["counted"] == ([f"{at} AWS {group}" for at, group in COUNTED] if stage == "prod" else [])
    assert not any("sourceIp" in field for field in api["access_log"].values())
    groups = {f"/aws/lambda/{name}-{function.name}" for function in FUNCTIONS} | {f"/aws/apigateway/{name}"}
    assert set(model["logs"]) == groups
    queues = set(model["queues"])
    assert set(model["alarms"]) == queues | {f"{name}-{alarm}" for alarm in WATCHED}
    for queue in queues:
        metrics = model["alarms"][queue]["metrics"]
        assert metrics == {"one": f"Maximum of AWS/SQS ApproximateNumberOfMessagesVisible QueueName={queue} in 60 s"}
        assert (model["alarms"][queue]["threshold"], model["alarms"][queue]["needs"]) == (0, 1)
    assert all(alarm["tells"] == 1 and alarm["missing"] == "notBreaching" for alarm in model["alarms"].values())
    faults = model["alarms"][f"{name}-database"]["metrics"]["faults"]
    assert all(f"TableName = '{table}'" in faults for table in model["tables"])
    shown = {"Requests", "Errors", "Latency", "Cold starts", "Visits, registrations, orders"}
    assert set(model["dashboard"]) == shown


@pytest.mark.step("agrees")
def test_the_dashboard_shows_what_functions_tell(models: dict[tuple[str, str, str], Model], tmp_path: Path) -> None:
    """One machine tells the same metrics as the functions, under one service's name."""
    with shopkeeper(tmp_path / "shop.db", {"METRICS": "emf"}) as server:
        send(server.url, "GET", "/counter")
        owner = Owner(server.url)
        assert place(owner, order_for(owner.add())).status == 201
    told = [json.loads(line) for line in server.lines if '"_aws":' in line]
    assert all(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "stage"]] for line in told)
    emitted = {metric["Name"] for line in told for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    shown = [
        json.loads(entry)
        for widget in models["sam", "dev", "blue"]["dashboard"].values()
        for entry in widget[1:]
        if entry.startswith('["Shopkeeper"')
    ]
    assert {"ColdStart", "Visits", "Registrations", "Orders"} == {entry[1] for entry in shown} <= emitted
    services = {function.service for function in FUNCTIONS}
    for _, _, first, service, second, stage in shown:
        assert (first, second, stage) == ("service", "stage", "dev")
        assert service in services


@pytest.mark.step("agrees")
@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_data_that_matters_stays_when_its_stack_goes(stage: str, repository: Path, aws: Aws) -> None:
    """Of the two that make stacks; in Terraform the protected tables refuse to go, and all else waits for them."""
    for template in data_templates(repository, stage, aws.environment):
        resources = template.resources.items()
        data = [one for name, one in resources if one["Type"] in DATA and name != FRAMEWORKS_OWN]
        assert len(data) == len(TABLES) + 2
        kinds = {resource[policy] for resource in data for policy in ("DeletionPolicy", "UpdateReplacePolicy")}
        assert kinds == {"Delete" if stage == "dev" else "Retain"}


@pytest.mark.step("agrees")
@pytest.mark.parametrize(("stage", "way"), [("dev", "AllAtOnce"), ("prod", "Canary10Percent5Minutes")])
def test_codedeploy_watches_every_alarm(stage: str, way: str, repository: Path) -> None:
    code = Template(
        transformed(repository / "infrastructure/sam/template.yaml"),
        {"Stage": stage, "Colour": "blue", "AllowedOrigins": "https://shop.example"},
    )
    groups = [group for _, group in code.of_type("AWS::CodeDeploy::DeploymentGroup")]
    assert len(groups) == len(FUNCTIONS)
    alarms = {alarm["AlarmName"] for _, alarm in code.of_type("AWS::CloudWatch::Alarm")}
    for group in groups:
        assert {alarm["Name"] for alarm in group["AlarmConfiguration"]["Alarms"]} == alarms
        assert way in str(group["DeploymentConfigName"])


@pytest.mark.step("agrees")
def test_with_sam_every_change_is_a_version(repository: Path) -> None:
    template = repository / "infrastructure/sam/template.yaml"
    one, same, other = (published(transformed(template, {"Fingerprint": sign * 64})) for sign in "aab")
    assert len(one) == len(FUNCTIONS)
    assert one == same
    assert not one & other


def published(template: Model) -> set[str]:
    return {name for name, resource in template["Resources"].items() if resource["Type"] == "AWS::Lambda::Version"}


def test_stages_grow_stricter_and_stronger(models: dict[tuple[str, str, str], Model]) -> None:
    dev, staging, prod = (models["sam", stage, colour] for stage, colour in PLACES)
    assert dev["api"]["rate"] < staging["api"]["rate"] < prod["api"]["rate"]
    days = [set(model["logs"].values()) for model in (dev, staging, prod)]
    assert [len(kept) for kept in days] == [1, 1, 1]
    assert max(days[0]) < max(days[1]) < max(days[2])


RESERVED = [("declared", {function.name: function.concurrency for function in FUNCTIONS}), ("7", None)]


@pytest.mark.step("agrees")
@pytest.mark.parametrize(("asked", "each"), RESERVED, ids=["declared", "the same for all"])
@pytest.mark.parametrize("description", NAMES)
def test_concurrency_is_reserved_as_each_function_declares_or_the_same_for_all(
    description: str, asked: str, each: dict[str, int] | None, repository: Path, aws: Aws, secrets: None
) -> None:
    model = READERS[description](repository, "dev", "blue", {**aws.environment, "RESERVED_CONCURRENCY": asked})
    reserved = {name: int(function["reserved"]) for name, function in model["functions"].items()}
    assert reserved == (each or dict.fromkeys(reserved, 7))


def test_both_colours_fit_beside_the_rest_of_an_account() -> None:
    """Of 1,000, the default of an account, Lambda lets nobody reserve the last 100."""
    assert 2 * sum(function.concurrency for function in FUNCTIONS) <= 1000 - 100
