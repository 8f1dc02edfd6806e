"""The AWS account that a deployment goes to: `account.py check | prepare | url API STAGE`. Needs boto3.

`check` tells whether credentials and region are good; `prepare` gives API Gateway, once for a region, the role
without which it cannot write access logs; `url` prints where an API answers.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn
from urllib.parse import urlsplit

LOGS_ROLE = "shopkeeper-api-gateway-logs"
LOGS_POLICY = "arn:{partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
ROLE_SETTLES_SECONDS = 30.0
"""A role that was just made is not known everywhere at once."""


class Refused(Exception):
    """What an operator must mend, in one sentence."""


def region() -> str:
    """Return the region that everything is about. Raises Refused if none is named."""
    named = os.environ.get("AWS_REGION", "")
    if not named:
        raise Refused("AWS_REGION must name the region to deploy to.")
    return named


def client(service: str, **options: Any) -> Any:
    """Return a client of a service in that region, which repeats what failed for a moment. Raises Refused.

    botocore by itself asks AWS_DEFAULT_REGION, which may name another. `options` are botocore's.
    """
    import boto3  # here and below, so that --help works before it is installed
    from botocore.config import Config

    config = Config(retries={"mode": "standard", "max_attempts": 5}, **options)
    return boto3.client(service, region_name=region(), config=config)


def failures() -> tuple[type[Exception], ...]:
    """Return what a call of AWS raises."""
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


def check() -> str:
    """Return where a deployment would go. Raises Refused for a missing or wrong region or credentials."""
    import boto3

    named = region()
    if named not in boto3.session.Session().get_available_regions("lambda"):
        raise Refused(f"AWS_REGION names no region of AWS: '{named}'.")
    try:
        account = client("sts").get_caller_identity()["Account"]
    except failures() as error:
        raise Refused(f"There are no credentials that AWS takes: {error}") from None
    return f"To account {account}, region {named}."


def prepare() -> str:
    """Make sure that API Gateway can write logs in this region, and return what was done."""
    gateway = client("apigateway")
    if gateway.get_account().get("cloudwatchRoleArn"):
        return "API Gateway has a role for its logs."
    role = _logs_role()
    ends = time.monotonic() + ROLE_SETTLES_SECONDS
    while True:
        try:
            change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
            gateway.update_account(patchOperations=[change])
        except failures():
            if time.monotonic() > ends:
                raise
            time.sleep(2)
        else:
            return f"API Gateway writes its logs as {role}."


def _logs_role() -> str:
    iam = client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    try:
        role = iam.create_role(RoleName=LOGS_ROLE, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=LOGS_ROLE)["Role"]
    partition = str(role["Arn"]).split(":")[1]
    iam.attach_role_policy(RoleName=LOGS_ROLE, PolicyArn=LOGS_POLICY.format(partition=partition))
    return str(role["Arn"])


def api_id(name: str) -> str:
    """Return the id of the API called `name`. Raises Refused unless there is one."""
    pages = client("apigateway").get_paginator("get_rest_apis").paginate()
    ids = [api["id"] for page in pages for api in page["items"] if api["name"] == name]
    if len(ids) != 1:
        raise Refused(f"There is {'more than one API' if ids else 'no API'} called {name} in this region.")
    return str(ids[0])


def url(api: str, stage: str) -> str:
    """Return where an API answers, by its id; behind AWS_ENDPOINT_URL that is an emulator's address."""
    emulator = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
    if emulator.netloc:
        return f"{emulator.scheme}://{api}.execute-api.localhost:{emulator.port}/{stage}"
    return f"https://{api}.execute-api.{region()}.amazonaws.com/{stage}"


def run(script: str, document: str, answer: Callable[..., str], arguments: Sequence[str]) -> None:
    """Print the answer to a script's command, or its help; a refusal is one sentence and exit status 2."""
    if {"-h", "--help"} & {*arguments}:
        print(document)
        return
    try:
        for argument in arguments:
            if argument.startswith("-"):
                raise Refused(f"There is no option '{argument}'.")
        print(answer(*arguments))
    except Refused as refusal:
        _end(script, refusal)
    except failures() as failure:
        _end(script, failure)


def _end(script: str, reason: Exception) -> NoReturn:
    print(f"{script}: {reason}", file=sys.stderr)
    raise SystemExit(2) from None


def answer(*command: str) -> str:
    """Run a command and return what it has to say. Raises Refused."""
    match command:
        case ("check",):
            return check()
        case ("prepare",):
            return prepare()
        case ("url", name, stage):
            return url(api_id(name), stage)
    raise Refused("The command must be check, prepare or url API STAGE.")


if __name__ == "__main__":
    run("account.py", __doc__, answer, sys.argv[1:])
