"""Nothing is granted in vain: with any one permission less, some call of the API collection fails."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.permissions import permissions_of, secret_actions_of
from tests.deploy.deployment import NAME, Deployment
from tests.deploy.emulator import Aws
from tests.deploy.mails import mails_are_sent
from tests.deploy.model import OBJECT_ARN, QUEUE_ARN, TABLE_ARN, physical
from tests.deploy.operations import backlogs_are_told
from tests.deploy.retention import customers_are_forgotten
from tests.deploy.rotation import the_secret_is_rotated
from tests.deploy.traffic import traffic_is_counted

SECRET_READ = "secretsmanager:GetSecretValue"
PROBE_SECONDS = 5.5
"""The health of every table is looked at once in 5 s."""

GRANTED = [
    (
        function.name,
        permission.action,
        f"{OBJECT_ARN if permission.kind == 'object' else TABLE_ARN}{physical(permission, NAME, 'dev')}",
    )
    for function in FUNCTIONS
    for permission in sorted(permissions_of(function))
    if permission.kind in ("table", "index", "object")
] + [(function.name, action, "") for function in FUNCTIONS for action in secret_actions_of(function)]
"""Not what Lambda itself does as the function's role, which the emulator does as nobody: read a stream, and send to a
dead-letter queue. `test_the_dead_letters_of_a_function_are_all_that_it_may_send_to` looks at the latter."""


@pytest.fixture(scope="module")
def deployment(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The Serverless Framework's description: its roles have names, and all three grant the same."""
    deployed = Deployment("serverless", tmp_path_factory.mktemp("serverless"), aws)
    deployed.deploy()
    assert deployed.status == 0, deployed.output
    yield deployed
    deployed.remove()


@pytest.mark.step("deployed")
@pytest.mark.parametrize(("function", "action", "resource"), GRANTED)
def test_a_permission_less_is_missed(function: str, action: str, resource: str, deployment: Deployment) -> None:
    iam = deployment.aws.client("iam")
    role = _role(deployment, function)
    policy = iam.get_role_policy(RoleName=role, PolicyName="function")["PolicyDocument"]
    fewer = _without(policy, action, resource)
    assert fewer != policy
    if function == "health":
        time.sleep(PROBE_SECONDS)
    try:
        iam.put_role_policy(RoleName=role, PolicyName="function", PolicyDocument=json.dumps(fewer))
        if action == SECRET_READ:
            deployment.start_anew(function)
        # Just after a start anew the first registration may fail on the emulator, and it is none of the collection's.
        own = "" if action == SECRET_READ and function != "rotation" else function
        assert not all(check(deployment) for check in checks(own))
    finally:
        deployment.empty_bucket()
        iam.put_role_policy(RoleName=role, PolicyName="function", PolicyDocument=json.dumps(policy))


@pytest.mark.step("collection")
def test_with_all_of_them_it_passes(deployment: Deployment) -> None:
    time.sleep(PROBE_SECONDS)
    for check in CHECKS:
        assert check(deployment), check


@pytest.mark.step("deployed")
def test_the_dead_letters_of_a_function_are_all_that_it_may_send_to(deployment: Deployment) -> None:
    for function in FUNCTIONS:
        role = _role(deployment, function.name)
        policy = deployment.aws.client("iam").get_role_policy(RoleName=role, PolicyName="function")["PolicyDocument"]
        allowed = {
            (action, resource)
            for statement in policy["Statement"]
            for action in _listed(statement["Action"])
            for resource in _listed(statement["Resource"])
            if action.startswith("sqs:")
        }
        assert allowed == {("sqs:SendMessage", f"{QUEUE_ARN}{NAME}-{queue.name}") for queue in function.dead_letters}


def an_order_expires(deployment: Deployment) -> bool:
    """Do what no request asks for: a schedule does."""
    return deployment.expire_an_order() == ["order.received", "order.expired"]


def a_pause_ends(deployment: Deployment) -> bool:
    """Do what no request of the collection asks for, and what a schedule does."""
    return deployment.end_a_pause() == [*["business.paused"] * 3, "business.resumed"]


def an_admin_lists_users(deployment: Deployment) -> bool:
    """Do what the collection cannot, because nobody becomes an admin through the API."""
    root = {"email": f"{time.time_ns()}@example.com", "password": "correct horse battery"}
    user = deployment.call("POST", "/api/auth/register", {**root, "name": "Root"}).json
    deployment.aws.client("dynamodb").update_item(
        TableName="users-dev",
        Key={"user_id": {"S": user["user_id"]}},
        UpdateExpression="SET #role = :admin",
        ExpressionAttributeNames={"#role": "role"},
        ExpressionAttributeValues={":admin": {"S": "admin"}},
    )
    token = deployment.call("POST", "/api/auth/login", root).json["access_token"]
    return deployment.call("GET", "/api/users", token=token).status == 200


def _role(deployment: Deployment, function: str) -> str:
    configuration = deployment.aws.client("lambda").get_function_configuration(FunctionName=f"{NAME}-{function}")
    return str(configuration["Role"]).rpartition("/")[2]


def _without(policy: dict[str, Any], action: str, resource: str) -> dict[str, Any]:
    """Return a policy without an action on a resource (on the secret where that is empty)."""
    statements = []
    for statement in policy["Statement"]:
        actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
        touched = [one for one in resources if one == resource or (not resource and ":secret:" in one)]
        if action not in actions or not touched:
            statements.append(statement)
            continue
        kept = [one for one in resources if one not in touched]
        fewer = [one for one in actions if one != action]
        if kept:
            statements.append({**statement, "Resource": kept})
        if fewer:
            statements.append({**statement, "Action": fewer, "Resource": touched})
    return {**policy, "Statement": statements}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


CHECKS: tuple[Callable[[Deployment], bool], ...] = (
    Deployment.collection_passes,
    an_admin_lists_users,
    an_order_expires,
    a_pause_ends,
    customers_are_forgotten,
    traffic_is_counted,
    Deployment.webhooks_are_sent,
    Deployment.show_a_picture,
    mails_are_sent,
    backlogs_are_told,
    the_secret_is_rotated,
)
"""Together they need every permission."""

OWN = {
    "visits": traffic_is_counted,
    "traffic": traffic_is_counted,
    "webhooks": Deployment.webhooks_are_sent,
    "mail": mails_are_sent,
    "operations": backlogs_are_told,
    "rotation": the_secret_is_rotated,
}
"""What most permissions of a function are for. It is looked at first, since the rest takes longer."""


def checks(function: str) -> list[Callable[[Deployment], bool]]:
    """Return all checks, in the order in which a permission less of a function is noticed soon."""
    return sorted(CHECKS, key=lambda check: check is not OWN.get(function))
