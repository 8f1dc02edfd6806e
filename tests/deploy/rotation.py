"""The secret is rotated on a deployed stage. The emulator has `RotateSecret`, but copies the value and calls nobody.

So the steps are sent to the function as Secrets Manager sends them, and the version to come holds no text before them.
"""

import json
import time
import uuid

import jwt

from tests.deploy.deployment import NAME, Deployment
from tests.support.rotating import STEPS

SECRET = "shopkeeper/dev/jwt"


def the_secret_is_rotated(deployment: Deployment) -> bool:
    """Rotate the secret, and return whether old tokens work afterwards, and new ones are of another key."""
    secrets = deployment.aws.client("secretsmanager")
    arn = secrets.describe_secret(SecretId=SECRET)["ARN"]
    person = {"email": f"{time.time_ns()}@example.com", "password": "correct horse battery"}
    deployment.call("POST", "/api/auth/register", {**person, "name": "Ann"})
    before = deployment.call("POST", "/api/auth/login", person).json
    function = deployment.aws.client("lambda").get_alias(FunctionName=f"{NAME}-rotation", Name="live")["AliasArn"]
    secrets.rotate_secret(SecretId=SECRET, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 90})
    former = secrets.get_secret_value(SecretId=SECRET)
    version = str(uuid.uuid4())
    pending = {"SecretId": SECRET, "ClientRequestToken": version, "VersionStages": ["AWSPENDING"]}
    secrets.put_secret_value(**pending, SecretBinary=b"no text")
    if not all(_did(deployment, step, arn, version) for step in (*STEPS, *STEPS)):
        return False
    labels = secrets.describe_secret(SecretId=SECRET)["VersionIdsToStages"]
    made = secrets.get_secret_value(SecretId=SECRET)
    is_moved = "AWSCURRENT" in labels[version] and labels[former["VersionId"]] == ["AWSPREVIOUS"]
    if not is_moved or made["SecretString"] == former["SecretString"]:
        return False
    deployment.start_anew("accounts")
    after = deployment.call("POST", "/api/auth/login", person).json
    tokens = [one["access_token"] for one in (before, after)]
    answers = [deployment.call("GET", "/api/users/me", token=token).status for token in tokens]
    refreshed = deployment.call("POST", "/api/auth/refresh", {"refresh_token": before["refresh_token"]})
    keys = {jwt.get_unverified_header(token)["kid"] for token in tokens}
    return answers == [200, 200] and refreshed.status == 200 and len(keys) == 2


def _did(deployment: Deployment, step: str, arn: str, version: str) -> bool:
    event = {"Step": step, "SecretId": arn, "ClientRequestToken": version}
    answer = deployment.aws.client("lambda").invoke(
        FunctionName=f"{NAME}-rotation", Qualifier="live", Payload=json.dumps(event)
    )
    answer["Payload"].read()
    return "FunctionError" not in answer
