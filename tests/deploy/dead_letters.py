"""The dead letters of a deployed stage: how they get into their queues, and how an operator runs them again."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shopkeeper.functions.facts import facts
from tests.deploy.deployment import NAME, Deployment
from tests.deploy.model import RULE_ARN
from tests.deploy.roles import Role

ARRIVES_SECONDS = 60.0
NOTHING = {"Effect": "Allow", "Action": ["logs:CreateLogStream"], "Resource": ["*"]}
"""A statement that lets a function do nothing that it needs."""

BATCH = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {"shardId": "shard-0"}}
"""A letter of a stream, as Lambda writes it: it names records, and has none of them."""


class Queue:
    """The dead-letter queue of a schedule or a stream."""

    def __init__(self, deployment: Deployment, source: str) -> None:
        trigger = {**facts()["schedules"], **facts()["streams"]}[source]
        self._sqs = deployment.aws.client("sqs")
        self._url = self._sqs.get_queue_url(QueueName=f"{NAME}-{trigger['dead_letters']}")["QueueUrl"]

    def send(self, body: object, rule: str = "") -> None:
        """Write a letter, as a rule does if one is named, else as Lambda does."""
        named = {"RULE_ARN": {"DataType": "String", "StringValue": f"{RULE_ARN}{NAME}-{rule}"}} if rule else {}
        self._sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(body), MessageAttributes=named)

    def letters(self) -> list[dict[str, Any]]:
        """Return the bodies of all letters, and leave them there."""
        asked = {"QueueUrl": self._url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
        return [json.loads(one["Body"]) for one in self._sqs.receive_message(**asked).get("Messages", [])]

    def await_letter(self) -> dict[str, Any]:
        """Wait for a letter and return its body."""
        ends = time.monotonic() + ARRIVES_SECONDS
        while time.monotonic() < ends:
            found = self.letters()
            if found:
                return found[0]
            time.sleep(0.1)
        raise AssertionError("no letter came")


@contextmanager
def unable(deployment: Deployment, function: str) -> Iterator[None]:
    """Let the role of a function allow nothing until the block is left."""
    role = Role(deployment, function)
    role.allow({**role.document, "Statement": [NOTHING]})
    try:
        yield
    finally:
        role.allow(role.document)


def invoke_later(deployment: Deployment, function: str, event: Mapping[str, object]) -> None:
    """Invoke a function asynchronously.

    The emulator reads from the function where failures go, and a deployment says so of its alias: so that is copied.
    """
    client = deployment.aws.client("lambda")
    name = f"{NAME}-{function}"
    config = client.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    kept = {part: config[part] for part in ("MaximumRetryAttempts", "DestinationConfig")}
    client.put_function_event_invoke_config(FunctionName=name, **kept)
    client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))


def redrive(deployment: Deployment, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the script as an operator does."""
    return subprocess.run(
        [str(deployment.root / "scripts" / "redrive"), "dev", "blue", *arguments],
        env={**os.environ, **deployment.aws.environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
