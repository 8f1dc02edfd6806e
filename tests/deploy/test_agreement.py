"""The three descriptions say what the code declares, and the same as each other, in every stage and colour."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.dashboard import widgets
from shopkeeper.functions.facts import facts
from shopkeeper.functions.filters import filters
from shopkeeper.functions.queries import QUERIES
from shopkeeper.http.cors import ALLOWED_HEADERS, PREFLIGHT_SECONDS
from shopkeeper.operator.costing import PRICES, Use, bill
from shopkeeper.settings import DEV_ORIGINS, Stage
from shopkeeper.storage.tables import TABLES
from tests.deploy.cloudformation import Template
from tests.deploy.descriptions import NAMES, READERS, data_templates, transformed
from tests.deploy.emulator import Aws
from tests.deploy.model import FRAMEWORKS_OWN, ORIGINS, UNDECLARED, Model, declared, differences, public

DATA = ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::S3::Bucket")
COUNTED = (
    (1, "AWSManagedRulesCommonRuleSet"),
    (2, "AWSManagedRulesKnownBadInputsRuleSet"),
    (3, "AWSManagedRulesAmazonIpReputationList"),
)
"""AWS's groups of rules, in prod, whose hits are counted and let through."""

WATCHED = ("errors", "latency", "throttles", "database")
BUSINESS = {
    "orders-expired": "Sum of Shopkeeper OrdersExpired service=orders",
    "webhooks-behind": "Minimum of Shopkeeper WebhooksBehind service=webhooks",
}
PLACES: list[tuple[Stage, str]] = [("dev", "blue"), ("staging", "green"), ("prod", "blue")]


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
    found = deepcopy({part: model[part] for part in wanted})
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
    on_queues = {f"{queue}{end}" for queue in queues for end in ("", "-age")}
    assert set(model["alarms"]) == on_queues | {f"{name}-{alarm}" for alarm in (*WATCHED, *BUSINESS)}
    for queue in queues:
        depth, age = model["alarms"][queue], model["alarms"][f"{queue}-age"]
        of_queue = f"QueueName={queue} in"
        assert depth["metrics"] == {"one": f"Maximum of AWS/SQS ApproximateNumberOfMessagesVisible {of_queue} 60 s"}
        assert (depth["threshold"], depth["needs"]) == (0, 1)
        assert age["metrics"] == {"one": f"Maximum of AWS/SQS ApproximateAgeOfOldestMessage {of_queue} 300 s"}
        assert (age["threshold"], age["needs"]) == (24 * 60 * 60, 1)
    for alarm, metric in BUSINESS.items():
        assert model["alarms"][f"{name}-{alarm}"]["metrics"] == {"one": f"{metric},stage={stage} in 3600 s"}
        assert model["alarms"][f"{name}-{alarm}"]["threshold"] == 0
    assert all(alarm["tells"] == 1 and alarm["missing"] == "notBreaching" for alarm in model["alarms"].values())
    faults = model["alarms"][f"{name}-database"]["metrics"]["faults"]
    assert all(f"TableName = '{table}'" in faults for table in model["tables"])
    graphs = {widget.title for widget in widgets(FUNCTIONS)}
    assert set(model["dashboard"]) == {"Requests", "Errors", "Latency"} | graphs | {query.name for query in QUERIES}
    assert len({tuple(widget["place"]) for widget in model["dashboard"].values()}) == len(model["dashboard"])
    for query in QUERIES:
        logs = [f"/aws/lambda/{name}-{one}" for one in query.functions or facts()["functions"]]
        assert model["queries"][f"{name}/{query.name}"] == {"text": "\n| ".join(query.lines), "logs": logs}
        sources = [f"SOURCE '{log}'" for log in logs]
        assert model["dashboard"][query.name]["shows"] == [" | ".join([*sources, *query.lines])]


@pytest.mark.step("agrees")
@pytest.mark.parametrize(("stage", "colour"), PLACES)
def test_what_costs_money_whatever_happens_is_in_the_bill(
    stage: Stage, colour: str, models: dict[tuple[str, str, str], Model]
) -> None:
    model = models["sam", stage, colour]
    beside = bill(Use(), stage).beside
    watched = [one for alarm in model["alarms"].values() for one in alarm["metrics"].values()]
    metrics = [one for one in watched if "METRICS()" not in one]  # a sum of metrics is none itself
    assert beside["alarms"] == pytest.approx(len(metrics) * PRICES.cloudwatch_per_alarm_metric)
    rules = len(model["api"]["counted"]) + (model["api"]["rate_rule"] is not None)
    assert beside["waf"] == pytest.approx(bool(rules) * PRICES.waf_per_acl + rules * PRICES.waf_per_rule)


@pytest.mark.step("agrees")
def test_the_dashboard_shows_the_functions_own_metrics(models: dict[tuple[str, str, str], Model]) -> None:
    """That functions tell these metrics is looked at in `tests/unit/test_queries.py`."""
    dashboard = models["sam", "dev", "blue"]["dashboard"]
    of_filters = {(one.service, one.metric) for one in filters(FUNCTIONS)}
    for widget in widgets(FUNCTIONS):
        statistic, *shown = dashboard[widget.title]["shows"]
        assert (statistic, dashboard[widget.title]["period"]) == (widget.statistic, widget.seconds)
        for entry, one in zip(map(json.loads, shown), widget.metrics, strict=True):
            if (one.service, one.metric) in of_filters:
                assert entry == [f"Shopkeeper/{one.service}/dev", one.metric]
            elif one.by:
                search = f'{{Shopkeeper,{one.by},service,stage}} MetricName="{one.metric}" stage="dev"'
                assert entry == [{"expression": f"SEARCH('{search}', '{statistic}', {widget.seconds})"}]
            else:
                assert entry == ["Shopkeeper", one.metric, "service", one.service, "stage", "dev"]


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
def test_codedeploy_watches_what_a_release_watches(stage: str, way: str, repository: Path) -> None:
    code = Template(
        transformed(repository / "infrastructure/sam/template.yaml"),
        {"Stage": stage, "Colour": "blue", "AllowedOrigins": "https://shop.example"},
    )
    groups = [group for _, group in code.of_type("AWS::CodeDeploy::DeploymentGroup")]
    assert len(groups) == len(FUNCTIONS)
    ignored = {
        f"shopkeeper-{stage}-blue-{name}" for name, one in facts()["alarms"].items() if not one["stops_releases"]
    }
    alarms = {alarm["AlarmName"] for _, alarm in code.of_type("AWS::CloudWatch::Alarm")} - ignored
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
