"""What the role of a function must allow, derived from its declaration.

Sources: Service Authorization Reference, "Actions defined by Amazon DynamoDB", "… Amazon SQS", "… Amazon S3" and
"… Amazon Simple Email Service v2"; AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB" and "Using
Lambda with Amazon SQS".
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from shopkeeper.functions.declaration import Function, PictureOperation
from shopkeeper.functions.queues import QueueOperation
from shopkeeper.settings import Settings
from shopkeeper.storage.dynamodb.permissions import permissions

Kind = Literal["table", "index", "stream", "queue", "sender", "object"]

STREAM_ACTIONS = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
"""What Lambda does as the function's role to read a table's stream."""

QUEUE_ACTIONS: Mapping[QueueOperation, tuple[str, ...]] = {
    "send": ("SendMessage",),
    "receive": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
}


READING = ("secretsmanager:GetSecretValue",)
ROTATING = (
    "secretsmanager:DescribeSecret",
    *READING,
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
)
"""What functions that authenticate do with the secret, and what the steps of a rotation do."""

MAIL_ACTIONS = ("SendEmail", "SendRawEmail")
"""What SES requires to send a raw message: a permission for the operation, and one for the content."""

OBJECTS = "pictures/*"
"""The objects of the bucket that are pictures."""

PICTURE_ACTIONS: Mapping[PictureOperation, str] = {
    "read": "GetObject",
    "write": "PutObject",
    "remove": "DeleteObject",
}
"""Signing a form needs the permission to write: S3 checks an upload against the role that signed its form."""


class Permission(msgspec.Struct, frozen=True, order=True):
    """An IAM action on a resource.

    `name` is that of the declared table or of the queue, without the stage, or the pattern of objects; `index` is set
    for an index alone. For a sender it is the variable that holds the one address from which the function may send.
    """

    action: str
    kind: Kind
    name: str
    index: str = ""


def permissions_of(function: Function) -> frozenset[Permission]:
    """Return everything that the role of a function must allow, except writing its log and using the secret."""
    of_tables = {*_on_tables(function), *_on_streams(function), *_on_queues(function)}
    return frozenset({*of_tables, *_of_mail(function), *_on_pictures(function)})


def secret_actions_of(function: Function) -> tuple[str, ...]:
    """Return what a function does with the secret of the stage in Secrets Manager."""
    if function.rotation is not None:
        return ROTATING
    return READING if function.authenticates else ()


def _on_tables(function: Function) -> Iterator[Permission]:
    for granted in permissions(function.grants):
        yield Permission(granted.action, "index" if granted.index else "table", granted.table, granted.index)


def _on_streams(function: Function) -> Iterator[Permission]:
    for stream in function.streams:
        for action in STREAM_ACTIONS:
            yield Permission(f"dynamodb:{action}", "stream", stream.table.name)


def _on_queues(function: Function) -> Iterator[Permission]:
    for queue, operations in function.queues.items():
        for operation in operations:
            for action in QUEUE_ACTIONS[operation]:
                yield Permission(f"sqs:{action}", "queue", queue.name)
    for queue in function.dead_letters:
        yield Permission("sqs:SendMessage", "queue", queue.name)


def _of_mail(function: Function) -> Iterator[Permission]:
    if function.sends_mail:
        for action in MAIL_ACTIONS:
            yield Permission(f"ses:{action}", "sender", Settings.mail_from.variable)


def _on_pictures(function: Function) -> Iterator[Permission]:
    for operation in function.pictures:
        yield Permission(f"s3:{PICTURE_ACTIONS[operation]}", "object", OBJECTS)
