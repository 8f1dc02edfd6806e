"""The roles of a deployment's functions: each permission is taken away, and the call that needs it is made again.

The call is what the function itself asked of AWS under its role. What AWS does under a role by itself, such as reading
a stream, the emulator does as nobody: those calls are made here, under the same role.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import boto3
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from shopkeeper.functions.all import FUNCTIONS
from tests.deploy.deployment import NAME, Deployment
from tests.deploy.model import QUEUE_ARN, REGION, TABLE_ARN
from tests.support.http import send

Document = dict[str, Any]

NAMES = [function.name for function in FUNCTIONS]

UNKNOWN = {
    "ses:SendRawEmail": "the emulator asks for ses:SendEmail alone",
    "xray:PutTelemetryRecords": "the emulator has no X-Ray",
    "xray:PutTraceSegments": "the emulator has no X-Ray",
}
"""The permissions that cannot be tried here, each with the reason. `test_agreement.py` looks at them statically."""


DENIED = "AccessDenied"


class Permission(NamedTuple):
    """An action that a role may do on a resource, as the statement of its policy names both."""

    action: str
    resource: str


class Role:
    """The role of a deployed function, and the policy that it was deployed with."""

    def __init__(self, deployment: Deployment, function: str) -> None:
        self._deployment = deployment
        self._iam = deployment.aws.client("iam")
        configured = deployment.aws.client("lambda").get_function_configuration(FunctionName=f"{NAME}-{function}")
        self.name = str(configured["Role"]).rpartition("/")[2]
        attached = self._iam.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]
        (self._policy,) = self._iam.list_role_policies(RoleName=self.name)["PolicyNames"]
        assert not attached, attached
        found = self._iam.get_role_policy(RoleName=self.name, PolicyName=self._policy)
        self.document: Document = found["PolicyDocument"]
        self.credentials = self._assume(configured["Role"])

    def permissions(self) -> Iterator[Permission]:
        """Yield every action on every resource, in the order of the statements."""
        for statement in self.document["Statement"]:
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield Permission(action, resource)

    def allow(self, document: Document) -> None:
        """Let the role do what a policy says, and nothing else."""
        self._iam.put_role_policy(RoleName=self.name, PolicyName=self._policy, PolicyDocument=json.dumps(document))

    def _assume(self, arn: str) -> Credentials:
        """Return credentials of the role. Only Lambda may assume it, so its trust is wider for a moment."""
        trust = self._iam.get_role(RoleName=self.name)["Role"]["AssumeRolePolicyDocument"]
        everybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        wider = {**trust, "Statement": [*trust["Statement"], everybody]}
        self._iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=json.dumps(wider))
        found = self._deployment.aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        self._iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=json.dumps(trust))
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def without(document: Document, gone: Permission) -> Document:
    """Return a policy without an action on a resource."""
    statements = []
    for statement in document["Statement"]:
        actions, resources = listed(statement["Action"]), listed(statement["Resource"])
        if gone.action not in actions or gone.resource not in resources:
            statements.append(statement)
            continue
        kept = [one for one in resources if one != gone.resource]
        fewer = [one for one in actions if one != gone.action]
        if kept:
            statements.append({**statement, "Resource": kept})
        if fewer:
            statements.append({**statement, "Action": fewer, "Resource": [gone.resource]})
    return {**document, "Statement": statements}


def listed(value: str | list[str]) -> list[str]:
    """Return what a policy may write as one text or as several."""
    return [value] if isinstance(value, str) else value


def made_calls(deployment: Deployment) -> dict[str, list[Document]]:
    """Return the last call for each permission that a role has used, by the roles' names."""
    calls: dict[str, list[Document]] = {}
    for call in send(deployment.aws.url, "GET", "/_permitted").json:
        calls.setdefault(call["role"], []).append(call)
    return calls


def unused(deployment: Deployment) -> list[str]:
    """Return the permissions for which no function has made a call yet, apart from those that AWS itself uses."""
    calls = made_calls(deployment)
    return [
        f"{function}: {permission.action} on {permission.resource}"
        for function in NAMES
        for role in [Role(deployment, function)]
        for permission in role.permissions()
        if not _is_aws_own(permission) and not _needing(calls.get(role.name, []), permission)
    ]


def faults(deployment: Deployment, functions: Sequence[str] = NAMES) -> Iterator[str]:
    """Take each permission away for a moment, and yield those without which the call that needs it does not fail."""
    calls = made_calls(deployment)
    for function in functions:
        role = Role(deployment, function)
        for permission in role.permissions():
            if permission.action in UNKNOWN:
                continue
            call = _call(deployment, role, permission, calls.get(role.name, []))
            try:
                role.allow(without(role.document, permission))
                refused = call()
            finally:
                role.allow(role.document)
            is_named = f"not authorized to perform: {permission.action}".lower() in refused.lower()
            # S3 does not say what it refuses of a form: then the same form must be taken with the whole policy.
            if not is_named and (DENIED not in refused or DENIED in call()):
                yield f"{function}: {permission.action} on {permission.resource}: {refused}"


def _needing(calls: list[Document], permission: Permission) -> list[Document]:
    return [
        call
        for call in calls
        if call["action"] == permission.action and fnmatchcase(call["resource"], permission.resource)
    ]


def _is_aws_own(permission: Permission) -> bool:
    return permission.action in AWS_OWN or permission.action in UNKNOWN


def _call(deployment: Deployment, role: Role, permission: Permission, made: list[Document]) -> Callable[[], str]:
    """Return what makes the call that needs a permission, and says how it was refused."""
    own = AWS_OWN.get(permission.action)
    if own is not None:
        return lambda: _refusal(lambda: own(Clients(deployment, role), permission.resource))
    found = _needing(made, permission)
    return (lambda: _again(deployment, role, found[0]["request"])) if found else (lambda: "no call needs it")


def _again(deployment: Deployment, role: Role, request: Document) -> str:
    """Send a request again, with a new signature of the role, and return the answer. A form is signed already."""
    body = base64.b64decode(request.get("body", ""))
    place = request["path"] + (f"?{request['query']}" if request["query"] else "")
    kept = ("content-type", "x-amz-target", "host")
    headers = {name: value for name, value in request["headers"].items() if name in kept}
    if "authorization" in request["headers"]:
        signed = AWSRequest(request["method"], deployment.aws.url + place, headers=headers, data=body)
        kind = S3SigV4Auth if request["service"] == "s3" else SigV4Auth
        scope = request["headers"]["authorization"].split("/")[3]
        kind(role.credentials, scope, REGION).add_auth(signed)
        headers = dict(signed.headers.items())
    answer = send(deployment.aws.url, request["method"], place, body, headers)
    return f"{answer.status} {answer.body.decode(errors='replace')}"


class Clients:
    """Clients of AWS under a role."""

    def __init__(self, deployment: Deployment, role: Role) -> None:
        self._url = deployment.aws.url
        self._credentials = role.credentials

    def of(self, service: str) -> Any:
        """Return a client of a service."""
        return boto3.client(
            service,
            endpoint_url=self._url,
            region_name=REGION,
            aws_access_key_id=self._credentials.access_key,
            aws_secret_access_key=self._credentials.secret_key,
            aws_session_token=self._credentials.token,
        )


def _refusal(call: Callable[[], object]) -> str:
    try:
        return f"it answered: {call()}"
    except ClientError as error:
        return str(error)


def _read_stream(operation: str) -> Callable[[Clients, str], object]:
    def call(clients: Clients, resource: str) -> object:
        table = resource.removeprefix(TABLE_ARN).partition("/")[0]
        arn = f"{TABLE_ARN}{table}/stream/2026-11-21T00:00:00.000"
        arguments: Mapping[str, dict[str, str]] = {
            "describe_stream": {"StreamArn": arn},
            "list_streams": {"TableName": table},
            "get_shard_iterator": {"StreamArn": arn, "ShardId": "s" * 28, "ShardIteratorType": "LATEST"},
            "get_records": {"ShardIterator": arn},
        }
        return getattr(clients.of("dynamodbstreams"), operation)(**arguments[operation])

    return call


def _send_letter(clients: Clients, resource: str) -> object:
    queue = resource.removeprefix(QUEUE_ARN)
    sqs = clients.of("sqs")
    return sqs.send_message(QueueUrl=f"{sqs.meta.endpoint_url}/{QUEUE_ARN.split(':')[4]}/{queue}", MessageBody="{}")


def _write_log(operation: str) -> Callable[[Clients, str], object]:
    def call(clients: Clients, resource: str) -> object:
        group = resource.partition(":log-group:")[2].removesuffix(":*")
        events = {"logEvents": [{"timestamp": 0, "message": "-"}]} if operation == "put_log_events" else {}
        return getattr(clients.of("logs"), operation)(logGroupName=group, logStreamName="test", **events)

    return call


AWS_OWN: Mapping[str, Callable[[Clients, str], object]] = {
    "dynamodb:DescribeStream": _read_stream("describe_stream"),
    "dynamodb:GetRecords": _read_stream("get_records"),
    "dynamodb:GetShardIterator": _read_stream("get_shard_iterator"),
    "dynamodb:ListStreams": _read_stream("list_streams"),
    "sqs:SendMessage": _send_letter,
    "logs:CreateLogStream": _write_log("create_log_stream"),
    "logs:PutLogEvents": _write_log("put_log_events"),
}
"""What AWS does under the role of a function, and how it is done here."""
