"""CloudFormation templates, as SAM and the Serverless Framework leave them, read into the plain model."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.deploy import cloudformation_triggers as triggers
from tests.deploy import distribution, pictures
from tests.deploy.model import ACCOUNT, PICTURES_URL, REGION, SECRET, Model, key_schema, statement_permissions

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
    known = {"JwtSecretArn": SECRET, "PicturesUrl": PICTURES_URL}
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
    body = (template.only("AWS::ApiGateway::RestApi") or {}).get("Body")
    routes, preflights = _routes_of_body(body) if body else _routes_of_resources(template)
    return {
        "routes": {route: by_logical.get(*_target(uri)) for route, uri in routes.items()},
        "preflights": preflights,
        "functions": {name: _function(template, *found) for name, found in functions.items()},
        "schedules": dict(triggers.schedules(template, by_logical)),
        "streams": dict(triggers.streams(template, by_logical)),
        "queues": dict(triggers.queues(template)),
        "api": _api(template, body),
        "logs": {
            group["LogGroupName"]: group.get("RetentionInDays") for _, group in template.of_type("AWS::Logs::LogGroup")
        },
        "alarms": dict(_alarm(alarm) for _, alarm in template.of_type("AWS::CloudWatch::Alarm")),
        "other_identities": {
            name
            for name, resource in template.resources.items()
            if resource["Type"].startswith("AWS::IAM::") and f"<{name}.Arn>" not in roles and name != SHIFTER
        },
        "dashboard": read_dashboard(json.loads((template.only("AWS::CloudWatch::Dashboard") or {})["DashboardBody"])),
    }


def _target(uri: str) -> tuple[str, None]:
    """Return the logical id of the function that a URI invokes by its alias; anything else is nobody's."""
    function = uri.partition("/functions/<")[2]
    logical, _, rest = function.partition(">")
    by_alias = rest == ":live/invocations" or logical.endswith("Aliaslive")
    return (logical.removesuffix(".Arn").removesuffix("Aliaslive") if by_alias else "", None)


def _routes_of_body(body: Model) -> tuple[dict[str, str], Model]:
    routes, preflights = {}, {}
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            if method == "options":
                (answer,) = integration["responses"].values()
                preflights[path] = {
                    "type": integration["type"].upper(),
                    "request": integration["requestTemplates"],
                    "headers": _header_names(answer["responseParameters"]),
                    "template": answer["responseTemplates"],
                }
            elif operation.get("security"):
                routes[f"{method.upper()} {path}"] = "behind an authorizer"
            else:
                routes[f"{method.upper()} {path}"] = integration["uri"]
    return routes, preflights


def _routes_of_resources(template: Template) -> tuple[dict[str, str], Model]:
    parts = {f"<{name}>": properties for name, properties in template.of_type("AWS::ApiGateway::Resource")}

    def path(place: str) -> str:
        if place not in parts:
            return ""
        return f"{path(parts[place]['ParentId'])}/{parts[place]['PathPart']}"

    routes, preflights = {}, {}
    for _, method in template.of_type("AWS::ApiGateway::Method"):
        where = path(method["ResourceId"]) or "/"
        integration = method["Integration"]
        if method["HttpMethod"] == "OPTIONS":
            (answer,) = integration["IntegrationResponses"]
            preflights[where] = {
                "type": integration["Type"],
                "request": integration["RequestTemplates"],
                "headers": _header_names(answer["ResponseParameters"]),
                "template": answer["ResponseTemplates"],
            }
        else:
            is_open = method["AuthorizationType"] == "NONE" and not method.get("ApiKeyRequired")
            routes[f"{method['HttpMethod']} {where}"] = integration["Uri"] if is_open else "behind an authorizer"
    return routes, preflights


def _header_names(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("method.response.header."): value for name, value in parameters.items()}


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


def _api(template: Template, body: Model | None) -> Model:
    stage = template.only("AWS::ApiGateway::Stage") or {}
    (settings,) = stage["MethodSettings"]
    plan = template.only("AWS::ApiGateway::UsagePlan") or {}
    acl = template.only("AWS::WAFv2::WebACL")
    associated = template.only("AWS::WAFv2::WebACLAssociation") is not None
    turns_away = acl is not None and associated and "Block" in acl["Rules"][0]["Action"]
    key = template.only("AWS::ApiGateway::ApiKey") or {}
    deployments = [deployment for _, deployment in template.of_type("AWS::ApiGateway::Deployment")]
    return {
        "stage": stage["StageName"],
        "unprotected_stages": [deployment["StageName"] for deployment in deployments if "StageName" in deployment],
        "tracing": stage.get("TracingEnabled", False),
        "metrics": settings.get("MetricsEnabled", False),
        "rate": settings.get("ThrottlingRateLimit"),
        "burst": settings.get("ThrottlingBurstLimit"),
        "access_log": json.loads(stage["AccessLogSetting"]["Format"]),
        "errors": _gateway_responses(template, body),
        "plan": {"rate": plan["Throttle"]["RateLimit"], "burst": plan["Throttle"]["BurstLimit"]},
        "plan_has_key": template.only("AWS::ApiGateway::UsagePlanKey") is not None and key.get("Enabled", False),
        "rate_rule": acl["Rules"][0]["Statement"]["RateBasedStatement"]["Limit"] if acl and turns_away else None,
    }


def _gateway_responses(template: Template, body: Model | None) -> Model:
    if body:
        declared = body["x-amazon-apigateway-gateway-responses"].items()
        found = {kind: answer["responseParameters"] for kind, answer in declared}
    else:
        answers = template.of_type("AWS::ApiGateway::GatewayResponse")
        found = {answer["ResponseType"]: answer["ResponseParameters"] for _, answer in answers}
    return {
        kind: {name.removeprefix("gatewayresponse.header."): value for name, value in parameters.items()}
        for kind, parameters in found.items()
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


def expression(text: str, period: int | None) -> str:
    """Return a metric that is worked out from others as the model has it."""
    return f"{text} in {period} s" if period else text


def _metric(stat: Model) -> str:
    metric = stat["Metric"]
    dimensions = ",".join(sorted(f"{entry['Name']}={entry['Value']}" for entry in metric["Dimensions"]))
    return f"{stat['Stat']} of {metric['Namespace']} {metric['MetricName']} {dimensions} in {stat['Period']} s"


def read_dashboard(body: Model) -> Model:
    """Return the widgets of a dashboard by their titles."""
    return {
        widget["properties"]["title"]: [widget["properties"]["stat"], *map(json.dumps, widget["properties"]["metrics"])]
        for widget in body["widgets"]
    }


def load(path: Path) -> Model:
    """Return a template in JSON."""
    content: Model = json.loads(path.read_text())
    return content
