"""The distribution of a stage, of each description, read into the plain model."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.deploy.model import BUCKET, FRAMEWORKS_OWN, Model

if TYPE_CHECKING:
    from tests.deploy.cloudformation import Template
    from tests.deploy.terraform import Plan

EDGE_NAMES = {"rewrite": "pages", "viewer": "viewer"}
"""The functions of CloudFront by their names in Terraform."""

EVERYTHING_ELSE = "*"
"""The pattern of the default behaviour."""


def of_template(template: "Template") -> Model:
    """Return the distribution of a data stack."""
    config = (template.only("AWS::CloudFront::Distribution") or {})["DistributionConfig"]
    access = {
        name: control["OriginAccessControlConfig"]
        for name, control in template.of_type("AWS::CloudFront::OriginAccessControl")
    }
    (bucket,) = [name for name, _ in template.of_type("AWS::S3::Bucket") if name != FRAMEWORKS_OWN]
    policies = {
        f"<{name}>": policy["ResponseHeadersPolicyConfig"]
        for name, policy in template.of_type("AWS::CloudFront::ResponseHeadersPolicy")
    }
    ((public, cached),) = template.of_type("AWS::CloudFront::CachePolicy")
    edge = dict(template.of_type("AWS::CloudFront::Function"))
    edge_names = {f"<{name}.FunctionARN>": _last(function["Name"]) for name, function in edge.items()}
    signers = {f"<{name}.Id>": _last(control["Name"]) for name, control in access.items()}

    def behaviour(found: Model) -> Model:
        policy = policies.get(found.get("ResponseHeadersPolicyId", ""), {}).get("Name", "")
        return {
            "origin": found["TargetOriginId"],
            "viewers": found["ViewerProtocolPolicy"],
            "methods": sorted(found["AllowedMethods"]),
            "compresses": found["Compress"],
            "cache": "public" if found["CachePolicyId"] == f"<{public}>" else found["CachePolicyId"],
            "request": found.get("OriginRequestPolicyId"),
            "headers": _last(policy),
            "edge": [
                f"{one['EventType']} {edge_names[one['FunctionARN']]}" for one in found.get("FunctionAssociations", [])
            ],
        }

    return {
        "enabled": config["Enabled"],
        "access": {
            _last(control["Name"]): {
                "type": control["OriginAccessControlOriginType"],
                "signs": control["SigningBehavior"],
                "protocol": control["SigningProtocol"],
            }
            for control in access.values()
        },
        "origins": {
            origin["Id"]: {
                "from": origin["DomainName"].replace(f"<{bucket}.RegionalDomainName>", BUCKET),
                "path": origin.get("OriginPath", ""),
                "signed": signers.get(origin.get("OriginAccessControlId", "")),
                "protocol": origin.get("CustomOriginConfig", {}).get("OriginProtocolPolicy"),
                "tls": origin.get("CustomOriginConfig", {}).get("OriginSSLProtocols"),
            }
            for origin in config["Origins"]
        },
        "behaviours": {
            EVERYTHING_ELSE: behaviour(config["DefaultCacheBehavior"]),
            **{found["PathPattern"]: behaviour(found) for found in config["CacheBehaviors"]},
        },
        "order": [found["PathPattern"] for found in config["CacheBehaviors"]],
        "headers": {_last(policy["Name"]): dict(_headers(policy)) for policy in policies.values()},
        "edge": {
            _last(function["Name"]): {
                "code": function["FunctionCode"],
                "runtime": function["FunctionConfig"]["Runtime"],
                "live": function["AutoPublish"],
            }
            for function in edge.values()
        },
        "public": _cache_policy(cached["CachePolicyConfig"]),
    }


def _cache_policy(config: Model) -> Model:
    key = config["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["HeadersConfig"]["HeaderBehavior"] == "whitelist"
    return {
        "seconds": [config["MinTTL"], config["DefaultTTL"], config["MaxTTL"]],
        "cookies": key["CookiesConfig"]["CookieBehavior"],
        "headers": key["HeadersConfig"]["Headers"],
        "query": key["QueryStringsConfig"]["QueryStringBehavior"],
        "compressed": [key["EnableAcceptEncodingBrotli"], key["EnableAcceptEncodingGzip"]],
    }


def _last(name: str) -> str:
    return name.rpartition("-")[2]


def _headers(config: Model) -> Iterator[tuple[str, str]]:
    security = config["SecurityHeadersConfig"]
    if security["ContentTypeOptions"]["Override"]:
        yield "X-Content-Type-Options", "nosniff"
    if "ReferrerPolicy" in security:
        yield "Referrer-Policy", security["ReferrerPolicy"]["ReferrerPolicy"]
    yield "Content-Security-Policy", security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    for header in config["CustomHeadersConfig"]["Items"]:
        yield header["Header"], header["Value"]


def of_plan(plan: "Plan") -> Model:
    """Return the distribution of a plan of the data. What is not known before it is made goes by what it refers to."""
    distribution = plan.only("aws_cloudfront_distribution") or {}
    expressions = plan.expressions("aws_cloudfront_distribution.this")
    # A block that is made of the facts has no expressions of its own, and refers to nothing that is still to be made.
    written = dict(enumerate(expressions["ordered_cache_behavior"]))
    written_origins = {one["origin_id"]["constant_value"]: one for one in expressions["origin"] if one}
    (default,) = distribution["default_cache_behavior"]
    cached = plan.only("aws_cloudfront_cache_policy") or {}
    return {
        "enabled": distribution["enabled"],
        "access": {
            _last(control["name"]): {
                "type": control["origin_access_control_origin_type"],
                "signs": control["signing_behavior"],
                "protocol": control["signing_protocol"],
            }
            for _, control in plan.of_type("aws_cloudfront_origin_access_control")
        },
        "origins": {
            origin["origin_id"]: _planned_origin(origin, written_origins.get(origin["origin_id"], {}))
            for origin in distribution["origin"]
        },
        "behaviours": {
            EVERYTHING_ELSE: _planned_behaviour(default, expressions["default_cache_behavior"][0]),
            **{
                found["path_pattern"]: _planned_behaviour(found, written.get(number, {}))
                for number, found in enumerate(distribution["ordered_cache_behavior"])
            },
        },
        "order": [found["path_pattern"] for found in distribution["ordered_cache_behavior"]],
        "headers": {
            name: dict(_planned_headers(policy))
            for name, policy in plan.of_type("aws_cloudfront_response_headers_policy")
        },
        "edge": {
            _last(function["name"]): {
                "code": function["code"],
                "runtime": function["runtime"],
                "live": function["publish"],
            }
            for _, function in plan.of_type("aws_cloudfront_function")
        },
        "public": _planned_cache_policy(cached),
    }


def _references(expressions: Model, member: str) -> list[str]:
    found: list[str] = expressions.get(member, {}).get("references", [])
    return found


def _planned_origin(origin: Model, expressions: Model) -> Model:
    (custom,) = origin["custom_origin_config"] or [{}]
    from_bucket = "aws_s3_bucket.pictures.bucket_regional_domain_name" in _references(expressions, "domain_name")
    return {
        "from": BUCKET if from_bucket else origin["domain_name"],
        "path": origin.get("origin_path") or "",
        "signed": _signer(origin, expressions),
        "protocol": custom.get("origin_protocol_policy"),
        "tls": custom.get("origin_ssl_protocols"),
    }


def _signer(origin: Model, expressions: Model) -> str | None:
    """Return what signs for an origin. A plan says of a block that is made of a variable only that something does."""
    for reference in _references(expressions, "origin_access_control_id"):
        if reference.endswith(".id"):
            return reference.split(".")[1]
    return None if "origin_access_control_id" in origin else str(origin["origin_id"])


def _planned_cache_policy(policy: Model) -> Model:
    (key,) = policy["parameters_in_cache_key_and_forwarded_to_origin"]
    (cookies,), (headers,), (query,) = key["cookies_config"], key["headers_config"], key["query_strings_config"]
    assert headers["header_behavior"] == "whitelist"
    return {
        "seconds": [policy["min_ttl"], policy["default_ttl"], policy["max_ttl"]],
        "cookies": cookies["cookie_behavior"],
        "headers": sorted(headers["headers"][0]["items"]),
        "query": query["query_string_behavior"],
        "compressed": [key["enable_accept_encoding_brotli"], key["enable_accept_encoding_gzip"]],
    }


def _planned_behaviour(found: Model, expressions: Model) -> Model:
    policy = next(iter(_references(expressions, "response_headers_policy_id")), "..")
    return {
        "origin": found["target_origin_id"],
        "viewers": found["viewer_protocol_policy"],
        "methods": sorted(found["allowed_methods"]),
        "compresses": found["compress"],
        # The policy that is still to be made is the only one whose id the plan does not know.
        "cache": found.get("cache_policy_id") or "public",
        "request": found.get("origin_request_policy_id") or None,
        "headers": policy.split(".")[1],
        "edge": [*_planned_edge(found, expressions)],
    }


def _planned_edge(found: Model, expressions: Model) -> Iterator[str]:
    """Yield which functions of CloudFront run when. The ARN of one that is still to be made goes by its reference."""
    for one in expressions.get("function_association", []):
        (reference,) = [name for name in _references(one, "function_arn") if name.endswith(".arn")]
        yield f"{one['event_type']['constant_value']} {EDGE_NAMES[reference.split('.')[1]]}"
    for one in found.get("function_association", []):
        if one.get("function_arn"):
            yield f"{one['event_type']} {_last(one['function_arn'])}"


def _planned_headers(policy: Model) -> Iterator[tuple[str, Any]]:
    (security,) = policy["security_headers_config"]
    if security["content_type_options"][0]["override"]:
        yield "X-Content-Type-Options", "nosniff"
    for one in security["referrer_policy"]:
        yield "Referrer-Policy", one["referrer_policy"]
    yield "Content-Security-Policy", security["content_security_policy"][0]["content_security_policy"]
    for header in policy["custom_headers_config"][0]["items"]:
        yield header["header"], header["value"]
