"""A rotation of the secret in Secrets Manager, step by step.

Source: AWS Secrets Manager User Guide, "Lambda rotation functions", and the template
`SecretsManagerRotationTemplate` of AWS. Secrets Manager calls each step, and calls it again until it succeeds, so each
may be repeated. The step `setSecret` has nothing to do: nobody but this stage knows the secret.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from shopkeeper.aws.client import AwsClient
from shopkeeper.aws.failures import Failure
from shopkeeper.identity.keys import KEY_BYTES
from shopkeeper.identity.secrets import checked

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"


class RotationRefused(Exception):
    """A step that does not fit the state of the secret. Nothing was changed."""


class Rotation:
    """The rotation of one secret, to one new version."""

    def __init__(self, client: AwsClient, arn: str, version: str, stage: str) -> None:
        """`version` is the id of the version to come, `stage` that of the deployment."""
        self._client = client
        self._arn = arn
        self._version = version
        self._stage = stage

    def run(self, step: str) -> None:
        """Do a step. Once the version is the current one, no step does anything.

        Raises RotationRefused, ConfigurationError for a new value that will not do, and Failure, NoAnswer or
        NoCredentials.
        """
        work = STEPS.get(step)
        if work is None:
            raise RotationRefused(f"There is no step {step!r:.40} of a rotation.")
        if self._current() != self._version:
            work(self)

    def create(self) -> None:
        """Give the version a random value, unless it has one."""
        if self._value() is None:
            value = os.urandom(KEY_BYTES).hex()
            # A version has one value for ever: if another attempt was first, this one fails and finds it the next time.
            request = {"ClientRequestToken": self._version, "SecretString": value, "VersionStages": [PENDING]}
            self._call("PutSecretValue", request)

    def pass_on(self) -> None:
        """Do nothing: there is no other system that must know the value."""

    def test(self) -> None:
        """Read the value as functions will, and check it."""
        value = self._value()
        if value is None:
            raise RotationRefused(f"The version {self._version} has no value.")
        checked(value.encode(), f"The version {self._version} of the secret", self._stage)

    def finish(self) -> None:
        """Make the version the current one. The one that was becomes the previous one, whose tokens go on working."""
        self.test()
        versions = {"MoveToVersionId": self._version, "RemoveFromVersionId": self._current()}
        request = {"VersionStage": CURRENT, **versions}
        self._call("UpdateSecretVersionStage", request)

    def _current(self) -> str:
        """Return the id of the current version. Raises RotationRefused unless this version is one to rotate to."""
        about = self._call("DescribeSecret", {})
        if not about.get("RotationEnabled"):
            raise RotationRefused("The rotation of the secret is not enabled.")
        labels: dict[str, list[str]] = about.get("VersionIdsToStages") or {}
        if self._version not in labels:
            raise RotationRefused(f"The secret has no version {self._version}.")
        if not {CURRENT, PENDING} & set(labels[self._version]):
            raise RotationRefused(f"The version {self._version} is not {PENDING}.")
        current = next((version for version, its in labels.items() if CURRENT in its), None)
        if current is None:
            raise RotationRefused("The secret has no current version.")
        return current

    def _value(self) -> str | None:
        """Return the value of the version, None if it has none yet."""
        try:
            found = self._call("GetSecretValue", {"VersionId": self._version, "VersionStage": PENDING})
        except Failure as failure:
            if failure.code == "ResourceNotFoundException":
                return None
            raise
        value = found.get("SecretString")
        return value if isinstance(value, str) else None

    def _call(self, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
        return self._client.call(operation, {"SecretId": self._arn, **request}, repeatable=True)


STEPS: Mapping[str, Callable[[Rotation], None]] = {
    "createSecret": Rotation.create,
    "setSecret": Rotation.pass_on,
    "testSecret": Rotation.test,
    "finishSecret": Rotation.finish,
}
"""What each step does, by the name that Secrets Manager gives it, in order."""
