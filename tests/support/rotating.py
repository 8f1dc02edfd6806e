"""A Secrets Manager of our own, as far as a rotation uses it.

Source: AWS Secrets Manager API Reference, `DescribeSecret`, `GetSecretValue`, `PutSecretValue` and
`UpdateSecretVersionStage`. The emulators that there are give no version without a value, with which a rotation begins.
"""

import json
import re
from typing import Any

from tests.support.faults import Exchange

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shopkeeper/prod/jwt-a1b2c3"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


class Refused(Exception):
    """An error of Secrets Manager, by its code."""


class Secret:
    """A secret with its versions: their values by their ids, None for one that has none yet, and where labels are."""

    def __init__(self, value: str) -> None:
        self.values: dict[str, str | None] = {"first": value}
        self.labels = {"AWSCURRENT": "first"}
        self.is_rotated = True
        self.calls: list[str] = []

    def begin(self, version: str) -> None:
        """Make the version that the steps of a rotation are about."""
        self.values[version] = None
        self.labels["AWSPENDING"] = version

    def __call__(self, exchange: Exchange) -> None:
        """Answer a request."""
        operation = re.search(rb"x-amz-target: secretsmanager\.(\w+)", exchange.header)
        assert operation is not None
        name = operation[1].decode()
        self.calls.append(name)
        asked = json.loads(exchange.body)
        assert asked["SecretId"] == ARN
        try:
            status, content = 200, OPERATIONS[name](self, asked)
        except Refused as refused:
            status, content = 400, {"__type": str(refused), "message": "as documented"}
        exchange.answer(status, json.dumps(content).encode())

    def describe(self, _: dict[str, Any]) -> dict[str, Any]:
        """Answer `DescribeSecret`. A version without a label is not there."""
        labels: dict[str, list[str]] = {}
        for label, version in self.labels.items():
            labels.setdefault(version, []).append(label)
        return {"ARN": ARN, "RotationEnabled": self.is_rotated, "VersionIdsToStages": labels}

    def read(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer `GetSecretValue`, for a version by its id, its label, or both."""
        version = asked.get("VersionId") or self.labels.get(asked["VersionStage"])
        fits = self.labels.get(asked["VersionStage"]) == version
        value = self.values.get(version) if version and fits else None
        if value is None:
            raise Refused("ResourceNotFoundException")
        return {"ARN": ARN, "SecretString": value, "VersionId": version}

    def put(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer `PutSecretValue`: a version has one value for ever."""
        version, value = asked["ClientRequestToken"], asked["SecretString"]
        if self.values.get(version) not in (None, value):
            raise Refused("ResourceExistsException")
        self.values[version] = value
        self.labels |= dict.fromkeys(asked["VersionStages"], version)
        return {"ARN": ARN, "VersionId": version}

    def move(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer `UpdateSecretVersionStage`. The version that was current becomes the previous one."""
        label, former = asked["VersionStage"], asked["RemoveFromVersionId"]
        if self.labels.get(label) != former:
            raise Refused("InvalidParameterException")
        self.labels |= {label: asked["MoveToVersionId"], "AWSPREVIOUS": former}
        return {"ARN": ARN}


OPERATIONS = {
    "DescribeSecret": Secret.describe,
    "GetSecretValue": Secret.read,
    "PutSecretValue": Secret.put,
    "UpdateSecretVersionStage": Secret.move,
}
