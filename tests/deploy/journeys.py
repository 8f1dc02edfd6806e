"""What a deployed stage is taken through, under the roles of its functions. Together it needs every permission."""

import time
from collections.abc import Callable

from tests.deploy.deployment import Deployment
from tests.deploy.mails import mails_are_sent
from tests.deploy.operations import backlogs_are_told
from tests.deploy.retention import customers_are_forgotten
from tests.deploy.rotation import the_secret_is_rotated
from tests.deploy.traffic import traffic_is_counted


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


JOURNEYS: tuple[Callable[[Deployment], bool], ...] = (
    an_admin_lists_users,
    an_order_expires,
    a_pause_ends,
    customers_are_forgotten,
    traffic_is_counted,
    Deployment.webhooks_are_sent,
    Deployment.show_a_picture,
    mails_are_sent,
    backlogs_are_told,
    Deployment.collection_passes,
    the_secret_is_rotated,  # the last one: for a minute after a second rotation the functions do not know its key
)
