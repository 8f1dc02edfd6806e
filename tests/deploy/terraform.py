"""A Terraform plan, as `terraform show -json` prints it, read into the plain model."""

import json
from collections.abc import Iterator

from tests.deploy import distribution, pictures
from tests.deploy import terraform_api as gateway
from tests.deploy.cloudformation import expression, filtered
from tests.deploy.dashboard import read_dashboard
from tests.deploy.model import (
    ACCOUNT,
    API,
    DISTRIBUTION_ARN,
    QUEUE_ARN,
    ROTATOR,
    RULE_ARN,
    SECRET,
    SIGNED,
    URL_CALLERS,
    Model,
    key_schema,
)
from tests.deploy.policies import senders, statement_permissions

SECRET_ARN = "arn:aws:secretsmanager:"
LOG_GROUP = "the function's own log group"
MADE = ("value", "unit", "namespace", "name")
"""What Terraform says of the metric that a filter makes."""
ROLES = {"aws_iam_role.function", "aws_iam_role_policy.function"}


class Plan:
    """The values that a plan gives its resources, and the expressions behind those that are not known yet."""

    def __init__(self, plan: Model) -> None:
        planned = plan["planned_values"]["root_module"].get("resources", [])
        known = plan.get("prior_state", {}).get("values", {}).get("root_module", {}).get("resources", [])
        self._resources = planned + [resource for resource in known if resource["mode"] == "data"]
        configured = plan["configuration"]["root_module"]["resources"]
        self._configuration = {resource["address"]: resource.get("expressions", {}) for resource in configured}

    def of_type(self, kind: str, name: str | None = None) -> Iterator[tuple[str, Model]]:
        """Yield the keys (of `for_each`) and values of the resources of a type."""
        for resource in self._resources:
            if resource["type"] == kind and name in (None, resource["name"]):
                yield str(resource.get("index", resource["name"])), resource["values"]

    def only(self, kind: str) -> Model | None:
        """Return the values of the only resource of a type, None where there is none."""
        found = [values for _, values in self.of_type(kind)]
        assert len(found) <= 1, f"{len(found)} resources of type {kind}"
        return found[0] if found else None

    def kinds(self, beginning: str) -> set[str]:
        """Return the addresses of the managed resources whose type begins so."""
        return {address for address in self._configuration if address.startswith(beginning)}

    def expressions(self, resource: str) -> Model:
        """Return the expressions of a resource."""
        found: Model = self._configuration.get(resource, {})
        return found

    def references(self, resource: str, attribute: str) -> list[str]:
        """Return what an attribute that is not known yet is made of."""
        found: list[str] = self._configuration.get(resource, {}).get(attribute, {}).get("references", [])
        return found


def read_data(plan: Plan) -> Model:
    """Return the tables, the pictures and the secret."""
    secret = plan.only("aws_secretsmanager_secret")
    made = plan.references("aws_secretsmanager_secret_version.jwt", "secret_string_wo")
    return {
        "tables": {table["name"]: _table(table) for _, table in plan.of_type("aws_dynamodb_table")},
        "pictures": pictures.of_plan(plan),
        "distribution": distribution.of_plan(plan),
        "secret": secret
        and {
            "name": secret["name"],
            "generated": any("ephemeral.aws_secretsmanager_random_password" in reference for reference in made),
        },
    }


def _table(table: Model) -> Model:
    types = {entry["name"]: entry["type"] for entry in table["attribute"]}

    def key(holder: Model) -> list[str]:
        parts = [(holder["hash_key"], "HASH"), (holder.get("range_key"), "RANGE")]
        return key_schema([(name, role) for name, role in parts if name], types)

    return {
        "key": key(table),
        "indexes": {
            index["name"]: [*key(index), index["projection_type"]] for index in table["global_secondary_index"]
        },
        "ttl": next((ttl["attribute_name"] for ttl in table.get("ttl", []) if ttl["enabled"]), None),
        "stream": table["stream_view_type"] if table["stream_enabled"] else None,
        "billing": table["billing_mode"],
        "encrypted": any(entry["enabled"] for entry in table["server_side_encryption"]),
        "point_in_time_recovery": any(entry["enabled"] for entry in table["point_in_time_recovery"]),
        "deletion_protection": bool(table["deletion_protection_enabled"]),
    }


def read_code(plan: Plan) -> Model:
    """Return the API, the functions and what watches them."""
    return {
        "routes": dict(_routes(plan)),
        "preflights": dict(_preflights(plan)),
        "functions": {name: _function(plan, name, values) for name, values in plan.of_type("aws_lambda_function")},
        "schedules": dict(_schedules(plan)),
        "streams": dict(_streams(plan)),
        "rotations": dict(_rotations(plan)),
        "queues": dict(_queues(plan)),
        "api": gateway.api(plan),
        "logs": {group["name"]: group["retention_in_days"] for _, group in plan.of_type("aws_cloudwatch_log_group")},
        "alarms": {alarm["alarm_name"]: _alarm(alarm) for _, alarm in plan.of_type("aws_cloudwatch_metric_alarm")},
        "other_identities": plan.kinds("aws_iam_") - ROLES,
        "queries": {
            query["name"]: {"text": query["query_string"], "logs": query["log_group_names"]}
            for _, query in plan.of_type("aws_cloudwatch_query_definition")
        },
        "filters": {
            one["name"]: {
                "log": one["log_group_name"],
                "pattern": one["pattern"],
                "metrics": [
                    filtered([made[key] for key in MADE], made["dimensions"], made["default_value"] or None)
                    for made in one["metric_transformation"]
                ],
            }
            for _, one in plan.of_type("aws_cloudwatch_log_metric_filter")
        },
        "dashboard": read_dashboard(json.loads((plan.only("aws_cloudwatch_dashboard") or {})["dashboard_body"])),
    }


def _routes(plan: Plan) -> Iterator[tuple[str, str | None]]:
    """Yield the routes and the functions whose alias answers them.

    The ids of an API's resources are not known before they are made: the path of a method is its key, and
    stands if every folder on the way to it is a resource.
    """
    folders = {key for level in range(1, 7) for key, _ in plan.of_type("aws_api_gateway_resource", f"level{level}")}
    uris = {key: values["uri"] for key, values in plan.of_type("aws_api_gateway_integration", "route")}
    for key, method in plan.of_type("aws_api_gateway_method", "route"):
        parts = key.split(" ")[1].strip("/").split("/")
        is_there = parts == [""] or all("/".join(parts[: n + 1]) in folders for n in range(len(parts)))
        signed = {"NONE": "", "AWS_IAM": SIGNED}.get(method["authorization"])
        is_open = signed is not None and method["api_key_required"] == bool(signed)
        function, _, alias = uris[key].partition(":function:")[2].partition(":")
        if is_there and is_open and key.startswith(method["http_method"] + " "):
            yield key, f"{function.rpartition('-')[2]}{signed}" if alias == "live/invocations" else ""


def _preflights(plan: Plan) -> Iterator[tuple[str, Model]]:
    answers = dict(plan.of_type("aws_api_gateway_integration_response", "preflight"))
    integrations = dict(plan.of_type("aws_api_gateway_integration", "preflight"))
    for key, method in plan.of_type("aws_api_gateway_method", "preflight"):
        if method["http_method"] == "OPTIONS" and key in answers:
            yield (
                f"/{key}",
                {
                    "type": integrations[key]["type"],
                    "request": _compact(integrations[key]["request_templates"]),
                    "headers": {
                        name.removeprefix("method.response.header."): value
                        for name, value in answers[key]["response_parameters"].items()
                    },
                    "template": answers[key]["response_templates"],
                },
            )


def _compact(templates: Model) -> Model:
    return {kind: json.dumps(json.loads(text)) for kind, text in templates.items()}


def _function(plan: Plan, name: str, function: Model) -> Model:
    alias = dict(plan.of_type("aws_lambda_alias"))[name]
    policy = dict(plan.of_type("aws_iam_policy_document", "function"))[name]
    granted, telemetry = statement_permissions([_statement(entry) for entry in policy["statement"]], {LOG_GROUP})
    variables = {key: _without_arn(value) for key, value in function["environment"][0]["variables"].items()}
    return {
        "name": function["function_name"],
        "handler": function["handler"],
        "runtime": function["runtime"],
        "architecture": function["architectures"][0],
        "memory": function["memory_size"],
        "timeout": function["timeout"],
        "tracing": function["tracing_config"][0]["mode"],
        "alias": alias["name"],
        "invoked_by": {
            _caller(plan, key, permission)
            for key, permission in plan.of_type("aws_lambda_permission")
            if permission["function_name"] == function["function_name"]
        },
        "url": next((url["authorization_type"] for url in _urls(plan, function["function_name"])), None),
        "failures": _failures(plan, function["function_name"]),
        "environment": variables,
        "permissions": granted,
        "telemetry": telemetry,
        "role_of": {
            identifier
            for _, trusted in plan.of_type("aws_iam_policy_document", "assume_role")
            for statement in trusted["statement"]
            for principal in statement["principals"]
            for identifier in principal["identifiers"]
        },
        "reserved": function["reserved_concurrent_executions"],
        "snap_start": (function["snap_start"] or [{"apply_on": "None"}])[0]["apply_on"],
    }


def _urls(plan: Plan, function: str) -> list[Model]:
    urls = [url for _, url in plan.of_type("aws_lambda_function_url")]
    return [url for url in urls if (url["function_name"], url["qualifier"]) == (function, "live")]


def _caller(plan: Plan, key: str, permission: Model) -> str:
    """Return who may invoke an alias; anything else is named as it stands."""
    principal, source = permission["principal"], str(permission.get("source_arn"))
    of_this_api = "aws_api_gateway_rest_api.this.execution_arn" in plan.references(
        "aws_lambda_permission.api", "source_arn"
    )
    if permission["qualifier"] == "live" and principal == "apigateway.amazonaws.com" and of_this_api:
        return API
    of_secret = (principal, _without_arn(source), permission.get("source_account"))
    if permission["qualifier"] == "live" and of_secret == ("secretsmanager.amazonaws.com", SECRET, ACCOUNT):
        return ROTATOR
    if permission["qualifier"] == "live" and principal == "events.amazonaws.com" and source.startswith(RULE_ARN):
        return f"rule {source.removeprefix(RULE_ARN)}"
    by_url = URL_CALLERS.get((permission["action"], permission.get("function_url_auth_type") or None))
    of_stage = (permission["qualifier"], principal, source) == ("live", "cloudfront.amazonaws.com", DISTRIBUTION_ARN)
    if by_url and of_stage:
        return by_url
    return f"somebody else: {key} {permission}"


def _function_of(arn: str) -> str | None:
    """Return the function whose alias an ARN names."""
    name, _, alias = arn.partition(":function:")[2].partition(":")
    return name.split("-", 3)[3] if alias == "live" else None


def _queue_name(arn: str | None) -> str | None:
    return arn.removeprefix(QUEUE_ARN) if arn else None


def _schedules(plan: Plan) -> Iterator[tuple[str, Model]]:
    rules = {rule["name"]: rule for _, rule in plan.of_type("aws_cloudwatch_event_rule")}
    for _, target in plan.of_type("aws_cloudwatch_event_target"):
        rule = rules[target["rule"]]
        (dead_letters,) = target["dead_letter_config"] or [{"arn": None}]
        yield (
            rule["name"],
            {
                "rate": rule["schedule_expression"],
                "enabled": rule.get("state", "ENABLED") in (None, "ENABLED"),
                "function": _function_of(target["arn"]),
                "input": json.loads(target["input"] or "null"),
                "dead_letters": _queue_name(dead_letters["arn"]),
            },
        )


def _streams(plan: Plan) -> Iterator[tuple[str, Model]]:
    for _, mapping in plan.of_type("aws_lambda_event_source_mapping"):
        table = mapping["event_source_arn"].partition(":table/")[2].partition("/")[0].rpartition("-")[0]
        filters = [one for criteria in mapping["filter_criteria"] for one in criteria["filter"]]
        ((destination,),) = [one["on_failure"] for one in mapping["destination_config"]]
        yield (
            f"{_function_of(mapping['function_name'])} of {table}",
            {
                "bisects": mapping["bisect_batch_on_function_error"],
                "retries": mapping["maximum_retry_attempts"],
                "filter": [json.loads(one["pattern"]) for one in filters],
                "dead_letters": _queue_name(destination["destination_arn"]),
            },
        )


def _rotations(plan: Plan) -> Iterator[tuple[str, Model]]:
    for _, rotation in plan.of_type("aws_secretsmanager_secret_rotation"):
        (rules,) = rotation["rotation_rules"]
        yield (
            _without_arn(rotation["secret_id"]),
            {
                "function": _function_of(rotation["rotation_lambda_arn"]),
                "days": rules["automatically_after_days"],
                "at_once": rotation["rotate_immediately"],
            },
        )


def _queues(plan: Plan) -> Iterator[tuple[str, Model]]:
    policies = [json.loads(policy["policy"]) for _, policy in plan.of_type("aws_sqs_queue_policy")]
    for _, queue in plan.of_type("aws_sqs_queue"):
        allowed = [senders(one) for one in policies if one["Statement"][0]["Resource"] == QUEUE_ARN + queue["name"]]
        yield (
            queue["name"],
            {
                "encrypted": queue["sqs_managed_sse_enabled"],
                "seconds": queue["message_retention_seconds"],
                "senders": set().union(*allowed),
            },
        )


def _failures(plan: Plan, function: str) -> Model | None:
    for _, config in plan.of_type("aws_lambda_function_event_invoke_config"):
        if (config["function_name"], config["qualifier"]) == (function, "live"):
            ((destination,),) = [one["on_failure"] for one in config["destination_config"]] or [[{"destination": None}]]
            return {"retries": config["maximum_retry_attempts"], "to": _queue_name(destination["destination"])}
    return None


def _statement(entry: Model) -> Model:
    """Return a statement as JSON policies have it; the ARN that is not known yet is the log group's."""
    statement = {
        "Effect": entry["effect"] or "Allow",
        "Action": entry["actions"],
        "Resource": [LOG_GROUP if resource is None else _without_arn(resource) for resource in entry["resources"]],
    }
    conditions: Model = {}
    for one in entry["condition"] or []:
        conditions.setdefault(one["test"], {})[one["variable"]] = one["values"]
    return statement | ({"Condition": conditions} if conditions else {})


def _without_arn(value: str) -> str:
    return SECRET if value.startswith(SECRET_ARN) else value


def _alarm(alarm: Model) -> Model:
    queries = alarm["metric_query"]
    metrics = {
        query["id"]: expression(query["expression"], query["period"])
        if query["expression"]
        else _metric(query["metric"][0])
        for query in queries
    }
    if not queries:
        metrics = {"one": _metric({**alarm, "stat": alarm["statistic"] or alarm["extended_statistic"]})}
    return {
        "metrics": metrics,
        "tells": 1 if "alarm_actions" not in alarm else len(alarm["alarm_actions"] or []),
        "of": alarm["evaluation_periods"],
        "needs": alarm["datapoints_to_alarm"] or alarm["evaluation_periods"],
        "threshold": alarm["threshold"],
        "comparison": alarm["comparison_operator"],
        "missing": alarm["treat_missing_data"],
    }


def _metric(metric: Model) -> str:
    dimensions = ",".join(sorted(f"{name}={value}" for name, value in metric["dimensions"].items()))
    return f"{metric['stat']} of {metric['namespace']} {metric['metric_name']} {dimensions} in {metric['period']} s"
