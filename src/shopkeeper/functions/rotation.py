"""The function `rotation`: Secrets Manager calls it to replace what tokens are signed with. One machine has none."""

from shopkeeper.errors import ConfigurationError
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Rotate, Rotation
from shopkeeper.http import PROBLEM_JSON


def _build(resources: Resources) -> Rotate:
    from shopkeeper.aws.client import AwsClient
    from shopkeeper.identity.rotation import Rotation as Steps
    from shopkeeper.identity.rotation import RotationRefused
    from shopkeeper.identity.secrets import SECRETS_MANAGER

    settings = resources.settings
    if not settings.jwt_secret_arn:
        raise ConfigurationError("JWT_SECRET_ARN is needed: only a secret in Secrets Manager is rotated by a function.")
    client = AwsClient(SECRETS_MANAGER, settings.region, settings.aws)

    def rotate(step: str, arn: str, version: str) -> None:
        if arn != settings.jwt_secret_arn:
            raise RotationRefused(f"The secret {arn[:200]} is not the one of this stage.")
        try:
            Steps(client, arn, version, settings.stage).run(step)
        finally:
            client.close()  # the next rotation is months away

    return rotate


FUNCTION = Function(
    name="rotation",
    service="rotation",
    triggers=(Rotation(_build),),
    grants={},
    errors=PROBLEM_JSON,
    timeout=30,
    concurrency=1,
)
