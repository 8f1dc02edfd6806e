"""An operator's service asks a deployed stage, by a call that it signs with AWS credentials."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.deploy.deployment import NAME, Deployment
from tests.deploy.model import ACCOUNT, REGION
from tests.support.http import Answer, send

PATH = "/ops/backlogs"
OPERATOR = Credentials("test", "test")


def ask_signed(deployment: Deployment, credentials: Credentials = OPERATOR, key: str | None = None) -> Answer:
    """Return the answer to a call that is signed for the API, with the key of its plan or another."""
    place = urlsplit(f"{deployment.place}{PATH}")
    headers = {"Host": place.netloc, "x-api-key": api_key(deployment) if key is None else key}
    request = AWSRequest("POST", place.geturl(), headers=headers, data=b"")
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    return send(deployment.aws.url, "POST", place.path, headers=dict(request.headers.items()))


@contextmanager
def a_service(deployment: Deployment, *actions: str) -> Iterator[Credentials]:
    """Give the credentials of a user who may do these actions on the API, and nothing else."""
    iam = deployment.aws.client("iam")
    name = f"service-{time.time_ns()}"
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    api = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{deployment.aws.api(NAME)}/dev/POST{PATH}"
    statement = {"Effect": "Allow", "Action": list(actions) or ["sts:GetCallerIdentity"], "Resource": api}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="service", PolicyDocument=document)
    try:
        yield Credentials(made["AccessKeyId"], made["SecretAccessKey"])
    finally:
        iam.delete_user_policy(UserName=name, PolicyName="service")
        iam.delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"])
        iam.delete_user(UserName=name)


def api_key(deployment: Deployment) -> str:
    """Return the key of the API's usage plan."""
    keys = deployment.aws.client("apigateway").get_api_keys(includeValues=True)["items"]
    (value,) = [key["value"] for key in keys if key["name"] == NAME]
    return str(value)


def backlogs_are_told(deployment: Deployment) -> bool:
    """Return whether a signed call is told how much waits, and an unsigned one nothing."""
    told = ask_signed(deployment)
    if deployment.call("POST", PATH).status != 403 or told.status != 200:
        return False
    return set(told.json["backlogs"]) == {"orders_waiting", "webhooks_behind", "deliveries_set_aside", "mails_waiting"}
