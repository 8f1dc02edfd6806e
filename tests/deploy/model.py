"""A description of the infrastructure as plain data, and how two of them differ.

Tables, functions and alarms go by their short names; ARNs lose what is the same in every account.
"""

from collections.abc import Iterator
from typing import Any

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Function
from shopkeeper.storage import TABLES, Table
from shopkeeper.storage.dynamodb.permissions import permissions
from shopkeeper.storage.table import Key

Model = dict[str, Any]

REGION = "us-east-1"
ACCOUNT = "000000000000"
TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"
SECRET = "the secret"
ORIGINS = {"dev": "", "staging": "https://staging.example", "prod": "https://shop.example,https://www.example"}

"""The origins that each stage is deployed with; without any, dev permits every port of localhost."""

UNDECLARED = "/{proxy+}"
"""The path of whatever is not declared, which has a preflight alone."""


def differences(found: object, wanted: object, at: str = "") -> Iterator[str]:
    """Yield a line for each place in which `found` is not as `wanted`."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for name in sorted({*found, *wanted}, key=str):
            path = f"{at}.{name}" if at else str(name)
            if name not in found:
                yield f"{path} is missing"
            elif name not in wanted:
                yield f"{path} is not declared"
            else:
                yield from differences(found[name], wanted[name], path)
    elif isinstance(found, list | set | frozenset) and isinstance(wanted, list | set | frozenset):
        yield from (f"{at} lacks {item}" for item in wanted if item not in found)
        yield from (f"{at} has {item}, which is not declared" for item in found if item not in wanted)
    elif found != wanted:
        yield f"{at} is {found!r}, not {wanted!r}"


def declared(stage: str, colour: str) -> Model:
    """Return what the code's declarations say of a stage."""
    name = f"shopkeeper-{stage}-{colour}"
    return {
        "routes": {
            f"{endpoint.method} {endpoint.path}": function.name
            for function in FUNCTIONS
            for endpoint in function.endpoints
        },
        "functions": {function.name: _function(function, name, stage, colour) for function in FUNCTIONS},
        "tables": {f"{table.name}-{stage}": _table(table, stage) for table in TABLES},
        "secret": {"name": f"shopkeeper/{stage}/jwt", "generated": True},
        "other_identities": set(),
    }


def _function(function: Function, name: str, stage: str, colour: str) -> Model:
    environment = {
        "STAGE": stage,
        "COLOUR": colour,
        "ALLOWED_ORIGINS": ORIGINS[stage],
        "COGNITO_USER_POOL_ID": "",
        "COGNITO_CLIENT_ID": "",
        **{table.environment: f"{table.name}-{stage}" for table in TABLES},
    }
    granted = {
        f"{permission.action} {permission.table}-{stage}" + (f"/index/{permission.index}" if permission.index else "")
        for permission in permissions(function.grants)
    }
    if function.authenticates:
        environment["JWT_SECRET_ARN"] = SECRET
        granted.add(f"secretsmanager:GetSecretValue {SECRET}")
    return {
        "name": f"{name}-{function.name}",
        "handler": f"shopkeeper.runtime.lambda_.handlers.{function.name}",
        "runtime": "python3.13",
        "architecture": "arm64",
        "memory": function.memory,
        "timeout": function.timeout,
        "tracing": "Active",
        "alias": "live",
        "invoked_by_api": True,
        "environment": environment,
        "permissions": granted,
        "telemetry": TELEMETRY,
        "role_of": {"lambda.amazonaws.com"},
    }


TELEMETRY = {"logs": True, "xray": True}
"""The fixed set that every function may do beside its own: write to its log, and to X-Ray."""


def _table(table: Table, stage: str) -> Model:
    return {
        "key": _key(table.key),
        "indexes": {index.name: [*_key(index.key), "ALL"] for index in table.indexes},
        "ttl": table.ttl,
        "billing": "PAY_PER_REQUEST",
        "encrypted": True,
        "point_in_time_recovery": stage == "prod",
        "deletion_protection": stage != "dev",
    }


def _key(key: Key) -> list[str]:
    return [f"{role} {attribute.name} {attribute.type}" for role, attribute in zip(ROLES, key.attributes, strict=False)]


ROLES = ("HASH", "RANGE")


def key_schema(schema: list[tuple[str, str]], types: dict[str, str]) -> list[str]:
    """Return a key as the model has it: `schema` is of names and roles, `types` of all attributes."""
    return [f"{role} {name} {types[name]}" for name, role in schema]


def statement_permissions(statements: list[Model], log_groups: set[str]) -> tuple[set[str], dict[str, bool]]:
    """Return what statements of a policy allow, and of that apart whether it holds the fixed set."""
    granted: set[str] = set()
    telemetry = {"logs": False, "xray": False}
    for statement in statements:
        actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
        if statement["Effect"] != "Allow" or "Condition" in statement or "NotAction" in statement:
            granted.add(f"a statement that is no plain permission: {statement}")
        elif set(actions) == {"logs:CreateLogStream", "logs:PutLogEvents"} and set(resources) <= log_groups:
            telemetry["logs"] = True
        elif set(actions) == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"} and resources == ["*"]:
            telemetry["xray"] = True
        else:
            granted |= {f"{action} {resource.removeprefix(TABLE_ARN)}" for action in actions for resource in resources}
    return granted, telemetry


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
