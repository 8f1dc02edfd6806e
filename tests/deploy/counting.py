"""The counter of a stage with `FRONT=distribution`: asked by its Function URL, which takes only signed calls."""

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.deploy.model import REGION
from tests.support.http import send

if TYPE_CHECKING:
    from tests.deploy.deployment import Deployment

SIGNER = Credentials("test", "test")


class CounterUrl(msgspec.Struct, frozen=True):
    """How a distribution asks the counter: the URL, by the emulator's address, and the patterns of the paths."""

    url: str
    patterns: list[str]


def counter_url(deployment: "Deployment") -> CounterUrl | None:
    """Return how the distribution asks the counter by itself, None if the gateway does that."""
    cloudfront = deployment.aws.client("cloudfront")
    (made,) = cloudfront.list_distributions()["DistributionList"]["Items"]
    config = cloudfront.get_distribution_config(Id=made["Id"])["DistributionConfig"]
    hosts = {origin["Id"]: origin["DomainName"] for origin in config["Origins"]["Items"]}
    if "counter" not in hosts:
        return None
    behaviours = config["CacheBehaviors"]["Items"]
    asked = [behaviour["PathPattern"] for behaviour in behaviours if behaviour["TargetOriginId"] == "counter"]
    return CounterUrl(f"{deployment.aws.url}/_aws/lambda-url/{hosts['counter'].partition('.')[0]}", asked)


def signed(method: str, url: str, fields: dict[str, str]) -> dict[str, str]:
    """Return the fields of a request for a Function URL, signed as the distribution does it."""
    request = AWSRequest(method=method, url=url, headers=fields)
    SigV4Auth(SIGNER, "lambda", REGION).add_auth(request)
    return dict(request.headers.items())


def the_url_is_the_distributions_alone(deployment: "Deployment") -> bool:
    """Return whether the URL counts a call that is signed, refuses all others, and is permitted to nobody else."""
    asked = counter_url(deployment)
    if asked is None:
        return False
    path = urlsplit(asked.url).path
    before = deployment.call("GET", "/counter").json["count"]
    unsigned = send(deployment.aws.url, "GET", f"{path}/counter")
    counted = send(deployment.aws.url, "GET", f"{path}/counter", headers=signed("GET", f"{asked.url}/counter", {}))
    if (unsigned.status, counted.status) != (403, 200) or counted.json["count"] != before + 1:
        return False
    return _permitted(deployment) == {
        ("lambda:InvokeFunctionUrl", _distribution(deployment)),
        ("lambda:InvokeFunction", _distribution(deployment)),
    }


def the_url_is_gone(deployment: "Deployment") -> bool:
    """Return whether the counter has no URL any more, and no distribution may do anything with it."""
    from tests.deploy.deployment import NAME

    configured = deployment.aws.client("lambda").list_function_url_configs(FunctionName=f"{NAME}-visits")
    return (
        configured["FunctionUrlConfigs"] == [] and counter_url(deployment) is None and _permitted(deployment) == set()
    )


def _permitted(deployment: "Deployment") -> set[tuple[str, str]]:
    """Return what CloudFront may do with the alias of the counter, and for which distribution."""
    from tests.deploy.deployment import NAME

    found = deployment.aws.client("lambda").get_policy(FunctionName=f"{NAME}-visits", Qualifier="live")["Policy"]
    return {
        (statement["Action"], statement["Condition"]["ArnLike"]["AWS:SourceArn"])
        for statement in json.loads(found)["Statement"]
        if statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    }


def _distribution(deployment: "Deployment") -> str:
    (made,) = deployment.aws.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    return str(made["ARN"])
