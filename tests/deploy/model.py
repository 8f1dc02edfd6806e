"""A description of the infrastructure as plain data, and how two of them differ.

Tables, functions and alarms go by their short names; ARNs lose what is the same in every account.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.filters import filters
from shopkeeper.functions.permissions import Permission, permissions_of, secret_actions_of
from shopkeeper.http import Access, Endpoint
from shopkeeper.pages.headers import SECURITY_HEADERS, content_security_policy
from shopkeeper.settings import SETTINGS
from shopkeeper.storage import Table
from shopkeeper.storage.table import Key
from shopkeeper.storage.tables import TABLES
from tests.support.tools import ROOT

Model = dict[str, Any]

REGION = "us-east-1"
ACCOUNT = "000000000000"
TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"
SENDERS = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/*"
OBJECT_ARN = "arn:aws:s3:::"
RULE_ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/"
SECRET = "the secret"
INFRASTRUCTURE = ROOT / "infrastructure"
EDGE = {"pages": "rewrite.js", "viewer": "viewer.js"}
"""The functions of CloudFront and their files."""

DISTRIBUTION_ARN = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1EXAMPLE"
URL = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws"
PICTURES_URL = "https://pictures.example"
ORIGINS = {"dev": "", "staging": "https://staging.example", "prod": "https://shop.example,https://www.example"}

"""The origins that each stage is deployed with; without any, dev permits every port of localhost."""

FRAMEWORKS_OWN = "ServerlessDeploymentBucket"
"""The bucket of packages that the Serverless Framework makes in each of its stacks."""

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""CloudFront's managed policies (Amazon CloudFront Developer Guide, "Use managed cache policies" and the like)."""

FRONTS = {
    "dev": ("blue", "", ""),
    "staging": ("green", "a1b2c3d4e5", ""),
    "prod": ("blue", "f6g7h8i9j0", URL),
}
"""The colour in front of each stage, the id of its API and the host of its Function URL.

Dev is as before its first deployment, and prod is deployed with `FRONT=distribution`.
"""


def front_of(stage: str) -> str:
    """Return the `FRONT` that a stage is deployed with, empty for the default."""
    return "distribution" if FRONTS[stage][2] else ""


CLOUDFRONTS = "https://*.cloudfront.net"
LOCAL_ORIGINS = ["http://localhost:*", "http://127.0.0.1:*"]
BUCKET, DISTRIBUTION = "the bucket", "the distribution"
"""How statements name what the data makes."""

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


def declared(stage: str, colour: str, functions: tuple[Function, ...] = FUNCTIONS) -> Model:
    """Return what the code's declarations say of a stage."""
    name = f"shopkeeper-{stage}-{colour}"
    return {
        "routes": {route: answered for function in functions for route, answered in _routes(function)},
        "functions": {function.name: _function(function, name, stage, colour) for function in functions},
        "schedules": {
            f"{name}-{schedule.name}": {
                "rate": f"rate({schedule.minutes} minute{'s' if schedule.minutes > 1 else ''})",
                "enabled": True,
                "function": function.name,
                "input": {"schedule": schedule.name},
                "dead_letters": f"{name}-{schedule.name}-dead-letters",
            }
            for function in functions
            for schedule in function.schedules
        },
        "streams": {
            f"{function.name} of {stream.table.name}": {
                "bisects": True,
                "retries": 5,
                "filter": [{"eventName": ["INSERT"]}],
                "dead_letters": f"{name}-{stream.name}-dead-letters",
            }
            for function in functions
            for stream in function.streams
        },
        "rotations": {},
        "queues": dict(_queues(name, functions)),
        "filters": {
            f"{name}-{one.name}": {
                "log": f"/aws/lambda/{name}-{one.function}",
                "pattern": one.pattern,
                "metrics": [f"{one.value} Count as Shopkeeper/{one.service}/{stage} {one.metric}"],
            }
            for one in filters(functions)
        },
        "tables": {f"{table.name}-{stage}": _table(table, stage, functions) for table in TABLES},
        "pictures": _pictures(stage),
        "distribution": _distribution(stage, functions),
        "secret": {"name": f"shopkeeper/{stage}/jwt", "generated": True},
        "other_identities": set(),
    }


def _routes(function: Function) -> Iterator[tuple[str, str]]:
    """Yield the routes of a function, with who answers which calls."""
    for endpoint in function.endpoints:
        answered = f"{function.name}{SIGNED}" if endpoint.access is Access.AWS_IAM else function.name
        for method in endpoint.methods:
            yield f"{method} {endpoint.path}", answered


def public(functions: tuple[Function, ...]) -> list[Endpoint[Any]]:
    """Return the endpoints that browsers may call."""
    return [endpoint for one in functions for endpoint in one.endpoints if endpoint.access is not Access.AWS_IAM]


def _queues(name: str, functions: tuple[Function, ...]) -> Iterator[tuple[str, Model]]:
    """Yield the dead-letter queues: a rule sends to one itself, Lambda to both kinds as the function's role."""
    for function in functions:
        for schedule in function.schedules:
            yield f"{name}-{schedule.name}-dead-letters", _queue({f"rule {name}-{schedule.name}"})
        for stream in function.streams:
            yield f"{name}-{stream.name}-dead-letters", _queue(set())


def _queue(senders: set[str]) -> Model:
    return {"encrypted": True, "seconds": 14 * 24 * 60 * 60, "senders": senders}


def bucket(stage: str) -> str:
    """Return the name of the bucket of a stage."""
    return f"shopkeeper-{stage}-{ACCOUNT}-{REGION}"


def physical(permission: Permission, name: str, stage: str) -> str:
    """Return the resource of a permission as statements name it, without the beginning of its ARN."""
    ends = {"table": "", "index": f"/index/{permission.index}", "stream": "/stream/*"}
    if permission.kind == "queue":
        return f"{name}-{permission.name}"
    if permission.kind == "sender":
        return "identity/* from "  # the setting is empty here, as all others
    if permission.kind == "object":
        return f"{bucket(stage)}/{permission.name}"
    return f"{permission.name}-{stage}{ends[permission.kind]}"


def _function(function: Function, name: str, stage: str, colour: str) -> Model:
    environment = {
        "STAGE": stage,
        "COLOUR": colour,
        **{setting.variable: "" for setting in SETTINGS if setting.deployable},
        "ALLOWED_ORIGINS": ORIGINS[stage],
        "FRONT": front_of(stage),
        **{table.environment: f"{table.name}-{stage}" for table in TABLES},
    }
    granted = {f"{permission.action} {physical(permission, name, stage)}" for permission in permissions_of(function)}
    if function.authenticates or function.rotation is not None:
        environment["JWT_SECRET_ARN"] = SECRET
    granted |= {f"{action} {SECRET}" for action in secret_actions_of(function)}
    if function.pictures:
        environment |= {"S3_BUCKET_NAME": bucket(stage), "PICTURES_URL": PICTURES_URL}
    return {
        "name": f"{name}-{function.name}",
        "handler": f"shopkeeper.runtime.lambda_.handlers.{function.name}",
        "runtime": "python3.13",
        "architecture": "arm64",
        "memory": function.memory,
        "timeout": function.timeout,
        "tracing": "Active",
        "alias": "live",
        "invoked_by": {
            *([API] if function.endpoints else []),
            *([ROTATOR] if function.rotation is not None else []),
            *([BY_URL, OF_URL] if _has_url(function, stage) else []),
            *(f"rule {name}-{schedule.name}" for schedule in function.schedules),
        },
        "url": "AWS_IAM" if _has_url(function, stage) else None,
        "failures": {"retries": 2, "to": f"{name}-{function.schedules[0].name}-dead-letters"}
        if function.schedules
        else None,
        "environment": environment,
        "permissions": granted,
        "telemetry": TELEMETRY,
        "role_of": {"lambda.amazonaws.com"},
    }


def _has_url(function: Function, stage: str) -> bool:
    return function.has_url and bool(front_of(stage))


API = "the API"
"""Who else may invoke a function that serves requests: this API's gateway."""

ROTATOR = "Secrets Manager, for the secret"
"""Who may invoke the function that rotates."""

BY_URL, OF_URL = "the distribution, by a URL that it signs for", "the distribution"
"""Who may call the URL of a function. Lambda asks for both permissions."""

URL_CALLERS = {("lambda:InvokeFunctionUrl", "AWS_IAM"): BY_URL, ("lambda:InvokeFunction", None): OF_URL}

SIGNED = ", if signed with AWS credentials"
"""What stands behind the function of a route that takes only such calls."""

TELEMETRY = {"logs": True, "xray": True}
"""The fixed set that every function may do beside its own: write to its log, and to X-Ray."""


def _table(table: Table, stage: str, functions: tuple[Function, ...]) -> Model:
    has_stream = any(stream.table == table for function in functions for stream in function.streams)
    return {
        "key": _key(table.key),
        "indexes": {index.name: [*_key(index.key), "ALL"] for index in table.indexes},
        "ttl": table.ttl,
        "stream": "NEW_IMAGE" if has_stream else None,
        "billing": "PAY_PER_REQUEST",
        "encrypted": True,
        "point_in_time_recovery": stage == "prod" and not table.ephemeral,
        "deletion_protection": stage != "dev",
    }


def _pictures(stage: str) -> Model:
    """Return what the pictures of a stage must be."""
    origins = [CLOUDFRONTS, *(ORIGINS[stage].split(",") if ORIGINS[stage] else LOCAL_ORIGINS)]
    reader = f"AWS:SourceArn={DISTRIBUTION}"
    return {
        "bucket": bucket(stage),
        "encryption": "AES256",
        "ownership": "BucketOwnerEnforced",
        "versions": False,
        "closed": {"acls": True, "policy": True, "ignored": True, "restricted": True},
        "cors": [{"methods": ["POST"], "origins": sorted(origins), "headers": ["*"], "seconds": 600}],
        "policy": {
            f"Deny * s3:* on {BUCKET} Bool aws:SecureTransport=false",
            f"Deny * s3:* on {BUCKET}/* Bool aws:SecureTransport=false",
            f"Allow cloudfront.amazonaws.com s3:GetObject on {BUCKET}/pictures/* StringEquals {reader}",
            f"Allow cloudfront.amazonaws.com s3:GetObject on {BUCKET}/pages/* StringEquals {reader}",
        },
        "told": f"https://{DISTRIBUTION}",
    }


def _distribution(stage: str, functions: tuple[Function, ...]) -> Model:
    """Return what serves the pictures and the pages of a stage, and the API under the same address."""
    colour, api, url = FRONTS[stage]
    files: Model = {
        "viewers": "redirect-to-https",
        "methods": ["GET", "HEAD"],
        "cache": CACHING_OPTIMIZED,
        "request": None,
    }
    passed_on: Model = {
        "origin": "api",
        "viewers": "https-only",
        "methods": sorted(["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]),
        "compresses": False,
        "cache": CACHING_DISABLED,
        "request": ALL_VIEWER_EXCEPT_HOST,
        "headers": "",
        "edge": [],
    }
    kept = {**passed_on, "compresses": True, "cache": "public"}
    bucket_of_stage: Model = {"from": BUCKET, "signed": "pictures", "protocol": None, "tls": None}
    counted = {**passed_on, "origin": "counter", "edge": ["viewer-request viewer"]} if url else passed_on
    secured: Model = {"protocol": "https-only", "tls": ["TLSv1.2"]}
    page: Model = {**files, "origin": "pages", "compresses": True, "headers": "pages", "edge": ["viewer-request pages"]}
    gateway = f"execute-api.{REGION}.amazonaws.com"
    return {
        "enabled": True,
        "access": {
            "pictures": {"type": "s3", "signs": "always", "protocol": "sigv4"},
            "counter": {"type": "lambda", "signs": "always", "protocol": "sigv4"},
        },
        "origins": {
            "pictures": {**bucket_of_stage, "path": ""},
            "pages": {**bucket_of_stage, "path": f"/pages/{colour}"},
            "api": {
                "from": f"{api}.{gateway}" if api else gateway,
                "path": f"/{stage}",
                "signed": None,
                **secured,
            },
            **({"counter": {"from": url, "path": "", "signed": "counter", **secured}} if url else {}),
        },
        "behaviours": {
            "*": page,
            "/pictures/*": {
                **files,
                "origin": "pictures",
                "compresses": False,
                "headers": "pictures",
                "edge": [],
            },
            "/api/docs": page,
            **dict.fromkeys(_public(functions), kept),
            **dict.fromkeys(_patterns(functions), passed_on),
            **dict.fromkeys(_patterns(tuple(one for one in functions if one.has_url)), counted),
        },
        # The first that fits counts: the API docs and what caches may keep stand before the paths of the API.
        "order": ["/pictures/*", "/api/docs", *_public(functions), *sorted(set(_patterns(functions)))],
        "headers": {
            "pages": {
                **SECURITY_HEADERS,
                "Content-Security-Policy": content_security_policy(
                    f"https://{bucket(stage)}.s3.{REGION}.amazonaws.com"
                ),
            },
            "pictures": {
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Content-Disposition": "inline",
                "Cross-Origin-Resource-Policy": "cross-origin",
            },
        },
        "edge": {
            name: {"code": (INFRASTRUCTURE / file).read_text(), "runtime": "cloudfront-js-2.0", "live": True}
            for name, file in EDGE.items()
        },
        # No answer to a token is another's, and what does not say how long it may be kept is not kept.
        "public": {
            "seconds": [0, 0, 60],
            "cookies": "none",
            "headers": ["Authorization", "Origin"],
            "query": "all",
            "compressed": [True, True],
        },
    }


def _public(functions: tuple[Function, ...]) -> list[str]:
    """Return the patterns of the public paths. An id is a UUID."""
    paths = [endpoint.path for function in functions for endpoint in function.endpoints if endpoint.public]
    return sorted(re.sub(r"{[a-z_]+}", "?" * len(str(UUID(int=0))), path) for path in paths)


def _patterns(functions: tuple[Function, ...]) -> Iterator[str]:
    """Yield what the distribution passes on to the API."""
    for endpoint in public(functions):
        parts = endpoint.path.split("/")
        if endpoint.path != "/":
            yield f"/{parts[1]}/*" if len(parts) > 2 else f"/{parts[1]}"


def _key(key: Key) -> list[str]:
    return [f"{role} {attribute.name} {attribute.type}" for role, attribute in zip(ROLES, key.attributes, strict=False)]


ROLES = ("HASH", "RANGE")


def key_schema(schema: list[tuple[str, str]], types: dict[str, str]) -> list[str]:
    """Return a key as the model has it: `schema` is of names and roles, `types` of all attributes."""
    return [f"{role} {name} {types[name]}" for name, role in schema]
