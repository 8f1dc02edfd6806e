"""Nothing is granted in vain: with any one permission less, some call of the API collection fails.

Of one description. `test_deployed.py` takes each permission away in all three.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.permissions import permissions_of, secret_actions_of
from tests.deploy.deployment import NAME, Deployment
from tests.deploy.emulator import Aws
from tests.deploy.journeys import JOURNEYS
from tests.deploy.mails import mails_are_sent
from tests.deploy.model import OBJECT_ARN, QUEUE_ARN, TABLE_ARN, physical
from tests.deploy.operations import backlogs_are_told
from tests.deploy.roles import Role, without
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
    role = Role(deployment, function)
    (gone,) = (
        one for one in role.permissions() if one == (action, resource) or (not resource and one.action == action)
    )
    if function == "health":
        time.sleep(PROBE_SECONDS)
    try:
        role.allow(without(role.document, gone))
        if action == SECRET_READ:
            deployment.start_anew(function)
        # Just after a start anew the first registration may fail on the emulator, and it is none of the collection's.
        own = "" if action == SECRET_READ and function != "rotation" else function
        assert not all(check(deployment) for check in checks(own))
    finally:
        deployment.empty_bucket()
        role.allow(role.document)


@pytest.mark.step("collection")
def test_with_all_of_them_it_passes(deployment: Deployment) -> None:
    time.sleep(PROBE_SECONDS)
    for check in JOURNEYS:
        assert check(deployment), check


@pytest.mark.step("deployed")
def test_the_dead_letters_of_a_function_are_all_that_it_may_send_to(deployment: Deployment) -> None:
    for function in FUNCTIONS:
        allowed = {one for one in Role(deployment, function.name).permissions() if one.action.startswith("sqs:")}
        assert allowed == {("sqs:SendMessage", f"{QUEUE_ARN}{NAME}-{queue.name}") for queue in function.dead_letters}


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
    return sorted(JOURNEYS, key=lambda check: check is not OWN.get(function, Deployment.collection_passes))
