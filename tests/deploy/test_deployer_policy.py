"""The policy for who deploys permits what the scripts do, and nothing that they do not.

Each script runs under the policy alone, on an emulator that enforces it and notes what is asked for. What
CloudFormation does for a stack the emulator does as nobody. AWS does it as whoever deploys, and then asks for what
Terraform asks for itself.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.deployment import Deployment
from tests.deploy.descriptions import NAMES
from tests.deploy.emulator import Aws, ministack
from tests.support.http import send
from tests.support.tools import ROOT

POLICY = json.loads((ROOT / "infrastructure" / "deployer-policy.json").read_text())
MOST_CHARACTERS = 6144
"""Of a managed policy, without white space (IAM User Guide, "IAM and AWS STS quotas")."""

JUSTIFIED: dict[str, set[str]] = {
    "AWS asks for it where a function, or CodeDeploy, is given a role": {"iam:PassRole"},
    "only prod has a WAF": {
        "wafv2:AssociateWebACL",
        "wafv2:CreateWebACL",
        "wafv2:DeleteWebACL",
        "wafv2:DisassociateWebACL",
        "wafv2:GetWebACL",
        "wafv2:GetWebACLForResource",
        "wafv2:ListTagsForResource",
        "wafv2:UpdateWebACL",
        # the same of the API's stage
        "apigateway:SetWebACL",
    },
    "only prod recovers tables to a point in time": {"dynamodb:UpdateContinuousBackups"},
    "CloudFormation asks for it, for the buckets of packages and the tags of what SAM and the framework make": {
        "cloudfront:CreateDistribution",
        "cloudfront:TagResource",
        "dynamodb:TagResource",
        "events:TagResource",
        "iam:TagRole",
        "lambda:TagResource",
        "logs:TagResource",
        "s3:PutBucketTagging",
        "s3:PutBucketVersioning",
        "secretsmanager:TagResource",
        "sns:TagResource",
        "sqs:TagQueue",
    },
    "dev is not rotated": {"secretsmanager:CancelRotateSecret", "secretsmanager:RotateSecret"},
    "only with ALARM_EMAIL": {"sns:GetSubscriptionAttributes", "sns:Subscribe", "sns:Unsubscribe"},
    "only with RESERVED_CONCURRENCY": {
        "lambda:DeleteFunctionConcurrency",
        "lambda:PutFunctionConcurrency",
    },
    "the emulator has no CodeDeploy, with which SAM shifts": {
        "codedeploy:CreateApplication",
        "codedeploy:CreateDeployment",
        "codedeploy:CreateDeploymentGroup",
        "codedeploy:DeleteApplication",
        "codedeploy:DeleteDeploymentGroup",
        "codedeploy:GetApplication",
        "codedeploy:GetApplicationRevision",
        "codedeploy:GetDeployment",
        "codedeploy:GetDeploymentConfig",
        "codedeploy:GetDeploymentGroup",
        "codedeploy:RegisterApplicationRevision",
        "codedeploy:UpdateDeploymentGroup",
    },
    "the emulator's logs save no queries": {
        "logs:DeleteQueryDefinition",
        "logs:DescribeQueryDefinitions",
        "logs:PutQueryDefinition",
    },
    "a later deployment changes what the first one made": {
        "cloudfront:UpdateCachePolicy",
        "cloudfront:UpdateFunction",
        "cloudfront:UpdateResponseHeadersPolicy",
        "dynamodb:UpdateTable",
        "iam:UpdateAssumeRolePolicy",
        "lambda:PublishVersion",
        "lambda:UpdateFunctionConfiguration",
    },
    "the emulator asks for another action, such as that of the function itself": {
        "lambda:DeleteAlias",
        "lambda:DeleteEventSourceMapping",
        "lambda:DeleteFunctionEventInvokeConfig",
        "lambda:DeleteFunctionUrlConfig",
        "lambda:GetAlias",
        "lambda:GetEventSourceMapping",
        "lambda:GetFunctionConfiguration",
        "lambda:GetFunctionEventInvokeConfig",
        "lambda:PutFunctionEventInvokeConfig",
        "lambda:UpdateAlias",
    },
}
"""What the policy permits although no script was seen to ask for it, by the reason."""


@dataclass(frozen=True)
class Run:
    """How the script of a description ended, and which actions it asked for."""

    status: int
    output: str
    actions: set[str]


def run(description: str, folder: Path) -> Run:
    """Deploy stage dev and take it down, as a user with the policy alone."""
    with ministack(folder) as aws:
        deployment = Deployment(description, folder / "repository", aws)
        key = deployer(aws)
        deployment.deploy("--no-collection")
        if deployment.status == 0:
            deployment.remove()
        noted = send(aws.url, "GET", "/_actions").json
    return Run(deployment.status, deployment.output, {action for by, action in noted if by == key})


def deployer(aws: Aws) -> str:
    """Make the user, whose credentials all tools then have, and return the id of its access key."""
    iam = aws.client("iam")
    iam.create_user(UserName="deployer")
    iam.put_user_policy(UserName="deployer", PolicyName="deployer", PolicyDocument=json.dumps(POLICY))
    made = iam.create_access_key(UserName="deployer")["AccessKey"]
    aws.environment |= {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    return str(made["AccessKeyId"])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Every description, deployed and taken down under the policy."""
    return {name: run(name, tmp_path_factory.mktemp(name)) for name in NAMES}


def permitted() -> set[str]:
    """Return the actions that the policy names."""
    return {action for statement in POLICY["Statement"] for action in _listed(statement["Action"])}


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("description", NAMES)
def test_nothing_is_missing(description: str, runs: dict[str, Run]) -> None:
    done = runs[description]
    assert done.status == 0, done.output[-3000:]
    assert done.actions - ALWAYS <= permitted()


ALWAYS = {"sts:GetCallerIdentity"}
"""What AWS denies nobody."""


def test_nothing_is_permitted_that_no_script_asks_for(runs: dict[str, Run]) -> None:
    asked = set().union(*(done.actions for done in runs.values()))
    assert permitted() - asked == set().union(*JUSTIFIED.values())


def test_roles_are_made_changed_and_passed_only_under_our_names() -> None:
    for statement in POLICY["Statement"]:
        if any(action.startswith("iam:") for action in _listed(statement["Action"])):
            assert all(":role/shopkeeper-" in resource for resource in _listed(statement["Resource"])), statement


def test_it_names_each_action_and_fits_a_managed_policy() -> None:
    assert not any("*" in action for action in permitted())
    assert len(json.dumps(POLICY, separators=(",", ":"))) <= MOST_CHARACTERS
