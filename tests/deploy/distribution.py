"""The distribution of a stage, of each description, read into the plain model."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.deploy.model import BUCKET, FRAMEWORKS_OWN, Model

if TYPE_CHECKING:
    from tests.deploy.cloudformation import Template
    from tests.deploy.terraform import Plan

EVERYTHING_ELSE = "*"
"""The pattern of the default behaviour."""


def of_template(template: "Template") -> Model:
    """Return the distribution of a data stack."""
    config = (template.only("AWS::CloudFront::Distribution") or {})["DistributionConfig"]
    access = (template.only("AWS::CloudFront::OriginAccessControl") or {})["OriginAccessControlConfig"]
    (bucket,) = [name for name, _ in template.of_type("AWS::S3::Bucket") if name != FRAMEWORKS_OWN]
    policies = {
        f"<{name}>": policy["ResponseHeadersPolicyConfig"]
        for name, policy in template.of_type("AWS::CloudFront::ResponseHeadersPolicy")
    }
    ((public, cached),) = template.of_type("AWS::CloudFront::CachePolicy")
    ((rewrite, function),) = template.of_type("AWS::CloudFront::Function")

    def behaviour(found: Model) -> Model:
        policy = policies.get(found.get("ResponseHeadersPolicyId", ""), {}).get("Name", "")
        return {
            "origin": found["TargetOriginId"],
            "viewers": found["ViewerProtocolPolicy"],
            "methods": sorted(found["AllowedMethods"]),
            "compresses": found["Compress"],
            "cache": "public" if found["CachePolicyId"] == f"<{public}>" else found["CachePolicyId"],
            "request": found.get("OriginRequestPolicyId"),
            "headers": policy.rpartition("-")[2],
            "rewritten": [one["EventType"] for one in _of(found, "FunctionAssociations", f"<{rewrite}.FunctionARN>")],
        }

    return {
        "enabled": config["Enabled"],
        "access": {
            "type": access["OriginAccessControlOriginType"],
            "signs": access["SigningBehavior"],
            "protocol": access["SigningProtocol"],
        },
        "origins": {
            origin["Id"]: {
                "from": origin["DomainName"].replace(f"<{bucket}.RegionalDomainName>", BUCKET),
                "path": origin.get("OriginPath", ""),
                "signed": "OriginAccessControlId" in origin,
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
        "headers": {policy["Name"].rpartition("-")[2]: dict(_headers(policy)) for policy in policies.values()},
        "rewrite": {
            "code": function["FunctionCode"],
            "runtime": function["FunctionConfig"]["Runtime"],
            "live": function["AutoPublish"],
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


def _of(behaviour: Model, member: str, function: str) -> list[Model]:
    return [one for one in behaviour.get(member, []) if one["FunctionARN"] == function]


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
    access = plan.only("aws_cloudfront_origin_access_control") or {}
    function = plan.only("aws_cloudfront_function") or {}
    expressions = plan.expressions("aws_cloudfront_distribution.this")
    # A block that is made of the facts has no expressions of its own, and refers to nothing that is still to be made.
    written = dict(enumerate(expressions["ordered_cache_behavior"]))
    written_origins = {one["origin_id"]["constant_value"]: one for one in expressions["origin"]}
    (default,) = distribution["default_cache_behavior"]
    cached = plan.only("aws_cloudfront_cache_policy") or {}
    return {
        "enabled": distribution["enabled"],
        "access": {
            "type": access["origin_access_control_origin_type"],
            "signs": access["signing_behavior"],
            "protocol": access["signing_protocol"],
        },
        "origins": {
            origin["origin_id"]: _planned_origin(origin, written_origins[origin["origin_id"]])
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
        "rewrite": {"code": function["code"], "runtime": function["runtime"], "live": function["publish"]},
        "public": _planned_cache_policy(cached),
    }


def _references(expressions: Model, member: str) -> list[str]:
    found: list[str] = expressions.get(member, {}).get("references", [])
    return found


def _planned_origin(origin: Model, expressions: Model) -> Model:
    (custom,) = origin["custom_origin_config"] or [{}]
    from_bucket = "aws_s3_bucket.pictures.bucket_regional_domain_name" in _references(expressions, "domain_name")
    access = _references(expressions, "origin_access_control_id")
    return {
        "from": BUCKET if from_bucket else origin["domain_name"],
        "path": origin.get("origin_path") or "",
        "signed": "aws_cloudfront_origin_access_control.pictures.id" in access,
        "protocol": custom.get("origin_protocol_policy"),
        "tls": custom.get("origin_ssl_protocols"),
    }


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
        "rewritten": [
            one["event_type"]["constant_value"]
            for one in expressions.get("function_association", [])
            if "aws_cloudfront_function.rewrite.arn" in _references(one, "function_arn")
        ],
    }


def _planned_headers(policy: Model) -> Iterator[tuple[str, Any]]:
    (security,) = policy["security_headers_config"]
    if security["content_type_options"][0]["override"]:
        yield "X-Content-Type-Options", "nosniff"
    for one in security["referrer_policy"]:
        yield "Referrer-Policy", one["referrer_policy"]
    yield "Content-Security-Policy", security["content_security_policy"][0]["content_security_policy"]
    for header in policy["custom_headers_config"][0]["items"]:
        yield header["header"], header["value"]
