"""The bucket of the pictures and the pages, of each description, read into the plain model."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.deploy.model import ACCOUNT, BUCKET, DISTRIBUTION, FRAMEWORKS_OWN, Model

if TYPE_CHECKING:
    from tests.deploy.cloudformation import Template
    from tests.deploy.terraform import Plan


def of_template(template: "Template") -> Model:
    """Return the pictures of a data stack."""
    ((logical, bucket),) = [found for found in template.of_type("AWS::S3::Bucket") if found[0] != FRAMEWORKS_OWN]
    (made, _) = next(template.of_type("AWS::CloudFront::Distribution"))
    closed = bucket["PublicAccessBlockConfiguration"]
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    (owner,) = bucket["OwnershipControls"]["Rules"]
    ids = {f"<{logical}.Arn>": BUCKET, f"<{logical}>": BUCKET}
    ids |= {f"arn:aws:cloudfront::{ACCOUNT}:distribution/<{made}>": DISTRIBUTION}
    policies = [policy for _, policy in template.of_type("AWS::S3::BucketPolicy")]
    (policy,) = [policy for policy in policies if policy["Bucket"] == f"<{logical}>"]
    return {
        "bucket": bucket["BucketName"],
        "encryption": encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "ownership": owner["ObjectOwnership"],
        "versions": bucket.get("VersioningConfiguration", {}).get("Status") == "Enabled",
        "closed": {
            "acls": closed["BlockPublicAcls"],
            "policy": closed["BlockPublicPolicy"],
            "ignored": closed["IgnorePublicAcls"],
            "restricted": closed["RestrictPublicBuckets"],
        },
        "cors": [
            {
                "methods": rule["AllowedMethods"],
                "origins": sorted(rule["AllowedOrigins"]),
                "headers": rule["AllowedHeaders"],
                "seconds": rule["MaxAge"],
            }
            for rule in bucket["CorsConfiguration"]["CorsRules"]
        ],
        "policy": set(_statements(policy["PolicyDocument"]["Statement"], ids)),
        "told": template.outputs["PicturesUrl"].replace(f"<{made}.DomainName>", DISTRIBUTION),
    }


def of_plan(plan: "Plan") -> Model:
    """Return the pictures of a plan of the data. What is not known before it is made goes by what it refers to."""
    bucket = plan.only("aws_s3_bucket") or {}
    closed = plan.only("aws_s3_bucket_public_access_block") or {}
    (encryption,) = (plan.only("aws_s3_bucket_server_side_encryption_configuration") or {})["rule"]
    (owner,) = (plan.only("aws_s3_bucket_ownership_controls") or {})["rule"]
    (cors,) = (plan.only("aws_s3_bucket_cors_configuration") or {})["cors_rule"]
    arn = f"arn:aws:s3:::{bucket['bucket']}"
    (document,) = [values for _, values in plan.of_type("aws_iam_policy_document", "pictures")]
    statements = [_plain(entry) for entry in document["statement"]]
    versioning = plan.only("aws_s3_bucket_versioning")
    return {
        "bucket": bucket["bucket"],
        "encryption": encryption["apply_server_side_encryption_by_default"][0]["sse_algorithm"],
        "ownership": owner["object_ownership"],
        "versions": versioning is not None,
        "closed": {
            "acls": closed["block_public_acls"],
            "policy": closed["block_public_policy"],
            "ignored": closed["ignore_public_acls"],
            "restricted": closed["restrict_public_buckets"],
        },
        "cors": [
            {
                "methods": cors["allowed_methods"],
                "origins": sorted(cors["allowed_origins"]),
                "headers": cors["allowed_headers"],
                "seconds": cors["max_age_seconds"],
            }
        ],
        "policy": set(_statements(statements, {arn: BUCKET})),
        "told": _told(plan),
    }


def _told(plan: "Plan") -> str:
    made = "aws_cloudfront_distribution.this.domain_name"
    refers = made in plan.references("aws_ssm_parameter.pictures_url", "value")
    return f"https://{DISTRIBUTION}" if refers else "something else"


def _plain(entry: Model) -> Model:
    """Return a statement of a plan as JSON policies have it. The distribution's ARN is not known yet."""
    (principal,) = entry["principals"]
    (condition,) = entry["condition"]
    (who,) = principal["identifiers"]
    (value,) = [DISTRIBUTION if one is None else one for one in condition["values"] or [None]]
    return {
        "Effect": entry["effect"] or "Allow",
        "Principal": who if principal["type"] == "*" else {principal["type"]: who},
        "Action": entry["actions"],
        "Resource": entry["resources"],
        "Condition": {condition["test"]: {condition["variable"]: value}},
    }


def _statements(statements: list[Model], ids: dict[str, str]) -> Iterator[str]:
    """Yield what each statement of a bucket's policy says, for one action on one resource."""

    def named(text: str) -> str:
        for known, name in ids.items():
            text = text.replace(known, name)
        return text

    for statement in statements:
        who = statement["Principal"]
        who = who if isinstance(who, str) else who.get("Service", json.dumps(who))
        conditions = [
            f"{test} {name}={named(str(value))}"
            for test, values in statement.get("Condition", {}).items()
            for name, value in values.items()
        ]
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                yield " ".join([statement["Effect"], who, action, "on", named(resource), *conditions])


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
