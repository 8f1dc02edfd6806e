"""What runs functions in a CloudFormation template, and where that goes which fails, read into the plain model."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tests.deploy.model import ACCOUNT, API, DISTRIBUTION_ARN, ROTATOR, SECRET, URL_CALLERS, Model
from tests.deploy.policies import senders

if TYPE_CHECKING:
    from tests.deploy.cloudformation import Template


def callers(template: "Template", function: str) -> Iterator[str]:
    """Yield who may invoke the alias of a function, by its logical id; anything else is named as it stands."""
    for _, permission in template.of_type("AWS::Lambda::Permission"):
        invoked = str(permission["FunctionName"])
        if function_of(template, invoked) == function:
            yield _caller(template, permission)
        elif f"<{function}" in invoked:
            yield f"whoever calls it beside the alias: {permission}"


def _caller(template: "Template", permission: Model) -> str:
    principal, source = permission["Principal"], str(permission.get("SourceArn"))
    rule = template.resources.get(_logical(source), {})
    if principal == "apigateway.amazonaws.com" and re.search(r":execute-api:[^*]*:<\w+>/", source):
        return API
    if (principal, source, permission.get("SourceAccount")) == ("secretsmanager.amazonaws.com", SECRET, ACCOUNT):
        return ROTATOR
    if principal == "events.amazonaws.com" and rule.get("Type") == "AWS::Events::Rule":
        return f"rule {rule['Properties']['Name']}"
    by_url = URL_CALLERS.get((permission["Action"], permission.get("FunctionUrlAuthType")))
    if by_url and (principal, source) == ("cloudfront.amazonaws.com", DISTRIBUTION_ARN):
        return by_url
    return f"somebody else: {permission}"


def url(template: "Template", function: str) -> str | None:
    """Return who may call the URL of a function's alias, by its logical id, None if it has no URL."""
    for _, made in template.of_type("AWS::Lambda::Url"):
        name = template.resources[function]["Properties"]["FunctionName"]
        if made["TargetFunctionArn"] in (f"<{function}>", name) and made["Qualifier"] == "live":
            return str(made["AuthType"])
    return None


def function_of(template: "Template", reference: str) -> str:
    """Return the logical id of the function whose alias is meant, nothing where it is no alias."""
    alias = template.resources.get(_logical(reference), {})
    if alias.get("Type") == "AWS::Lambda::Alias":
        return _logical(alias["Properties"]["FunctionName"])
    return _logical(reference) if reference.endswith(".Arn>:live") else ""


def _logical(reference: str) -> str:
    return reference.strip("<").partition(">")[0].partition(".")[0]


def schedules(template: "Template", functions: Mapping[str, str]) -> Iterator[tuple[str, Model]]:
    """Yield the rules by their names; `functions` are names by logical ids."""
    for _, rule in template.of_type("AWS::Events::Rule"):
        (target,) = rule["Targets"]
        yield (
            rule["Name"],
            {
                "rate": rule["ScheduleExpression"],
                "enabled": rule.get("State", "ENABLED") == "ENABLED",
                "function": functions.get(function_of(template, target["Arn"])),
                "input": json.loads(target.get("Input", "null")),
                "dead_letters": _queue_name(template, target.get("DeadLetterConfig", {}).get("Arn")),
            },
        )


def rotations(template: "Template", functions: Mapping[str, str]) -> Iterator[tuple[str, Model]]:
    """Yield the schedules by which secrets are rotated, by the names of the secrets."""
    for _, schedule in template.of_type("AWS::SecretsManager::RotationSchedule"):
        yield (
            schedule["SecretId"],
            {
                "function": functions.get(function_of(template, schedule["RotationLambdaARN"])),
                "days": int(schedule["RotationRules"]["AutomaticallyAfterDays"]),
                "at_once": schedule.get("RotateImmediatelyOnUpdate", True),
            },
        )


def streams(template: "Template", functions: Mapping[str, str]) -> Iterator[tuple[str, Model]]:
    """Yield what reads a table's stream; the stream is what the data stack exports."""
    tables = {"".join(word.capitalize() for word in name.split("-")): name for name in _table_names(template)}
    for _, mapping in template.of_type("AWS::Lambda::EventSourceMapping"):
        exported = re.fullmatch(r"import shopkeeper-data-\w+-(\w+)StreamArn", mapping["EventSourceArn"])
        table = tables.get(exported[1]) if exported else None
        filters = mapping.get("FilterCriteria", {}).get("Filters", [])
        destination = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        yield (
            f"{functions.get(function_of(template, mapping['FunctionName']))} of {table}",
            {
                "bisects": mapping.get("BisectBatchOnFunctionError", False),
                "retries": mapping.get("MaximumRetryAttempts", -1),
                "filter": [json.loads(one["Pattern"]) for one in filters],
                "dead_letters": _queue_name(template, destination),
            },
        )


def _table_names(template: "Template") -> set[str]:
    """Return the names of the tables that the functions are told of."""
    stage = (template.only("AWS::ApiGateway::Stage") or {})["StageName"]
    variables = [f["Environment"]["Variables"] for _, f in template.of_type("AWS::Lambda::Function")]
    return {
        str(value).removesuffix(f"-{stage}")
        for given in variables
        for name, value in given.items()
        if name.endswith("TABLE_NAME")
    }


def queues(template: "Template") -> Iterator[tuple[str, Model]]:
    """Yield the queues by their names, each with who may send to it by its policies."""
    policies = [policy for _, policy in template.of_type("AWS::SQS::QueuePolicy")]
    for logical, queue in template.of_type("AWS::SQS::Queue"):
        allowed = [senders(policy["PolicyDocument"]) for policy in policies if f"<{logical}>" in policy["Queues"]]
        yield (
            queue["QueueName"],
            {
                "encrypted": queue.get("SqsManagedSseEnabled", False),
                "seconds": queue.get("MessageRetentionPeriod"),
                "senders": set().union(*allowed),
            },
        )


def failures(template: "Template", function: str) -> Model | None:
    """Return how often a failed invocation of a function's alias is repeated, and the queue that it goes to then."""
    for _, config in template.of_type("AWS::Lambda::EventInvokeConfig"):
        if config["FunctionName"] == f"<{function}>" and config["Qualifier"] in ("live", f"<{function}Aliaslive>"):
            destination = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
            return {"retries": config.get("MaximumRetryAttempts"), "to": _queue_name(template, destination)}
    return None


def _queue_name(template: "Template", reference: str | None) -> str | None:
    queue = template.resources.get(_logical(reference or ""), {})
    return str(queue["Properties"]["QueueName"]) if queue.get("Type") == "AWS::SQS::Queue" else None
