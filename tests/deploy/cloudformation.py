"""CloudFormation templates, as SAM and the Serverless Framework leave them, read into the plain model."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.deploy import cloudformation_api as gateway
from tests.deploy import cloudformation_triggers as triggers
from tests.deploy import distribution, pictures
from tests.deploy.dashboard import read_dashboard
from tests.deploy.model import ACCOUNT, DISTRIBUTION_ARN, PICTURES_URL, REGION, SECRET, Model, key_schema
from tests.deploy.policies import statement_permissions

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
}
SHIFTER = "CodeDeployServiceRole"
"""The role that SAM's transform makes for CodeDeploy: it is nobody's to choose."""

NOTHING = object()


class Template:
    """A template with its parameters given: every intrinsic function is worked out.

    A reference to a resource becomes `<LogicalId>` or `<LogicalId.Attribute>`.
    """

    def __init__(self, source: Model, parameters: Mapping[str, str]) -> None:
        given = {name: str(definition.get("Default")) for name, definition in source.get("Parameters", {}).items()}
        self._values = {**PSEUDO, **given, **parameters}
        self._mappings = source.get("Mappings", {})
        self._conditions = source.get("Conditions", {})
        resources = source["Resources"].items()
        self.resources: dict[str, Model] = {
            name: self._resolve(resource) for name, resource in resources if self._is_there(resource)
        }
        outputs = source.get("Outputs", {}).items()
        self.outputs: dict[str, str] = {name: str(self._resolve(output["Value"])) for name, output in outputs}

    def of_type(self, kind: str) -> Iterator[tuple[str, Model]]:
        """Yield the logical ids and properties of the resources of a type."""
        for name, resource in self.resources.items():
            if resource["Type"] == kind:
                yield name, resource.get("Properties", {})

    def only(self, kind: str) -> Model | None:
        """Return the properties of the only resource of a type, None where there is none."""
        found = [properties for _, properties in self.of_type(kind)]
        assert len(found) <= 1, f"{len(found)} resources of type {kind}"
        return found[0] if found else None

    def _is_there(self, resource: Model) -> bool:
        return "Condition" not in resource or self._holds(resource["Condition"])

    def _holds(self, condition: str) -> bool:
        return bool(self._resolve(self._conditions[condition]))

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self._resolve, value) if item is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = FUNCTIONS.get(name)
            if function is not None:
                return function(self, argument)
        resolved = {name: self._resolve(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not NOTHING}

    def ref(self, name: str) -> Any:
        """Work out `Ref`."""
        return NOTHING if name == "AWS::NoValue" else self._values.get(name, f"<{name}>")

    def attribute(self, argument: str | list[str]) -> str:
        """Work out `Fn::GetAtt`."""
        return f"<{argument if isinstance(argument, str) else '.'.join(argument)}>"

    def substitute(self, argument: str | list[Any]) -> str:
        """Work out `Fn::Sub`."""
        text, given = (argument, {}) if isinstance(argument, str) else argument
        values = {name: self._resolve(value) for name, value in given.items()}
        parts = str(text).split("${")
        out = parts[0]
        for part in parts[1:]:
            name, _, rest = part.partition("}")
            found = values.get(name, self._values.get(name, f"<{name}>"))
            out += f"{found}{rest}"
        return out

    def choose(self, argument: list[Any]) -> Any:
        """Work out `Fn::If`."""
        condition, then, otherwise = argument
        return self._resolve(then if self._holds(condition) else otherwise)

    def look_up(self, argument: list[Any]) -> Any:
        """Work out `Fn::FindInMap`."""
        found: Any = self._mappings
        for name in self._resolve(argument):
            found = found[name]
        return found

    def worked_out(self, argument: Any) -> Any:
        """Return the argument of an intrinsic function, itself worked out."""
        return self._resolve(argument)


def _select(template: Template, argument: Any) -> Any:
    index, items = template.worked_out(argument)
    return items[int(index)]


def _split(template: Template, argument: Any) -> list[str]:
    separator, text = template.worked_out(argument)
    return str(text).split(separator)


def _join(template: Template, argument: Any) -> str:
    separator, items = template.worked_out(argument)
    return str(separator).join(map(str, items))


def _equals(template: Template, argument: Any) -> bool:
    one, other = template.worked_out(argument)
    return str(one) == str(other)


def _import(template: Template, argument: Any) -> str:
    name = template.worked_out(argument)
    known = {"JwtSecretArn": SECRET, "PicturesUrl": PICTURES_URL, "DistributionArn": DISTRIBUTION_ARN}
    return known.get(str(name).rpartition("-")[2], f"import {name}")


FUNCTIONS: dict[str, Callable[[Template, Any], Any]] = {
    "Ref": Template.ref,
    "Fn::GetAtt": Template.attribute,
    "Fn::Sub": Template.substitute,
    "Fn::If": Template.choose,
    "Fn::FindInMap": Template.look_up,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Join": _join,
    "Fn::Equals": _equals,
    "Fn::And": lambda template, argument: all(template.worked_out(argument)),
    "Fn::Not": lambda template, argument: not template.worked_out(argument)[0],
    "Fn::ImportValue": _import,
}


def read_data(template: Template) -> Model:
    """Return the tables, the pictures and the secret of a data stack."""
    secret = template.only("AWS::SecretsManager::Secret")
    return {
        "tables": {table["TableName"]: _table(table) for _, table in template.of_type("AWS::DynamoDB::Table")},
        "pictures": pictures.of_template(template),
        "distribution": distribution.of_template(template),
        "secret": secret and {"name": secret["Name"], "generated": "GenerateSecretString" in secret},
    }


def _table(table: Model) -> Model:
    types = {entry["AttributeName"]: entry["AttributeType"] for entry in table["AttributeDefinitions"]}

    def key(holder: Model) -> list[str]:
        return key_schema([(part["AttributeName"], part["KeyType"]) for part in holder["KeySchema"]], types)

    ttl = table.get("TimeToLiveSpecification", {})
    recovery = table.get("PointInTimeRecoverySpecification", {})
    return {
        "key": key(table),
        "indexes": {
            index["IndexName"]: [*key(index), index["Projection"]["ProjectionType"]]
            for index in table.get("GlobalSecondaryIndexes", [])
        },
        "ttl": ttl.get("AttributeName") if ttl.get("Enabled") else None,
        "stream": table.get("StreamSpecification", {}).get("StreamViewType"),
        "billing": table.get("BillingMode"),
        "encrypted": table.get("SSESpecification", {}).get("SSEEnabled", False),
        "point_in_time_recovery": recovery.get("PointInTimeRecoveryEnabled", False),
        "deletion_protection": table.get("DeletionProtectionEnabled", False),
    }


def read_code(template: Template) -> Model:
    """Return the API, the functions and what watches them, of a code stack."""
    roles = {str(function["Role"]) for _, function in template.of_type("AWS::Lambda::Function")}
    functions = {
        str(properties["Handler"]).split(".")[-1]: (logical, properties)
        for logical, properties in template.of_type("AWS::Lambda::Function")
    }
    by_logical = {logical: name for name, (logical, _) in functions.items()}
    groups = {name: group["LogGroupName"] for name, group in template.of_type("AWS::Logs::LogGroup")}
    body = (template.only("AWS::ApiGateway::RestApi") or {}).get("Body")
    routes, preflights = gateway.routes_of_body(body) if body else gateway.routes_of_resources(template)
    return {
        "routes": {route: _answered(by_logical, uri, signed) for route, (uri, signed) in routes.items()},
        "preflights": preflights,
        "functions": {name: _function(template, *found) for name, found in functions.items()},
        "schedules": dict(triggers.schedules(template, by_logical)),
        "streams": dict(triggers.streams(template, by_logical)),
        "rotations": dict(triggers.rotations(template, by_logical)),
        "queues": dict(triggers.queues(template)),
        "api": gateway.api(template, body),
        "logs": {
            group["LogGroupName"]: group.get("RetentionInDays") for _, group in template.of_type("AWS::Logs::LogGroup")
        },
        "alarms": dict(_alarm(alarm) for _, alarm in template.of_type("AWS::CloudWatch::Alarm")),
        "other_identities": {
            name
            for name, resource in template.resources.items()
            if resource["Type"].startswith("AWS::IAM::") and f"<{name}.Arn>" not in roles and name != SHIFTER
        },
        "queries": {
            query["Name"]: {
                "text": query["QueryString"],
                "logs": [groups[str(one).strip("<>")] for one in query["LogGroupNames"]],
            }
            for _, query in template.of_type("AWS::Logs::QueryDefinition")
        },
        "filters": {
            one["FilterName"]: {
                "log": groups[str(one["LogGroupName"]).strip("<>")],
                "pattern": one["FilterPattern"],
                "metrics": [
                    filtered([made.get(key) for key in MADE], made.get("Dimensions"), made.get("DefaultValue"))
                    for made in one["MetricTransformations"]
                ],
            }
            for _, one in template.of_type("AWS::Logs::MetricFilter")
        },
        "dashboard": read_dashboard(json.loads((template.only("AWS::CloudWatch::Dashboard") or {})["DashboardBody"])),
    }


def _answered(functions: Mapping[str, str], uri: str, signed: str) -> str | None:
    """Return the function that a route's URI invokes, by its logical id, with the calls that it takes."""
    function = functions.get(*_target(uri))
    return function and f"{function}{signed}"


def _target(uri: str) -> tuple[str, None]:
    """Return the logical id of the function that a URI invokes by its alias; anything else is nobody's."""
    function = uri.partition("/functions/<")[2]
    logical, _, rest = function.partition(">")
    by_alias = rest == ":live/invocations" or logical.endswith("Aliaslive")
    return (logical.removesuffix(".Arn").removesuffix("Aliaslive") if by_alias else "", None)


def _function(template: Template, logical: str, function: Model) -> Model:
    role = template.resources[str(function["Role"]).strip("<>").removesuffix(".Arn")]["Properties"]
    alias = next(a for _, a in template.of_type("AWS::Lambda::Alias") if a["FunctionName"] == f"<{logical}>")
    statements = [
        statement for policy in role.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]
    ]
    groups = {f"<{name}.Arn>" for name, _ in template.of_type("AWS::Logs::LogGroup")}
    granted, telemetry = statement_permissions(statements, groups)
    granted |= {f"everything in {policy}" for policy in role.get("ManagedPolicyArns", [])}
    return {
        "name": function["FunctionName"],
        "handler": function["Handler"],
        "runtime": function["Runtime"],
        "architecture": function["Architectures"][0],
        "memory": function["MemorySize"],
        "timeout": function["Timeout"],
        "tracing": function["TracingConfig"]["Mode"],
        "alias": alias["Name"],
        "invoked_by": set(triggers.callers(template, logical)),
        "url": triggers.url(template, logical),
        "failures": triggers.failures(template, logical),
        "environment": function["Environment"]["Variables"],
        "permissions": granted,
        "telemetry": telemetry,
        "role_of": {
            str(statement["Principal"].get("Service", statement["Principal"]))
            for statement in role["AssumeRolePolicyDocument"]["Statement"]
        },
        "reserved": function.get("ReservedConcurrentExecutions", -1),
        "snap_start": function["SnapStart"]["ApplyOn"],
    }


def _alarm(alarm: Model) -> tuple[str, Model]:
    queries = alarm.get("Metrics", [])
    metrics = {
        query["Id"]: expression(query["Expression"], query.get("Period"))
        if "Expression" in query
        else _metric(query["MetricStat"])
        for query in queries
    }
    if not queries:
        stat = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        metrics = {"one": _metric({**alarm, "Metric": alarm, "Stat": stat})}
    return alarm["AlarmName"], {
        "metrics": metrics,
        "tells": len(alarm.get("AlarmActions", [])),
        "of": alarm["EvaluationPeriods"],
        "needs": alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]),
        "threshold": alarm["Threshold"],
        "comparison": alarm["ComparisonOperator"],
        "missing": alarm["TreatMissingData"],
    }


MADE = ("MetricValue", "Unit", "MetricNamespace", "MetricName")
"""What CloudFormation says of the metric that a filter makes."""


def filtered(made: list[str], dimensions: object, default: object) -> str:
    """Return the metric that a filter makes, as the model has it. Ours have neither dimensions nor a default."""
    value, unit, namespace, metric = made
    more = f" by {dimensions}, else {default}" if dimensions or default is not None else ""
    return f"{value} {unit} as {namespace} {metric}{more}"


def expression(text: str, period: int | None) -> str:
    """Return a metric that is worked out from others as the model has it."""
    return f"{text} in {period} s" if period else text


def _metric(stat: Model) -> str:
    metric = stat["Metric"]
    dimensions = ",".join(sorted(f"{entry['Name']}={entry['Value']}" for entry in metric["Dimensions"]))
    return f"{stat['Stat']} of {metric['Namespace']} {metric['MetricName']} {dimensions} in {stat['Period']} s"


def load(path: Path) -> Model:
    """Return a template in JSON."""
    content: Model = json.loads(path.read_text())
    return content
